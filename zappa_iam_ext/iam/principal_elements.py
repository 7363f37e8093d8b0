"""What AWS accepts as a principal of a policy (IAM User Guide, "AWS JSON policy elements: Principal").

A principal that can match nobody is refused as AWS refuses it, never kept: in a Deny it would make the Deny vanish.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from zappa_iam_ext.iam.arn import BUILT_IN_PROVIDERS
from zappa_iam_ext.iam.statement import Effect, PolicyKind, Statement

_PARTITION = r"arn:aws(?:-[a-z]+)*"
_ACCOUNT = r"[0-9]{12}"
#: Names of users and roles, and of sessions (IAM User Guide, "IAM and AWS STS quotas").
_NAME = r"[\w+=,.@-]+"
#: A path is of visible characters; ``:``, ``*``, ``?`` and ``$`` are left out: they would be wildcards or variables.
_PATH = r"(?:[!-)+->@-~]+/)*"
_IAM_ARN = re.compile(rf"{_PARTITION}:iam::{_ACCOUNT}:(?:root|(?:user|role)/{_PATH}{_NAME})", re.ASCII)
_STS_ARN = re.compile(
    rf"{_PARTITION}:sts::{_ACCOUNT}:(?:assumed-role/{_NAME}/{_NAME}|federated-user/{_NAME})", re.ASCII
)
#: The identity of a CloudFront distribution (CloudFront Developer Guide, origin access identity).
_CLOUDFRONT = re.compile(rf"{_PARTITION}:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+")
#: The unique id that IAM shows in place of a deleted user or role (IAM User Guide, "IAM identifiers").
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA|PKA|SCA|SIA|KIA|BIA|CCA|NPA|NVA|IPA)[A-Z0-9]{12,124}")
_PROVIDER_ARN = re.compile(
    rf"{_PARTITION}:iam::{_ACCOUNT}:(?:saml-provider/[\w.-]+|oidc-provider/[\w.:/+=,@%~-]+)", re.ASCII
)
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CANONICAL = re.compile(r"[0-9a-f]{64,128}")

_FORMS: Final[Mapping[str, tuple[str, tuple[re.Pattern[str], ...]]]] = {
    "AWS": (
        "an account id, *, or the ARN of an account's root, a user, a role or one session",
        (re.compile(_ACCOUNT), _IAM_ARN, _STS_ARN, _CLOUDFRONT, _UNIQUE_ID),
    ),
    "Service": ("the name of a service, like lambda.amazonaws.com", (_HOST,)),
    "Federated": ("the ARN of an identity provider, or the name of a built-in one", (_PROVIDER_ARN, _HOST)),
    "CanonicalUser": ("the canonical id of an account: 64 or more hexadecimal digits", (_CANONICAL,)),
}
#: The kinds of principal that an element may name.
KINDS: Final = frozenset(_FORMS)


def refusal(kind: str, entry: str) -> str:
    """Return why AWS refuses an entry of a principal element; empty when it is accepted.

    A star is accepted alone and never as a part of a name or ARN.
    """
    wanted, forms = _FORMS[kind]
    if entry in {"*", *BUILT_IN_PROVIDERS} or any(form.fullmatch(entry) for form in forms):
        return ""
    told = f"{entry[:100]!r} is no principal of kind {kind}: {wanted}"
    return f"{told}; a wildcard matches no part of a name or ARN" if re.search("[*?]", entry) else told


def misplaced(statement: Statement, kind: PolicyKind) -> str:
    """Return why a document of a kind may not hold a statement with its principals; empty when it may.

    AWS Organizations User Guide, "RCP syntax": the principal is ``*``, there is no NotAction, and only the policy
    ``RCPFullAWSAccess`` allows. IAM User Guide, "AWS JSON policy elements: NotPrincipal": not in a role trust policy.
    """
    if kind is PolicyKind.TRUST and statement.not_principals is not None:
        return "a trust policy has no NotPrincipal"
    if kind is not PolicyKind.RCP:
        return ""
    if statement.principals not in ({"*": ("*",)}, {"AWS": ("*",)}):
        return "the principal of a resource control policy is *"
    if statement.not_actions:
        return "a resource control policy has no NotAction"
    full = statement.actions == ("*",) and statement.resources == ("*",) and not statement.condition
    if statement.effect is Effect.ALLOW and not full:
        return "a resource control policy denies; only RCPFullAWSAccess allows, and it allows everything"
    return ""
