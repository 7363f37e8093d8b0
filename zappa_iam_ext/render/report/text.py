"""A Report as text of at most 25 lines, however much is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zappa_iam_ext.check import Evidence, Report
from zappa_iam_ext.check.grouping import groups, standing
from zappa_iam_ext.check.remedies import account_of
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.layout.sections import LINES, section_lines
from zappa_iam_ext.render.layout.style import PLAIN, Mark, Style
from zappa_iam_ext.render.report.body import section
from zappa_iam_ext.render.report.failed import NotChecked, failed_lines
from zappa_iam_ext.render.report.fixing import fix_lines
from zappa_iam_ext.render.report.role import role_line, role_sections
from zappa_iam_ext.render.report.several import stages_text
from zappa_iam_ext.render.report.verbose import verbose_lines
from zappa_iam_ext.render.report.verdict import MARKS, policy_line, subject_lines, verdict
from zappa_iam_ext.render.text import columns, cut, line, wrapped

_SHOWN_UNREADABLE = 2
_SEVERAL = 2
_LEAST_BODY = 4


@dataclass(frozen=True, slots=True)
class _Room:
    """Lines at most: of the verdict, of each line below it, of what could not be read and is not seen, of what to do.

    ``warnings`` is how many of them are told.
    """

    verdict: int = 3
    told: int = 2
    unreadable: int = 3
    not_seen: int = 2
    fix: int = 9
    warnings: int = 3


_ROOMS = (_Room(), _Room(3, 2, 2, 1, 8, 2), _Room(2, 1, 1, 1, 7, 1))
"""From wide to narrow: the first one that leaves lines for what is missing is taken."""
_ALL = _Room(99, 99, 99, 99, 0, 99)


def reports_text(
    reports: Sequence[Report],
    given: Sequence[CommandLines],
    style: Style = PLAIN,
    *,
    verbose: bool = False,
    failed: Sequence[NotChecked] = (),
    taken: int = 0,
) -> str:
    """Return Reports one under the other, and the stages that could not be checked; together at most `LINES` lines.

    Where they take more they are told together, unless ``verbose``.
    """
    told = [
        report_text(report, lines, style, verbose=verbose, taken=taken if report is reports[0] else 0)
        for report, lines in zip(reports, given, strict=True)
    ]
    text = "\n\n".join([*told, *("\n".join(failed_lines(item, style)) for item in failed)])
    if verbose or len(reports) + len(failed) < _SEVERAL or text.count("\n") < LINES:
        return text
    return stages_text(reports, given, failed, style, taken=taken)


def report_text(
    report: Report,
    given: CommandLines | None = None,
    style: Style = PLAIN,
    *,
    verbose: bool = False,
    fix: bool = True,
    taken: int = 0,
    most: int = LINES,
) -> str:
    """Return the Report: the verdict, whose it is, what is missing by what that does, and what to do.

    ``given`` are the options of the command line, for the commands that are printed. At most ``most`` lines unless
    ``verbose``. ``taken`` is how many columns of the first line are taken by what stands before.
    """
    given = given or CommandLines(report.stage)
    if verbose:
        head, notes, fixes = _around(report, given, style, _ALL, fix=fix, taken=taken)
        return "\n".join([*head, "", *verbose_lines(report, style), *notes, *fixes])
    found = groups(report)
    refused, later = role_sections(report)
    for room in _ROOMS:
        head, notes, fixes = _around(report, given, style, room, fix=fix, taken=taken)
        left = most - len(head) - len(notes) - len(fixes) - 1
        if left >= min(_LEAST_BODY, len(found) + len(refused) + len(later)):
            break
    sections = [*refused, *(section(group) for group in found), *later]
    shown = section_lines(sections, style, left, account=account_of(report), region=report.region)
    return "\n".join([*head, *(["", *shown] if shown else []), *notes, *fixes])


def _around(
    report: Report, given: CommandLines, style: Style, room: _Room, *, fix: bool, taken: int
) -> tuple[list[str], list[str], list[str]]:
    """Return what stands above and below what is missing: the head, the notes, what to do; the latter two with a blank line."""
    fixes = fix_lines(report, given, style, most=room.fix) if fix else []
    return _head(report, style, room, taken), _notes(report, style, room), ["", *fixes] if fixes else []


def _head(report: Report, style: Style, room: _Room, taken: int = 0) -> list[str]:
    mark = MARKS[standing(report)]
    sign = style.mark(mark)
    indent = " " * (columns(sign) + 1)
    told = wrapped(verdict(report), style.columns, f"{' ' * taken}{sign} ", indent)
    lines = _at_most(told, room.verdict, style)
    lines[0] = lines[0][taken:]
    lines = [style.bold(style.painted(each, mark)) for each in lines]
    below = list(subject_lines(report))
    warnings = [f"warning: {line(each)}" for each in report.subject.warnings] if report.subject else []
    if len(warnings) > room.warnings:
        rest = len(warnings) - room.warnings + 1
        warnings = [*warnings[: room.warnings - 1], f"{rest} warnings (-v)"]
    below += [policy_line(report.deployment_policy)] if report.deployment_policy else []
    below += [role_line(report.role)] if report.role else []
    for each in below:
        lines += _at_most(wrapped(each, style.columns, indent, indent), room.told, style)
    for each in warnings:
        shown = _at_most(wrapped(each, style.columns, indent, indent), room.told, style)
        lines += [style.painted(part, Mark.WARNING) for part in shown]
    return lines


def _notes(report: Report, style: Style, room: _Room) -> list[str]:
    """Return what could not be read, how far further evidence went, and what no evidence of this kind sees."""
    lines: list[str] = []
    if report.unreadable:
        names = [line(name) for name in report.unreadable]
        most = len(names) if room is _ALL else _SHOWN_UNREADABLE
        more = f" and {len(names) - most} more" if len(names) > most else ""
        told = f"Could not be read: {'; '.join(names[:most])}{more}"
        lines += _at_most(wrapped(told, style.columns, rest="  "), room.unreadable, style)
    if further := _further(report):
        lines += _at_most(wrapped(further, style.columns, rest="  "), room.not_seen, style)
    if report.not_seen:
        told = f"Not seen: {'; '.join(map(line, report.not_seen))}."
        shown = _at_most(wrapped(told, style.columns, rest="  "), room.not_seen, style)
        lines += [style.dim(each) for each in shown]
    return ["", *lines] if lines else []


_ASKED = {Evidence.SIMULATION: "AWS's simulator", Evidence.PROBE: "harmless calls"}


def _further(report: Report) -> str:
    """Return how far the simulator and harmless calls went; what they warn of stands in the head already."""
    known = report.subject.warnings if report.subject else ()
    told = [
        f"{_ASKED[note.evidence]}: {line(note.told)}"
        for note in report.evidence
        if note.evidence in _ASKED and note.told and note.told not in known
    ]
    return f"Asked besides: {'; '.join(told)}." if told else ""


def _at_most(lines: Iterator[str], most: int, style: Style) -> list[str]:
    """Return the lines, or the first so many, the last of them cut."""
    found = list(lines)
    if len(found) <= most:
        return found
    rest = " ".join(each.strip() for each in found[most:])
    return [*found[: most - 1], cut(f"{found[most - 1]} {rest}", style.columns, style.ellipsis)]
