"""What scripts call: whether a profile may deploy, and making sure that it may."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from zappa_iam_ext.aws.asking.deadline import TIME_LIMIT
from zappa_iam_ext.check import Report
from zappa_iam_ext.errors import ExitCode, InconclusiveCheck, MissingPermissions, NoCredentials
from zappa_iam_ext.permissions.commands import command_line, life_cycle, parse_command
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.render.report import advice, report_text
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.settings_file import read_stages
from zappa_iam_ext.workflow.deciding.checking import check_stage
from zappa_iam_ext.workflow.deciding.evidence import require_known
from zappa_iam_ext.workflow.provisioning.applying import apply_stages
from zappa_iam_ext.workflow.provisioning.model import ProvisioningOptions
from zappa_iam_ext.workflow.provisioning.planning import plan_stages

Progress = Callable[[str], None]


def check_deploy_permissions(
    stage: str | Stage | None = None,
    *,
    settings_file: str | Path | None = None,
    commands: Iterable[str | Command] = (),
    profile: str = "",
    region: str = "",
    endpoint_url: str = "",
    timeout: float = TIME_LIMIT,
    evidence: str = "",
) -> Report:
    """Return the Report of what the stage's profile may and may not do of what the stage needs.

    ``stage`` is a name, a `Stage`, or None for the only one of the settings file. ``commands`` are Zappa
    command lines (default: the whole life cycle). ``timeout`` is how many seconds AWS may be asked in all: what is not
    read by then is unknown. ``evidence`` is how far the check goes: ``policies``, ``simulation``, ``probe`` or ``all``
    (``docs/evidence.md``); by default the policies, and the simulator where some could not be read. Raises `SettingsError`, `CredentialsProblem` or `AwsUnavailable`; a denial is no error, see
    ``Report.denied``.
    """
    options = AwsOptions(profile, region, endpoint_url, timeout, require_known(evidence))
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
    progress: Progress = lambda _: None,
) -> Report:
    """Return the Report when the profile may deploy; raise `MissingPermissions` when it may not.

    Checks; with ``admin_profile`` provisions what is missing with that profile's credentials, never taking anything
    away, and checks again; ``progress`` is told each change. Raises `InconclusiveCheck`, a `MissingPermissions`, for what
    cannot be decided, unless ``allow_unknown`` takes it for allowed; ``strict`` is the former name of the contrary,
    ``strict=False`` allows it too. Raises otherwise as `check_deploy_permissions`, and `NotOwned`, `PolicyDrift`,
    `QuotaExceeded`, another `UnsafePlan` or `ProvisioningError` when provisioning is refused or fails.
    """
    options = AwsOptions(profile, region, endpoint_url)
    chosen = _stage(stage, settings_file, options)
    wanted = _commands(commands)

    def code_of(report: Report) -> ExitCode:
        return report.exit_code(allow_unknown=allow_unknown, strict=strict)

    report = _checked(chosen, wanted, options, may_be_new=bool(admin_profile))
    if admin_profile and (report is None or code_of(report) is not ExitCode.OK):
        made = plan_stages((chosen,), wanted, options, ProvisioningOptions(admin_profile, only_add=True))
        apply_stages(made, progress=progress)
        report = _checked(chosen, wanted, options, may_be_new=False)
    assert report is not None  # noqa: S101  -- only a profile that may be new has none
    if code_of(report) is ExitCode.OK:
        return report
    given = CommandLines(
        report.stage, str(settings_file or ""), profile, region, endpoint_url, _lines(wanted)
    )
    error = InconclusiveCheck if code_of(report) is ExitCode.CANNOT_TELL else MissingPermissions
    raise error(report_text(report, given, fix=False), report=report, hint=advice(report, given))


def _checked(
    stage: Stage, commands: tuple[Command, ...], options: AwsOptions, *, may_be_new: bool
) -> Report | None:
    """Check the stage; None where nobody has credentials yet and somebody may make them."""
    try:
        return check_stage(stage, commands, options)
    except NoCredentials:
        if may_be_new:
            return None
        raise


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
