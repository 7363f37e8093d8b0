"""``zappa-iam check``: may this profile run these Zappa commands?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.aws.asking.deadline import TIME_LIMIT
from zappa_iam_ext.check import Report
from zappa_iam_ext.cli.shared.options import (
    Selection,
    require_account_id,
    selects_commands,
)
from zappa_iam_ext.cli.shared.output import (
    chosen,
    is_masked,
    machine_text,
    own_version,
    positions,
    report_file,
    report_options,
    say,
)
from zappa_iam_ext.cli.shared.several import each_stage
from zappa_iam_ext.errors import worst
from zappa_iam_ext.mask import masked_values
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.render.report.failed import NotChecked


@dataclass(frozen=True, slots=True)
class _Shown:
    """How it is shown, and the options that were given."""

    output: str
    selected: Selection
    verbose: bool
    allow_unknown: bool


@click.command("check")
@selects_commands
@report_options
@click.option(
    "--allow-unknown", is_flag=True, help="Take what could not be decided for allowed: 0 instead of 3."
)
@click.option(
    "--strict", is_flag=True, hidden=True, expose_value=False, help="The default, by its former name."
)
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
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, max=3600, min_open=True),
    default=TIME_LIMIT,
    show_default=True,
    metavar="SECONDS",
    help="Seconds that AWS may be asked in all; what is not read by then is unknown.",
)
@click.option(
    "--evidence",
    type=click.Choice(["policies", "simulation", "probe", "all"]),
    help="How far to look; default: the policies, and AWS's simulator where some of them could not be read.",
)
def command(
    selected: Selection,
    as_json: bool,
    output: str,
    allow_unknown: bool,
    verbose: bool,
    quiet: bool,
    policy_files: tuple[Path, ...],
    account: str,
    timeout: float,
    evidence: str | None,
) -> None:
    """Check whether the profile's user holds what STAGE needs.

    Exit codes: 0 may deploy, 1 denied, 2 could not run, 3 cannot tell: something could not be decided, or what is missing
    is needed only the second time or after settings changed. What is harmless when it is denied is told, and counts
    for nothing. With --all a stage that cannot be checked is told, and the others are checked.
    """
    from zappa_iam_ext.workflow import check_offline, stage_checker

    commands = selected.commands
    stages = selected.read("unused" if policy_files else "told")
    options = replace(selected.aws, timeout=timeout, evidence=evidence or "")
    online = stage_checker(stages, commands, options)

    def checked(item: Stage) -> Report:
        if policy_files:
            return check_offline(item, commands, policy_files, account)
        return online(item)

    reports, failed = each_stage(stages, checked, all_stages=selected.all_stages)
    if not quiet or report_file():
        shown = _Shown(chosen(output, as_json=as_json), selected, verbose, allow_unknown)
        say(_text(reports, failed, shown), quiet=quiet)
    codes = [*(report.exit_code(allow_unknown=allow_unknown) for report in reports)]
    raise SystemExit(worst([*codes, *(item.exit_code for item in failed)]))


def _text(reports: Sequence[Report], failed: Sequence[NotChecked], shown: _Shown) -> str:
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.json import reports_json
    from zappa_iam_ext.render.report import reports_text
    from zappa_iam_ext.render.report.failed import of_formats
    from zappa_iam_ext.render.report.items import items, summary

    if is_masked():
        reports, failed = masked_values(list(reports)), masked_values(list(failed))
    if shown.output == "json":
        as_list = shown.selected.all_stages
        return reports_json(reports, failed, as_list=as_list, allow_unknown=shown.allow_unknown)
    lines = [replace(shown.selected.lines, stage=report.stage) for report in reports]
    if shown.output == "text":
        return reports_text(reports, lines, style_of(sys.stdout), verbose=shown.verbose, failed=failed)
    where = positions(shown.selected.settings_file)
    told = Told(
        "zappa-iam check",
        own_version(),
        items=tuple(item for report in reports for item in items(report, where)),
        summaries=tuple(summary(report, line, where) for report, line in zip(reports, lines, strict=True)),
        failed=tuple(of_formats(item, where.of(item.stage)) for item in failed),
    )
    return machine_text(told, shown.output)
