"""``zappa-iam role show``: the least-privilege policy, or the trust, of the execution role of a stage."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.cli.shared.options import (
    AwsOptions,
    read,
    require_account_id,
    require_partition,
    stages_options,
)
from zappa_iam_ext.cli.shared.output import say
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.stage import Stage


@click.command("show")
@stages_options
@click.option("--region", default="", help="AWS region; default: the stage's aws_region.")
@click.option(
    "--account",
    default="",
    callback=require_account_id,
    help="AWS account id; default: iam_ext.expected_account, else any.",
)
@click.option(
    "--partition", default="", callback=require_partition, help="AWS partition; default: the region's."
)
@click.option("--trust", is_flag=True, help="Print the trust policy instead.")
@click.option(
    "--lambda-source-account/--no-lambda-source-account",
    default=True,
    help="Let the trust demand the account of the function from Lambda.",
    show_default=True,
)
@click.option("--explain", is_flag=True, help="Say who uses each grant, why, and what a denial does.")
@click.option("--json", "as_json", is_flag=True, help="JSON, also with --explain.")
def command(
    stage: str | None,
    all_stages: bool,
    settings_file: Path | None,
    region: str,
    account: str,
    partition: str,
    trust: bool,
    lambda_source_account: bool,
    explain: bool,
    as_json: bool,
) -> None:
    """Print the least-privilege policy document of the execution role of STAGE, and nothing else.

    Offline, without credentials. With --all the documents are a JSON list in the order of the stages. Without an account the
    ARNs hold for any account, which stderr tells, with what cannot work in the partition and what no setting tells. Exit
    codes: 0 printed, 2 could not run.
    """
    if trust and explain:
        raise SettingsError(
            "give --trust or --explain, not both", hint="What --explain tells is about the policy."
        )
    stages = read(
        stage, settings_file, all_stages=all_stages, options=AwsOptions("", region, ""), credentials="unused"
    )
    located = [_located(each, account, partition) for each in stages]
    for each in located if not trust else ():
        _tell(each)
    if explain:
        from zappa_iam_ext.render.role.grants import grants_json, grants_text

        say(grants_json(located) if as_json else grants_text(located, style_of(sys.stdout)))
        return
    _print([_document(each, trust, lambda_source_account) for each in located], as_list=all_stages)


def _located(stage: Stage, account: str, partition: str) -> Stage:
    """Return the stage in the account that is named somewhere; say so where none is."""
    from zappa_iam_ext.config import iam_ext_settings

    own = iam_ext_settings(stage)
    named = account or stage.account_id or own.expected_account
    if named:
        return stage.with_account(named, partition or None)
    click.echo(f"stage {stage.name}: no account is known, so ARNs name any (--account names one)", err=True)
    from dataclasses import replace

    return replace(stage, partition=partition or stage.partition)


def _tell(stage: Stage) -> None:
    """Say on stderr what cannot work whatever the role may do, and what it may need and is not granted."""
    from zappa_iam_ext.permissions.runtime import runtime_untold, runtime_warnings

    for text in runtime_warnings(stage):
        click.echo(f"stage {stage.name}: warning: {text}", err=True)
    for text in runtime_untold(stage):
        click.echo(f"stage {stage.name}: no setting tells: {text}", err=True)


def _document(stage: Stage, trust: bool, lambda_source_account: bool) -> dict[str, Any]:
    if trust:
        from zappa_iam_ext.roles.execution_trust import execution_trust

        return execution_trust(stage, lambda_source_account=lambda_source_account)
    from zappa_iam_ext.permissions.runtime import execution_policy

    return execution_policy(stage).to_dict()


def _print(documents: Sequence[dict[str, Any]], *, as_list: bool) -> None:
    told = list(documents) if as_list or len(documents) > 1 else documents[0]
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))
