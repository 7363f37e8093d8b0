"""What the gate says inside a running Zappa. Strings out, no decisions."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.check import Report
from zappa_iam_ext.permissions.fixes import fix_command
from zappa_iam_ext.render.text import report_text, summary

SWITCHED_OFF = "ZAPPA_IAM_EXT switches the gate off: nothing is checked"


def refusal_text(reports: Sequence[Report]) -> str:
    """Return the reports of the stages that may not go on."""
    return "\n\n".join(_told(report) for report in reports)


def passing_text(report: Report) -> str:
    """Return what is said before Zappa goes on: a line when all is well, else the whole report."""
    if report.denied and not report.unknown and not report.stopping:
        return f"{summary(report)} ({fix_command(report.stage)})"
    if report.denied or report.unknown:
        return _told(report)
    return summary(report)


def _told(report: Report) -> str:
    text = report_text(report, fix=fix_command(report.stage))
    if report.results and len(report.unknown) == len(report.results):
        return f"{report.function_name}: nothing could be decided, so nothing is known to be allowed.\n{text}"
    return text
