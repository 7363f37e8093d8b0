"""Zappa command lines: which ones touch AWS, and the flags that change what they call."""

from __future__ import annotations

import shlex

from zappa_iam_ext.errors import SettingsError
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
#: Commands that load credentials or not, but ask nothing of AWS.
LOCAL_COMMANDS = frozenset({"init", "settings", "package", "template", "save-python-settings-file", "shell"})

_SHORT = {"-z": "--zip", "-d": "--docker-image-uri", "-n": "--no-upload"}
_VALUED = frozenset({"--zip", "--docker-image-uri", "--qualifier", "--num-rollback"})


def parse_command(text: str) -> Command:
    """Return the command of a line such as ``undeploy --remove-logs`` or ``deploy --zip s3://b/k``.

    Flags that change no call (``--yes``, ``--json``) are kept and mean nothing. Raises `SettingsError`
    for a command that Zappa does not have or that asks nothing of AWS.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingsError(
            f"{text!r} is no command line: {error}", hint="Close every quotation mark."
        ) from error
    if words[:1] == ["zappa"]:
        words = words[1:]
    name = words[0] if words else ""
    if name not in COMMANDS:
        known = "it asks nothing of AWS" if name in LOCAL_COMMANDS else "Zappa has no such command"
        raise SettingsError(
            f"{name or 'an empty command'!s}: {known}", hint=f"Choose from {', '.join(COMMANDS)}."
        )
    flags: set[str] = set()
    values: dict[str, str] = {}
    rest = iter(words[1:])
    for word in rest:
        flag, equals, value = word.partition("=")
        flag = _SHORT.get(flag, flag) if name in {"deploy", "update"} else flag
        if not flag.startswith("-"):
            continue
        flags.add(flag.lstrip("-"))
        if flag in _VALUED:
            values[flag.lstrip("-")] = value if equals else next(rest, "")
    return Command(name, frozenset(flags), values)


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
