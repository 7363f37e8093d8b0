"""``zappa-iam diff``: what another Zappa, other settings or a policy document change about what is needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from zappa_iam_ext.cli.options import (
    AwsOptions,
    aws_options,
    parse_commands,
    read,
    require_account_id,
    stage_options,
)
from zappa_iam_ext.errors import SettingsError


@click.command("diff")
@stage_options
@aws_options
@click.option(
    "--from-zappa", default="", metavar="VERSION", help="Compare with what this version of Zappa needs."
)
@click.option("--to-zappa", default="", metavar="VERSION", help="Default: the installed version.")
@click.option("--from-settings", type=click.Path(path_type=Path), help="Compare with another settings file.")
@click.option(
    "--policy",
    "policy_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Compare with what these allow.",
)
@click.option("--account", default="", callback=require_account_id, help="AWS account id; default: any.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    stage: str | None,
    all_stages: bool,
    settings_file: Path | None,
    command_lines: tuple[str, ...],
    profile: str,
    region: str,
    endpoint_url: str,
    from_zappa: str,
    to_zappa: str,
    from_settings: Path | None,
    policy_files: tuple[Path, ...],
    account: str,
    as_json: bool,
) -> None:
    """Show what STAGE needs more or less than before; exit code 1 when it needs more."""
    from zappa_iam_ext.permissions.difference import difference  # noqa: PLC0415
    from zappa_iam_ext.permissions.requirements import requirements  # noqa: PLC0415
    from zappa_iam_ext.render.difference import difference_json, difference_text  # noqa: PLC0415

    options = AwsOptions(profile, region, endpoint_url)
    commands = parse_commands(command_lines)
    if not (from_zappa or from_settings or policy_files):
        raise SettingsError("nothing to compare with", hint="Give --from-zappa, --from-settings or --policy.")
    (now,) = read(stage, settings_file, all_stages=all_stages, options=options)[:1]
    now = now.with_account(account) if account else now
    now = replace(now, zappa_version=to_zappa or now.zappa_version)
    needed = requirements(now, commands)
    if policy_files:
        from zappa_iam_ext.workflow import allowed_by  # noqa: PLC0415

        before = allowed_by(now, commands, policy_files)
        label = ", ".join(str(path) for path in policy_files)
    else:
        (then,) = read(stage, from_settings or settings_file, all_stages=all_stages, options=options)[:1]
        then = then.with_account(account) if account else then
        then = replace(then, zappa_version=from_zappa or then.zappa_version)
        before = requirements(then, commands)
        label = f"Zappa {then.zappa_version}" if from_zappa else str(from_settings)
    change = difference(before, needed)
    click.echo(
        difference_json(change) if as_json else difference_text(change, label, f"Zappa {now.zappa_version}")
    )
    raise SystemExit(1 if change.added else 0)
