"""The execution roles of stages, made before Zappa would make them, each within a boundary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.provisioning.current_roles import execution_role, policy_document
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan.documents import merged
from zappa_iam_ext.plan.naming import deployer_base, own_names
from zappa_iam_ext.plan.ownership import StageKey
from zappa_iam_ext.plan.role_states import DesiredExecutionRole, is_bounded
from zappa_iam_ext.roles.boundary import (
    INLINE_POLICY,
    BoundedRole,
    bounded,
    bounded_role,
    grants_without_boundary,
)
from zappa_iam_ext.workflow.provisioning.modes import ModeOptions

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

NO_BOUNDARY_NOTE = "no boundary: who deploys can give the role, and so itself, any permission"
BOUNDED_NOTE = "who deploys still runs code as the execution role, within its boundary"


@dataclass(frozen=True, slots=True)
class ExecutionRoles:
    """The execution roles of stages: those that get a boundary, by stage, and notes on the others."""

    bounded: Mapping[StageKey, BoundedRole] = field(default_factory=dict)
    desired: tuple[DesiredExecutionRole, ...] = ()
    notes: tuple[str, ...] = ()

    def limit(self, key: StageKey, document: PolicyDocument) -> PolicyDocument:
        """Return a stage's deployment policy, whose role writes demand the boundary where its role has one."""
        role = self.bounded.get(key)
        return document if role is None else bounded(document, role.arn, role.boundary_arn)


def execution_roles(
    iam: IAMClient,
    stages: Sequence[Stage],
    options: ModeOptions,
    *,
    deployer: tuple[str, str],
    adopt: bool = False,
) -> ExecutionRoles:
    """Return what is to be made of the execution roles of stages in a known account.

    ``deployer`` is who deploys, kind (``user``, ``role``) and name. A role that somebody else made without the boundary stays as it is unless it is adopted.
    """
    if options.boundary is False:
        managed = any(bounded_role(stage) for stage in stages)
        return ExecutionRoles(notes=(NO_BOUNDARY_NOTE,) if managed else ())
    found: dict[StageKey, BoundedRole] = {}
    desired: dict[str, DesiredExecutionRole] = {}
    notes: list[str] = []
    for stage in stages:
        role = bounded_role(stage, iam_ext_settings(stage).permissions_boundary)
        if role is None:
            continue
        key = StageKey(stage.project_name, stage.name)
        if options.boundary is None and _granted_without(iam, stage, key, role, deployer):
            notes.append(f"--boundary bounds {role.name}; now who deploys can write anything into it")
            continue
        wanted = _desired(key, stage, role)
        if is_bounded(wanted, execution_role(iam, role.name), adopt=adopt):
            found[key] = role
            desired[role.name] = _shared(desired.get(role.name), wanted)
        else:
            notes.append(f"--adopt --boundary bounds {role.name}; now who deploys can write anything into it")
    return ExecutionRoles(found, tuple(desired.values()), (*([BOUNDED_NOTE] if found else []), *notes))


def bounded_roles(stages: Sequence[Stage]) -> ExecutionRoles:
    """Return the execution roles of stages in a known account as they are made where there are none, each with a boundary."""
    found: dict[StageKey, BoundedRole] = {}
    desired: dict[str, DesiredExecutionRole] = {}
    for stage in stages:
        role = bounded_role(stage, iam_ext_settings(stage).permissions_boundary)
        if role is not None:
            key = StageKey(stage.project_name, stage.name)
            found[key] = role
            desired[role.name] = _shared(desired.get(role.name), _desired(key, stage, role))
    return ExecutionRoles(found, tuple(desired.values()), (BOUNDED_NOTE,) if found else ())


def _granted_without(
    iam: IAMClient, stage: Stage, key: StageKey, role: BoundedRole, deployer: tuple[str, str]
) -> bool:
    """Say whether a deployment policy in place grants the writes of the role without a boundary.

    A condition that joins it would take permissions away, which is nobody's default.
    """
    base = iam_ext_settings(stage).policy
    own = deployer_base(base, *deployer)
    for name in (base, *own_names(base, key), own, *own_names(own, key)):
        document = policy_document(iam, f"arn:{stage.partition}:iam::{stage.account}:policy/{name}")
        if document is not None and grants_without_boundary(document, role.arn):
            return True
    return False


def _desired(key: StageKey, stage: Stage, role: BoundedRole) -> DesiredExecutionRole:
    return DesiredExecutionRole(
        stage=key,
        name=role.name,
        path=stage.role.path,
        trust=role.trust,
        inline=INLINE_POLICY,
        policy=role.policy,
        boundary=role.boundary_arn,
        limit=role.limit,
    )


def _shared(first: DesiredExecutionRole | None, wanted: DesiredExecutionRole) -> DesiredExecutionRole:
    """Return the role of one stage as one more wants it: it holds, and may hold, what each of them needs."""
    if first is None:
        return wanted
    return replace(
        first,
        policy=merged([first.policy, wanted.policy]),
        limit=merged([first.limit, wanted.limit]) if first.limit and wanted.limit else first.limit,
        further=(*first.further, wanted.stage),
    )
