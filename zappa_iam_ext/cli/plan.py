"""``zappa-iam plan``: what would be provisioned; changes nothing."""

from __future__ import annotations

from typing import Any

import click

from zappa_iam_ext.cli.options import format_options
from zappa_iam_ext.cli.provisioning import make_plans, provisioning_options, show
from zappa_iam_ext.errors import ExitCode


@click.command("plan")
@provisioning_options
@format_options
@click.option("--documents", is_flag=True, help="Print the policy documents as well.")
def command(as_json: bool, output: str, documents: bool, **given: Any) -> None:
    """Show what `apply` would change so that STAGE's profile may deploy. Changes nothing.

    Exit codes: 0 a plan that can be applied (or nothing to do), 1 a plan that is unsafe, 2 could not run.
    """
    plans = make_plans(given)
    click.echo(show(plans, as_json=as_json or output == "json", documents=documents))
    raise SystemExit(ExitCode.DENIED if any(item.plan.unsafe for item in plans) else ExitCode.OK)
