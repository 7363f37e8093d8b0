"""``zappa-iam role draft``: what the application's source code calls and nothing allows yet, for review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.cli.shared.options import AwsOptions, read, require_account_id, settings_option
from zappa_iam_ext.errors import ZappaIamError

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.stage import Stage


@click.command("draft")
@click.argument("stage", required=False)
@settings_option
@click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A source file of the application; may be repeated. Default: all of the project but tests.",
)
@click.option(
    "--from",
    "recorded",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What iam-policy-autopilot printed elsewhere, instead of running it.",
)
@click.option(
    "--account",
    default="",
    callback=require_account_id,
    help="AWS account id; default: iam_ext.expected_account, else any.",
)
def command(
    stage: str | None,
    settings_file: Path | None,
    sources: tuple[Path, ...],
    recorded: Path | None,
    account: str,
) -> None:
    """Print what STAGE's source code calls and its execution role may not yet, as iam_ext.permissions.

    iam-policy-autopilot reads the source code, where it is installed: as a child process, its telemetry switched off, without
    credentials. It needs the network. It guesses, so nothing is written or applied: standard output holds the whole
    setting, what it says now and what is new, to be reviewed and put into the settings.
    """
    from zappa_iam_ext.settings_file import settings_path
    from zappa_iam_ext.workflow.drafting import draft_of, run_tool, source_files

    (found,) = read(stage, settings_file, all_stages=False, options=AwsOptions(), credentials="unused")
    located = _located(found, account)
    path = settings_path(settings_file)
    folder = path.resolve().parent if path else Path.cwd()
    text = (
        _text(recorded)
        if recorded
        else run_tool(located, [each.resolve() for each in sources] or source_files(folder), folder)
    )
    made = draft_of(located, text)
    for note in made.notes:
        click.echo(f"review: {note}", err=True)
    new, known = len(made.statements), f"{made.covered} of what was found is allowed already"
    if not new:
        click.echo(f"{located.name}: nothing new; {known}", err=True)
    else:
        click.echo(
            f"{located.name}: {new} statements are new; {known}. Nothing is written: review them, and put the list into"
            f" iam_ext.permissions of the stage {located.name}",
            err=True,
        )
    click.echo(json.dumps([*_now(located), *made.statements], indent=2, ensure_ascii=False))


def _located(stage: Stage, account: str) -> Stage:
    from zappa_iam_ext.config import iam_ext_settings

    named = account or stage.account_id or iam_ext_settings(stage).expected_account
    return stage.with_account(named) if named else stage


def _now(stage: Stage) -> list[Any]:
    """Return what the setting says now, as it is written there."""
    from zappa_iam_ext.config import iam_ext_settings

    return list(iam_ext_settings(stage).permissions)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ZappaIamError(
            f"{path} cannot be read", hint="Name what iam-policy-autopilot printed, a JSON file."
        ) from error
