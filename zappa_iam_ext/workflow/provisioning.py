"""Plan, then apply: what the profile of some stages lacks, carried out with other credentials."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.aws.credentials_file import CredentialsFile
from zappa_iam_ext.aws.current_state import current_state
from zappa_iam_ext.aws.identity import CallerIdentity, caller
from zappa_iam_ext.aws.provisioner import apply_plan, wait_until_accepted
from zappa_iam_ext.config import DEFAULT_USER, iam_ext_settings
from zappa_iam_ext.errors import CredentialsError, CredentialSourceError, SettingsError, UnknownPrincipal
from zappa_iam_ext.iam import PolicyDocument, PrincipalKind
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import CreateAccessKey, DesiredPolicy, DesiredState, Plan, plan
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.workflow.policies import PolicyOptions, policy_documents

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

DEFAULT_PROFILE = "serverless"


@dataclass(frozen=True, slots=True)
class Provisioning:
    """The plan for one profile, who would carry it out, and what it is for.

    ``notes`` say what a hand-made document lacks and what the document in place allows beyond the new one.
    ``lacks_key`` says that the profile has no credentials of the user that work, and that the plan makes none.
    """

    plan: Plan
    administrator: str
    account: str
    user: str
    profile: str
    stages: tuple[str, ...]
    notes: tuple[str, ...] = ()
    lacks_key: bool = False
    iam: IAMClient | None = field(default=None, repr=False, compare=False)
    options: AwsOptions = field(default_factory=AwsOptions)


@dataclass(frozen=True, slots=True)
class ProvisioningOptions:
    """What a plan may do.

    ``admin_profile`` names the credentials that look and later change (empty: boto3's own chain). ``adopt`` lets
    it replace policies that somebody else made or edited, ``overwrite_profile`` another key in the profile.
    ``create_key`` makes an access key for a profile that has no credentials that work: only when asked for.
    """

    admin_profile: str = ""
    adopt: bool = False
    overwrite_profile: bool = False
    create_key: bool = False


@dataclass(frozen=True, slots=True)
class _Target:
    """Whose permissions are provisioned, and whether the profile has credentials of that user that work."""

    user: str
    path: str
    profile: str
    works: bool = False


def plan_stages(
    stages: Sequence[Stage],
    commands: Sequence[Command],
    options: AwsOptions,
    wanted: ProvisioningOptions | None = None,
) -> tuple[Provisioning, ...]:
    """Return what has to change so that the stages' profiles may run these commands; changes nothing.

    One plan for each profile and policy name. Raises `CredentialsError`, `AccessDenied` or `AwsUnavailable`, and
    `SettingsError` when a profile belongs to something that no access key can be made for.
    """
    groups: dict[tuple[str, str, str], list[Stage]] = {}
    for stage in stages:
        own = iam_ext_settings(stage)
        profile = options.profile or stage.profile_name or DEFAULT_PROFILE
        groups.setdefault((profile, own.user, own.policy), []).append(stage)
    _refuse_shared_names(groups)
    return tuple(
        _plan_group(tuple(group), commands, options, key, wanted or ProvisioningOptions())
        for key, group in groups.items()
    )


def apply_stages(
    provisionings: Sequence[Provisioning], *, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Carry the plans out, in order; a plan with nothing to do makes no call.

    Waits until AWS accepts a key that was made. Raises `UnsafePlan` before the first change,
    `ProvisioningError` when one fails: planning and applying again continues there.
    """
    for provisioning in provisionings:
        if provisioning.plan.empty and not provisioning.plan.unsafe:
            continue
        assert provisioning.iam is not None  # noqa: S101  -- plan_stages always sets it
        apply_plan(provisioning.iam, provisioning.plan, progress=progress)
        if any(isinstance(change, CreateAccessKey) for change in provisioning.plan.changes):
            progress(f"wait until AWS accepts the new key of {provisioning.user}")
            session = open_session(provisioning.profile, provisioning.options.region)
            wait_until_accepted(open_client(session, "sts", provisioning.options))


def _refuse_shared_names(groups: dict[tuple[str, str, str], list[Stage]]) -> None:
    names = [policy for _, _, policy in groups]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(
            f"stages of different profiles share the policy name {twice[0]}",
            hint="Give them iam_ext.policy of their own, or provision one stage at a time.",
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
    administrator, iam = _administrator(wanted.admin_profile, AwsOptions("", region, options.endpoint_url))
    _require_one_partition(stages, administrator)
    target = _target(profile, user_name, administrator, AwsOptions(profile, region, options.endpoint_url))
    form = PolicyOptions(
        account=administrator.account,
        partition=administrator.partition,
        split=True,
        self_inspection=True,
        user=target.user,
        user_path=target.path,
    )
    documents, notes = policy_documents(stages, commands, options, form)
    lacks_key = not target.works
    files = CredentialsFile.from_environment(os.environ)
    if lacks_key and wanted.create_key:
        files.check_kind(target.profile)
        files.check_replaceable(target.profile, overwrite=wanted.overwrite_profile)
    desired = DesiredState(
        account=administrator.account,
        user=target.user,
        policies=tuple(_named(policy_name, documents)),
        partition=administrator.partition,
        profile=target.profile if lacks_key and wanted.create_key else None,
        region=region if files.takes_region(target.profile) else None,
    )
    current = current_state(iam, desired, files)
    return Provisioning(
        plan=plan(desired, current, adopt=wanted.adopt, overwrite_profile=wanted.overwrite_profile),
        administrator=administrator.arn,
        account=administrator.account,
        user=target.user,
        profile=profile,
        stages=tuple(stage.name for stage in stages),
        notes=(*notes, *_removed_actions(desired, current.policies), *_about_profile(target, wanted, files)),
        lacks_key=lacks_key and not wanted.create_key,
        iam=iam,
        options=AwsOptions(profile, region, options.endpoint_url),
    )


def _require_one_partition(stages: Sequence[Stage], administrator: CallerIdentity) -> None:
    """Refuse stages of another partition: an account lies in one, and IAM refuses a document with ARNs of another."""
    others = [stage for stage in stages if stage.partition != administrator.partition]
    if others:
        named = ", ".join(f"{stage.name} ({stage.partition})" for stage in others)
        raise SettingsError(
            f"the administrator's account is in the partition {administrator.partition}; not so the stages {named}",
            hint="Provision them one at a time, with credentials of their own partition (`--admin-profile`).",
        )


def _administrator(profile: str, options: AwsOptions) -> tuple[CallerIdentity, IAMClient]:
    session = open_session(profile or None, options.region)
    return caller(open_client(session, "sts", options)), open_client(session, "iam", options)


def _target(profile: str, user_name: str, administrator: CallerIdentity, options: AwsOptions) -> _Target:
    """Return the user to provision: the one named, else the one the profile belongs to, else the conventional one."""
    try:
        identity = caller(open_client(open_session(profile, options.region), "sts", options))
    except CredentialSourceError:
        raise  # somebody has credentials there: that they cannot be fetched now makes nobody a new user
    except (CredentialsError, UnknownPrincipal):
        return _Target(user_name or DEFAULT_USER, "/", profile)
    if user_name:
        return _Target(user_name, "/", profile, works=_belongs_to(identity, user_name, administrator.account))
    if identity.account != administrator.account:
        raise SettingsError(
            f"profile {profile} belongs to account {identity.account}, the administrator to {administrator.account}",
            hint="Use credentials of the same account (`--admin-profile`), or another profile.",
        )
    if identity.principal.kind is not PrincipalKind.USER:
        raise SettingsError(
            f"profile {profile} is {identity.arn}, no IAM user: no access key can be made for it",
            hint="Print the document with `zappa-iam policy --self-inspection`, and attach it to the role.",
        )
    return _Target(identity.principal.name, identity.principal.path, profile, works=True)


def _belongs_to(identity: CallerIdentity, user: str, account: str) -> bool:
    principal = identity.principal
    if identity.account != account or principal.kind is not PrincipalKind.USER:
        return False
    return principal.name.lower() == user.lower()  # IAM's names are unique whatever their case


def _about_profile(target: _Target, wanted: ProvisioningOptions, files: CredentialsFile) -> Iterator[str]:
    if target.works:
        return
    if not wanted.create_key:
        yield f"profile {target.profile} has no credentials of {target.user} that work: `--create-keys` makes an access key"
    elif not files.takes_region(target.profile):
        yield f"the region is not written into the profile: {files.config_path} is read-only; Zappa's settings have it"


def _named(name: str, documents: Sequence[PolicyDocument]) -> Iterator[DesiredPolicy]:
    for number, document in enumerate(documents, 1):
        yield DesiredPolicy(name if number == 1 else f"{name}-{number}", document.to_dict())


def _removed_actions(desired: DesiredState, present: Any) -> Iterator[str]:
    """Say which actions a document in place allows and none of the new ones names."""
    new = {action for policy in desired.policies for action in _actions(policy.document)}
    old = {action for policy in present.values() if policy.ours for action in _actions(policy.document)}
    if gone := sorted(old - new):
        yield f"no longer allowed: {', '.join(gone)} (for another stage? `--all` covers every stage of the file)"


def _actions(document: Any) -> Iterator[str]:
    for statement in document.get("Statement", []):
        listed = statement.get("Action", []) if isinstance(statement, dict) else []
        yield from [listed] if isinstance(listed, str) else listed
