"""Stages to the resources that are handed over to somebody else: what a plan from nothing makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zappa_iam_ext.aws.identity import identity_from
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.export import Deployer, ExecutionRole, ManagedPolicy, OidcProvider, Resources, Role, User
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import Change, CurrentState, DesiredState, plan
from zappa_iam_ext.plan.changes import (
    AttachRolePolicy,
    AttachUserPolicy,
    CreatePolicy,
    CreateRole,
    CreateUser,
)
from zappa_iam_ext.plan.role_states import DesiredRoles
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.policies import with_caller_account
from zappa_iam_ext.workflow.provisioning.bounding import NO_BOUNDARY_NOTE, ExecutionRoles, bounded_roles
from zappa_iam_ext.workflow.provisioning.modes import (
    NO_PROFILE_NOTE,
    ModeOptions,
    deployer_name,
    desired_roles,
    mode_notes,
)
from zappa_iam_ext.workflow.provisioning.stage_documents import stage_documents
from zappa_iam_ext.workflow.provisioning.targets import Target


def resources_of(
    stages: Sequence[Stage],
    commands: Sequence[Command],
    options: AwsOptions,
    account: str = "",
    mode: ModeOptions | None = None,
) -> tuple[Resources, tuple[str, ...]]:
    """Return what is to be made so that these stages may be deployed, and notes on it.

    Offline and without credentials once the account is given. Execution roles are among it, each with its boundary, when
    the mode asks for a boundary. Raises `SettingsError` for stages of several partitions, users or policy names, which have
    no one hand-over, and for options that do not fit the mode; `CredentialsProblem` when nobody knows the account.
    """
    chosen = mode or ModeOptions()
    chosen.check()
    located = [with_caller_account(stage, options, account) for stage in stages]
    user, base = _one(located)
    first = located[0]
    name = deployer_name(located, chosen) if chosen.is_role else user
    execution = bounded_roles(located) if chosen.boundary else ExecutionRoles()
    needs, notes = stage_documents(
        located,
        commands,
        options,
        identity_from(f"arn:{first.partition}:iam::{first.account}:root", first.account),
        Target(name, "/", "", role=chosen.is_role),
        execution=execution,
    )
    deploying = desired_roles(located, chosen, (name, "/"), "", None)[0] if chosen.is_role else DesiredRoles()
    desired = DesiredState(
        account=first.account,
        user=name,
        partition=first.partition,
        base=base,
        needs=needs,
        zappa=first.zappa_version,
        roles=replace(deploying, execution=execution.desired, profile=None),
    )
    changes = plan(desired, CurrentState()).changes
    made = Resources(
        account=first.account,
        partition=first.partition,
        stages=tuple(f"{stage.project_name}/{stage.name}" for stage in located),
        deployer=_deployer(desired),
        policies=tuple(_attached(changes)),
        tags=_tags(changes, name),
        execution=tuple(_execution(desired, changes)),
    )
    unbounded = not execution.desired and bool(bounded_roles(located).desired)
    return made, (
        *notes,
        *execution.notes,
        *([f"{NO_BOUNDARY_NOTE} (--boundary adds one)"] if unbounded else []),
        *_of_mode(chosen),
    )


def _of_mode(mode: ModeOptions) -> list[str]:
    """Return what has to be known about a role; nothing of a user, for a key is nobody's who is handed over to."""
    told = mode_notes(mode, {}, makes_key=False) if mode.is_role else ()
    return [note for note in told if note != NO_PROFILE_NOTE]


def _deployer(desired: DesiredState) -> Deployer:
    roles = desired.roles
    role = roles.deployer if roles else None
    if roles is None or role is None:
        return User(desired.user)
    provider = roles.provider
    trusted = OidcProvider(provider.url, (provider.client_id,)) if provider else None
    return Role(role.name, role.trust, trusted, role.max_session)


def _attached(changes: Sequence[Change]) -> list[ManagedPolicy]:
    """Return the policies that whoever deploys gets, with the tags that make them ours, so that `apply` may change them later."""
    arns = {each.arn for each in changes if isinstance(each, AttachUserPolicy | AttachRolePolicy)}
    return [
        ManagedPolicy(each.name, each.document, each.tags)
        for each in changes
        if isinstance(each, CreatePolicy) and each.arn in arns
    ]


def _tags(changes: Sequence[Change], name: str) -> dict[str, str]:
    """Return the tags of the user or the role of this name."""
    for each in changes:
        if isinstance(each, CreateUser) and each.user == name:
            return dict(each.tags)
        if isinstance(each, CreateRole) and each.role == name:
            return dict(each.tags)
    return {}


def _execution(desired: DesiredState, changes: Sequence[Change]) -> list[ExecutionRole]:
    return [
        ExecutionRole(
            account=desired.account,
            partition=desired.partition,
            stages=(str(wanted.stage),),
            name=wanted.name,
            path=wanted.path,
            trust=wanted.trust,
            policy=ManagedPolicy(wanted.inline, wanted.policy),
            tags=_tags(changes, wanted.name),
            boundary=wanted.boundary,
            limit=wanted.limit,
        )
        for wanted in (desired.roles.execution if desired.roles else ())
    ]


def _one(stages: Sequence[Stage]) -> tuple[str, str]:
    found = {(own.user_or_default, own.policy) for own in map(iam_ext_settings, stages)}
    accounts = {(stage.account, stage.partition) for stage in stages}
    if len(found) > 1 or len(accounts) > 1:
        raise SettingsError(
            f"the stages {', '.join(stage.name for stage in stages)} differ in their account, user or policy",
            hint="Export them one at a time.",
        )
    return found.pop()
