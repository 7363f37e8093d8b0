"""``zappa-iam check``: may this profile run these Zappa commands?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from zappa_iam_ext.check import Report
from zappa_iam_ext.cli.options import (
    AwsOptions,
    aws_options,
    format_options,
    parse_commands,
    read,
    require_account_id,
    stage_options,
)
from zappa_iam_ext.errors import worst
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.terminal import style_of


@click.command("check")
@stage_options
@aws_options
@format_options
@click.option(
    "--allow-unknown", is_flag=True, help="Take what could not be decided for allowed: 0 instead of 3."
)
@click.option("--strict", is_flag=True, hidden=True, expose_value=False)
@click.option(
    "-v", "--verbose", is_flag=True, help="List every permission: its call, setting, evidence and statement."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing; the exit code tells.")
@click.option(
    "--policy",
    "policy_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Judge these policy documents instead of the profile's own policies; offline.",
)
@click.option(
    "--account", default="", callback=require_account_id, help="Account id for --policy; default: any."
)
def command(
    stage: str | None,
    all_stages: bool,
    settings_file: Path | None,
    command_lines: tuple[str, ...],
    profile: str,
    region: str,
    endpoint_url: str,
    as_json: bool,
    output: str,
    allow_unknown: bool,
    verbose: bool,
    quiet: bool,
    policy_files: tuple[Path, ...],
    account: str,
) -> None:
    """Check whether the profile's user holds what STAGE needs.

    Exit codes: 0 may deploy, 1 denied, 2 could not run, 3 cannot tell: something could not be decided, or what is missing
    is needed only the second time or after settings changed.
    """
    from zappa_iam_ext.workflow import check_offline, check_stage

    options = AwsOptions(profile, region, endpoint_url)
    commands = parse_commands(command_lines)
    reports = [
        check_offline(item, commands, policy_files, account)
        if policy_files
        else check_stage(item, commands, options)
        for item in read(stage, settings_file, all_stages=all_stages, options=options)
    ]
    if not quiet and (as_json or output == "json"):
        from zappa_iam_ext.render.json import reports_json

        click.echo(reports_json(reports, allow_unknown=allow_unknown))
    elif not quiet:
        given = CommandLines("", str(settings_file or ""), profile, region, endpoint_url, command_lines)
        click.echo(_text(reports, given, verbose=verbose))
    raise SystemExit(worst(report.exit_code(allow_unknown=allow_unknown) for report in reports))


def _text(reports: Sequence[Report], given: CommandLines, *, verbose: bool) -> str:
    from zappa_iam_ext.render.report import reports_text

    lines = [replace(given, stage=report.stage) for report in reports]
    return reports_text(reports, lines, style_of(sys.stdout), verbose=verbose)
