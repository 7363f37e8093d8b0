"""What a shell completes beside commands and options: stages, profiles, Zappa's commands. Nothing is told of what fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click
from click.shell_completion import CompletionItem

Words = Callable[[click.Context], Iterable[str]]


def complete(command: click.Command, context: click.Context) -> None:
    """Let the parameters of a command, and of the commands below it, complete what their names stand for."""
    for parameter in command.params:
        if words := _WORDS.get(str(parameter.name)):
            parameter.shell_complete = _completer(words)  # type: ignore[assignment, method-assign]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (below := command.get_command(context, name)) is not None:
                complete(below, context)


def _completer(words: Words) -> Callable[[click.Context, str], list[CompletionItem]]:
    def completed(context: click.Context, incomplete: str) -> list[CompletionItem]:
        try:
            return [CompletionItem(word) for word in words(context) if word.startswith(incomplete)]
        except Exception:  # noqa: BLE001  -- a message would stand in the middle of somebody's command line
            return []

    return completed


def _stages(context: click.Context) -> Iterable[str]:
    """Return the stages of the settings file that was named, or that Zappa finds."""
    from zappa_iam_ext.settings.stages import is_stage
    from zappa_iam_ext.settings_editing import loaded

    named = context.params.get("settings_file")
    found = (f"zappa_settings.{kind}" for kind in ("json", "toml", "yml", "yaml"))
    path = Path(named or next(name for name in found if Path(name).is_file()))
    settings = loaded(path.read_text(encoding="utf-8"), path.suffix)
    return [name for name in settings if is_stage(settings, name)]


def _profiles(_: click.Context) -> Iterable[str]:
    from zappa_iam_ext.aws.credentials.profiles import read_profile_files

    return sorted(read_profile_files(os.environ).names)


def _zappas(_: click.Context) -> Iterable[str]:
    from zappa_iam_ext.permissions.commands import COMMANDS

    return COMMANDS


#: By the name of a parameter.
_WORDS: Mapping[str, Words] = {
    "admin_profile": _profiles,
    "command_lines": _zappas,
    "profile": _profiles,
    "profile_name": _profiles,
    "stage": _stages,
}
