"""Who uses each grant of the execution role, why, and what its lack does. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from zappa_iam_ext.check.execution_role import role_needs
from zappa_iam_ext.permissions.model import Consequence, Requirement, UsedBy
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.text import line, wrapped

USERS = {
    UsedBy.FUNCTION: "the code of the function",
    UsedBy.LAMBDA: "Lambda itself, around the function",
    UsedBy.POLLER: "Lambda's pollers of event sources",
    UsedBy.API_GATEWAY: "API Gateway, which assumes the role",
    UsedBy.EVENTBRIDGE: "EventBridge, which assumes the role",
}
CONSEQUENCES = {
    Consequence.REFUSED: "refused at deploy",
    Consequence.STOPS: "stops the function",
    Consequence.SILENT: "goes unnoticed",
    Consequence.HARMLESS: "harmless",
}


def grants_text(stages: Sequence[Stage], style: Style) -> str:
    """Return each grant with who uses it, why, and what a denial does."""
    return "\n\n".join("\n".join(_stage(stage, style)) for stage in stages)


def _stage(stage: Stage, style: Style) -> Iterator[str]:
    found = role_needs(stage)
    told = f"The execution role {line(stage.role_arn.rpartition('/')[2])} of stage {line(stage.name)} needs {len(found)} permissions:"
    yield from (style.bold(each) for each in wrapped(told, style.columns, rest="  "))
    for user, words in USERS.items():
        items = [item for item in found if item.used_by is user]
        if items:
            yield f"Used by {words} ({len(items)}):"
            for item in items:
                yield from _grant(item, style)


def _grant(item: Requirement, style: Style) -> Iterator[str]:
    yield f"  {line(item.action)}"
    yield f"      on {line(item.resource)}{conditions(item)}"
    setting = f" (setting {item.call.setting})" if item.call and item.call.setting else ""
    yield from wrapped(line(f"{item.because}{setting}"), style.columns, "      ", "        ")
    yield from (style.dim(each) for each in wrapped(when_denied(item), style.columns, "      ", "        "))


def when_denied(item: Requirement) -> str:
    """Return what a denial does, and what is then wrong."""
    symptom = f": {item.symptom}" if item.symptom else ""
    return line(f"when denied: {CONSEQUENCES[item.consequence]}{symptom}")


def conditions(item: Requirement) -> str:
    """Return the conditions that the policy demands, as they are told behind a resource."""
    told = [
        f"{key} {value if isinstance(value, str) else ' or '.join(value)}"
        for key in item.restrict
        if (value := item.context.get(key))
    ]
    told += [f"{key} absent" for key in item.restrict if key in item.absent]
    return "".join(f", {line(each)}" for each in told)


def grants_json(stages: Sequence[Stage]) -> str:
    """Return the grants of stages as one JSON document."""
    return dump(
        {
            "stages": [
                {
                    "stage": stage.name,
                    "role": stage.role_arn,
                    "grants": [*map(_entry, role_needs(stage))],
                }
                for stage in stages
            ]
        }
    )


def _entry(item: Requirement) -> dict[str, Any]:
    return {
        "action": item.action,
        "resource": item.resource,
        "context": {
            k: v if isinstance(v, str) else list(v) for k, v in item.context.items() if k in item.restrict
        },
        "absent": [key for key in item.restrict if key in item.absent],
        "used_by": str(item.used_by or "") or None,
        "because": item.because,
        "setting": (item.call.setting or None) if item.call else None,
        "consequence": str(item.consequence),
        "symptom": item.symptom or None,
        "source": item.source,
        "confidence": str(item.confidence),
    }
