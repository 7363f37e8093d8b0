"""Plan, then apply: what the profile of some stages lacks, carried out with other credentials.

A policy belongs to the stages that its tags name; what another stage or project was given stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.identity import CallerIdentity
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.provisioning.current_state import current_state, with_former_versions
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import (
    Consents,
    CreatePolicyVersion,
    CurrentState,
    DesiredState,
    Plan,
    plan,
)
from zappa_iam_ext.plan.planning.deployers import beside
from zappa_iam_ext.plan.role_states import DesiredRoles
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.guarding import compromised, is_quarantine, require_account
from zappa_iam_ext.workflow.provisioning.administrator import (
    administrator_rights,
    open_administrator,
    require_one_partition,
)
from zappa_iam_ext.workflow.provisioning.bounding import ExecutionRoles, execution_roles
from zappa_iam_ext.workflow.provisioning.model import Provisioning, ProvisioningOptions
from zappa_iam_ext.workflow.provisioning.modes import (
    deployer_there,
    desired_roles,
    mode_notes,
    pipelines_of,
    roles_to_destroy,
)
from zappa_iam_ext.workflow.provisioning.profile_key import key_profile
from zappa_iam_ext.workflow.provisioning.stage_documents import escalations, stage_documents
from zappa_iam_ext.workflow.provisioning.targets import (
    DEFAULT_PROFILE,
    Target,
    about_user,
    behind,
    behind_removed,
    profile_of,
    target_of,
)
from zappa_iam_ext.workflow.provisioning.unlifted import unlifted

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def plan_stages(
    stages: Sequence[Stage],
    commands: Sequence[Command],
    options: AwsOptions,
    wanted: ProvisioningOptions | None = None,
) -> tuple[Provisioning, ...]:
    """Return what has to change so that the stages' profiles may run these commands; changes nothing.

    One plan for each profile and policy name. Raises `CredentialsProblem`, `AccessDenied` or `AwsUnavailable`, and
    `SettingsError` when a profile belongs to something that no access key can be made for.
    """
    groups: dict[tuple[str, str, str], list[Stage]] = {}
    for stage in stages:
        own = iam_ext_settings(stage)
        profile = profile_of(stage, options)
        user = (wanted.user if wanted else "") or own.user
        groups.setdefault((profile, user, own.policy), []).append(stage)
    if not (wanted and wanted.removing):  # what is removed is found by its tags, whatever it is called
        _refuse_shared_names(groups)
    return tuple(
        _plan_group(_Group(tuple(group), commands, options, wanted or ProvisioningOptions(), *key))
        for key, group in groups.items()
    )


def _refuse_shared_names(groups: dict[tuple[str, str, str], list[Stage]]) -> None:
    names = [policy for _, _, policy in groups]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        sharing = [
            (f"{profile or 'no profile'}, {user or 'whoever it belongs to'}", group)
            for (profile, user, name), group in groups.items()
            if name == twice[0]
        ]
        told = "; ".join(f"{', '.join(stage.name for stage in group)} ({whose})" for whose, group in sharing)
        other = sharing[-1][1][-1].name
        raise SettingsError(
            f"stages of different profiles or users share the policy name {twice[0]}: {told}",
            hint=f'Name one of each own, `"iam_ext": {{"policy": "{twice[0]}-{other}"}}` in the stage {other},'
            " or give one stage at a time: each gets a policy of its own.",
        )


@dataclass(frozen=True, slots=True)
class _Group:
    """The stages of one profile, and what is asked for them: ``user`` and ``policy`` are names of the settings."""

    stages: tuple[Stage, ...]
    commands: Sequence[Command]
    options: AwsOptions
    wanted: ProvisioningOptions
    profile: str
    user: str
    policy: str

    @property
    def region(self) -> str:
        return self.options.region or self.stages[0].region

    def aws(self, profile: str) -> AwsOptions:
        """Return a profile in the region, and at the endpoint, of the stages."""
        return AwsOptions(profile, self.region, self.options.endpoint_url)

    def identity(self) -> CallerIdentity | None:
        """Return whom the profile signs in as, where a user deploys; asked first: what fails here no administrator mends."""
        if self.wanted.mode.is_role:
            return None
        first, asked, named = self.stages[0], self.aws(self.options.profile), bool(self.user)
        if self.wanted.removing:
            return behind_removed(first, self.profile, asked, named=named)
        replaces_key = self.wanted.create_key and self.wanted.consents.overwrite_profile
        return behind(first, self.profile, asked, named=named, replaces_key=replaces_key)


@dataclass(frozen=True, slots=True)
class _Deployer:
    """Who deploys, in the administrator's account: the user or role, where it is, and which roles are wanted for it."""

    iam: IAMClient
    administrator: CallerIdentity
    located: Sequence[Stage]
    target: Target
    role: tuple[str, str]
    roles: DesiredRoles


