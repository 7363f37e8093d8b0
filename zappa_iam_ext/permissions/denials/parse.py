"""Reads what AWS, CloudFormation, botocore and Zappa say when something is denied, in any of their wordings.

The wordings are AWS's own: IAM User Guide, "Troubleshoot access denied error messages", Amazon S3 User Guide,
"Troubleshoot access denied (403 Forbidden) errors", and the services that word it their own way. The text is
untrusted: it is searched, never run, in time linear in its length.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from typing import Any

from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.text import clean, flexible, joined, lowered, near, unwrapped
from zappa_iam_ext.permissions.denials.wordings import OWN_WORDINGS, bare_denials, performed, prose
from zappa_iam_ext.permissions.denials.wordings.inside import function_places, in_function, of_function
from zappa_iam_ext.permissions.denials.wordings.services import without_version

__all__ = ["Denial", "parse_decoded", "parse_denial", "parse_denials"]

_NEAR = 600
"""Characters after a denial in which the message says what kind of policy is to blame."""
_NAME = r"(?:<[\w -]{1,40}>|[^\s\"<>]){1,1500}+"
_ACCESS = re.compile(
    r"(?:User|Principal):?\s*(?:\"?(?P<principal>arn:[^\s\"<>]{1,1500}+)\"?\s+)?is\s+not\s+authorized\s+to\s+access\s+this\s+resource",
    re.IGNORECASE,
)
_BLAMED = re.compile(
    rf"(?:(?:{flexible('because')}|Context:)\s+{flexible('no ')}(?P<silent>[a-z][a-z\n -]{{1,60}}?)\s+{flexible('allow')}s?\b"
    rf"|(?P<explicit>(?:{flexible('(?:with|due to)')}\s+|Context:\s+(?:with\s+)?){flexible('an explicit deny')})(?:(?:\s+|(?<=\n))in\s+(?:an?|the)\s+(?P<policy>[a-z][a-z\n -]{{1,60}}))?"
    rf"(?:\s*:\s*(?P<arn>(?=arn:){_NAME}))?)",
    re.IGNORECASE,
)
_OPERATION = re.compile(
    rf"{flexible('error occurred')}\s+\((?P<code>[\w.]{{1,80}}+(?:\n[\w.]{{1,80}}+)?)\s*\).{{0,60}}?\s+{flexible('when calling the')}"
    rf"\s+(?P<operation>\w{{1,80}}+(?:\n(?!operation)\w{{1,80}}+)?)\s+{flexible('operation')}",
    re.IGNORECASE | re.DOTALL,
)
_GO = re.compile(
    r"operation\s+error\s+[\w ]{2,40}:\s+(?P<operation>\w{2,80}),\s+.{0,300}?StatusCode:\s*(?P<status>[0-9]{3})"
    r"(?:.{0,300}?api\s+error\s+(?P<code>[\w.]{2,80}))?",
    re.DOTALL,
)
_TRAIL = re.compile(
    r"\"eventName\"\s*:\s*\"(?P<operation>\w{2,80})\".{0,400}?\"errorCode\"\s*:\s*\"(?P<code>[\w.]{2,80})\"",
    re.DOTALL,
)
_CONSOLE = re.compile(
    r"(?:User:\s*(?P<principal>arn:[^\s\"<>]{1,1500}+)\s+)?(?:Service:\s*(?P<service>[a-z0-9-]{2,60})\s+)?"
    r"\bAction:\s*(?:(?P<prefix>[a-z0-9-]{2,60}):)?(?P<call>[A-Za-z0-9]{2,100})\s+On\s+resource\(s\):\s*(?P<resource>[^\s\"<>]{1,1500}+)"
)
_API = re.compile(
    r"\bAPI:\s*(?P<action>[a-z0-9-]{1,60}:[A-Za-z0-9]{1,100})\s+(?=Access\s+Denied|You\s+are\s+not\s+auth)"
)
_ENCODED = re.compile(
    r"Encoded\s+authorization\s+failure\s+message:\s*"
    r"(?P<message>[A-Za-z0-9_\-+/=]{20,}+(?:\n(?!Traceback\b)[A-Za-z0-9_\-+/=]{1,4000}+(?=\s*(?:\n|$|\(|\"|')))*)",
    re.IGNORECASE,
)
_DENIED_CODES = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "AuthorizationError",
        "AuthorizationErrorException",
        "EC2AccessDeniedException",
        "Forbidden",
        "ForbiddenException",
        "InsufficientPrivilegesException",
        "KMSAccessDenied",
        "KMSAccessDeniedException",
        "NotAuthorized",
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
_RECORD = 3000
"""Characters of a record of CloudTrail before its message."""
_BY_STACK = re.compile(r'"(?:invokedBy|sourceIPAddress)"\s*:\s*"cloudformation\.amazonaws\.com"')
_ASSUMING = ("lambda", "events", "apigateway")
"""The services whose calls name the execution role: who may not assume it is whoever answered."""
_STACK_CALL = re.compile(r"Stack|ChangeSet|Resource")
_QUARANTINE = "AWSCompromisedKeyQuarantine"

_Found = tuple[int, int, Denial]
_Called = tuple[int, str, str]


def parse_denial(text: str) -> Denial | None:
    """Return what a message says was denied first, or None when it is no denial that we can recognise."""
    return next(iter(parse_denials(text)), None)


def parse_denials(text: str) -> tuple[Denial, ...]:
    """Return every distinct denial of a text, in order: a traceback, a stack's events, a whole log."""
    read = tuple(dict.fromkeys(_read(clean(text))))
    whole, broken = unwrapped(text)
    if whole != text:
        joined_up = tuple(dict.fromkeys(_read(clean(whole))))
        read = max(read, joined_up, key=lambda denials: _said(denials, broken=broken))
    named = {denial.action.lower() for denial in read if denial.resource or denial.principal}
    of_role = any(denial.by_role and denial.action for denial in read)
    return tuple(denial for denial in read if not _is_said_better(denial, named, of_role=of_role))


