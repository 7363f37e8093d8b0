"""Joins the rooms: check, plan, ensure. The only caller of ``aws/`` beside the edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zappa_iam_ext.aws.holdings import holdings, self_inspection_grants
from zappa_iam_ext.aws.identity import CallerIdentity, caller
from zappa_iam_ext.aws.provisioner import apply_plan
from zappa_iam_ext.check import Evidence, Report, check
from zappa_iam_ext.config import IamExtSettings, iam_ext_settings
from zappa_iam_ext.documents import hand_made_document
from zappa_iam_ext.errors import DeployPermissionsMissing
from zappa_iam_ext.iam import PolicyDocument, PolicySet
from zappa_iam_ext.iam.synthesis import compact, merge, split
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import Plan
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.settings_file import command_from_cli, stage_from_cli

Progress = Callable[[str], None]
OFFLINE_ACCOUNT = "123456789012"


# --- Check -----------------------------------------------------------------------------------------------------


def check_deploy_permissions(
    stage: str | Stage | None = None,
    *,
    settings_file: str | Path | None = None,
    commands: Iterable[str | Command] = (),
    profile: str = "",
    region: str = "",
    endpoint_url: str = "",
) -> Report:
    """Return the Report of what the stage's profile may and may not do of what the stage needs.

    ``stage`` is a name, a `Stage`, or None for the only one of the settings file. ``commands`` are Zappa
    command lines (default: the whole life cycle). Raises `SettingsError`, `CredentialsError` or
    `AwsUnavailable`; a denial is no error, see ``Report.denied``.
    """
    options = AwsOptions(profile, region, endpoint_url)
    return check_stage(_stage(stage, settings_file, options), _commands(commands), options)


def ensure_deploy_permissions(
    stage: str | Stage | None = None,
    *,
    settings_file: str | Path | None = None,
    commands: Iterable[str | Command] = (),
    profile: str = "",
    region: str = "",
    endpoint_url: str = "",
    admin_profile: str = "",
    strict: bool = False,
    progress: Progress = lambda _: None,
) -> Report:
    """Return the Report when the profile may deploy; raise `DeployPermissionsMissing` when it may not.

    With ``admin_profile``, whatever is missing (the profile itself included) is provisioned first, with
    that profile's credentials. With ``strict``, what cannot be decided counts as missing.
    """
    options = AwsOptions(profile, region, endpoint_url)
    chosen = _stage(stage, settings_file, options)
    wanted = _commands(commands)
    if admin_profile:
        apply_stage((chosen,), wanted, replace(options, profile=admin_profile), progress=progress)
    report = check_stage(chosen, wanted, options)
    if report.exit_code(strict=strict):
        from zappa_iam_ext.render.text import report_text  # noqa: PLC0415  -- only for the message

        raise DeployPermissionsMissing(
            report_text(report), report=report, hint=f"zappa-iam apply {chosen.name} --admin-profile PROFILE"
        )
    return report


def check_stage(stage: Stage, commands: Sequence[Command], options: AwsOptions) -> Report:
    """Check a stage with the credentials of its profile."""
    session = open_session(options.profile or stage.profile_name, options.region or stage.region)
    return check_with_session(stage, commands, session, options)


def check_running_zappa(zappa_cli: Any) -> Report | None:
    """Check the command that a running Zappa is about to carry out, with the session it has opened.

    Returns None when the stage turns the gate off for this command.
    """
    stage = stage_from_cli(zappa_cli)
    own = iam_ext_settings(stage)
    command = command_from_cli(zappa_cli)
    if not own.enabled or (own.commands and command.name not in own.commands):
        return None
    return check_with_session(stage, (command,), zappa_cli.zappa.boto_session, AwsOptions())


def check_with_session(
    stage: Stage, commands: Sequence[Command], session: Any, options: AwsOptions
) -> Report:
    """Check a stage for whoever the session's credentials belong to."""
    identity = caller(open_client(session, "sts", options))
    held = holdings(open_client(session, "iam", options), identity.principal)
    located = stage.with_account(identity.account, identity.partition)
    return check(
        located,
        commands,
        requirements(located, commands),
        held.policies,
        identity.arn,
        evidence=Evidence.POLICIES,
        unreadable=held.unreadable,
    )


