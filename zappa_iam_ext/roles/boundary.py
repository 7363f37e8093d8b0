"""The permissions boundary of an execution role, and the deployment policy that can write only roles within it.

A deployer that writes a role's policies and makes a function run as that role would hold whatever it writes. IAM User
Guide, "Permissions boundaries for IAM entities" (delegating responsibility): role writes are granted only where the
role has the boundary, and nothing that changes the boundary or takes it off is granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import Effect, PolicyDocument, Statement
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.document import as_list
from zappa_iam_ext.iam.statement import named_apart
from zappa_iam_ext.permissions.application import application_statements
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.roles.zappa_writes import INLINE_POLICY, wanted_inline, wanted_trust

__all__ = [
    "INLINE_POLICY",
    "BoundedRole",
    "as_the_role_is",
    "bounded",
    "bounded_role",
    "grants_without_boundary",
    "takes_boundary",
]
BOUNDARY_KEY = "iam:PermissionsBoundary"
_ENDING = "-Boundary"


@dataclass(frozen=True, slots=True)
class BoundedRole:
    """The execution role of a stage as Zappa would make it, and the boundary that it gets.

    ``trust`` and ``policy`` are Zappa's own documents after the settings, so that Zappa finds nothing to change.
    ``limit`` is what the boundary says; empty where the settings name another boundary, which is used as it is.
    """

    name: str
    arn: str
    trust: Mapping[str, Any]
    policy: Mapping[str, Any]
    boundary_arn: str
    limit: Mapping[str, Any]

    @property
    def boundary_name(self) -> str:
        """The name of the boundary, without its path."""
        return self.boundary_arn.rpartition("/")[2]


def bounded_role(stage: Stage, boundary: str = "") -> BoundedRole | None:
    """Return the execution role that Zappa would make for a stage in a known account; None where it makes none.

    ``boundary`` names another policy as the boundary, by name or ARN. Raises `SettingsError` for documents in the
    settings that are none.
    """
    if not stage.role.managed or stage.role.arn:
        return None
    policy = wanted_inline(stage)
    named = boundary or f"{stage.role.name}{_ENDING}"
    arn = named if named.startswith("arn:") else f"arn:{stage.partition}:iam::{stage.account}:policy/{named}"
    return BoundedRole(
        name=stage.role.name,
        arn=stage.named_role_arn,
        trust=wanted_trust(stage),
        policy=policy,
        boundary_arn=arn,
        limit={} if boundary else _limit(policy, application_statements(stage)),
    )


def bounded(document: PolicyDocument, role_arn: str, boundary_arn: str) -> PolicyDocument:
    """Return a deployment policy whose writes of the role demand the boundary.

    Only actions that support the condition key get the condition, in a statement of their own; what is granted on other
    resources stays.
    """
    statements = [
        part for statement in document.statements for part in _divided(statement, role_arn, boundary_arn)
    ]
    return replace(document, statements=tuple(named_apart(statements)))


def _divided(statement: Statement, role_arn: str, boundary_arn: str) -> Iterator[Statement]:
    writes = tuple(action for action in statement.actions if takes_boundary(action))
    if not writes or role_arn not in statement.resources:
        yield statement
        return
    others = tuple(action for action in statement.actions if action not in writes)
    elsewhere = tuple(resource for resource in statement.resources if resource != role_arn)
    if others:
        yield replace(statement, actions=others)
    if elsewhere:
        yield replace(statement, actions=writes, resources=elsewhere)
    condition = {name: dict(tests) for name, tests in statement.condition.items()}
    condition.setdefault("StringEquals", {})[BOUNDARY_KEY] = (boundary_arn,)
    yield replace(
        statement,
        actions=writes,
        resources=(role_arn,),
        condition=condition,
        sid="WriteBoundedRole" if statement.sid else "",
    )


def takes_boundary(action: str) -> bool:
    """Say whether an action writes a role and AWS decides it by the role's boundary.

    ``iam:PassRole`` does not support the key: with it the grant would never hold.
    """
    known = action_definition(action)
    return (
        known is not None and known.name.startswith("iam:") and known.writes and known.supports(BOUNDARY_KEY)
    )


def _limit(policy: Mapping[str, Any], application: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the boundary allows: what Zappa and the settings give the function, and no more."""
    statements = [
        {name: value for name, value in statement.items() if name != "Sid"}
        for statement in (*as_list(policy.get("Statement", [])), *application)
    ]
    return {"Version": policy.get("Version", "2012-10-17"), "Statement": statements}


def grants_without_boundary(document: Mapping[str, Any], role_arn: str) -> bool:
    """Say whether a policy allows to write a role's policies without a condition on its boundary."""
    try:
        statements = PolicyDocument.parse(document, readable=False).statements
    except InvalidPolicyDocument:
        return False
    return any(
        statement.effect is Effect.ALLOW
        and role_arn in statement.resources
        and any(takes_boundary(action) for action in statement.actions)
        and not any(BOUNDARY_KEY in tests for tests in statement.condition.values())
        for statement in statements
    )


def as_the_role_is(
    needed: Iterable[Requirement], role_arn: str, *, exists: bool, boundary: str
) -> tuple[Requirement, ...]:
    """Return what is needed where the execution role is known: whether it exists, and its boundary (empty: none).

    Zappa makes no role that is there, and what AWS compares with a condition on the boundary is known.
    """
    return tuple(
        replace(each, context={**each.context, BOUNDARY_KEY: boundary})
        if each.resource == role_arn and takes_boundary(each.action)
        else each
        for each in needed
        if not (exists and each.resource == role_arn and each.action == "iam:CreateRole")
    )