def _said(read: Sequence[Denial], *, broken: bool) -> tuple[int, int]:
    """Return how much was read: a sentence that a terminal broke says less, and has lost the end of a name."""
    values = [value for denial in read for value in astuple(replace(denial, operation="")) if value]
    return len(values), sum(len(str(value)) for value in values) if broken else 0


def _is_said_better(denial: Denial, named: set[str], *, of_role: bool) -> bool:
    """Say whether a denial is vague, and another of the text names its action with more, or what the role lacks."""
    if denial.resource or denial.principal or denial.encoded:
        return False
    return denial.action.lower() in named or (
        of_role and denial.by_role and not denial.action and not denial.operation
    )


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


def _read(text: str) -> Iterator[Denial]:
    """Yield the denials, each with the operation that was called and the policy that is to blame."""
    small = lowered(text)
    said = _apart([*performed(text), *_own_wordings(text, small)])
    said = _apart([*said, *prose(text)])
    called = sorted(_calls(text))
    starts = sorted([*(start for start, _, _ in said), *(start for start, _, _ in called), len(text)])
    said += _unanswered(called, [start for start, _, _ in said], starts)
    encoded = [(match.start(), re.sub(r"\s", "", match["message"])) for match in _ENCODED.finditer(text)]
    known = sorted(start for start, _, _ in said)
    said += [
        (start, start, Denial(encoded=message)) for start, message in encoded if not _before(known, start)
    ]
    functions = function_places(text)
    known = sorted(start for start, _, _ in said)
    said += bare_denials(text, small, known)
    for start, end, denial in sorted(said, key=lambda found: found[0]):
        place = bisect.bisect_right(starts, max(start, end - 1))
        limit = starts[place] if place < len(starts) else len(text)
        full = denial if denial.operation else replace(denial, operation=_operation(called, start))
        full = replace(full, service="") if full.operation and full.action != _LINKED else full
        full = _of_role(full)
        if full.operation and _of_stack(text, start):
            full = replace(full, service="cloudformation")
        full = of_function(full) if in_function(full, functions, start) else full
        yield _encoded(_blame(full, text[end : min(limit, end + _NEAR)]), encoded, start, limit)


_LINKED = "iam:CreateServiceLinkedRole"


def _of_stack(text: str, start: int) -> bool:
    """Say whether a record of CloudTrail was made on the way of a stack (CloudTrail User Guide: userIdentity, invokedBy)."""
    around = text[max(0, start - _RECORD) : start]
    return bool(_BY_STACK.search(around.rpartition('"eventVersion"')[2]))


