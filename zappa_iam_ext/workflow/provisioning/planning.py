"""Plan, then apply: what the profile of some stages lacks, carried out with other credentials.

A policy belongs to the stages that its tags name; what another stage or project was given stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

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
from zappa_iam_ext.plan.entities import Elsewhere
from zappa_iam_ext.plan.ownership import StageKey
from zappa_iam_ext.plan.planning.deployers import beside
from zappa_iam_ext.plan.planning.effects import told_of_others
from zappa_iam_ext.plan.role_states import DesiredRoles
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.guarding import compromised, is_quarantine, require_account
from zappa_iam_ext.workflow.provisioning.administrator import (
    Rights,
    administrator_rights,
    open_administrator,
    require_one_partition,
)
from zappa_iam_ext.workflow.provisioning.modes import (
    ModeOptions,
    deployer_there,
    desired_roles,
    execution_roles,
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


@dataclass(frozen=True, slots=True)
class Provisioning:
    """The plan for one profile, who would carry it out, and what it is for.

    ``notes`` say what a hand-made document lacks. ``desired``, ``current`` and ``consents`` are what the plan was made
    of, so that it can be made again; ``rights`` is what the administrator may not do of it. ``lacks_key`` says that the
    profile has no credentials of the user that work, and that the plan makes none. ``elsewhere`` are others that deploy
    stages that are destroyed, ``further`` the other stages that tags of ours name (does the deployer hold a policy for
    it?), ``advice`` the lines that say what to run for them.
    """

    plan: Plan
    desired: DesiredState
    current: CurrentState
    consents: Consents
    administrator: str
    account: str
    user: str
    profile: str
    stages: tuple[str, ...]
    notes: tuple[str, ...] = ()
    admin_profile: str = ""
    rights: Rights = field(default_factory=Rights)
    findings: tuple[str, ...] = ()
    lacks_key: bool = False
    pipelines: tuple[str, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    further: Mapping[StageKey, bool] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    iam: IAMClient | None = field(default=None, repr=False, compare=False)
    options: AwsOptions = field(default_factory=AwsOptions)

    @property
    def kind(self) -> str:
        """What deploys: a ``user`` or a ``role``."""
        roles = self.desired.roles
        return "role" if roles is not None and roles.deployer is not None else "user"

    @property
    def told(self) -> tuple[str, ...]:
        """The notes, and who else holds what is written."""
        return (*told_of_others(self.plan, self.current), *self.notes)


@dataclass(frozen=True, slots=True)
class ProvisioningOptions:
    """What a plan may do.

    ``admin_profile`` names the credentials that look and later change (empty: boto3's own chain). ``consents`` are
    what it may touch and take away. ``create_key`` makes an access key for a profile that has no
    credentials that work: only when asked for.
    ``group`` names a group that is to hold the policies. ``only_add`` leaves in what nobody may need any more.
    ``mode`` says how the deployer gets its credentials. ``removing``: what is made of it is removed again, so that nothing
    is planned yet; ``user`` names the one that is removed.
    """

    admin_profile: str = ""
    consents: Consents = field(default_factory=Consents)
    create_key: bool = False
    group: str = ""
    only_add: bool = False
    mode: ModeOptions = field(default_factory=ModeOptions)
    removing: bool = False
    user: str = ""


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
        _plan_group(tuple(group), commands, options, key, wanted or ProvisioningOptions())
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


def _plan_group(
    stages: tuple[Stage, ...],
    commands: Sequence[Command],
    options: AwsOptions,
    key: tuple[str, str, str],
    wanted: ProvisioningOptions,
) -> Provisioning:
    profile, user_name, policy_name = key
    region = options.region or stages[0].region
    asked = AwsOptions(options.profile, region, options.endpoint_url)
    replaces_key = wanted.create_key and wanted.consents.overwrite_profile
    identity = (  # before the administrator's: what fails here no administrator mends
        None
        if wanted.mode.is_role
        else behind_removed(stages[0], profile, asked, named=bool(user_name))
        if wanted.removing
        else behind(stages[0], profile, asked, named=bool(user_name), replaces_key=replaces_key)
    )
    administrator, iam = open_administrator(
        wanted.admin_profile, AwsOptions("", region, options.endpoint_url)
    )
    require_one_partition(stages, administrator)
    for stage in stages:
        require_account(stage, administrator.account, "the administrator belongs")
    wanted.mode.check(removing=wanted.removing)
    located = [stage.with_account(administrator.account, administrator.partition) for stage in stages]
    role = ("", "/")
    if wanted.mode.is_role:
        role = deployer_there(iam, stages, wanted.mode)
        target = Target(*role, profile, role=True)
        roles = (
            roles_to_destroy(located, wanted.mode)
            if wanted.removing
            else desired_roles(located, wanted.mode, role, profile or DEFAULT_PROFILE, region)[0]
        )
    else:
        target = target_of(identity, profile, user_name, administrator, iam)
        roles = DesiredRoles()
    execution = execution_roles(
        iam,
        located,
        wanted.mode,
        deployer=("role" if target.role else "user", target.user),
        adopt=wanted.consents.adopt,
    )
    roles = replace(roles, execution=execution.desired)
    needs, notes = stage_documents(stages, commands, options, administrator, target, execution=execution)
    files = ProfileFiles.from_environment(os.environ)
    desired = DesiredState(
        account=administrator.account,
        user=target.user,
        partition=administrator.partition,
        profile=key_profile(
            profile,
            files,
            works=target.works,
            wanted=wanted.create_key and not target.role,
            overwrite=wanted.consents.overwrite_profile,
        ),
        region=region if profile and files.takes_region(profile) else None,
        base=policy_name,
        needs=needs,
        zappa=stages[0].zappa_version,
        group=wanted.group,
        only_add=wanted.only_add,
        roles=roles if target.role or roles.execution else None,
    )
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
        profile=profile,
        stages=tuple(stage.name for stage in stages),
        notes=(
            *notes,
            *beside(desired, current),
            *execution.notes,
            *mode_notes(wanted.mode, os.environ, makes_key=wanted.create_key and not target.works),
            *(
                ()
                if target.role
                else about_user(stages, profile, options, target, wanted=wanted.create_key, files=files)
            ),
            *(
                unlifted(iam, located, commands, desired, target=target, execution=execution)
                if current.user_exists and not (target.role or wanted.removing)
                else ()
            ),
        ),
        lacks_key=not (target.role or target.works or wanted.create_key),
        admin_profile=wanted.admin_profile,
        rights=administrator_rights(iam, administrator, planned, region),
        findings=escalations(desired),
        pipelines=()
        if wanted.removing
        else pipelines_of(located, wanted.mode, role, profile or DEFAULT_PROFILE),
        iam=iam,
        options=AwsOptions(profile, region, options.endpoint_url),
    )


def look(iam: IAMClient, desired: DesiredState, consents: Consents) -> tuple[CurrentState, Plan]:
    """Return the current state and the plan; former versions are read of the policies that would be written."""
    current = current_state(iam, desired, ProfileFiles.from_environment(os.environ))
    planned = plan(desired, current, consents)
    if any(isinstance(change, CreatePolicyVersion) for change in planned.changes):
        current = with_former_versions(iam, current, planned)
        planned = plan(desired, current, consents)
    return current, planned
