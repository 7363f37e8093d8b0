"""``zappa-iam export``: what is to be made, for those who make it with other tools. Changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from zappa_iam_ext.cli.shared.modes import PERMISSION_SET, mode_of, mode_options
from zappa_iam_ext.cli.shared.options import (
    AwsOptions,
    aws_options,
    parse_commands,
    read,
    require_account_id,
    stage_options,
)

FORMATS = ("cloudformation", "terraform", "markdown", "message")


@click.command("export")
@stage_options
@aws_options
@mode_options
@click.option(
    "--account", default="", callback=require_account_id, help="AWS account id; asked of AWS when left out."
)
@click.option(
    "--format",
    "output",
    type=click.Choice(FORMATS),
    default="cloudformation",
    show_default=True,
    help="A template (also for StackSets), a configuration, a page with CLI commands and console steps, a request to send.",
)
@click.option(
    "--execution-role", is_flag=True, help="The role that the function runs as, in place of what deploys it."
)
def command(
    stage: str | None,
    all_stages: bool,
    settings_file: Path | None,
    command_lines: tuple[str, ...],
    profile: str,
    region: str,
    endpoint_url: str,
    account: str,
    output: str,
    execution_role: bool,
    **given: Any,
) -> None:
    """Print what `apply` would make for STAGE, for somebody who makes it with other tools.

    With --boundary the execution roles too, each within its boundary. With --execution-role what `role ensure`
    would make.

    Offline and without credentials once --account is given. Exit codes: 0 printed, 2 could not run.
    """
    from zappa_iam_ext import export
    from zappa_iam_ext.workflow import resources_of

    if execution_role and output == "message":
        raise click.UsageError("There is no request for an execution role: choose another --format.")
    if execution_role and given["mode"] != "user":
        raise click.UsageError("--execution-role is the role that functions run as: no --mode belongs to it.")
    options = AwsOptions(profile, region, endpoint_url)
    stages = read(stage, settings_file, all_stages=all_stages, options=options, credentials="unused")
    if execution_role:
        from zappa_iam_ext.workflow.execution_roles.exporting import roles_of

        roles = roles_of(stages, options, account)
        click.echo(getattr(export, f"{output}_role")(roles).rstrip("\n"))
        return
    if given["mode"] == PERMISSION_SET:
        raise click.UsageError(
            "`zappa-iam plan --mode permission-set` prints what is pasted of a permission set."
        )
    resources, notes = resources_of(stages, parse_commands(command_lines), options, account, mode_of(given))
    for note in notes:
        click.echo(note, err=True)
    click.echo(getattr(export, output)(resources).rstrip("\n"))
