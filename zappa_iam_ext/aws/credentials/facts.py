"""What credentials decide of a request's context, by their kind. Pure.

Source of all rules: IAM User Guide, "AWS global condition context keys", the "Availability" of each key, and "Secure API
access with MFA". What is not certain is left out: the key is then unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from zappa_iam_ext.check.subject import Facts
from zappa_iam_ext.iam import PolicyDocument, Principal, PrincipalKind

_TAG = "aws:PrincipalTag/"
_TAG_NAMED = re.compile(r"aws:principaltag/([^\"'}\\,]+)", re.IGNORECASE)
#: Keys of temporary credentials only: a request that is signed with a long-term key carries none of them.
_OF_SESSIONS = (
    "aws:MultiFactorAuthPresent",
    "aws:MultiFactorAuthAge",
    "aws:TokenIssueTime",
    "aws:FederatedProvider",
    "aws:SourceIdentity",
    "aws:AssumedRoot",
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourceVpc",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "ec2:SourceInstanceARN",
    "ec2:RoleDelivery",
)
#: Keys of requests that an AWS service makes as itself.
_OF_SERVICES = ("aws:PrincipalServiceName", "aws:PrincipalServiceNamesList")


@dataclass(frozen=True, slots=True)
class Credential:
    """What is known of credentials: never the credentials themselves.

    ``temporary``: they have a session token. ``mfa``: whether the session was begun with MFA, None where nobody knows.
    ``tags`` are those of the user or role, None where they could not be read. ``from_long_term_key``: botocore assumed the
    role itself with a user's long-term key, so that nobody gave the session tags or a source identity.
    ``issued`` is when the session was begun, as ISO 8601, where that is known; ``provider`` the ARN of the OIDC provider.
    """

    principal: Principal
    user_id: str = ""
    temporary: bool = True
    mfa: bool | None = None
    tags: Mapping[str, str] | None = None
    from_long_term_key: bool = False
    issued: str = ""
    provider: str = ""
    documents: tuple[PolicyDocument, ...] = field(default=(), repr=False)


def facts_of(credential: Credential) -> Facts:
    """Return the condition keys that the credentials decide; None: absent for certain."""
    principal = credential.principal
    found: dict[str, str | list[str] | None] = dict.fromkeys(_OF_SERVICES)
    if credential.user_id:
        found["aws:userid"] = credential.user_id
    if principal.kind is not PrincipalKind.USER:
        found["aws:username"] = None
    if not credential.temporary:
        found |= dict.fromkeys(_OF_SESSIONS)
    else:
        found |= _of_session(credential)
    return found | _tags(credential)


def _of_session(credential: Credential) -> dict[str, str | list[str] | None]:
    """Facts of temporary credentials: always a time of issue; MFA only where GetSessionToken was given a code."""
    found: dict[str, str | list[str] | None] = {}
    if credential.issued:
        found["aws:TokenIssueTime"] = credential.issued
    if credential.principal.kind is PrincipalKind.USER:  # GetSessionToken: a user's own session
        if credential.mfa:
            found["aws:MultiFactorAuthPresent"] = "true"
        elif credential.mfa is False:
            found["aws:MultiFactorAuthAge"] = None
        found |= dict.fromkeys(("aws:FederatedProvider", "aws:SourceIdentity", "aws:AssumedRoot"))
    if credential.provider:
        found["aws:FederatedProvider"] = credential.provider
    if credential.from_long_term_key:
        found |= dict.fromkeys(("aws:FederatedProvider", "aws:SourceIdentity", "aws:AssumedRoot"))
    return found


def _tags(credential: Credential) -> dict[str, str | list[str] | None]:
    """Principal tags: certain for a user; a session of a role may have others, which nobody sees, unless we began it."""
    certain = credential.principal.kind is PrincipalKind.USER or credential.from_long_term_key
    if credential.tags is None or not certain:
        return {}
    held = {key.lower() for key in credential.tags}
    missing = [name for name in _named_tags(credential.documents) if name.lower() not in held]
    return {f"{_TAG}{key}": value for key, value in credential.tags.items()} | {
        f"{_TAG}{name}": None for name in missing
    }


def _named_tags(documents: Iterable[PolicyDocument]) -> list[str]:
    """Return the keys of principal tags that documents name, in conditions or as variables."""
    texts = (json.dumps(document.to_dict(), ensure_ascii=False) for document in documents)
    return list(dict.fromkeys(name.strip() for text in texts for name in _TAG_NAMED.findall(text)))
