"""Blacked-out parts of a pasted text: ``XXXXXXXXXXXX``, ``***``, ``<ACCOUNT>``, an empty account. Pure.

What is blacked out is never copied into a policy: a run of stars is a wildcard there, and an ARN without its account
is accepted and never matches. It becomes a placeholder to fill in.
"""

from __future__ import annotations

import re

from zappa_iam_ext.iam.definitions import action_definition

ACCOUNT, REGION, NAME = "<ACCOUNT_ID>", "<REGION>", "<NAME>"
#: What AWS writes in place of an account: its own managed policies, and any.
_ACCOUNTS = re.compile(r"[0-9]{12}|aws|aws-marketplace|cloudfront|\*", re.ASCII)
_REGIONS = re.compile(r"[a-z]{2,4}(?:-[a-z]{2,10}){1,3}-[0-9]{1,2}|aws-global|global|\*|", re.ASCII)
_PARTITIONS = re.compile(r"aws(?:-[a-z]{1,10}){0,3}", re.ASCII)
#: A version of a function in brackets is a part of the name of its log streams (``2026/01/01/[$LATEST]...``).
_BLACK = re.compile(
    r"<[^<>]{0,80}>|\[(?!(?:\$LATEST|[0-9]{1,20})\])[^\[\]]{0,80}\]|\$?\{[^{}]{0,80}\}|\*{2,}[0-9]*|(?<![A-Za-z0-9])X{3,}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])x{4,}(?![A-Za-z0-9])|X{5,}|#{3,}|\u2026|\.{3,}|[\u2022\u25cf\u2580-\u259f]+"
    r"|(?<![A-Za-z0-9])REDACTED(?![A-Za-z0-9])"
)
_HEAD = 5
_AT_REGION, _AT_ACCOUNT = 3, 4
#: Services whose ARNs never carry an account (Service Authorization Reference: resource types).
_WITHOUT_ACCOUNT = frozenset({"apigateway", "s3", "route53"})


def placeholders(resource: str, action: str = "") -> str:
    """Return an ARN with a placeholder for each part that is blacked out; other texts as they are.

    ``action`` tells, for a part that is empty, whether ARNs of its resource types carry an account.
    """
    parts = resource.split(":", _HEAD)
    if len(parts) <= _HEAD or parts[0] != "arn":
        return resource
    _, partition, service, region, account, name = parts
    if not _PARTITIONS.fullmatch(partition):
        partition = "aws"
    if not _REGIONS.fullmatch(region) or (
        not region and _carries(service, action, _AT_REGION, unknown=False)
    ):
        region = REGION
    if not _ACCOUNTS.fullmatch(account) and (account or _carries(service, action, _AT_ACCOUNT, unknown=True)):
        account = ACCOUNT
    return f"arn:{partition}:{service}:{region}:{account}:{name_placeholders(name)}"


def name_placeholders(name: str) -> str:
    """Return a name with a placeholder for each part that is blacked out."""
    return _BLACK.sub(NAME, name)


def wildcards(resource: str, action: str = "") -> str:
    """Return the pattern of what a resource may have been before parts of it were blacked out."""
    text = placeholders(resource, action)
    for placeholder in (ACCOUNT, REGION, NAME):
        text = text.replace(placeholder, "*")
    return text


def to_fill_in(text: str) -> tuple[str, ...]:
    """Return the placeholders that a text holds."""
    return tuple(placeholder for placeholder in (ACCOUNT, REGION, NAME) if placeholder in text)


def _carries(service: str, action: str, place: int, *, unknown: bool) -> bool:
    """Say whether the ARNs of the action's own resource types hold a part; ``unknown`` where nothing is known."""
    if service in _WITHOUT_ACCOUNT:
        return place == _AT_REGION and service == "apigateway"
    known = action_definition(action)
    arns = [item.arn.split(":", _HEAD) for item in known.resource_types] if known else []
    own = [parts[place] for parts in arns if len(parts) > _HEAD and parts[2] == service]
    return any(own) if own else unknown
