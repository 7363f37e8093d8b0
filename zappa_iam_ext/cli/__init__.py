"""The command line: one small file per command, imported when the command is used."""

from __future__ import annotations

import importlib
from typing import Any

import click

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.render.text import plain

#: Command name to module of this package.
COMMANDS = {
    "apply": "apply",
    "can-i": "can_i",
    "check": "check",
    "demo": "demo",
    "diff": "diff",
    "explain": "explain",
    "export": "export",
    "lint": "lint",
    "plan": "plan",
    "policy": "policy",
    "rehearse": "rehearse",
}


class Failure(click.ClickException):
    """One of our errors as click tells it: the message, the next step, our exit code."""

    def __init__(self, error: ZappaIamError) -> None:
        super().__init__("\n".join(filter(None, (plain(str(error)), plain(error.hint)))))
        self.exit_code = error.exit_code  # type: ignore[misc]  # click declares a class variable


class LazyGroup(click.Group):
    """A group whose commands are imported only when they run: starting up stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  -- click's signature
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command by name, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        command: Any = importlib.import_module(f"{__name__}.{COMMANDS[cmd_name]}").command
        assert isinstance(command, click.Command)  # noqa: S101  -- a programming error, not an input
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; our own errors become a message, a hint and an exit code, never a traceback."""
        try:
            return super().invoke(ctx)
        except ZappaIamError as error:
            raise Failure(error) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zappa-iam-ext", prog_name="zappa-iam")
def main() -> None:
    """Know, check, provision and rehearse the AWS permissions of a Zappa deployment."""
