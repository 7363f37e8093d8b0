"""``zappa-iam plan``: what would be provisioned; changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from zappa_iam_ext.cli.shared.modes import PERMISSION_SET, print_permission_set
from zappa_iam_ext.cli.shared.output import chosen, report_options, say
from zappa_iam_ext.cli.shared.provisioning import make_plans, provisioning_options, show, write_privately
from zappa_iam_ext.errors import ExitCode, ZappaIamError

NO_CHANGES, ERROR, CHANGES = 0, 1, 2
"""What ``--detailed-exitcode`` ends with, as Terraform does."""


@click.command("plan")
@provisioning_options
@report_options
@click.option(
    "--documents", is_flag=True, help="Print the policy documents as well, as a diff against those in place."
)
@click.option("-v", "--verbose", is_flag=True, help="Show every change and every permission.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan to a file; `apply FILE` makes just these changes.",
)
@click.option("--detailed-exitcode", is_flag=True, help="End with 0: no changes, 1: an error, 2: changes.")
def command(detailed_exitcode: bool, **given: Any) -> None:
    """Show what `apply` would change so that STAGE's profile may deploy. Changes nothing.

    Exit codes: 0 a plan that can be applied (or nothing to do), 1 a plan that is unsafe or takes permissions
    away, 2 could not run.
    """
    try:
        unsafe, empty = _plan(**given)
    except ZappaIamError as error:
        if not detailed_exitcode:
            raise
        click.echo(f"Error: {error}\n{error.hint}".rstrip(), err=True)
        raise SystemExit(ERROR) from error
    if detailed_exitcode:
        raise SystemExit(ERROR if unsafe else NO_CHANGES if empty else CHANGES)
    raise SystemExit(ExitCode.DENIED if unsafe else ExitCode.OK)


def _plan(
    *, as_json: bool, output: str, documents: bool, verbose: bool, out: Path | None, **given: Any
) -> tuple[bool, bool]:
    if given["mode"] == PERMISSION_SET:
        print_permission_set(given, as_json=as_json or output == "json")
        return False, True
    plans = make_plans({**given, "prune_versions": True})
    say(show(plans, output=chosen(output, as_json=as_json), documents=documents, verbose=verbose))
    if out is not None:
        from zappa_iam_ext.workflow import plan_file_text

        write_privately(out, plan_file_text(plans))
        click.echo(f"Written to {out}. To make just these changes: zappa-iam apply {out}", err=True)
    unsafe = any(item.plan.unsafe or item.plan.takes_away for item in plans)
    return unsafe, all(item.plan.empty for item in plans)
