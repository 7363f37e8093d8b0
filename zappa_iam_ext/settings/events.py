"""Events that Zappa refuses halfway through a deployment, after the function is made.

Sources: ``core.py``, ``schedule_events`` and ``get_scheduled_event_name``; ``utilities.py``, ``get_event_source``; for
0.60 also kappa's ``event_source``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from zappa_iam_ext.permissions.tables.versions import Version
from zappa_iam_ext.settings.judgement import Notes
from zappa_iam_ext.settings.values import Path, got

_FUNCTION = re.compile(r"[._A-Za-z0-9]{0,63}", re.ASCII)
_RULE = re.compile(r"[\w.-]+", re.ASCII)
_MAX_NAME = 63
#: Services that Lambda polls; the others push, and Zappa reads ``events`` of their source.
POLLED = ("dynamodb", "kinesis", "sqs")
#: The first version that asks for the name of the rule; kappa took it from the ARN.
_RULES_ARE_NAMED: Version = (0, 61, 0)
_STOPS = ("deploy", "update", "schedule")


def judge_events(
    events: Sequence[tuple[int, Mapping[str, Any]]], notes: Notes, version: Version
) -> list[Path]:
    """Note what Zappa refuses of these events, each with its place in the settings; return the paths of the wrong ones."""
    wrong: list[Path] = []
    scheduled = False
    for index, event in events:
        before = len(notes.refusals)
        if expressions := _expressions(event):
            scheduled = True
            _scheduled(event, len(expressions), f"events[{index}]", notes)
        elif event.get("event_source"):
            _pushed(event["event_source"], f"events[{index}].event_source", notes, version)
        elif "event_source" not in event:
            _idle(f"events[{index}]", notes, scheduled=scheduled)
        if len(notes.refusals) > before:
            wrong.append(("events", index))
    return wrong


def _expressions(event: Mapping[str, Any]) -> Sequence[Any]:
    if event.get("expression"):
        return (event["expression"],)
    return tuple(event.get("expressions") or ())


def _scheduled(event: Mapping[str, Any], expressions: int, path: str, notes: Notes) -> None:
    function = event["function"]
    if not _FUNCTION.fullmatch(function):
        told = "must be at most 63 letters, digits, dots and underscores for a schedule: Zappa refuses it"
        notes.refuse(f"{path}.function", told, _STOPS)
        return
    name = event.get("name", function)
    full = function if name == function else f"{name}-{function}"
    if not _RULE.fullmatch(full):
        told = (
            f"is {str(name)[:100]!r}: the name of a rule has letters, digits, dots, hyphens and underscores"
        )
        notes.refuse(f"{path}.name", told, _STOPS)
    longest = f"{expressions - 1}-{full}" if expressions > 1 else full
    if len(longest) > _MAX_NAME:
        where = f"{path}.function" if name == function else f"{path}.name"
        notes.refuse(
            where,
            f"makes the event name {longest[:100]!r}, which is longer than {_MAX_NAME} characters: Zappa refuses it",
            _STOPS,
        )


def _pushed(source: Mapping[str, Any], path: str, notes: Notes, version: Version) -> None:
    service = source["arn"].split(":")[2]
    if service in POLLED:
        return
    rule = source.get("rule_name", source.get("name", ""))
    if service == "events" and rule and not _RULE.fullmatch(rule):
        told = f"is {rule[:100]!r}: the name of a rule has letters, digits, dots, hyphens and underscores"
        notes.refuse(f"{path}.{'rule_name' if 'rule_name' in source else 'name'}", told, _STOPS)
    if service == "events" and not rule and version >= _RULES_ARE_NAMED:
        notes.warn(f"{path}.rule_name", "is missing: Zappa makes no rule for such an event source")
    if "events" not in source:
        notes.refuse(f"{path}.events", f"is missing: Zappa reads it for an event source of {service}", _STOPS)
    elif service == "s3" and isinstance(source["events"], str):
        told = f"must be a list for an event source of s3, not {got(source['events'])}"
        notes.refuse(f"{path}.events", told, _STOPS)


def _idle(path: str, notes: Notes, *, scheduled: bool) -> None:
    """Zappa names the rule of an earlier event in its complaint, and stops when there was none."""
    told = "has neither an expression nor an event_source"
    if scheduled:
        notes.warn(path, f"{told}: Zappa makes nothing of it")
    else:
        notes.refuse(path, f"{told}: Zappa stops at it", _STOPS)
