"""What the gate says inside a running Zappa. Strings out, no decisions."""

from __future__ import annotations

from collections.abc import Iterable

from zappa_iam_ext.check import Report, Verdict
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.layout.style import PLAIN, Style
from zappa_iam_ext.render.report import LINES, report_text, reports_text, verdict
from zappa_iam_ext.render.report.role import role_line

SWITCHED_OFF = "ZAPPA_IAM_EXT switches the gate off: nothing is checked"
NOTHING_DECIDED = "the gate decided nothing: no permission is known to be held or missing"


_ERROR, _NAME = len("Error: "), len("zappa-iam: ")
"""What click and we put before the first line."""


def refusal_text(told: Iterable[tuple[Report, CommandLines]], style: Style = PLAIN) -> str:
    """Return the reports of the stages that may not go on; ``CommandLines`` are what was given for each."""
    reports, given = zip(*told, strict=True)
    if len(reports) == 1:
        return _whole(reports[0], given[0], style, _ERROR)
    return reports_text(reports, given, style, taken=_ERROR)


def passing_text(report: Report, given: CommandLines, style: Style = PLAIN) -> str:
    """Return what is said before Zappa goes on: a line when all is well, else the whole report.

    An execution role that fails when the function runs is told in a line of its own.
    """
    role = report.role
    if report.unknown or report.stopping or (role and (role.refused or role.maybe_refused)):
        return _whole(report, given, style, _NAME)
    told = f"{verdict(report)} ({given.apply()})" if report.denied else verdict(report)
    if role and (role.distrusted or role.having(Verdict.DENIED)):
        told = f"{told}\n{role_line(role)} ({given.zappa_iam('role check')})"
    return told


def _whole(report: Report, given: CommandLines, style: Style, taken: int) -> str:
    if report.results and len(report.unknown) == len(report.results):
        return f"{NOTHING_DECIDED}\n{report_text(report, given, style, most=LINES - 1)}"
    return report_text(report, given, style, taken=taken)
