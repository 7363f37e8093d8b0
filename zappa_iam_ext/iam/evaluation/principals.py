"""The Principal element of resource policies, for a principal of the same account.

IAM User Guide, "Policy evaluation logic" for a single account, and "AWS JSON policy elements: Principal": a
policy that names a user, or one session of a role, grants by itself; one that names a role is still limited by
boundary and session policy; one that names the account leaves the decision to the identity policies.
"""

from __future__ import annotations

import re
from enum import IntEnum

from zappa_iam_ext.iam.arn import Principal, PrincipalKind
from zappa_iam_ext.iam.statement import PrincipalElement, Statement


class PrincipalMatch(IntEnum):
    """How a statement names a principal; the higher, the more an Allow gives by itself."""

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECTLY = 3


def principal_match(
    statement: Statement, principal: Principal, *, has_boundary: bool = False
) -> PrincipalMatch:
    """Return how a statement of a resource policy names the principal.

    NotPrincipal spares those it names, not others of the account it names too; a principal with a
    permissions boundary (``has_boundary``) it never spares (IAM User Guide, NotPrincipal).
    """
    if statement.not_principals is not None:
        spared = not has_boundary and _match(statement.not_principals, principal) >= PrincipalMatch.ROLE
        return PrincipalMatch.NOT if spared else PrincipalMatch.DIRECTLY
    if statement.principals is None:
        return PrincipalMatch.DIRECTLY
    return _match(statement.principals, principal)


def _match(element: PrincipalElement, principal: Principal) -> PrincipalMatch:
    if "*" in element:
        return PrincipalMatch.DIRECTLY
    return max(
        (_entry_match(entry, principal) for entry in element.get("AWS", ())), default=PrincipalMatch.NOT
    )


def _entry_match(entry: str, principal: Principal) -> PrincipalMatch:
    if entry in {"*", principal.arn}:
        return (
            PrincipalMatch.ROLE
            if entry != "*" and principal.kind is PrincipalKind.ROLE
            else PrincipalMatch.DIRECTLY
        )
    if principal.role_arn and _same_role(entry, principal):
        return PrincipalMatch.ROLE
    if principal.account and entry in {
        principal.account,
        f"arn:{principal.partition}:iam::{principal.account}:root",
    }:
        return PrincipalMatch.DIRECTLY if principal.kind is PrincipalKind.ROOT else PrincipalMatch.ACCOUNT
    return PrincipalMatch.NOT


def _same_role(entry: str, principal: Principal) -> bool:
    """Compare by name, under any path: a session's ARN has lost the path of its role."""
    if principal.kind is PrincipalKind.ROLE:
        return entry == principal.arn
    start = re.escape(f"arn:{principal.partition}:iam::{principal.account}:role/")
    return re.fullmatch(f"{start}(?:.*/)?{re.escape(principal.name)}", entry) is not None
