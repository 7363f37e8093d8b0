"""``zappa-iam role check``: does the execution role serve the function, and does AWS take it when Zappa deploys?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.aws.asking.deadline import TIME_LIMIT
from zappa_iam_ext.cli.shared.options import Selection, selects_stages
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
from zappa_iam_ext.errors import ExitCode, worst
from zappa_iam_ext.mask import masked_values
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.check import Report
    from zappa_iam_ext.render.report.failed import NotChecked


@click.command("check")
@selects_stages
@report_options
@click.option(
    "--allow-unknown", is_flag=True, help="Take what could not be decided for allowed: 0 instead of 3."
)
@click.option("-v", "--verbose", is_flag=True, help="List every permission: who uses it, and why.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing; the exit code tells.")
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
    type=click.Choice(["policies", "simulation"]),
    default="simulation",
    show_default=True,
    help="How far to look: AWS's simulator knows the organization's policies.",
)
def command(
    selected: Selection,
    as_json: bool,
    output: str,
    allow_unknown: bool,
    verbose: bool,
    quiet: bool,
    timeout: float,
    evidence: str,
) -> None:
    """Check whether the execution role of STAGE is there, trusted, passable and holds what the function needs.

    A role that Zappa makes or manages is judged as Zappa leaves it. Reads only. Exit codes: 0 it serves the function, 1 AWS
    refuses it, it may not be passed, or something fails or goes unnoticed when the function runs, 2 could not run, 3 cannot
    tell.
    """
    from zappa_iam_ext.workflow.deciding.roles import Roles

    wanted = "policies" if evidence == "policies" else ""
    stages = selected.read()
    roles = Roles(stages, replace(selected.aws, timeout=timeout, evidence=wanted))
    reports, failed = each_stage(stages, roles.checked, all_stages=selected.all_stages)
    if not quiet or report_file():
        text = _text(reports, failed, chosen(output, as_json=as_json), selected, verbose=verbose)
        say(text, quiet=quiet)
    codes = [report.role.exit_code() for report in reports if report.role]
    told = [ExitCode.OK if allow_unknown and code is ExitCode.CANNOT_TELL else code for code in codes]
    raise SystemExit(worst([*told, *(item.exit_code for item in failed)]))


def _text(
    reports: Sequence[Report],
    failed: Sequence[NotChecked],
    output: str,
    selected: Selection,
    *,
    verbose: bool,
) -> str:
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.report.failed import of_formats
    from zappa_iam_ext.render.role.check import check_items, check_summary, checks_json, checks_text

    if is_masked():
        reports, failed = masked_values(list(reports)), masked_values(list(failed))
    if output == "json":
        return checks_json(reports, failed, as_list=selected.all_stages)
    lines = [replace(selected.lines, stage=report.stage) for report in reports]
    if output == "text":
        return checks_text(reports, lines, style_of(sys.stdout), verbose=verbose, failed=failed)
    where = positions(selected.settings_file)
    told = Told(
        "zappa-iam role check",
        own_version(),
        items=tuple(item for report in reports for item in check_items(report, where)),
        summaries=tuple(
            check_summary(report, given, where) for report, given in zip(reports, lines, strict=True)
        ),
        failed=tuple(of_formats(item, where.of(item.stage)) for item in failed),
    )
    return machine_text(told, output)
