"""Zappa's ``settings`` callback: stops a command that the profile's user may not carry through.

It runs for every command and stage, after Zappa opened the profile and before Zappa's first write. It never
writes to AWS unless the stage says ``"on_missing": "provision"``, and never in CI. What belongs to Zappa, stdout, stays Zappa's: the gate speaks on stderr.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.ci import ci_service
from zappa_iam_ext.errors import ExitCode, ZappaIamError

if TYPE_CHECKING:
    from zappa_iam_ext.check import Report

OWN_PACKAGE = "zappa_iam_ext"


def gate(zappa_cli: Any) -> None:
    """Check the command that Zappa is about to run; raise `click.ClickException` (exit code 1) when it may not.

    ``zappa_cli`` is Zappa's ``ZappaCLI``, as callbacks get it. May be called from a callback of your own.
    """
    _leave_out_of_package(zappa_cli)
    try:
        report, on_missing = _check(zappa_cli)
    except ZappaIamError as error:
        raise _Refusal(f"{error}\n{error.hint}".rstrip(), error.exit_code) from error
    if report is not None:
        _report(report, on_missing)


class _Refusal(click.ClickException):
    """Ends Zappa cleanly with our exit code."""

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click declares a class variable


def _check(zappa_cli: Any) -> tuple[Report | None, str]:
    from zappa_iam_ext.permissions.commands import COMMANDS

    if zappa_cli.command not in COMMANDS or not zappa_cli.load_credentials:
        return None, ""
    from zappa_iam_ext.workflow import check_running_zappa

    return check_running_zappa(zappa_cli, may_provision=not _in_ci(), progress=_say)


def _in_ci() -> bool:
    """Say whether a CI service runs this process."""
    return ci_service(os.environ) is not None


def _report(report: Report, on_missing: str) -> None:
    import sys

    from zappa_iam_ext.permissions.fixes import CommandLines
    from zappa_iam_ext.render.report import report_text, verdict
    from zappa_iam_ext.terminal import style_of

    given = CommandLines(report.stage)
    code, text = report.exit_code(), report_text(report, given, style_of(sys.stderr))
    if code not in {ExitCode.OK, ExitCode.CANNOT_TELL}:
        if on_missing != "warn":
            raise _Refusal(text, code)
        _say(text)
    elif report.unknown:
        _say(text)
    else:
        _say(f"{verdict(report)} ({given.apply()})" if report.denied else verdict(report))


def _say(text: str) -> None:
    click.echo(f"zappa-iam: {text}", err=True)


def _leave_out_of_package(zappa_cli: Any) -> None:
    """Keep this library out of the function's package: it is of no use there.

    What is no list is left for Zappa to judge: null it takes for none, a text it refuses.
    """
    exclude = zappa_cli.stage_config.get("exclude") or []
    if isinstance(exclude, list) and OWN_PACKAGE not in exclude:
        zappa_cli.override_stage_config_setting("exclude", [*exclude, OWN_PACKAGE, f"{OWN_PACKAGE}-*"])
