"""Zappa's ``settings`` callback: stops a command that the profile's user may not carry through.

It runs for every command and stage, after Zappa opened the profile and before Zappa's first write. It never
writes to AWS. What belongs to Zappa, stdout, stays Zappa's: the gate speaks on stderr.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.errors import ZappaIamError

if TYPE_CHECKING:
    from zappa_iam_ext.check import Report

OWN_PACKAGE = "zappa_iam_ext"


def gate(zappa_cli: Any) -> None:
    """Check the command that Zappa is about to run; raise `click.ClickException` (exit code 1) when it may not.

    ``zappa_cli`` is Zappa's ``ZappaCLI``, as callbacks get it. May be called from a callback of your own.
    """
    _leave_out_of_package(zappa_cli)
    try:
        report = _check(zappa_cli)
    except ZappaIamError as error:
        raise _Refusal(f"{error}\n{error.hint}".rstrip(), error.exit_code) from error
    if report is not None:
        _tell(report)


class _Refusal(click.ClickException):
    """Ends Zappa cleanly with our exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def _check(zappa_cli: Any) -> Report | None:
    from zappa_iam_ext.permissions.commands import COMMANDS  # noqa: PLC0415  -- importing the gate must be cheap

    if zappa_cli.command not in COMMANDS or not zappa_cli.load_credentials:
        return None
    from zappa_iam_ext.workflow import check_running_zappa  # noqa: PLC0415

    return check_running_zappa(zappa_cli)


def _tell(report: Report) -> None:
    from zappa_iam_ext.render.text import report_text, summary  # noqa: PLC0415

    if report.exit_code():
        fix = f"zappa-iam apply {report.stage} --admin-profile PROFILE"
        raise _Refusal(report_text(report, fix=fix), report.exit_code())
    text = report_text(report) if report.unknown else summary(report)
    click.echo(f"zappa-iam: {text}", err=True, file=sys.stderr)


def _leave_out_of_package(zappa_cli: Any) -> None:
    """Keep this library out of the function's package: it is of no use there."""
    exclude = list(zappa_cli.stage_config.get("exclude", []))
    if OWN_PACKAGE not in exclude:
        zappa_cli.override_stage_config_setting("exclude", [*exclude, OWN_PACKAGE, f"{OWN_PACKAGE}-*"])
