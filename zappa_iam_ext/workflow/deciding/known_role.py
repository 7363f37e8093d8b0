"""What a stage needs where the account tells of its execution role: its ARN, that it is there, and its boundary."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.roles.boundary import BOUNDARY_KEY, as_the_role_is
from zappa_iam_ext.workflow.deciding.execution_role import live_role, on_stored_arn
from zappa_iam_ext.workflow.deciding.principals import ReadPrincipal


def needed_as_it_is(
    stage: Stage, commands: Sequence[Command], principal: ReadPrincipal
) -> tuple[Requirement, ...]:
    """Return what a stage in a known account needs, of the execution role by the ARN that IAM stores.

    Where the principal's policies grant by the boundary of the execution role, the role is looked up; a principal that
    may not do that leaves it unknown.
    """
    needed = _within_boundary(stage, requirements(stage, commands), principal)
    return on_stored_arn(needed, stage, live_role(stage, principal))


def _within_boundary(
    stage: Stage, needed: tuple[Requirement, ...], principal: ReadPrincipal
) -> tuple[Requirement, ...]:
    if not stage.role.managed or stage.role.arn or not _by_boundary(principal):
        return needed
    from zappa_iam_ext.aws.provisioning.current_roles import execution_role

    try:
        role = execution_role(principal.iam, stage.role.name)
    except ZappaIamError:
        return needed
    boundary = role.boundary if role else ""
    return as_the_role_is(needed, stage.named_role_arn, exists=role is not None, boundary=boundary)


def _by_boundary(principal: ReadPrincipal) -> bool:
    policies = principal.held.policies
    return any(
        key.lower() == BOUNDARY_KEY.lower()
        for document in (*policies.identity, *policies.group)
        for statement in document.statements
        for tests in statement.condition.values()
        for key in tests
    )
