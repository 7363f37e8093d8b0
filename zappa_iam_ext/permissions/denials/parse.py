"""Reads what AWS, CloudFormation, botocore and Zappa say when something is denied, in any of their wordings.

The wordings are AWS's own: IAM User Guide, "Troubleshoot access denied error messages", Amazon S3 User Guide,
"Troubleshoot access denied (403 Forbidden) errors", and the services that word it their own way. The text is
untrusted: it is searched, never run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from zappa_iam_ext.permissions.denials.text import clean, flexible, joined, windows
from zappa_iam_ext.permissions.denials.wordings import OWN_WORDINGS

_NEAR = 600
"""Characters after a denial in which the message says what kind of policy is to blame."""
_NAME = r"(?:[^\s\"<>]|<[\w -]{1,40}>){1,1500}+"
_ACTION = r"[a-zA-Z0-9-]{1,60}+(?:\n[a-zA-Z0-9-]{1,60}+)?\n?:\n?[a-zA-Z0-9]{1,100}+"
_ENDS = rf"\s*(?:{flexible('because')}|{flexible('with an explicit')}|\(Service|\")"
_KIND = r"(?:(?:role|user|policy|group|instance profile)\s+)?"
_PERFORM = re.compile(
    rf"(?:(?:{flexible('User')}|{flexible('Principal')}):\s*\"?(?P<principal>{_NAME}(?:\n(?!is\s){_NAME}){{0,3}})\"?\s+)?"
    rf"(?:{flexible('(?:is )?not authorized to perform')}|(?:does\s+not|doesn't)\s+have\s+permissions?\s+to\s+(?:call|perform))"
    rf":?\s*[\"']?(?P<action>{_ACTION}(?:\n[a-zA-Z0-9]{{1,60}}+(?=\s+(?:on|because|with)\s))?)[\"']?"
    rf"(?:\s+{flexible('on')}\s+(?:the\s+)?{flexible('resource')}s?:?\s*\"?"
    rf"(?:(?P<resource>{_KIND}{_NAME}(?:\n{_NAME}){{0,4}}?)(?={_ENDS})|(?P<bare>{_KIND}{_NAME})))?",
    re.IGNORECASE,
)
_ACCESS = re.compile(
    r"(?:User|Principal):?\s*(?:\"?(?P<principal>arn:[^\s\"<>]{1,1500}+)\"?\s+)?is\s+not\s+authorized\s+to\s+access\s+this\s+resource",
    re.IGNORECASE,
)
_BLAMED = re.compile(
    rf"(?:{flexible('because no ')}(?P<silent>[a-z][a-z\n -]{{1,60}}?)\s+{flexible('allow')}s?\b"
    rf"|(?P<explicit>{flexible('with an explicit deny')})(?:\s+in\s+(?:an?|the)\s+(?P<policy>[a-z][a-z\n -]{{1,60}}))?"
    rf"(?:\s*:\s*(?P<arn>{_NAME}))?)",
    re.IGNORECASE,
)
_OPERATION = re.compile(
    rf"{flexible('error occurred')}\s+\((?P<code>[\w.]{{1,80}}+(?:\n[\w.]{{1,80}}+)?)\s*\).{{0,60}}?\s+{flexible('when calling the')}"
    rf"\s+(?P<operation>\w{{1,80}}+(?:\n(?!operation)\w{{1,80}}+)?)\s+{flexible('operation')}",
    re.IGNORECASE | re.DOTALL,
)
_API = re.compile(
    r"\bAPI:\s*(?P<action>[a-z0-9-]{1,60}:[A-Za-z0-9]{1,100})\s+(?=Access\s+Denied|You\s+are\s+not\s+auth)"
)
_ENCODED = re.compile(
    r"Encoded\s+authorization\s+failure\s+message:\s*"
    r"(?P<message>[A-Za-z0-9_\-+/=]{20,}+(?:\n[A-Za-z0-9_\-+/=]{1,4000}+(?=\s*(?:\n|$|\(|\"|')))*)",
    re.IGNORECASE,
)
_DENIED_CODES = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Forbidden",
        "ForbiddenException",
        "NotAuthorizedException",
        "UnauthorizedException",
        "UnauthorizedOperation",
    }
)
_LAYERS = {
    "identity-based": "identity",
    "permissions boundary": "boundary",
    "resource control": "organization",
    "resource-based": "resource",
    "role trust": "resource",
    "service control": "organization",
    "session": "session",
    "vpc endpoint": "resource",
}
_QUARANTINE = "AWSCompromisedKeyQuarantine"


@dataclass(frozen=True, slots=True)
class Denial:
    """What a message says was denied; empty where it does not say.

    ``layer`` is the kind of policy it blames, ``policy`` that policy's ARN, ``encoded`` an authorisation message
    that only ``sts:DecodeAuthorizationMessage`` can read. ``by_role`` says that the function's own execution
    role is meant rather than whoever deploys.
    """

    action: str = ""
    resource: str = ""
    principal: str = ""
    operation: str = ""
    layer: str = ""
    explicit: bool = False
    encoded: str = ""
    by_role: bool = False
    policy: str = ""


def parse_denial(text: str) -> Denial | None:
    """Return what a message says was denied first, or None when it is no denial that we can recognise."""
    return next(iter(parse_denials(text)), None)


def parse_denials(text: str) -> tuple[Denial, ...]:
    """Return every distinct denial of a text, in order: a traceback, a stack's events, a whole log."""
    read = dict.fromkeys(denial for part in windows(text) for denial in _read(clean(part)))
    return tuple(denial for denial in read if not any(_told_better(denial, other) for other in read))


