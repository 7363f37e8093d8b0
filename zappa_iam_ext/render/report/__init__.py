"""Report to text for terminals and logs, for people: the verdict first, then what to do."""

from __future__ import annotations

from zappa_iam_ext.render.layout.sections import LINES
from zappa_iam_ext.render.report.fixing import advice, fix_lines
from zappa_iam_ext.render.report.text import report_text, reports_text
from zappa_iam_ext.render.report.verdict import verdict

__all__ = ["LINES", "advice", "fix_lines", "report_text", "reports_text", "verdict"]
