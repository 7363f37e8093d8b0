"""Reads what AWS, CloudFormation, botocore and Zappa say when something is denied, in any of their wordings.

The wordings are AWS's own: IAM User Guide, "Troubleshoot access denied error messages", and the services that
word it their own way. The text is untrusted: it is searched, never run.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

MAX_TEXT = 100_000
_WHITE = re.compile(r"\s+")
_ARN = r"arn:[a-z0-9-]{1,20}:[^\s\"'<>]+"
_PERFORM = re.compile(
    r"(?:(?:User|Principal):\s*\"?(?P<principal>[^\s\"]{1,2048}?)\"?\s+)?"
    r"(?:is\s+)?not\s+authorized\s+to\s+perform:?\s*\"?(?P<action>[a-zA-Z0-9-]{1,60}:[a-zA-Z0-9]{1,100})\"?"
    r"(?:\s+on\s+(?:the\s+)?resource:?\s*\"?(?P<resource>(?:(?:role|user|policy|group|instance profile) )?[^\s\"]{1,2048}?)\"?(?=[\s,;)]|\.?$|\.\s))?",
    re.IGNORECASE,
)
_ALLOWS = re.compile(
    r"because no (?P<policy>[a-zA-Z -]{1,40}?) (?:policy |policies )?allows? the", re.IGNORECASE
)
_EXPLICIT = re.compile(
    r"with an explicit deny(?: in an? (?P<policy>identity-based|permissions boundary|resource-based|resource control"
    r"|service control|session|vpc endpoint))?",
    re.IGNORECASE,
)
_OPERATION = re.compile(
    r"error occurred \((?P<code>\w{1,80})\).{0,40}? when calling the (?P<operation>\w{1,80}) operation"
)
_ENCODED = re.compile(r"Encoded authorization failure message:\s*(?P<message>[A-Za-z0-9_\-+/=]{20,})")
_API = re.compile(r"\bAPI:\s*(?P<action>[a-z0-9-]{1,60}:[A-Za-z0-9]{1,100})")
_LAMBDA_S3 = re.compile(
    r"denied by S3.{0,120}permission to GetObject for (?P<path>[^\s]{1,1200}?)\.?\s", re.IGNORECASE
)
_TEMPLATE_S3 = re.compile(r"S3 error: Access Denied", re.IGNORECASE)
_ZAPPA_BUCKET = re.compile(r"Access denied for S3 bucket '(?P<bucket>[^']{1,63})'")
_ROLE_LACKS = re.compile(
    r"execution role does not have permissions? to (?:call|perform) (?P<call>\w{1,80}) on (?P<service>[\w ]{1,40})",
    re.IGNORECASE,
)
_DENIED_CODES = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "AuthorizationError",
        "Forbidden",
        "UnauthorizedException",
    }
)
_LAYERS = {
    "identity-based": "identity",
    "permissions boundary": "boundary",
    "resource control": "organization",
    "resource-based": "resource",
    "service control": "organization",
    "session": "session",
    "vpc endpoint": "resource",
}


@dataclass(frozen=True, slots=True)
class Denial:
    """What a message says was denied; empty where it does not say.

    ``layer`` is the kind of policy it blames, ``encoded`` an authorisation message that only
    ``sts:DecodeAuthorizationMessage`` can read. ``by_role`` says that the function's own execution role is
    meant rather than whoever deploys.
    """

    action: str = ""
    resource: str = ""
    principal: str = ""
    operation: str = ""
    layer: str = ""
    explicit: bool = False
    encoded: str = ""
    by_role: bool = False


def parse_denial(text: str) -> Denial | None:
    """Return what a message says was denied, or None when it is no denial that we can recognise."""
    line = _WHITE.sub(" ", text[:MAX_TEXT].replace('\\"', '"'))
    denial = _performed(line) or _own_wording(line) or _by_operation(line)
    encoded = _ENCODED.search(
        _WHITE.sub("", text[:MAX_TEXT]).replace(
            "Encodedauthorizationfailuremessage:", "Encoded authorization failure message:"
        )
    )
    if encoded:
        api = _API.search(line)
        known = denial or Denial(action=api["action"] if api else "")
        return replace(known, encoded=encoded["message"])
    return denial


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
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _performed(line: str) -> Denial | None:
    found = _PERFORM.search(line)
    if not found:
        return None
    layer, explicit = _blamed(line)
    operation = _OPERATION.search(line)
    return Denial(
        action=found["action"],
        resource=_trimmed(found["resource"]),
        principal=_trimmed(found["principal"]),
        operation=operation["operation"] if operation else "",
        layer=layer,
        explicit=explicit,
    )


def _own_wording(line: str) -> Denial | None:
    """Services that check with the caller's rights and say so in words of their own."""
    if found := _LAMBDA_S3.search(line + " "):
        return Denial(action="s3:GetObject", resource=f"arn:aws:s3:::{found['path'].rstrip('.')}")
    if _TEMPLATE_S3.search(line):
        operation = _OPERATION.search(line)
        return Denial(action="s3:GetObject", operation=operation["operation"] if operation else "CreateStack")
    if found := _ZAPPA_BUCKET.search(line):
        return Denial(
            action="s3:ListBucket", resource=f"arn:aws:s3:::{found['bucket']}", operation="HeadBucket"
        )
    if found := _ROLE_LACKS.search(line):
        return Denial(action=f"{found['service'].strip().lower()}:{found['call']}", by_role=True)
    return None


def _by_operation(line: str) -> Denial | None:
    """Return what is left when a service (S3) names neither action nor resource: the operation."""
    found = _OPERATION.search(line)
    if not found or found["code"] not in _DENIED_CODES:
        return None
    layer, explicit = _blamed(line)
    return Denial(operation=found["operation"], layer=layer, explicit=explicit)


def _blamed(line: str) -> tuple[str, bool]:
    explicit = _EXPLICIT.search(line)
    if explicit:
        return _layer(explicit["policy"]), True
    silent = _ALLOWS.search(line)
    return (_layer(silent["policy"]) if silent else ""), False


def _layer(policy: str | None) -> str:
    words = (policy or "").lower()
    return next((layer for name, layer in _LAYERS.items() if words.startswith(name)), "")


def _trimmed(text: str | None) -> str:
    return (text or "").strip("\"'.,;")
