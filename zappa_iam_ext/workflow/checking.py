"""Requirements against what a principal holds: in a script, on the command line, in a running Zappa, offline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from zappa_iam_ext.aws.deadline import TIME_LIMIT
from zappa_iam_ext.aws.identity import CallerIdentity
from zappa_iam_ext.aws.principal_policies import PrincipalPolicies
from zappa_iam_ext.check import Evidence, Report, check
from zappa_iam_ext.config import OFFLINE_ACCOUNT, iam_ext_settings
from zappa_iam_ext.documents import hand_made_documents, named_account
from zappa_iam_ext.errors import DeployPermissionsMissing, ExitCode, InconclusiveCheck
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.permissions.commands import command_line, life_cycle, parse_command
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.render.report import advice, report_text
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.settings_file import command_from_cli, read_stages, settings_warnings, stage_from_cli
from zappa_iam_ext.workflow.known_role import needed_as_it_is
from zappa_iam_ext.workflow.principals import Principals, ReadPrincipal
from zappa_iam_ext.workflow.provisioning import ProvisioningOptions, apply_stages, plan_stages


def check_deploy_permissions(
    stage: str | Stage | None = None,
    *,
    settings_file: str | Path | None = None,
    commands: Iterable[str | Command] = (),
    profile: str = "",
    region: str = "",
    endpoint_url: str = "",
    timeout: float = TIME_LIMIT,
) -> Report:
    """Return the Report of what the stage's profile may and may not do of what the stage needs.

    ``stage`` is a name, a `Stage`, or None for the only one of the settings file. ``commands`` are Zappa
    command lines (default: the whole life cycle). ``timeout`` is how many seconds AWS may be asked in all: what is not
    read by then is unknown. Raises `SettingsError`, `CredentialsError` or `AwsUnavailable`; a denial is no error, see
    ``Report.denied``.
    """
    options = AwsOptions(profile, region, endpoint_url, timeout)
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
    allow_unknown: bool = False,
    strict: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Return the Report when the profile may deploy; raise `DeployPermissionsMissing` when it may not.

    With ``admin_profile``, whatever is missing (the profile itself included) is provisioned first, with
    that profile's credentials; ``progress`` is told each change. Raises `InconclusiveCheck`, a
    `DeployPermissionsMissing`, for what cannot be decided, unless ``allow_unknown`` takes it for allowed; ``strict`` is the
    former name of the contrary, ``strict=False`` allows it too. Raises otherwise as `check_deploy_permissions`, and
    `UnsafePlan` or `ProvisioningError` when provisioning fails.
    """
    options = AwsOptions(profile, region, endpoint_url)
    chosen = _stage(stage, settings_file, options)
    wanted = _commands(commands)
    if admin_profile:
        provisionings = plan_stages((chosen,), wanted, options, ProvisioningOptions(admin_profile))
        apply_stages(provisionings, progress=progress)
    report = check_stage(chosen, wanted, options)
    code = report.exit_code(allow_unknown=allow_unknown, strict=strict)
    if code is ExitCode.OK:
        return report
    given = CommandLines(
        report.stage, str(settings_file or ""), profile, region, endpoint_url, _lines(wanted)
    )
    error = InconclusiveCheck if code is ExitCode.CANNOT_TELL else DeployPermissionsMissing
    raise error(report_text(report, given, fix=False), report=report, hint=advice(report, given))


def check_stage(stage: Stage, commands: Sequence[Command], options: AwsOptions) -> Report:
    """Check a stage with the credentials of its profile."""
    (report,) = check_stages((stage,), commands, options)
    return report


def check_stages(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions
) -> tuple[Report, ...]:
    """Check stages, each with the credentials of its profile; what binds a principal is read once for all of them."""
    return tuple(map(stage_checker(stages, commands, options), stages))


