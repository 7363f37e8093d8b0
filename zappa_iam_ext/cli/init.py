"""``zappa-iam init``: the gate goes into the settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.shared.options import stages_options
from zappa_iam_ext.cli.shared.provisioning import confirm
from zappa_iam_ext.errors import CannotEdit, SettingsError
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.gating.in_settings import WithGate


@click.command("init")
@stages_options
@click.option("--profile-name", default="", metavar="NAME", help="Set the stage's profile_name, too.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on success.")
def command(
    stage: str | None, all_stages: bool, settings_file: Path | None, profile_name: str, yes: bool, quiet: bool
) -> None:
    """Put the gate into the settings of STAGE, so that each Zappa command checks first.

    Shows the change and asks first. JSON, YAML and TOML keep their format and their comments. A settings callback of
    your own is called after the gate. No call to AWS is made. Exit codes: 0 it is there, 2 it is not.
    """
    from zappa_iam_ext.settings_editing import unified_diff
    from zappa_iam_ext.stored_settings import change_settings, settings_text

    path = _settings_file(settings_file)
    before = settings_text(path)
    result = _with_gate(before, path, stage, profile_name, all_stages=all_stages)
    if not quiet:
        for name, by in (result.present or {}).items():
            click.echo(f"{name}: nothing to do, {by or 'the gate'} is in its settings", err=True)
    if not result.changed:
        return
    if not quiet or not yes:
        click.echo(_painted(unified_diff(before, result.text, path.as_posix())), nl=False)
    confirm(f"Write {path}?", yes=yes)
    change_settings(path, lambda now: _with_gate(now, path, stage, profile_name, all_stages=all_stages).text)
    if not quiet:
        first = result.changed[0]
        click.echo(f"Done. Next: zappa-iam doctor {'--all' if all_stages else first}", err=True)


def _settings_file(named: Path | None) -> Path:
    from zappa_iam_ext.settings_file import settings_path

    found = settings_path(named)
    if found is None and named is not None:
        raise SettingsError(f"there is no settings file {named}", hint="Name one with -s/--settings-file.")
    if found is None:
        raise SettingsError(
            "there is no Zappa settings file in this folder",
            hint="Run `zappa init` first, which writes one; then run `zappa-iam init` again.",
        )
    return found


def _with_gate(text: str, path: Path, stage: str | None, profile: str, *, all_stages: bool) -> WithGate:
    """Return the text with the gate; an error names the file, and what to write by hand."""
    from zappa_iam_ext.gating.in_settings import GATE, with_gate
    from zappa_iam_ext.settings.stages import chosen_stages
    from zappa_iam_ext.settings_editing import loaded

    try:
        names = chosen_stages(loaded(text, path.suffix), stage, all_stages=all_stages, file=str(path))
        return with_gate(text, path.suffix, names, Path.cwd(), profile)
    except CannotEdit as error:
        by_hand = f'By hand: the stage\'s callbacks get the key settings with the value "{GATE}".'
        hint = " ".join(filter(None, (error.hint, by_hand)))
        raise CannotEdit(f"{path}: {error}", hint=hint) from None


def _painted(diff: str) -> str:
    """Return a difference with its new lines in green and its old ones in red, where there are colours."""
    style = style_of(sys.stdout)
    if not style.colour:
        return diff
    colours = {"+": "green", "-": "red"}
    heads = ("+++", "---")
    return "".join(
        line if line.startswith(heads) or line[:1] not in colours else click.style(line, fg=colours[line[0]])
        for line in diff.splitlines(keepends=True)
    )
