"""Explanations of a denial, to text and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from zappa_iam_ext.permissions.denials.explain import Explanation, Reason
from zappa_iam_ext.permissions.denials.parse import Denial
from zappa_iam_ext.permissions.model import Consequence, OwnConsequence
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain

_SHOWN = 6
_POLICY = {
    "boundary": "permissions boundary",
    "identity": "identity-based policy",
    "organization": "policy of the organization",
    "quarantine": "quarantine policy",
    "resource": "resource-based or endpoint policy",
    "session": "session policy",
}
_CONSEQUENCE: Mapping[str, str] = {
    Consequence.STOPS: "Zappa stops",
    Consequence.SILENT: "Zappa goes on and says nothing",
    Consequence.HARMLESS: "Zappa goes on",
}
_OWN_CONSEQUENCE: Mapping[str, str] = {
    OwnConsequence.UNKNOWN: "zappa-iam goes on and cannot tell",
    OwnConsequence.STOPS: "zappa-iam stops",
    OwnConsequence.HARMLESS: "zappa-iam goes on",
}


def explanation_text(explanations: Sequence[Explanation]) -> str:
    """Return the explanations for a terminal, one under the other, numbered when there are several."""
    if len(explanations) == 1:
        return "\n".join(_lines(explanations[0]))
    total = len(explanations)
    parts = (
        "\n".join([f"({number} of {total})", *_lines(item)]) for number, item in enumerate(explanations, 1)
    )
    return "\n\n".join(parts)


def explanation_json(explanations: Sequence[Explanation]) -> str:
    """Return the explanations as one JSON document: the first denial's, and ``further`` for all others."""
    first, *others = (_entry(item) for item in explanations)
    return dump({**first, "further": others})


def _entry(explanation: Explanation) -> dict[str, Any]:
    return {
        "action": explanation.action or None,
        "denial": asdict(explanation.denial),
        "reasons": [asdict(reason) for reason in explanation.reasons],
        "fix": explanation.fix,
        "statements": list(explanation.statements),
    }


def _lines(explanation: Explanation) -> Iterator[str]:
    denial = explanation.denial
    what = explanation.action or denial.operation
    yield f"Denied: {plain(what) if what else 'something that only the encoded message names'}"
    yield from _details(denial, what)
    own = [reason for reason in explanation.reasons if reason.caller == "zappa-iam"]
    if zappas := [reason for reason in explanation.reasons if reason.caller == "zappa"]:
        yield ""
        yield "It comes up when Zappa makes the call:" if denial.by_role else "Zappa needs it:"
        yield from _reasons(zappas)
    if own:
        yield ""
        yield "zappa-iam asks it itself:"
        yield from _reasons(own)
    yield ""
    yield f"Fix: {explanation.fix}"
    if explanation.statements:
        where = "extra_permissions" if denial.by_role else f"the policy of {_who(explanation.reasons)}"
        yield f"     The statement that allows it, for {where}:"
        if not denial.resource and any(_is_pattern(item["Resource"]) for item in explanation.statements):
            yield "     (the text names no resource: * stands for it; zappa-iam policy STAGE knows the names)"
        for statement in explanation.statements:
            yield from (
                f"     {plain(line)}"
                for line in json.dumps(statement, indent=2, ensure_ascii=False).splitlines()
            )


def _is_pattern(resource: str | list[str]) -> bool:
    resources = [resource] if isinstance(resource, str) else resource
    return any("*" in item and item != "*" for item in resources)


def _details(denial: Denial, what: str) -> Iterator[str]:
    if denial.operation and what != denial.operation:
        yield f"  in   the call {plain(denial.operation)}"
    if denial.resource:
        yield f"  on   {plain(denial.resource)}"
    if denial.by_role:
        yield "  for  the function's execution role"
    elif denial.principal:
        yield f"  for  {plain(denial.principal)}"
    if denial.layer:
        policy = _POLICY[denial.layer]
        yield f"  by   {f'a {policy}, explicitly' if denial.explicit else f'no {policy} allows it'}"
    elif denial.explicit:
        yield "  by   an explicit deny"
    if denial.policy:
        yield f"       {plain(denial.policy)}"
    if denial.encoded:
        yield "  and  an encoded message: a --profile that may call sts:DecodeAuthorizationMessage decodes it"


def _reasons(reasons: Sequence[Reason]) -> Iterator[str]:
    """Yield each cause once, with all the commands and settings that lead to it."""
    groups: dict[tuple[str, str, str], list[Reason]] = {}
    for reason in reasons:
        groups.setdefault((reason.action, reason.operation, reason.because), []).append(reason)
    for (action, operation, because), group in list(groups.items())[:_SHOWN]:
        commands = dict.fromkeys(command for reason in group for command in reason.commands)
        settings = dict.fromkeys(reason.setting for reason in group)
        sources = dict.fromkeys(reason.source for reason in group)
        told = f" (setting {', '.join(settings)})" if "" not in settings else ""
        yield f"  {', '.join(commands)}: {because}{told}"
        yield f"      {action} for {operation}; {'; '.join(sources)}"
        yield f"      when denied: {'; '.join(dict.fromkeys(map(_consequence, group)))}"
    if len(groups) > _SHOWN:
        yield f"  and {len(groups) - _SHOWN} more causes (--json lists all)"


def _consequence(reason: Reason) -> str:
    words = _CONSEQUENCE if reason.caller == "zappa" else _OWN_CONSEQUENCE
    told = words[reason.consequence]
    comma = "," if reason.caller == "zappa" else ":"
    return f"{told}{comma} {reason.symptom}" if reason.symptom else told


def _who(reasons: Sequence[Reason]) -> str:
    deploys = not reasons or any(item.caller == "zappa" or "check" in item.commands for item in reasons)
    return "whoever deploys" if deploys else "whoever runs zappa-iam"
