"""``zappa-iam apply``: provision the user, the policy, the attachment and the access key."""

from __future__ import annotations

from typing import Any

import click

from zappa_iam_ext.cli.options import format_options
from zappa_iam_ext.cli.provisioning import make_plans, provisioning_options, show
from zappa_iam_ext.cli.wanting_keys import wants_keys


@click.command("apply")
@provisioning_options
@format_options
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on success.")
def command(as_json: bool, output: str, yes: bool, quiet: bool, **given: Any) -> None:
    """Provision what STAGE's profile lacks: user, policy, attachment, access key.

    Shows the plan and asks first. Applying twice changes nothing the second time. An access key is made with
    --create-keys, or when you say yes to the question for it; never in CI.
    """
    from zappa_iam_ext.workflow import apply_stages

    as_json = as_json or output == "json"
    plans = make_plans(given)
    if wants_keys(plans, given, yes=yes):
        plans = make_plans({**given, "create_keys": True})
    if not quiet:
        click.echo(show(plans, as_json=as_json))
    if all(item.plan.empty for item in plans):
        return
    if not yes and not any(item.plan.unsafe for item in plans):
        click.confirm("Make these changes?", abort=True, err=True)
    apply_stages(plans, progress=_silent if quiet else _report)
    if not quiet:
        click.echo("Done.", err=True)


def _report(text: str) -> None:
    click.echo(f"  {text} ...", err=True)


def _silent(_: str) -> None:
    return None
