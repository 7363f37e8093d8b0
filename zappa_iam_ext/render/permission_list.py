"""What a profile may do of what a stage needs, a row for each permission. Strings out, no decisions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from zappa_iam_ext.check import CheckedRequirement, Report, Verdict
from zappa_iam_ext.check.grouping import short_resource
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.layout.style import Mark, Style
from zappa_iam_ext.render.report.verdict import verdict
from zappa_iam_ext.render.text import columns, cut_left, line, padded

_MARKS = {Verdict.ALLOWED: Mark.YES, Verdict.DENIED: Mark.NO, Verdict.UNKNOWN: Mark.UNKNOWN}
_INDENT = "  "


def permission_list_text(report: Report, style: Style) -> str:
    """Return the table, by service, and below it the verdict: how many of how many."""
    rows = sorted(report.results, key=lambda item: (item.requirement.action, item.requirement.resource))
    names = max((columns(item.requirement.action.partition(":")[2]) for item in rows), default=0)
    lines: list[str] = []
    for service, group in groupby(rows, key=lambda item: item.requirement.action.partition(":")[0]):
        lines += [style.bold(line(service)), *dict.fromkeys(_rows(group, names, style, report))]
    return "\n".join([*lines, "", verdict(report)])


def _rows(group: Iterator[CheckedRequirement], names: int, style: Style, report: Report) -> Iterator[str]:
    account = "".join(report.principal.split(":")[4:5])
    for item in group:
        mark = _MARKS[item.verdict]
        sign = style.mark(mark)
        name = padded(line(item.requirement.action.partition(":")[2]), names)
        start = f"{_INDENT}{padded(sign, columns(style.mark(Mark.YES)))} {name}  "
        place = line(short_resource(item.requirement.resource, account, report.region))
        place = cut_left(place, max(style.columns - columns(start), 1), style.ellipsis)
        yield _INDENT + style.painted(sign, mark) + start[len(_INDENT) + len(sign) :] + place


def permission_list_json(report: Report) -> str:
    """Return the same as one JSON document."""
    return dump(
        {
            "stage": report.stage,
            "principal": report.principal,
            "exit_code": int(report.exit_code()),
            "permissions": [
                {
                    "action": item.requirement.action,
                    "resource": item.requirement.resource,
                    "verdict": str(item.verdict),
                    "consequence": str(item.requirement.consequence),
                    "because": item.requirement.because,
                    "why": item.why or None,
                }
                for item in report.results
            ],
        }
    )
