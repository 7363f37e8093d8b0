"""Stages to the execution roles that are handed over to somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.export import ExecutionRole, ManagedPolicy
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan.changes import CreatePolicy, CreateRole
from zappa_iam_ext.plan.planning.execution_role import execution_role_plan
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.execution_roles.planning import RoleOptions, wanted_roles
from zappa_iam_ext.workflow.policies import with_caller_account


def roles_of(stages: Sequence[Stage], options: AwsOptions, account: str = "") -> tuple[ExecutionRole, ...]:
    """Return the roles that ``role ensure`` would make from nothing.

    Offline and without credentials once the account is given. Raises `SettingsError` for stages of several partitions or
    accounts, `CredentialsProblem` when nobody knows the account, and `QuotaExceeded`.
    """
    located = [with_caller_account(stage, options, account) for stage in stages]
    if len({(stage.partition, stage.account) for stage in located}) > 1:
        raise SettingsError(
            f"the stages {', '.join(stage.name for stage in located)} differ in their account or partition",
            hint="Export them one at a time.",
        )
    found = []
    for wanted, _ in wanted_roles(located, (), RoleOptions()):
        changes = execution_role_plan(wanted, None).changes
        limit = next((change.document for change in changes if isinstance(change, CreatePolicy)), {})
        made = next(change for change in changes if isinstance(change, CreateRole))
        found.append(
            ExecutionRole(
                account=located[0].account,
                partition=located[0].partition,
                stages=tuple(sorted(map(str, wanted.keys))),
                name=wanted.name,
                path=wanted.path,
                trust=wanted.trust,
                policy=ManagedPolicy(wanted.inline, wanted.policy),
                tags=made.tags,
                boundary=wanted.boundary,
                limit=limit,
            )
        )
    return tuple(found)