def stage_checker(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions
) -> Callable[[Stage], Report]:
    """Return what checks one of these stages after the other; what binds a principal is read once for all of them."""
    principals = Principals(options, stages)

    def checked(stage: Stage) -> Report:
        own = replace(stage, profile_name=options.profile) if options.profile else stage
        return _checked(
            own, commands, principals.behind(own.profile_name or "", options.region or own.region)
        )

    return checked


def check_running_zappa(
    zappa_cli: Any, *, may_provision: bool = False, progress: Callable[[str], None] = lambda _: None
) -> tuple[Report | None, str]:
    """Check the command that a running Zappa is about to carry out, with the session it has opened.

    Returns the Report and the stage's ``on_missing``; no Report when the stage turns the gate off for
    this command. Provisions first what is missing where the stage says ``"on_missing": "provision"``
    and ``may_provision`` agrees.
    """
    stage = stage_from_cli(zappa_cli)
    own = iam_ext_settings(stage)
    command = command_from_cli(zappa_cli)
    if not own.enabled or (own.commands and command.name not in own.commands):
        return None, own.on_missing
    for warning in settings_warnings(stage, zappa_cli.stage_config):
        progress(f"warning: {warning}")
    session = zappa_cli.zappa.boto_session
    report = _check_with_session(stage, (command,), session, AwsOptions())
    if report.denied and may_provision and own.on_missing == "provision":
        provisionings = plan_stages(
            (stage,), life_cycle(), AwsOptions(region=stage.region), ProvisioningOptions(own.admin_profile)
        )
        apply_stages(provisionings, progress=progress)
        report = _check_with_session(stage, (command,), session, AwsOptions())
    return report, own.on_missing


def check_offline(stage: Stage, commands: Sequence[Command], files: Sequence[Path], account: str) -> Report:
    """Judge policy documents in files, as a user's only policies, against what a stage needs.

    The account is the one given, else the stage's, else the only one that the documents name.
    """
    located = stage.with_account(account or stage.account_id or named_account(files) or OFFLINE_ACCOUNT)
    documents = tuple(document for path in files for document in hand_made_documents(path, located))
    principal = iam_ext_settings(stage).user_arn(located)
    return check(
        located,
        commands,
        requirements(located, commands),
        PolicySet(identity=documents),
        principal,
        evidence=Evidence.OFFLINE,
    )


def held_policies(options: AwsOptions) -> tuple[PrincipalPolicies, CallerIdentity]:
    """Return what binds the principal behind a profile, and who that is."""
    found = Principals(options).behind(options.profile, options.region or "us-east-1")
    return found.held, found.identity


def _check_with_session(
    stage: Stage, commands: Sequence[Command], session: Any, options: AwsOptions
) -> Report:
    return _checked(stage, commands, Principals(options, (stage,)).of_session(session))


def _checked(stage: Stage, commands: Sequence[Command], principal: ReadPrincipal) -> Report:
    held, identity = principal.held, principal.identity
    located = stage.with_account(identity.account, identity.partition)
    return check(
        located,
        commands,
        needed_as_it_is(located, commands, principal),
        held.policies,
        held.principal,
        evidence=Evidence.POLICIES,
        unreadable=held.unreadable,
    )


def _stage(stage: str | Stage | None, settings_file: str | Path | None, options: AwsOptions) -> Stage:
    if isinstance(stage, Stage):
        return stage
    (found,) = read_stages(
        settings_file, stage=stage, profile=options.profile or None, region=options.region or None
    )
    return found


def _commands(given: Iterable[str | Command]) -> tuple[Command, ...]:
    lines = (given,) if isinstance(given, str | Command) else given
    return tuple(line if isinstance(line, Command) else parse_command(line) for line in lines) or life_cycle()


def _lines(commands: Iterable[Command]) -> tuple[str, ...]:
    """Return the command lines of commands; none for the whole life cycle, which is the default."""
    told = tuple(command_line(command) for command in commands)
    return () if told == tuple(command_line(command) for command in life_cycle()) else told
