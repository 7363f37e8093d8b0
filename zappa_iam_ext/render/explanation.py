"""Explanations of a denial, to text, JSON and GitHub annotations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.explain import Explanation, Reason
from zappa_iam_ext.permissions.denials.principals import CallerKind
from zappa_iam_ext.permissions.model import Consequence, OwnConsequence, UsedBy
from zappa_iam_ext.render.github import data, property_value
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain

_SHOWN = 6
_POLICY = {
    "boundary": "permissions boundary",
    "grant": "grant on the key",
    "identity": "identity-based policy",
    "organization": "policy of the organization",
    "quarantine": "quarantine policy",
    "resource": "resource-based or endpoint policy",
    "session": "session policy",
}
_CALLERS = {
    CallerKind.ANONYMOUS: "nobody: the request was not signed",
    CallerKind.CLOUDFORMATION_ROLE: "CloudFormation's service role",
    CallerKind.EXECUTION_ROLE: "the function's execution role",
    CallerKind.ROOT: "the root user",
    CallerKind.SERVICE: "a service",
    CallerKind.SERVICE_LINKED_ROLE: "a service-linked role",
}
_CONSEQUENCE: Mapping[str, str] = {
    Consequence.REFUSED: "AWS refuses what Zappa deploys",
    Consequence.STOPS: "Zappa stops",
    Consequence.SILENT: "Zappa goes on and says nothing",
    Consequence.HARMLESS: "Zappa goes on",
}
#: Who uses the execution role (`UsedBy`).
_USERS: Mapping[str, str] = {
    UsedBy.API_GATEWAY: "API Gateway",
    UsedBy.EVENTBRIDGE: "EventBridge",
    UsedBy.FUNCTION: "the function's code",
    UsedBy.LAMBDA: "Lambda",
    UsedBy.POLLER: "Lambda, which reads the source of events",
}
_ROLE_CONSEQUENCE: Mapping[str, str] = {
    Consequence.REFUSED: "AWS refuses what Zappa deploys",
    Consequence.STOPS: "the call fails",
    Consequence.SILENT: "nothing tells of it",
    Consequence.HARMLESS: "the function runs on",
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


def explanation_github(explanations: Sequence[Explanation]) -> str:
    """Return the explanations as workflow commands of GitHub Actions (GitHub Docs, Workflow commands), a line each."""
    return "\n".join(_annotation(item) for item in explanations)


def _annotation(explanation: Explanation) -> str:
    lines = list(_lines(explanation))
    return f"::error title={property_value(lines[0])}::{data(chr(10).join(lines[1:]).strip())}"


def _entry(explanation: Explanation) -> dict[str, Any]:
    return {
        "action": explanation.action or None,
        "stage": explanation.stage or None,
        "principal_kind": str(explanation.principal_kind),
        "denial": asdict(explanation.denial),
        "reasons": [asdict(reason) for reason in explanation.reasons],
        "fix": explanation.fix,
        "place": explanation.place,
        "statements": list(explanation.statements),
        "to_fill_in": list(explanation.to_fill_in),
    }


def _lines(explanation: Explanation) -> Iterator[str]:
    denial = explanation.denial
    what = explanation.action or denial.operation
    yield f"Denied: {_line(what) if what else _unnamed(denial)}"
    yield from _details(explanation, what)
    own = [reason for reason in explanation.reasons if reason.caller == "zappa-iam"]
    if of_role := [reason for reason in explanation.reasons if reason.caller in _USERS]:
        yield ""
        yield f"The execution role needs it{f' for stage {_line(explanation.stage)}' if explanation.stage else ''}:"
        yield from _role_reasons(of_role)
    if zappas := [reason for reason in explanation.reasons if reason.caller == "zappa"]:
        yield ""
        yield _heading(explanation)
        yield from _reasons(zappas)
    if own:
        yield ""
        yield "zappa-iam asks it itself:"
        yield from _reasons(own)
    yield ""
    yield f"Fix: {_line(explanation.fix)}"
    yield from _statements(explanation)


def _unnamed(denial: Denial) -> str:
    if denial.encoded:
        return "something that only the encoded message names"
    return (
        f"something that the text does not name{f' (by {_line(denial.service)})' if denial.service else ''}"
    )


def _heading(explanation: Explanation) -> str:
    if explanation.principal_kind in {CallerKind.EXECUTION_ROLE, CallerKind.SERVICE}:
        return "It comes up when Zappa makes the call:"
    return f"Stage {_line(explanation.stage)} needs it:" if explanation.stage else "Zappa needs it:"


def _statements(explanation: Explanation) -> Iterator[str]:
    if not explanation.statements:
        return
    yield f"     The statement that allows it, for {_line(explanation.place)}:"
    if explanation.to_fill_in:
        yield f"     (the text blacks it out: put the true value for {', '.join(explanation.to_fill_in)})"
    resources = (item.get("Resource", ()) for item in explanation.statements)
    if not explanation.denial.resource and any(map(_is_pattern, resources)) and not explanation.stage:
        knows = _line(explanation.lines.zappa_iam("policy"))
        yield f"     (the text names no resource: * stands for it; {knows} knows the names)"
    by_role = explanation.denial.by_role or explanation.denial.by_service_role
    if by_role and any(item.get("Resource") == "*" for item in explanation.statements):
        yield "     (the text names no resource: put its ARN in the place of *, where the action can be limited)"
    for statement in explanation.statements:
        yield from (
            f"     {_line(line)}" for line in json.dumps(statement, indent=2, ensure_ascii=False).splitlines()
        )


def _is_pattern(resource: str | Sequence[str]) -> bool:
    resources = [resource] if isinstance(resource, str) else resource
    return any("*" in item and item != "*" for item in resources)


def _details(explanation: Explanation, what: str) -> Iterator[str]:
    denial = explanation.denial
    if denial.operation and what != denial.operation:
        yield f"  in   the call {_line(denial.operation)}"
    if denial.resource:
        yield f"  on   {_line(denial.resource)}"
    told = _CALLERS.get(explanation.principal_kind, "")
    if told or denial.principal:
        yield f"  for  {', '.join(filter(None, (told, _line(denial.principal))))}"
    if denial.layer == "cross-account":
        yield "  by   the role belongs to another account"
    elif denial.layer:
        policy = _POLICY[denial.layer]
        yield f"  by   {f'a {policy}, explicitly' if denial.explicit else f'no {policy} allows it'}"
    elif denial.explicit:
        yield "  by   an explicit deny"
    if denial.policy:
        yield f"       {_line(denial.policy)}"
    if denial.encoded:
        yield "  and  an encoded message: a --profile that may call sts:DecodeAuthorizationMessage decodes it"


def _line(text: str) -> str:
    """Return text from outside on one line: in a CI log a line of its own could be a command."""
    return plain(text).replace("\n", " ")


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


def _role_reasons(reasons: Sequence[Reason]) -> Iterator[str]:
    """Yield who uses the role for it, under which setting, and what a denial does."""
    for reason in reasons[:_SHOWN]:
        told = f" (setting {reason.setting})" if reason.setting else ""
        yield f"  {_USERS[reason.caller]}: {reason.because}{told}"
        yield f"      {reason.action} on {_line(reason.resource)}; {reason.source}"
        yield f"      when denied: {reason.symptom or _ROLE_CONSEQUENCE[reason.consequence]}"
    if len(reasons) > _SHOWN:
        yield f"  and {len(reasons) - _SHOWN} more causes (--json lists all)"


def _consequence(reason: Reason) -> str:
    words = _CONSEQUENCE if reason.caller == "zappa" else _OWN_CONSEQUENCE
    told = words[reason.consequence]
    comma = "," if reason.caller == "zappa" else ":"
    return f"{told}{comma} {reason.symptom}" if reason.symptom else told