def _plan_group(group: _Group) -> Provisioning:
    wanted, deployer = group.wanted, _deployer(group, group.identity())
    iam, administrator, target = deployer.iam, deployer.administrator, deployer.target
    execution = execution_roles(
        iam,
        deployer.located,
        wanted.mode,
        deployer=("role" if target.role else "user", target.user),
        adopt=wanted.consents.adopt,
    )
    desired, about_documents = _desired(group, deployer, execution)
    nothing = (CurrentState(), Plan())
    current, planned = nothing if wanted.removing else look(iam, desired, wanted.consents)
    if any(map(is_quarantine, current.attached)):
        raise compromised(target.user)
    return Provisioning(
        plan=planned,
        desired=desired,
        current=current,
        consents=wanted.consents,
        administrator=administrator.arn,
        account=administrator.account,
        user=target.user,
        profile=group.profile,
        stages=tuple(stage.name for stage in group.stages),
        notes=(*about_documents, *_notes(group, deployer, execution, desired, current)),
        lacks_key=not (target.role or target.works or wanted.create_key),
        admin_profile=wanted.admin_profile,
        rights=administrator_rights(iam, administrator, planned, group.region),
        findings=escalations(desired),
        pipelines=_pipelines(group, deployer),
        iam=iam,
        options=group.aws(group.profile),
    )


def _deployer(group: _Group, identity: CallerIdentity | None) -> _Deployer:
    """Return who deploys; raise where the administrator is of another account or partition, or the mode lacks something."""
    wanted, stages = group.wanted, group.stages
    administrator, iam = open_administrator(wanted.admin_profile, group.aws(""))
    require_one_partition(stages, administrator)
    for stage in stages:
        require_account(stage, administrator.account, "the administrator belongs")
    wanted.mode.check(removing=wanted.removing)
    located = [stage.with_account(administrator.account, administrator.partition) for stage in stages]
    if not wanted.mode.is_role:
        target = target_of(identity, group.profile, group.user, administrator, iam)
        return _Deployer(iam, administrator, located, target, ("", "/"), DesiredRoles())
    role = deployer_there(iam, stages, wanted.mode)
    roles = (
        roles_to_destroy(located, wanted.mode)
        if wanted.removing
        else desired_roles(located, wanted.mode, role, group.profile or DEFAULT_PROFILE, group.region)[0]
    )
    return _Deployer(iam, administrator, located, Target(*role, group.profile, role=True), role, roles)


def _desired(
    group: _Group, deployer: _Deployer, execution: ExecutionRoles
) -> tuple[DesiredState, tuple[str, ...]]:
    """Return what is to be there, and notes on its documents."""
    wanted, target, administrator = group.wanted, deployer.target, deployer.administrator
    needs, notes = stage_documents(
        group.stages, group.commands, group.options, administrator, target, execution=execution
    )
    files = ProfileFiles.from_environment(os.environ)
    profile = key_profile(
        group.profile,
        files,
        works=target.works,
        wanted=wanted.create_key and not target.role,
        overwrite=wanted.consents.overwrite_profile,
    )
    roles = replace(deployer.roles, execution=execution.desired)
    desired = DesiredState(
        account=administrator.account,
        user=target.user,
        partition=administrator.partition,
        profile=profile,
        region=group.region if group.profile and files.takes_region(group.profile) else None,
        base=group.policy,
        needs=needs,
        zappa=group.stages[0].zappa_version,
        group=wanted.group,
        only_add=wanted.only_add,
        roles=roles if target.role or roles.execution else None,
    )
    return desired, notes


def _notes(
    group: _Group,
    deployer: _Deployer,
    execution: ExecutionRoles,
    desired: DesiredState,
    current: CurrentState,
) -> Iterator[str]:
    """Yield what is to be known of the plan, beside its documents."""
    wanted, target = group.wanted, deployer.target
    yield from beside(desired, current)
    yield from execution.notes
    yield from mode_notes(wanted.mode, os.environ, makes_key=wanted.create_key and not target.works)
    if target.role:
        return
    files = ProfileFiles.from_environment(os.environ)
    yield from about_user(
        group.stages, group.profile, group.options, target, wanted=wanted.create_key, files=files
    )
    if current.user_exists and not wanted.removing:
        yield from unlifted(
            deployer.iam, deployer.located, group.commands, desired, target=target, execution=execution
        )


def _pipelines(group: _Group, deployer: _Deployer) -> tuple[str, ...]:
    """Return what a pipeline of the mode needs to sign in as the role."""
    if group.wanted.removing:
        return ()
    return pipelines_of(deployer.located, group.wanted.mode, deployer.role, group.profile or DEFAULT_PROFILE)


def look(iam: IAMClient, desired: DesiredState, consents: Consents) -> tuple[CurrentState, Plan]:
    """Return the current state and the plan; former versions are read of the policies that would be written."""
    current = current_state(iam, desired, ProfileFiles.from_environment(os.environ))
    planned = plan(desired, current, consents)
    if any(isinstance(change, CreatePolicyVersion) for change in planned.changes):
        current = with_former_versions(iam, current, planned)
        planned = plan(desired, current, consents)
    return current, planned
