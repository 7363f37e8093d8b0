"""``zappa-iam apply``: provision the user, the policy, the attachment and the access key."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.ci import ci_service
from zappa_iam_ext.cli.options import format_options
from zappa_iam_ext.cli.provisioning import make_plans, provisioning_options, show

if TYPE_CHECKING:
    from zappa_iam_ext.workflow import Provisioning


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
    if given["create_keys"] is None and not yes and _wants_keys(plans):
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


def _wants_keys(plans: Sequence[Provisioning]) -> bool:
    """Ask at a terminal whether the profiles without a key that works shall get one; no is the default."""
    lacking = [item for item in plans if item.lacks_key]
    if not lacking or not sys.stdin.isatty() or ci_service(os.environ) is not None:
        return False
    named = ", ".join(f"{item.user} (profile {item.profile})" for item in lacking)
    return click.confirm(f"Make a long-lived access key for {named}?", default=False, err=True)


def _report(text: str) -> None:
    click.echo(f"  {text} ...", err=True)


def _silent(_: str) -> None:
    return None
