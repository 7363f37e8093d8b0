"""Zappa's ``settings`` callback: stops a command that the profile's user may not carry through.

It runs for every command and stage, after Zappa opened the profile and before Zappa's first write. It never
writes to AWS unless the stage says ``"on_missing": "provision"``, and never in CI. What belongs to Zappa, stdout, stays
Zappa's: the gate speaks on stderr.

This module is part of the light core that goes into a function's package: it imports next to nothing by itself.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from typing import Any

from zappa_iam_ext.errors import ExitCode, ZappaIamError, worst


def gate(zappa_cli: Any) -> None:
    """Check the command that Zappa is about to run; raise `click.ClickException` (exit code 1) when it may not.

    ``zappa_cli`` is Zappa's ``ZappaCLI``, as callbacks get it. May be called from a callback of your own. Ends with the
    stage's own callback, ``iam_ext.then``, if it names one. In the package of a function it does nothing.
    """
    if importlib.util.find_spec("zappa_iam_ext.left_out"):
        return
    from zappa_iam_ext.interrupts import interruptible

    with interruptible():
        then = _guarded(zappa_cli)
    if then is not None:
        then(zappa_cli)


def _guarded(zappa_cli: Any) -> Any:
    """Let the gate decide; return what is to be called then. Whatever goes wrong ends Zappa with one of our exit codes."""
    import click

    try:
        return _decided(zappa_cli)
    except click.ClickException:
        raise
    except ZappaIamError as error:
        from zappa_iam_ext.render.failures import failure_text

        raise _refusal(failure_text(error), error.exit_code) from error
    except Exception as error:
        from zappa_iam_ext.render.failures import DEBUG_VARIABLE, unexpected_text

        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        raise _refusal(unexpected_text(error), ExitCode.COULD_NOT_RUN) from error


def _decided(zappa_cli: Any) -> Any:
    from zappa_iam_ext.ci import ci_service
    from zappa_iam_ext.gating.callbacks import own_callback
    from zappa_iam_ext.gating.light_package import keep_light
    from zappa_iam_ext.gating.switch import switched_off
    from zappa_iam_ext.permissions.commands import COMMANDS
    from zappa_iam_ext.render import gate as texts

    keep_light(zappa_cli.zappa)
    if zappa_cli.command in COMMANDS and zappa_cli.load_credentials:
        if switched_off(os.environ):
            _say(texts.SWITCHED_OFF)
        else:
            _check(zappa_cli, in_ci=ci_service(os.environ) is not None)
    return own_callback(zappa_cli)


def _check(zappa_cli: Any, *, in_ci: bool) -> None:
    """Tell how it stands with each stage that is to be decided now; refuse them all when one of them may not."""
    from zappa_iam_ext.render import gate as texts
    from zappa_iam_ext.terminal import style_of
    from zappa_iam_ext.workflow.gating import pass_gate

    passing = pass_gate(zappa_cli, in_ci=in_ci, progress=_say)
    refused = [answer for answer in passing if answer.refusal is not None]
    if refused:
        code = worst(answer.refusal for answer in refused if answer.refusal is not None)
        told = [(answer.report, answer.given) for answer in refused]
        raise _refusal(texts.refusal_text(told, style_of(sys.stderr)), code)
    for answer in passing:
        _say(texts.passing_text(answer.report, answer.given, style_of(sys.stderr)))


def _refusal(message: str, exit_code: ExitCode) -> Exception:
    """Return what ends Zappa cleanly with our exit code."""
    import click

    refusal = click.ClickException(message)
    refusal.exit_code = exit_code  # type: ignore[misc]  # click declares a class variable
    return refusal


def _say(text: str) -> None:
    import click

    click.echo(f"zappa-iam: {text}", err=True)
