"""``zappa-iam role diff``: the live execution role against the computed one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.shared.options import Selection, selects_stages
from zappa_iam_ext.cli.shared.output import (
    chosen,
    is_masked,
    machine_text,
    own_version,
    positions,
    report_options,
    say,
)
from zappa_iam_ext.errors import ExitCode, worst
from zappa_iam_ext.mask import masked_values
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.render.role.difference import ComparedRole


@click.command("diff")
@selects_stages
@report_options
@click.option("-v", "--verbose", is_flag=True, help="List every permission and every grant in full.")
def command(
    selected: Selection,
    as_json: bool,
    output: str,
    verbose: bool,
) -> None:
    """Compare the live execution role of STAGE with what is computed: lacking, beyond, trust, what Zappa writes next.

    The role is told as it is now. Reads only. A role that is not there yet and that Zappa makes lacks nothing. Exit codes: 0
    nothing is lacking, 1 something is, 2 could not run, 3 something could not be read or decided.
    """
    from zappa_iam_ext.workflow.deciding.roles import Roles, compared_role

    stages = selected.read()
    roles = Roles(stages, selected.aws)
    compared = [compared_role(roles.read(each), stages) for each in stages]
    say(_text(compared, chosen(output, as_json=as_json), selected, verbose=verbose))
    raise SystemExit(worst(_exit_code(each) for each in compared))


def _exit_code(compared: ComparedRole) -> ExitCode:
    """Return what is lacking of a role that is there, or that nobody makes."""
    role = compared.role
    if role.exists is False and role.managed and not role.fault:
        return ExitCode.OK
    if compared.writes and compared.writes.fails:
        return ExitCode.DENIED
    return role.exit_code()


def _text(
    compared: Sequence[ComparedRole],
    output: str,
    selected: Selection,
    *,
    verbose: bool,
) -> str:
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.role.difference import (
        difference_text,
        differences_json,
        items_of,
        summary_of,
    )

    if is_masked():
        compared = masked_values(list(compared))
    if output == "json":
        return differences_json(compared, as_list=selected.all_stages)
    lines = [replace(selected.lines, stage=each.report.stage) for each in compared]
    if output == "text":
        style = style_of(sys.stdout)
        return "\n\n".join(
            difference_text(item, given, style, verbose=verbose)
            for item, given in zip(compared, lines, strict=True)
        )
    where = positions(selected.settings_file)
    told = Told(
        "zappa-iam role diff",
        own_version(),
        tuple(found for item in compared for found in items_of(item, where)),
        tuple(summary_of(item, given, where) for item, given in zip(compared, lines, strict=True)),
    )
    return machine_text(told, output)
