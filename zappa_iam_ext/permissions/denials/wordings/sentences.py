"""The two forms in which a message names an action: AWS's own sentence, and prose that asks for a permission."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.text import flexible, joined

_NAME = r"(?:<[\w -]{1,40}>|\[[\w -]{1,40}\]|[^\s\"<>]){1,1500}+"
_ACTION = r"[a-zA-Z0-9-]{1,60}+(?:\n[a-zA-Z0-9-]{1,60}+)?\n?:\n?[a-zA-Z0-9]{1,100}+"
_ENDS = rf"\s*(?:{flexible('because')}|{flexible('with an explicit')}|\(Service|\")"
_KINDS = "|".join(
    flexible(kind)
    for kind in ("role template", "role-template", "role", "user", "policy", "group", "instance profile")
)
_SQUEEZED = {"instanceprofile": "instance profile", "roletemplate": "role template"}
_PERFORM = re.compile(
    rf"(?:{flexible('not authorized (?:to )?perform')}|isn't\s+authorized\s+to\s+perform|(?:does\s+not|doesn't)\s+have\s+permissions?\s+to\s+(?:call|perform)(?:\s+the)?(?:\s+action)?)"
    rf":?\s*[\"']?(?P<action>{_ACTION}(?:\n[a-zA-Z0-9]{{1,60}}+(?=\s+(?:on|because|with)\s))?)[\"']?"
    rf"(?:\s+(?:action\s+)?{flexible('on')}\s+(?!(?:the\s+)?resource\s+associated\s+with)(?:the\s+)?(?:{flexible('resource')}s?:?|(?=[\"']?arn:))\s*[\"']?"
    rf"(?:(?P<kind>{_KINDS})\s+)?(?:(?P<resource>{_NAME}(?:\n{_NAME}){{0,4}}?)(?={_ENDS})|(?P<bare>{_NAME})))?",
    re.IGNORECASE,
)
_REACH = 2500
"""Characters before the sentence's verb in which its principal stands."""
_MARK = re.compile(
    rf"(?:{flexible('User')}|{flexible('Principal')}):|\b(?:User|Principal|Role|Caller|Entity)\s+(?=[\"']?arn:)",
    re.IGNORECASE,
)
_ALONE = re.compile(r"(?P<principal>\barn:[^\s\"'<>]{1,1500}+)[\"']?\s+(?:is\s+)?\Z")
_WORD = re.compile(rf"{_NAME}(?:\n(?!is\s){_NAME}){{0,3}}\Z")
#: The role that CloudFormation was given, without or before its ARN (CloudFormation User Guide: service role).
_SERVICE_ROLE = re.compile(
    r"(?:\bservice\s+role|\b(?:provided|specified|given)\s+(?:IAM\s+)?role|CloudFormation(?:'s)?\s+(?:service\s+|IAM\s+)?role"
    r"|\brole\s+(?:provided|given|passed)\s+to\s+CloudFormation)"
    r"(?:\s+[\[('\"]?arn:[^\s\"'<>]{1,1500}+['\")\]]?)?\s+(?:is\s+)?\Z",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?<![A-Za-z0-9:/_-])(?P<action>[a-z][a-z0-9-]{1,30}:[A-Z][A-Za-z0-9]{2,80})(?![A-Za-z0-9:*])"
)
_ASKED_FOR = re.compile(
    r"(?:permissions?\s+(?:to(?:\s+(?:call|perform|use|invoke|execute|run|the))?|for)|(?:requires?|needs?|missing|lacks?|lacking"
    r"|must\s+have|without|not\s+have|n't\s+have|additional\s+permission|insufficient\s+permissions?)(?:\s+(?:the|an?|IAM|required"
    r"|following))*(?:\s+permissions?)?)\s*:?\s*[\"'`(]{0,2}\Z",
    re.IGNORECASE,
)
_ASKED_BEFORE = re.compile(
    r"(?:ensure|make\s+sure|check\s+that|must|requires?|needs?|lacks?|missing|without|not\s+have|cannot|can't)\b[^.]{0,100}\Z",
    re.IGNORECASE,
)
_PERMISSION = re.compile(r"[\"'`]?\s+(?:IAM\s+)?permissions?\b|[\"'`]\s+is\s+required", re.IGNORECASE)
_ON = re.compile(
    r"[\"'`]?\s+(?:action\s+)?on\s+(?:the\s+)?(?:resources?:?\s*)?['\"]?(?P<resource>\*|arn:[^\s\"']{1,1500}+)"
)

_Found = tuple[int, int, Denial]


def performed(text: str) -> Iterator[_Found]:
    """Yield AWS's sentences ``User: X is not authorized to perform: A on resource: R``, with where each stands."""
    end = 0
    for match in _PERFORM.finditer(text):
        start, principal = _principal(text, max(end, match.start() - _REACH), match.start())
        end = match.end()
        squeezed = re.sub(r"\s", "", match["kind"] or "").lower()
        kind = _SQUEEZED.get(squeezed, squeezed)
        resource = f"{kind} {_resource(match['resource'] or match['bare'])}".strip()
        before = text[max(0, match.start() - 200) : match.start()]
        of_stack = "role" in before.lower() and bool(_SERVICE_ROLE.search(before))
        yield start, end, Denial(joined(match["action"]), resource, principal, by_service_role=of_stack)


def prose(text: str) -> Iterator[_Found]:
    """Yield the known actions for which a sentence asks: that this user has permission to call ``A`` on ``R``."""
    for match in _NAMED.finditer(text):
        before = text[max(0, match.start() - 130) : match.start()]
        after = text[match.end() : match.end() + 40]
        asked = _ASKED_FOR.search(before) or (_PERMISSION.match(after) and _ASKED_BEFORE.search(before))
        if asked and action_definition(match["action"]):
            on = _ON.match(text, match.end(), match.end() + 1600)
            resource = on["resource"].rstrip(".,;)'") if on else ""
            yield match.start(), match.end(), Denial(action=match["action"], resource=resource)


def _principal(text: str, earliest: int, verb: int) -> tuple[int, str]:
    """Return where the sentence begins that has its verb at a place, and whom it names."""
    marks = list(_MARK.finditer(text, earliest, verb))
    if not marks:
        alone = _ALONE.search(text, max(earliest, verb - 1600), verb)
        return (alone.start(), joined(alone["principal"])) if alone else (verb, "")
    words = re.sub(r"\s+i\n?s\s+\Z", "", text[marks[-1].end() : verb]).strip().strip('"')
    if not words or not _WORD.match(words):
        return verb, ""
    return marks[-1].start(), joined(words)


def _resource(text: str | None) -> str:
    """Return a resource without what a sentence or an XML element puts behind it."""
    return " ".join(joined((text or "").partition("</")[0]).rstrip(")").split())
