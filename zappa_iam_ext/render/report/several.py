"""Reports of several stages together in at most 25 lines: a verdict each, what is missing of all, what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from zappa_iam_ext.check import Report
from zappa_iam_ext.check.grouping import Standing, groups, standing
from zappa_iam_ext.check.remedies import Step, Target, account_of, remedies, target
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.layout.sections import LINES, section_lines
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.report.body import section
from zappa_iam_ext.render.report.failed import NotChecked, failed_lines
from zappa_iam_ext.render.report.fixing import command_lines, fix_lines
from zappa_iam_ext.render.report.verdict import MARKS, subject_lines, verdict
from zappa_iam_ext.render.text import columns, cut

_STAGES, _FIX = 10, 6
ALL = "--all"
_GRAVITY = (Standing.MAY_NOT, Standing.IMPAIRED, Standing.CANNOT_TELL, Standing.NOTHING, Standing.MAY)


def stages_text(
    reports: Sequence[Report],
    given: Sequence[CommandLines],
    failed: Sequence[NotChecked],
    style: Style,
    *,
    taken: int = 0,
) -> str:
    """Return all stages together: one line each, the gravest first, then what is missing of all of them and what to do.

    ``taken`` is how many columns of the first line are taken by what stands before.
    """
    graver = sorted(reports, key=lambda report: _GRAVITY.index(standing(report)))
    head = list(_verdicts(graver, failed, style, taken))
    head += list(_subject(reports, style))
    fixes = _fixes(reports, given, style)
    # Of all stages there are rows of the same kind: they are told as one Report.
    together = [section(group) for group in groups(_joined(reports))] if reports else []
    left = LINES - len(head) - (len(fixes) + 1 if fixes else 0) - 1
    first = reports[0] if reports else None
    shown = section_lines(
        together,
        style,
        left,
        account=account_of(first) if first else "",
        region=first.region if first else "",
    )
    return "\n".join([*head, *(["", *shown] if shown else []), *(["", *fixes] if fixes else [])])


def _joined(reports: Sequence[Report]) -> Report:
    return replace(reports[0], results=tuple(result for report in reports for result in report.results))


def _verdicts(
    reports: Sequence[Report], failed: Sequence[NotChecked], style: Style, taken: int
) -> Iterator[str]:
    lines = [
        cut(next(failed_lines(item, replace(style, width=1000, colour=False))), style.columns)
        for item in failed
    ]
    for report in reports:
        mark = MARKS[standing(report)]
        left = style.columns - (0 if lines else taken)
        told = cut(f"{style.mark(mark)} {verdict(report)}", left, style.ellipsis)
        lines.append(style.bold(style.painted(told, mark)))
    yield from lines[:_STAGES]
    if len(lines) > _STAGES:
        yield f"... and {len(lines) - _STAGES} more stages (-v)"


def _subject(reports: Sequence[Report], style: Style) -> Iterator[str]:
    """Yield whose verdicts they are, where they are all the same one's."""
    told = {tuple(subject_lines(report)) for report in reports}
    if len(told) == 1:
        indent = " " * (columns(style.mark(MARKS[Standing.MAY])) + 1)
        yield from (cut(f"{indent}{each}", style.columns, style.ellipsis) for each in told.pop())


def _fixes(reports: Sequence[Report], given: Sequence[CommandLines], style: Style) -> list[str]:
    """Return one command for all where that is all there is to do, else the steps of each stage, each once."""
    steps = {(remedy.step, target(report)) for report in reports for remedy in remedies(report)}
    of_roles = any(report.role and report.role.refused for report in reports)
    if steps == {(Step.PROVISION, Target.USER)} and not of_roles:
        return list(command_lines("To fix it:", "", replace(given[0], stage=ALL).apply(), style))
    lines: dict[str, None] = {}
    for report, options in zip(reports, given, strict=True):
        lines.update(dict.fromkeys(fix_lines(report, options, style, most=_FIX)))
    found = list(lines)
    if len(found) <= _FIX:
        return found
    check = replace(given[0], stage=reports[0].stage).zappa_iam("check")
    return list(command_lines("What to do differs: check each stage alone, such as", "", check, style))
