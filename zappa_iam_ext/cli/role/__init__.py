"""``zappa-iam role``: the execution role of a stage. One small file per command, imported when it is used."""

from __future__ import annotations

import importlib
from typing import Any

import click

from zappa_iam_ext.cli.shared.groups import WholeGroup

#: Command name to where it is.
COMMANDS = {
    "show": "zappa_iam_ext.cli.role.show:command",
    "check": "zappa_iam_ext.cli.role.check:command",
    "ensure": "zappa_iam_ext.cli.role.ensure:command",
    "draft": "zappa_iam_ext.cli.role.draft:command",
    "diff": "zappa_iam_ext.cli.role.diff:command",
    "lint": "zappa_iam_ext.cli.role.lint:command",
}


class RoleGroup(WholeGroup):
    """A group whose commands are imported only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  -- click's signature
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by name, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: Any = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101  -- a programming error, not an input
        return command


@click.group("role", cls=RoleGroup)
def command() -> None:
    """Show, compare, judge, check and make the execution role that the function runs as."""
