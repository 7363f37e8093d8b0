"""Zappa command lines: which ones touch AWS, and the flags that change what they call."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.command_options import near, parse_words
from zappa_iam_ext.permissions.model import Command

#: Every command of Zappa that calls AWS, in the order of a deployment's life.
COMMANDS = (
    "deploy",
    "update",
    "rollback",
    "schedule",
    "unschedule",
    "invoke",
    "manage",
    "status",
    "tail",
    "certify",
    "undeploy",
)
#: Those of them that change something in the account themselves; the others read, or run the function.
WRITING = frozenset({"deploy", "update", "rollback", "schedule", "unschedule", "certify", "undeploy"})
#: Commands that load credentials or not, but ask nothing of AWS.
LOCAL_COMMANDS = frozenset({"init", "settings", "package", "template", "save-python-settings-file", "shell"})

#: The options that change what is called.
_CHANGING = ("docker-image-uri", "manual", "no-upload", "qualifier", "remove-logs", "zip")


def parse_command(text: str) -> Command:
    """Return the command of a line such as ``undeploy --remove-logs`` or ``deploy --zip s3://b/k``.

    Options that change no call (``--yes``, ``--json``) are taken and left out. Raises `SettingsError` for a command that
    Zappa does not have or that asks nothing of AWS, and for an option that the command does not have.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError(
            f"{text!r} is no command line: {error}", hint="Close every quotation mark."
        ) from error
    words = _without_program(words)
    name = words[0] if words else ""
    if name not in COMMANDS:
        known = "it asks nothing of AWS" if name in LOCAL_COMMANDS else "Zappa has no such command"
        raise SettingsError(
            f"{name[:80] or 'an empty command'}: {known}{'' if name in LOCAL_COMMANDS else near(name, COMMANDS)}",
            hint=f"Choose from {', '.join(COMMANDS)}.",
        )
    return command_of(name, parse_words(name, words[1:]))


def command_of(name: str, options: Mapping[str, Any]) -> Command:
    """Return a command with those of its options that change its calls; what Zappa takes for no (an empty text) is none."""
    given = {option: options[option] for option in _CHANGING if options.get(option)}
    values = {option: str(value) for option, value in given.items() if value is not True}
    return Command(name, frozenset(given), values)


def _without_program(words: list[str]) -> list[str]:
    """Return the words from the command's name on: without ``zappa`` and its own ``--color``."""
    words = words[1:] if words[:1] == ["zappa"] else words
    while words and words[0].partition("=")[0] == "--color":
        words = words[1 if "=" in words[0] else 2 :]
    return words


def command_line(command: Command) -> str:
    """Return the line that `parse_command` reads as this command."""
    flags = (
        f"--{name}={command.values[name]}" if name in command.values else f"--{name}"
        for name in sorted(command.flags)
    )
    return shlex.join([command.name, *flags])


def life_cycle() -> tuple[Command, ...]:
    """Return the default of every question: all that happens to a deployment from ``deploy`` to ``undeploy``."""
    return tuple(Command(name) for name in COMMANDS)
