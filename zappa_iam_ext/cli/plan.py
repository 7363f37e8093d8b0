"""``zappa-iam plan``: what would be provisioned; changes nothing."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from zappa_iam_ext.cli.shared.modes import PERMISSION_SET, print_permission_set
from zappa_iam_ext.cli.shared.output import chosen, report_options, say
from zappa_iam_ext.cli.shared.provisioning import make_plans, provisioning_options, show, write_privately
from zappa_iam_ext.errors import ExitCode, ZappaIamError
from zappa_iam_ext.render.failures import failure_text, unexpected_text

NO_CHANGES, ERROR, CHANGES = 0, 1, 2
"""What ``--detailed-exitcode`` ends with, as Terraform does."""


class _DetailedCommand(click.Command):
    """A command that ends with 1 for whatever goes wrong under ``--detailed-exitcode``: 2 says there that there are changes."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the command line."""
        detailed = "--detailed-exitcode" in args
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            if not detailed:
                raise
            _tell(error)
            raise SystemExit(ERROR) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if isinstance(error, click.Abort) or not ctx.params.get("detailed_exitcode"):
                raise
            _tell(error)
            raise SystemExit(ERROR) from error


def _tell(error: Exception) -> None:
    if isinstance(error, click.ClickException):
        error.show()
    else:
        told = failure_text(error) if isinstance(error, ZappaIamError) else unexpected_text(error)
        click.echo(f"Error: {told}", err=True)


@click.command("plan", cls=_DetailedCommand)
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

    Exit codes: 0 a plan that can be applied (or nothing to do), 1 a plan that would be refused: it takes
    permissions away, touches what is not ours, or the administrator may not make it, 2 could not run.
    """
    unsafe, empty = _plan(**given)
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
    unsafe = any(item.plan.unsafe or item.plan.takes_away or item.rights.denied for item in plans)
    if out is not None:
        from zappa_iam_ext.workflow import plan_file_text

        write_privately(out, plan_file_text(plans))
        click.echo(f"Written to {out}. {_next_step(out, refused=unsafe, **given)}", err=True)
    return unsafe, all(item.plan.empty for item in plans)


def _next_step(out: Path, *, refused: bool, admin_profile: str, endpoint_url: str, **_: Any) -> str:
    """Return what to do with a plan file, as it works when it is pasted."""
    if refused:
        return "`apply` would refuse it: plan again with what it asks for."
    given = {"--admin-profile": admin_profile, "--endpoint-url": endpoint_url}
    options = [word for name, value in given.items() if value for word in (name, value)]
    file = f"./{out}" if str(out).startswith("-") else str(out)
    return f"To make just these changes: {shlex.join(['zappa-iam', 'apply', file, *options])}"
