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


class Naming(IntEnum):
    """How a statement names a principal; the higher, the more an Allow gives by itself."""

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECTLY = 3


def naming(statement: Statement, principal: Principal, *, bounded: bool = False) -> Naming:
    """Return how a statement of a resource policy names the principal.

    NotPrincipal spares those it names, not others of the account it names too; a principal with a
    permissions boundary (``bounded``) it never spares (IAM User Guide, NotPrincipal).
    """
    if statement.not_principals is not None:
        spared = not bounded and _named(statement.not_principals, principal) >= Naming.ROLE
        return Naming.NOT if spared else Naming.DIRECTLY
    if statement.principals is None:
        return Naming.DIRECTLY
    return _named(statement.principals, principal)


def _named(element: PrincipalElement, principal: Principal) -> Naming:
    if "*" in element:
        return Naming.DIRECTLY
    return max((_by(entry, principal) for entry in element.get("AWS", ())), default=Naming.NOT)


def _by(entry: str, principal: Principal) -> Naming:
    if entry in {"*", principal.arn}:
        return Naming.ROLE if entry != "*" and principal.kind is PrincipalKind.ROLE else Naming.DIRECTLY
    if principal.role_arn and _same_role(entry, principal):
        return Naming.ROLE
    if principal.account and entry in {
        principal.account,
        f"arn:{principal.partition}:iam::{principal.account}:root",
    }:
        return Naming.DIRECTLY if principal.kind is PrincipalKind.ROOT else Naming.ACCOUNT
    return Naming.NOT


def _same_role(entry: str, principal: Principal) -> bool:
    """Compare by name, under any path: a session's ARN has lost the path of its role."""
    if principal.kind is PrincipalKind.ROLE:
        return entry == principal.arn
    start = re.escape(f"arn:{principal.partition}:iam::{principal.account}:role/")
    return re.fullmatch(f"{start}(?:.*/)?{re.escape(principal.name)}", entry) is not None