def check_offline(stage: Stage, commands: Sequence[Command], files: Sequence[Path], account: str) -> Report:
    """Judge policy documents in files, as a user's only policies, against what a stage needs."""
    located = stage.with_account(account or stage.account_id or OFFLINE_ACCOUNT)
    documents = tuple(hand_made_document(path, located) for path in files)
    user = iam_ext_settings(stage).user_name
    principal = f"arn:{located.partition}:iam::{located.account}:user/{user}"
    wanted = requirements(located, commands)
    return check(
        located, commands, wanted, PolicySet(identity=documents), principal, evidence=Evidence.OFFLINE
    )


# --- Policy ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PolicyOptions:
    """How a document is wanted."""

    account: str = ""
    partition: str = ""
    split: bool = False
    compact: bool = False
    computed: bool = False
    self_inspection: bool = True


def policy_documents(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions, wanted: PolicyOptions
) -> tuple[tuple[PolicyDocument, ...], tuple[str, ...]]:
    """Return the documents for these stages, and notes on what was widened or is missing from a hand-made one."""
    located = tuple(_locate(stage, options, wanted) for stage in stages)
    documents, notes = zip(*(_document(stage, commands, wanted) for stage in located), strict=True)
    document = documents[0] if len(documents) == 1 else merge(documents)
    told = tuple(note for group in notes for note in group)
    if wanted.compact:
        result = compact(document)
        document = result.document
        told += tuple(str(widening) for widening in result.widenings)
    return (split(document) if wanted.split else (document,)), told


def _document(
    stage: Stage, commands: Sequence[Command], wanted: PolicyOptions
) -> tuple[PolicyDocument, tuple[str, ...]]:
    own = iam_ext_settings(stage)
    needed = requirements(stage, commands)
    if own.policy_document and not wanted.computed:
        document = hand_made_document(own.policy_document, stage)
        return document, measure(document, needed, stage, own)
    extra = (
        self_inspection_grants(stage.partition, stage.account, own.user_name)
        if wanted.self_inspection
        else ()
    )
    return deployment_policy(needed, extra), ()


def measure(
    document: PolicyDocument, needed: Sequence[Requirement], stage: Stage, own: IamExtSettings
) -> tuple[str, ...]:
    """Return a line for every requirement that a hand-made document does not allow."""
    principal = f"arn:{stage.partition}:iam::{stage.account}:user/{own.user_name}"
    report = check(stage, (), needed, PolicySet(identity=(document,)), principal, evidence=Evidence.OFFLINE)
    lacking = [
        f"{own.policy_document} does not allow {result.requirement.action} on {result.requirement.resource}"
        for result in (*report.denied, *report.unknown)
    ]
    return tuple(lacking)


def _locate(stage: Stage, options: AwsOptions, wanted: PolicyOptions) -> Stage:
    if wanted.account:
        return stage.with_account(wanted.account, wanted.partition or None)
    session = open_session(options.profile or stage.profile_name, options.region or stage.region)
    identity = caller(open_client(session, "sts", options))
    return stage.with_account(identity.account, wanted.partition or identity.partition)


# --- Plan and apply --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Provisioning:
    """A plan, who would carry it out, and the stages it is for."""

    plan: Plan
    administrator: CallerIdentity
    stages: tuple[Stage, ...]
    profile: str


def plan_stage(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions, *, adopt: bool = False
) -> Provisioning:
    """Return what has to change so that the stages' profile may run these commands; changes nothing."""
    return _plan(stages, commands, options, adopt=adopt)[0]


def apply_stage(
    stages: Sequence[Stage],
    commands: Sequence[Command],
    options: AwsOptions,
    *,
    adopt: bool = False,
    progress: Progress = lambda _: None,
) -> Provisioning:
    """Carry out the plan with the administrator's credentials; running it twice changes nothing the second time."""
    provisioning, iam = _plan(stages, commands, options, adopt=adopt)
    apply_plan(iam, provisioning.plan, progress=progress)
    return provisioning
