"""Trust policies that we write: of a CI system's tokens, of named principals, of services. All are judged as IAM would."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam import PolicyDocument, Principal, PrincipalKind
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.iam.trust import WEB_IDENTITY, Fault, openness, refusals
from zappa_iam_ext.roles.providers import Federation

TRUST_LIMIT = 2048
"""Characters of a trust policy, white space not counted (IAM and STS quotas, AssumeRolePolicySize; can be raised)."""
_TRUSTED = frozenset({PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ROOT})


class TrustRefused(ZappaIamError):
    """A trust policy that IAM would not store, or that would let strangers in."""


def federated_trust(federation: Federation, partition: str, account: str) -> dict[str, Any]:
    """Return the trust in tokens of a CI system. Raises `TrustRefused` where it would be open."""
    issuer = federation.issuer
    exact = {f"{issuer}:aud": federation.audience}
    exact |= {f"{issuer}:{claim}": value for claim, value in sorted(federation.claims.items())}
    subjects = list(federation.subjects)
    patterns = any("*" in subject for subject in subjects)
    tests: dict[str, dict[str, str | list[str]]] = {"StringEquals": dict(exact)}
    tests.setdefault("StringLike" if patterns else "StringEquals", {})[f"{issuer}:sub"] = (
        subjects[0] if len(subjects) == 1 else subjects
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": federation.provider_arn(partition, account)},
        "Action": WEB_IDENTITY,
        "Condition": tests,
    }
    return judged(_document(statement))


def principals_trust(arns: Sequence[str], *, partition: str = "aws", mfa: bool = False) -> dict[str, Any]:
    """Return the trust in users and roles by ARN; with ``mfa`` only after multi-factor authentication.

    The ARN of an account's root stands for all of its principals that a policy of theirs allows it. Raises
    `TrustRefused` for what is no such ARN, or is one of another partition than the role's: IAM refuses it.
    """
    for arn in arns:
        _require_principal(arn, partition)
    if not arns:
        raise TrustRefused("nobody may assume the role", hint="Name who may: --trusted ARN.")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": arns[0] if len(arns) == 1 else sorted(set(arns))},
        "Action": "sts:AssumeRole",
    }
    if mfa:
        statement["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    return judged(_document(statement))


def judged(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trust policy, ours or a user's own, that IAM stores and that is not open to all.

    Raises `TrustRefused` with IAM's own words, and `InvalidPolicyDocument`.
    """
    read = PolicyDocument.parse(document, PolicyKind.TRUST)
    told = [refusal.message for refusal in refusals(read)]
    if told:
        raise TrustRefused(
            told[0], hint="IAM would answer MalformedPolicyDocument (lint: trust/refused-by-aws)."
        )
    opened = [found.told for found in openness(read) if found.fault in {Fault.OPEN, Fault.TENANT}]
    if opened:
        raise TrustRefused(opened[0], hint="Test the subject with your own value (lint: trust/open-to-all).")
    if read.size > TRUST_LIMIT:
        raise TrustRefused(
            f"the trust policy has {read.size:,} characters; IAM allows {TRUST_LIMIT:,}",
            hint="Trust fewer principals, or a role of theirs.",
        )
    return dict(document)


def _require_principal(arn: str, partition: str) -> None:
    told = f"{arn[:200]!r} cannot be trusted"
    hint = (
        f"Give the ARN of a user, a role, or an account's root: arn:{partition}:iam::123456789012:role/NAME."
    )
    try:
        kind = Principal.parse(arn).kind
    except ZappaIamError as error:
        raise TrustRefused(told, hint=hint) from error
    if kind is PrincipalKind.ASSUMED_ROLE and (role := _role_of_session(arn)):
        raise TrustRefused(
            f"{told}: it is one session, and its name is chosen anew each time",
            hint=f"Give its role, with its path: `aws iam get-role --role-name {role} --query Role.Arn --output text`.",
        )
    if kind not in _TRUSTED or any(mark in arn for mark in "*?$"):
        raise TrustRefused(told, hint=hint)
    if not arn.startswith(f"arn:{partition}:"):
        raise TrustRefused(f"{told}: the role is in the partition {partition}", hint=hint)


def _role_of_session(arn: str) -> str:
    name = arn.partition(":assumed-role/")[2].partition("/")[0]
    return name if re.fullmatch(r"[\w+=,.@-]+", name, re.ASCII) else ""


def _document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(_listed(statements))}


def _listed(statements: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    return (dict(statement) for statement in statements)
