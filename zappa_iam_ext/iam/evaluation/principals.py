"""The Principal element of resource policies: whom a statement names, and how.

IAM User Guide, "Policy evaluation for requests within a single account" and "AWS JSON policy elements: Principal": a
policy that names a user, or one session of a role, grants by itself; one that names a role is still limited by
boundary and session policy; one that names the account leaves the decision to the identity policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from zappa_iam_ext.iam.arn import Principal, PrincipalKind
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.statement import Effect, PrincipalElement, Statement


class NamedAs(IntEnum):
    """How a statement names a principal; the higher, the more an Allow gives by itself."""

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECTLY = 3


class PrincipalMatch(NamedTuple):
    """How a statement names a principal, and how certainly."""

    how: NamedAs
    truth: Truth = TRUE


_NOT = PrincipalMatch(NamedAs.NOT, FALSE)
_ACCOUNT, _ROLE, _DIRECTLY = (
    PrincipalMatch(how) for how in (NamedAs.ACCOUNT, NamedAs.ROLE, NamedAs.DIRECTLY)
)
#: The principals named by a kind of their own, and that kind.
_OWN_KIND = {
    PrincipalKind.SERVICE: "Service",
    PrincipalKind.FEDERATED: "Federated",
    PrincipalKind.CANONICAL_USER: "CanonicalUser",
}
_BOUNDED = frozenset({PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ASSUMED_ROLE})


def principal_match(
    statement: Statement, principal: Principal, *, has_boundary: bool = False
) -> PrincipalMatch:
    """Return how a statement of a resource policy names the principal.

    A principal with a permissions boundary (``has_boundary``) is never spared by the NotPrincipal of a Deny.
    """
    if statement.not_principals is not None:
        return _not_spared(statement, statement.not_principals, principal, has_boundary=has_boundary)
    return _DIRECTLY if statement.principals is None else _match(statement.principals, principal)


def _not_spared(
    statement: Statement, element: PrincipalElement, principal: Principal, *, has_boundary: bool
) -> PrincipalMatch:
    """Return whether NotPrincipal reaches a principal.

    IAM User Guide, "AWS JSON policy elements: NotPrincipal", "Key points": AWS may look at the account, then the role,
    then the session, and spares whom it finds at each step; it may deny the whole account where the account is not listed.
    Hence: who is not listed is reached; who is listed without role or account may be. In an Allow nobody is granted
    what hangs on that.
    """
    listed, whole = _listed(element, principal)
    if has_boundary and statement.effect is Effect.DENY and principal.kind in _BOUNDED:
        return _DIRECTLY
    if listed and whole:
        return _NOT
    role_alone = statement.effect is Effect.ALLOW and _match(element, principal).how >= NamedAs.ROLE
    return PrincipalMatch(NamedAs.DIRECTLY, UNKNOWN if listed or role_alone else TRUE)


def _listed(element: PrincipalElement, principal: Principal) -> tuple[bool, bool]:
    """Return whether NotPrincipal lists the principal itself, and whether also what it belongs to."""
    if "*" in element or "*" in element.get("AWS", ()):
        return True, True
    if not principal.has_identity_policies:
        return _match(element, principal).how is NamedAs.DIRECTLY, True
    entries = element.get("AWS", ())
    account = any(_is_account(entry, principal) for entry in entries)
    if principal.kind is PrincipalKind.ROOT:
        return account, account
    role = principal.kind is not PrincipalKind.ASSUMED_ROLE or any(
        _same_role(entry, principal) for entry in entries
    )
    return principal.arn in entries, account and role


def _match(element: PrincipalElement, principal: Principal) -> PrincipalMatch:
    """Return the strongest of the certain matches, else the strongest of the possible ones."""
    if "*" in element or "*" in element.get("AWS", ()):
        return _DIRECTLY
    own = _OWN_KIND.get(principal.kind)
    if own is not None:
        named = {principal.arn, "*"} & set(element.get(own, ()))
        return _DIRECTLY if named else _NOT
    return max(_matches(element, principal), key=lambda match: (match.truth, match.how), default=_NOT)


def _matches(element: PrincipalElement, principal: Principal) -> Iterable[PrincipalMatch]:
    for entry in element.get("AWS", ()):
        yield _entry_match(entry, principal)
    if element.get("CanonicalUser"):
        # The id of an account, which its number does not tell.
        yield PrincipalMatch(NamedAs.ACCOUNT, UNKNOWN)


def _entry_match(entry: str, principal: Principal) -> PrincipalMatch:
    if entry == principal.arn:
        return _ROLE if principal.kind is PrincipalKind.ROLE else _DIRECTLY
    if principal.role_arn and _same_role(entry, principal):
        return _ROLE
    if _is_account(entry, principal):
        return _DIRECTLY if principal.kind is PrincipalKind.ROOT else _ACCOUNT
    start = f"arn:{principal.partition}:iam::{principal.account}:user/"
    if principal.kind is PrincipalKind.FEDERATED_USER and entry.startswith(start):
        # The user who asked for the session, whom the ARN of the session does not tell.
        return PrincipalMatch(NamedAs.ROLE, UNKNOWN)
    return _NOT


def _is_account(entry: str, principal: Principal) -> bool:
    return bool(principal.account) and entry in {
        principal.account,
        f"arn:{principal.partition}:iam::{principal.account}:root",
    }


def _same_role(entry: str, principal: Principal) -> bool:
    """Compare by name, under any path: a session's ARN has lost the path of its role.

    That is certain: role names are unique within an account, and AWS refuses the ARN of a role that there is not (IAM
    User Guide, "IAM identifiers" and "AWS JSON policy elements: Principal").
    """
    if principal.kind is PrincipalKind.ROLE:
        return entry == principal.arn
    start = re.escape(f"arn:{principal.partition}:iam::{principal.account}:role/")
    return re.fullmatch(f"{start}(?:.*/)?{re.escape(principal.name)}", entry) is not None
