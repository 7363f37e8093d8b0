"""Options that several commands share: Zappa's habits and AWS's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from zappa_iam_ext.errors import SettingsError, ZappaIamError
from zappa_iam_ext.permissions.commands import life_cycle, parse_command
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions

Credentials = Literal["used", "unused", "told"]
Decorated = TypeVar("Decorated", bound=Callable[..., Any])
ACCOUNT_ID = re.compile(r"[0-9]{12}", re.ASCII)


def settings_option(function: Decorated) -> Decorated:
    """Add ``-s/--settings-file``."""
    return click.option(
        "-s",
        "--settings-file",
        type=click.Path(path_type=Path),
        help="The Zappa settings file; found as Zappa does.",
    )(function)


def stages_options(function: Decorated) -> Decorated:
    """Add ``[STAGE] --all -s/--settings-file``."""
    function = click.argument("stage", required=False)(function)
    function = click.option("--all", "all_stages", is_flag=True, help="Every stage of the settings file.")(
        function
    )
    return settings_option(function)


def stage_options(function: Decorated) -> Decorated:
    """Add ``[STAGE] --all -s/--settings-file --command``."""
    return click.option(
        "--command",
        "command_lines",
        multiple=True,
        metavar="COMMAND",
        help="A Zappa command with its flags, such as 'undeploy --remove-logs'; may be repeated. Default: the life cycle.",
    )(stages_options(function))


def aws_options(function: Decorated) -> Decorated:
    """Add ``--profile --region --endpoint-url``."""
    function = click.option("--profile", default="", help="AWS profile; default: the stage's profile_name.")(
        function
    )
    function = click.option("--region", default="", help="AWS region; default: the stage's aws_region.")(
        function
    )
    return click.option("--endpoint-url", default="", help="Another endpoint, such as a local AWS.")(function)


@dataclass(frozen=True, slots=True)
class Selection:
    """The stages that a command line names, by which settings file, and the AWS options that it gives.

    ``command_lines`` are those of ``--command``, empty where the command has no such option.
    """

    stage: str | None
    all_stages: bool
    settings_file: Path | None
    aws: AwsOptions
    command_lines: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[Command, ...]:
        """The Zappa commands that were named; without any, the whole life cycle."""
        return parse_commands(self.command_lines)

    @property
    def lines(self) -> CommandLines:
        """What was given, for advice that works when pasted; the stage is still to be told."""
        return CommandLines(
            "",
            str(self.settings_file or ""),
            self.aws.profile,
            self.aws.region,
            self.aws.endpoint_url,
            self.command_lines,
        )

    def read(self, credentials: Credentials = "used") -> tuple[Stage, ...]:
        """Return the stages, as `read` does."""
        return read(
            self.stage,
            self.settings_file,
            all_stages=self.all_stages,
            options=self.aws,
            credentials=credentials,
        )


def selects_stages(function: Callable[..., None]) -> Callable[..., None]:
    """Add ``[STAGE] --all -s/--settings-file`` and the AWS options, which the command gets as ``selected``."""
    return stages_options(aws_options(_with_selection(function)))


def selects_commands(function: Callable[..., None]) -> Callable[..., None]:
    """Add what `selects_stages` adds, and ``--command``."""
    return stage_options(aws_options(_with_selection(function)))


def _with_selection(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def command(
        *,
        stage: str | None,
        all_stages: bool,
        settings_file: Path | None,
        profile: str,
        region: str,
        endpoint_url: str,
        command_lines: tuple[str, ...] = (),
        **others: Any,
    ) -> None:
        aws = AwsOptions(profile, region, endpoint_url)
        function(Selection(stage, all_stages, settings_file, aws, command_lines), **others)

    return command


def format_options(function: Decorated) -> Decorated:
    """Add ``--json`` and ``--format``."""
    function = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")(function)
    return click.option(
        "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True
    )(function)


def parse_commands(lines: tuple[str, ...]) -> tuple[Command, ...]:
    """Return the commands of ``--command`` options; without any, the whole life cycle."""
    return tuple(parse_command(line) for line in lines) or life_cycle()


def read(
    stage: str | None,
    settings_file: Path | None,
    *,
    all_stages: bool,
    options: AwsOptions,
    credentials: Credentials = "used",
) -> tuple[Stage, ...]:
    """Return the stages that the command line names; raise `SettingsError`, also for what is wrong under ``iam_ext``.

    What is odd in their settings is told on stderr, and what is odd about their region, and about the credentials if these
    are ``used``; nothing of either where a report has ``told`` it.
    """
    from zappa_iam_ext.config import iam_ext_settings
    from zappa_iam_ext.settings_file import read_stages_and_warnings
    from zappa_iam_ext.workflow.guarding import region_warnings, session_warnings

    found = read_stages_and_warnings(
        settings_file,
        stage=stage,
        all_stages=all_stages,
        profile=options.profile or None,
        region=options.region or None,
    )
    for item, warnings in found:
        iam_ext_settings(item)
        odd = {"used": session_warnings, "unused": region_warnings}.get(credentials)
        for warning in (*warnings, *(odd(item, options) if odd else ())):
            click.echo(f"warning: {warning}", err=True)
    return tuple(item for item, _ in found)


def require_account_id(_: click.Context, __: click.Parameter, value: str) -> str:
    """Refuse an account id that is not twelve digits."""
    if value and not ACCOUNT_ID.fullmatch(value):
        raise SettingsError(
            f"{value!r} is not an AWS account id",
            hint="An account id has twelve digits, such as 123456789012.",
        )
    return value


def require_partition(_: click.Context, __: click.Parameter, value: str) -> str:
    """Refuse a partition that AWS does not have."""
    if value:
        from zappa_iam_ext.settings.regions import partitions

        if value not in partitions():
            raise SettingsError(
                f"there is no AWS partition {value[:80]!r}",
                hint=f"The partitions are {', '.join(sorted(partitions()))}.",
            )
    return value


__all__ = [
    "AwsOptions",
    "Selection",
    "ZappaIamError",
    "aws_options",
    "format_options",
    "parse_commands",
    "read",
    "require_account_id",
    "require_partition",
    "selects_commands",
    "selects_stages",
    "stage_options",
]
