"""The command line: one small file per command, imported when the command is used."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Callable
from typing import Any

import click

from zappa_iam_ext.cli.shared.groups import WholeGroup
from zappa_iam_ext.errors import ExitCode, ZappaIamError
from zappa_iam_ext.interrupts import interruptible
from zappa_iam_ext.render.failures import (
    DEBUG_VARIABLE,
    DECLINED,
    INTERRUPTED,
    UNANSWERED,
    failure_text,
    unexpected_text,
)
from zappa_iam_ext.streams import patient_streams

#: Command name to module of this package, in the order in which a project comes to need them.
COMMANDS = {
    "init": "init",
    "doctor": "doctor",
    "demo": "demo",
    "policy": "policy",
    "check": "check",
    "can-i": "can_i",
    "plan": "plan",
    "apply": "apply",
    "keys": "keys",
    "role": "role",
    "rehearse": "rehearse",
    "explain": "explain",
    "diff": "diff",
    "lint": "lint",
    "export": "export",
    "destroy": "destroy",
    "completion": "completion",
}


class Failure(click.ClickException):
    """One of our errors as click tells it: the message, the next step, our exit code."""

    def __init__(self, error: ZappaIamError) -> None:
        super().__init__(failure_text(error))
        self.exit_code = error.exit_code  # type: ignore[misc]  # click declares a class variable


class LazyGroup(WholeGroup):
    """A group whose commands are imported only when they run: starting up stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  -- click's signature
        """Return the names of all commands, in the order of a journey."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        command: Any = importlib.import_module(f"{__name__}.{COMMANDS[cmd_name]}").command
        assert isinstance(command, click.Command)  # noqa: S101  -- a programming error, not an input
        if ctx.resilient_parsing:  # a shell asks what may stand here
            from zappa_iam_ext.cli.shared.completing import complete

            complete(command, ctx)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; click would end with 1 for a pipe that broke, which means denied here."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            raise _Unexpected from error

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command line and end the process: each way to end has one of our exit codes, none has a traceback."""
        run: Callable[..., Any] = super().main
        if not options.pop("standalone_mode", True):
            return run(*args, standalone_mode=False, **options)
        with interruptible(), patient_streams():
            code = _ended(lambda: run(*args, standalone_mode=False, **options))
        raise SystemExit(code)


class _Unexpected(Exception):
    """An error that nobody foresaw, as its cause."""


def _ended(run: Callable[[], Any]) -> ExitCode:
    """Return what a command ends with, after telling why if it gave no verdict."""
    try:
        return _known(run())
    except SystemExit as ended:
        return _known(ended.code)
    except (KeyboardInterrupt, click.Abort) as interrupt:
        return _interrupted(interrupt)
    except ZappaIamError as error:
        return _failed(Failure(error))
    except click.ClickException as error:
        return _failed(error)
    except Exception as error:  # noqa: BLE001  -- 1 means denied, and Python would end with it
        return _unexpected(error)


def _failed(error: click.ClickException) -> ExitCode:
    """Tell of an error; those of click's own that end with 1 end with 2."""
    error.show()
    return _known(error.exit_code) if isinstance(error, Failure) else ExitCode.COULD_NOT_RUN


def _known(code: Any) -> ExitCode:
    """Return a code of ours; what others end a process with, such as Zappa with 255, means that we could not run."""
    try:
        return ExitCode(code or 0)
    except ValueError:
        return ExitCode.COULD_NOT_RUN


def _interrupted(interrupt: BaseException) -> ExitCode:
    """Tell of Ctrl-C, or of a question that got no yes: click makes one exception of Ctrl-C, of no answer and of no."""
    asked = isinstance(interrupt, click.Abort)
    cause = (interrupt.__cause__ or interrupt.__context__) if asked else interrupt
    if isinstance(cause, KeyboardInterrupt):
        click.echo(INTERRUPTED if interrupt.__cause__ or not asked else f"\n{INTERRUPTED}", err=True)
        return ExitCode.INTERRUPTED
    click.echo(f"\n{UNANSWERED}" if isinstance(cause, EOFError) else DECLINED, err=True)
    return ExitCode.COULD_NOT_RUN


def _unexpected(error: BaseException) -> ExitCode:
    cause = (error.__cause__ if isinstance(error, _Unexpected) else None) or error
    if os.environ.get(DEBUG_VARIABLE):
        click.echo("".join(traceback.format_exception(cause)), err=True)
    click.echo(f"Error: {unexpected_text(cause)}", err=True)
    return ExitCode.COULD_NOT_RUN


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zappa-iam-ext", prog_name="zappa-iam")
def main() -> None:
    """Know, check, provision and rehearse the AWS permissions of a Zappa deployment."""
