"""What the gate says inside a running Zappa. Strings out, no decisions."""

from __future__ import annotations

from collections.abc import Iterable

from zappa_iam_ext.check import Report
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.report import report_text, verdict
from zappa_iam_ext.render.style import PLAIN, Style

SWITCHED_OFF = "ZAPPA_IAM_EXT switches the gate off: nothing is checked"
NOTHING_DECIDED = "the gate decided nothing: no permission is known to be held or missing"


def refusal_text(told: Iterable[tuple[Report, CommandLines]], style: Style = PLAIN) -> str:
    """Return the reports of the stages that may not go on; ``CommandLines`` are what was given for each."""
    return "\n\n".join(_whole(report, given, style) for report, given in told)


def passing_text(report: Report, given: CommandLines, style: Style = PLAIN) -> str:
    """Return what is said before Zappa goes on: a line when all is well, else the whole report."""
    if report.unknown or report.stopping:
        return _whole(report, given, style)
    return f"{verdict(report)} ({given.apply()})" if report.denied else verdict(report)


def _whole(report: Report, given: CommandLines, style: Style) -> str:
    text = report_text(report, given, style)
    if report.results and len(report.unknown) == len(report.results):
        return f"{NOTHING_DECIDED}\n{text}"
    return text