def _of_role(denial: Denial) -> Denial:
    """Return whose role was denied that a message calls "the provided role": Lambda means the function's."""
    asked = denial.action.partition(":")[2]
    if asked == "AssumeRole" and denial.layer == "resource" and not denial.principal and not denial.by_role:
        who = next((name for name in _ASSUMING if action_definition(f"{name}:{denial.operation}")), "")
        return replace(denial, principal=f"{who}.amazonaws.com", by_role=True) if who else denial
    if not denial.by_service_role or asked in {"", denial.operation} or _STACK_CALL.search(denial.operation):
        return denial
    if not denial.operation:
        return denial
    of_lambda = action_definition(f"lambda:{denial.operation}") is not None
    return replace(denial, by_service_role=False, by_role=of_lambda)


def _calls(text: str) -> Iterator[_Called]:
    """Yield the operations that the text says were called, each with where it stands and AWS's code."""
    for match in _OPERATION.finditer(text):
        yield match.start(), joined(match["operation"]), joined(match["code"]).rpartition(".")[2]
    for match in _GO.finditer(text):
        yield match.start(), match["operation"], match["code"] or match["status"]
    for match in _TRAIL.finditer(text):
        yield match.start(), without_version(match["operation"]), match["code"].rpartition(".")[2]


def _unanswered(called: Sequence[_Called], places: Sequence[int], starts: Sequence[int]) -> list[_Found]:
    """Return the calls that were denied and of which the text says nothing more."""
    found: list[_Found] = []
    answers = set(places)
    for start, operation, code in called:
        end = starts[bisect.bisect_right(starts, start)]
        answered = end in answers and end <= start + _NEAR
        if code in _DENIED_CODES and not answered:
            found.append((start, start, Denial(operation=operation)))
    return found


def _before(places: Sequence[int], start: int) -> bool:
    """Say whether any place lies within reach before another."""
    at = bisect.bisect_right(places, start)
    return at > 0 and start <= places[at - 1] + _NEAR


def _apart(found: Iterable[_Found]) -> list[_Found]:
    """Return the findings in order, without those that lie inside another."""
    apart: list[_Found] = []
    for start, end, denial in sorted(found, key=lambda item: item[:2]):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end, denial))
    return apart


def _own_wordings(text: str, small: str) -> Iterator[_Found]:
    for match in near(_ACCESS, ("authorized",), text, small):
        yield match.start(), match.end(), Denial(principal=joined(match["principal"]))
    for match in near(_CONSOLE, ("resource(s)",), text, small):
        service = match["prefix"] or match["service"]
        action = f"{service}:{match['call']}" if service else ""
        resource = joined(match["resource"])
        yield match.start(), match.end(), Denial(action, resource, joined(match["principal"]))
    for match in _API.finditer(text):
        yield match.start(), match.end(), Denial(action=match["action"])
    for wording in OWN_WORDINGS:
        for match in near(wording.pattern, wording.words, text, small):
            denial = wording.read(match, text[max(0, match.start() - 200) : match.start()])
            yield match.start(), match.end(), denial


def _operation(called: Sequence[_Called], start: int) -> str:
    at = bisect.bisect_left(called, (start, "", ""))
    return called[at - 1][1] if at and start <= called[at - 1][0] + _NEAR else ""


def _blame(denial: Denial, after: str) -> Denial:
    found = _BLAMED.search(after)
    if not found or denial.layer:
        return denial
    kind = re.sub(r"\s", "", joined(found["silent"] or found["policy"]).lower())
    layer = next((layer for name, layer in _LAYERS.items() if kind.startswith(name.replace(" ", ""))), "")
    policy = joined(found["arn"])
    if _QUARANTINE in policy:
        layer = "quarantine"
    return replace(denial, layer=layer, explicit=bool(found["explicit"]), policy=policy)


def _encoded(denial: Denial, encoded: Sequence[tuple[int, str]], start: int, limit: int) -> Denial:
    if denial.encoded:
        return denial
    at = bisect.bisect_left(encoded, (start, ""))
    message = encoded[at][1] if at < len(encoded) and encoded[at][0] < limit else ""
    return replace(denial, encoded=message)
