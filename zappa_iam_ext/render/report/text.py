"""A Report as text of at most 25 lines, however much is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zappa_iam_ext.check import Report
from zappa_iam_ext.check.grouping import Group, Kind, groups, standing
from zappa_iam_ext.check.remedies import account_of
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.report.body import body
from zappa_iam_ext.render.report.failed import NotChecked, failed_lines
from zappa_iam_ext.render.report.fixing import fix_lines
from zappa_iam_ext.render.report.verbose import verbose_lines
from zappa_iam_ext.render.report.verdict import MARKS, policy_line, subject_lines, verdict
from zappa_iam_ext.render.style import PLAIN, Style
from zappa_iam_ext.render.text import columns, cut, line, wrapped

LINES = 25
_VERDICT, _TOLD, _FIX = 3, 2, 9
"""Lines at most of the verdict, of each line below it, and of what to do."""
_SHOWN_UNREADABLE = 2


def reports_text(
    reports: Sequence[Report],
    given: Sequence[CommandLines],
    style: Style = PLAIN,
    *,
    verbose: bool = False,
    failed: Sequence[NotChecked] = (),
) -> str:
    """Return several Reports, one under the other, and the stages that could not be checked."""
    told = [
        report_text(report, lines, style, verbose=verbose)
        for report, lines in zip(reports, given, strict=True)
    ]
    return "\n\n".join([*told, *("\n".join(failed_lines(item, style)) for item in failed)])


def report_text(
    report: Report,
    given: CommandLines | None = None,
    style: Style = PLAIN,
    *,
    verbose: bool = False,
    fix: bool = True,
) -> str:
    """Return the Report: the verdict, whose it is, what is missing by what that does, and what to do.

    ``given`` are the options of the command line, for the commands that are printed. At most `LINES` lines unless ``verbose``.
    """
    given = given or CommandLines(report.stage)
    head = _head(report, style)
    fixes = fix_lines(report, given, style, most=0 if verbose else _FIX) if fix else []
    notes = _notes(report, style)
    if verbose:
        shown = list(verbose_lines(report, style))
    else:
        taken = len(head) + len(notes) + (len(fixes) + 1 if fixes else 0)
        shown = body(
            groups(report), style, LINES - taken - 1, account=account_of(report), region=report.region
        )
    parts = [head, *([["", *shown]] if shown else []), *([["", *fixes]] if fixes else []), notes]
    return "\n".join(each for part in parts for each in part)


def _head(report: Report, style: Style) -> list[str]:
    mark = MARKS[standing(report)]
    sign = style.mark(mark)
    indent = " " * (columns(sign) + 1)
    lines = _at_most(wrapped(verdict(report), style.columns, f"{sign} ", indent), _VERDICT, style)
    lines = [style.bold(style.painted(each, mark)) for each in lines]
    told = list(subject_lines(report))
    told += [policy_line(report.deployment_policy)] if report.deployment_policy else []
    for each in told:
        lines += _at_most(wrapped(each, style.columns, indent, indent), _TOLD, style)
    return lines


def _notes(report: Report, style: Style) -> list[str]:
    """Return what could not be read and what no evidence of this kind sees, one or two lines each."""
    lines: list[str] = []
    if report.unreadable:
        names = [line(name) for name in report.unreadable]
        more = f" and {len(names) - _SHOWN_UNREADABLE} more" if len(names) > _SHOWN_UNREADABLE else ""
        told = f"Could not be read: {'; '.join(names[:_SHOWN_UNREADABLE])}{more}"
        lines += _at_most(wrapped(told, style.columns, rest="  "), 3, style)
    if report.not_seen:
        told = f"Not seen by this check: {'; '.join(map(line, report.not_seen))}."
        lines += [style.dim(each) for each in _at_most(wrapped(told, style.columns, rest="  "), _TOLD, style)]
    return ["", *lines] if lines else []


def _at_most(lines: Iterator[str], most: int, style: Style) -> list[str]:
    """Return the lines, or the first so many, the last of them cut."""
    found = list(lines)
    if len(found) <= most:
        return found
    rest = " ".join(each.strip() for each in found[most:])
    return [*found[: most - 1], cut(f"{found[most - 1]} {rest}", style.columns, style.ellipsis)]


__all__ = ["LINES", "Group", "Kind", "report_text", "reports_text"]