def parse_decoded(decoded: str) -> Denial | None:
    """Return the denial in a decoded authorisation message (STS API Reference, DecodeAuthorizationMessage)."""
    try:
        message = json.loads(decoded)
        context: Any = message["context"]
        return Denial(
            action=str(context["action"]),
            resource=str(context.get("resource", "")),
            principal=str(context.get("principal", {}).get("arn", "")),
            explicit=bool(message.get("explicitDeny")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _told_better(denial: Denial, other: Denial) -> bool:
    """Say whether the other names what this one leaves out: a service quotes what another one answered."""
    vague = not (denial.resource or denial.principal or denial.encoded) and bool(denial.action)
    named = bool(other.resource or other.principal)
    return vague and named and other.action.lower() == denial.action.lower()


_Found = tuple[int, int, Denial]


def _read(text: str) -> Iterator[Denial]:
    """Yield the denials, each with the operation that was called and the policy that is to blame."""
    said = _apart([*_performed(text), *_own_wordings(text)])
    called = [
        (match.start(), joined(match["operation"]), joined(match["code"]).rpartition(".")[2])
        for match in _OPERATION.finditer(text)
    ]
    encoded = [(match.start(), re.sub(r"\s", "", match["message"])) for match in _ENCODED.finditer(text)]
    starts = sorted([*(start for start, _, _ in said), *(start for start, _, _ in called), len(text)])
    for start, operation, code in called:
        end = next(place for place in starts if place > start)
        answered = any(start < place <= start + _NEAR and place == end for place, _, _ in said)
        if code in _DENIED_CODES and not answered:
            said.append((start, start, Denial(operation=operation)))
    for start, message in encoded:
        if not any(place <= start <= place + _NEAR for place, _, _ in said):
            said.append((start, start, Denial(encoded=message)))
    for start, end, denial in sorted(said, key=lambda found: found[0]):
        limit = next((place for place in starts if place > max(start, end - 1)), len(text))
        known = denial if denial.operation else replace(denial, operation=_called(called, start))
        yield _encoded(_blame(known, text[end : min(limit, end + _NEAR)]), encoded, start, limit)


def _apart(found: Iterable[_Found]) -> list[_Found]:
    """Return the findings in order, without those that lie inside another."""
    apart: list[_Found] = []
    for start, end, denial in sorted(found, key=lambda item: item[:2]):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end, denial))
    return apart


def _performed(text: str) -> Iterator[_Found]:
    for match in _PERFORM.finditer(text):
        yield (
            match.start(),
            match.end(),
            Denial(
                action=joined(match["action"]),
                resource=_resource(match["resource"] or match["bare"]),
                principal=joined(match["principal"]),
            ),
        )


def _own_wordings(text: str) -> Iterator[_Found]:
    for match in _ACCESS.finditer(text):
        yield match.start(), match.end(), Denial(principal=joined(match["principal"]))
    for match in _API.finditer(text):
        yield match.start(), match.end(), Denial(action=match["action"])
    for wording in OWN_WORDINGS:
        for match in wording.pattern.finditer(text):
            action, resource = wording.reading(match)
            yield (
                match.start(),
                match.end(),
                Denial(
                    action=action,
                    resource=resource,
                    operation=wording.operation,
                    by_role=wording.by_role,
                    layer=wording.layer,
                ),
            )


def _called(called: list[tuple[int, str, str]], start: int) -> str:
    before = [(place, operation) for place, operation, _ in called if place < start <= place + _NEAR]
    return before[-1][1] if before else ""


def _blame(denial: Denial, after: str) -> Denial:
    found = _BLAMED.search(after)
    if not found or denial.layer:
        return denial
    kind = " ".join(joined(found["silent"] or found["policy"]).lower().split())
    layer = next((layer for name, layer in _LAYERS.items() if kind.startswith(name)), "")
    policy = joined(found["arn"])
    if _QUARANTINE in policy:
        layer = "quarantine"
    return replace(denial, layer=layer, explicit=bool(found["explicit"]), policy=policy)


def _encoded(denial: Denial, encoded: list[tuple[int, str]], start: int, limit: int) -> Denial:
    if denial.encoded:
        return denial
    message = next((text for place, text in encoded if start <= place < limit), "")
    return replace(denial, encoded=message)


def _resource(text: str | None) -> str:
    """Return a resource without what a sentence or an XML element puts behind it."""
    return " ".join(joined((text or "").partition("</")[0]).rstrip(")").split())
