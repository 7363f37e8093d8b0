"""``zappa-iam policy``: print the least-privilege document of a stage, and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from zappa_iam_ext.cli.options import (
    AwsOptions,
    aws_options,
    parse_commands,
    read,
    require_account_id,
    require_partition,
    stage_options,
)


@click.command("policy")
@stage_options
@aws_options
@click.option(
    "--account", default="", callback=require_account_id, help="AWS account id; asked of AWS when left out."
)
@click.option(
    "--partition", default="", callback=require_partition, help="AWS partition; default: the region's."
)
@click.option("--split", is_flag=True, help="Print a JSON list of documents that each fit a managed policy.")
@click.option(
    "--compact", is_flag=True, help="Shorten with wildcards until it fits; each widening is told on stderr."
)
@click.option(
    "--computed", is_flag=True, help="Print the computed document although the stage names one of its own."
)
@click.option(
    "--self-inspection/--no-self-inspection",
    default=True,
    help="Let the user check itself.",
    show_default=True,
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
    partition: str,
    split: bool,
    compact: bool,
    computed: bool,
    self_inspection: bool,
) -> None:
    """Print the least-privilege policy document of STAGE: real ARNs, grouped, in a stable order.

    Offline and without credentials once --account is given.
    """
    from zappa_iam_ext.workflow import PolicyOptions, policy_documents

    options = AwsOptions(profile, region, endpoint_url)
    stages = read(stage, settings_file, all_stages=all_stages, options=options)
    wanted = PolicyOptions(
        account=account,
        partition=partition,
        split=split,
        compact=compact,
        computed=computed,
        self_inspection=self_inspection,
    )
    documents, notes = policy_documents(stages, parse_commands(command_lines), options, wanted)
    for note in notes:
        click.echo(note, err=True)
    if split:
        import json

        click.echo(json.dumps([document.to_dict() for document in documents], indent=2))
    else:
        click.echo(documents[0].to_json(indent=2))
