"""Every permission of a Report with its call, setting, evidence and statement. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.check import CheckedRequirement, Report, Verdict
from zappa_iam_ext.check.grouping import blocker_of
from zappa_iam_ext.permissions.model import Consequence
from zappa_iam_ext.render.layout.style import Mark, Style
from zappa_iam_ext.render.report.fixing import policy_words
from zappa_iam_ext.render.text import line, wrapped

_MARKS = {Verdict.ALLOWED: Mark.YES, Verdict.DENIED: Mark.NO, Verdict.UNKNOWN: Mark.UNKNOWN}
_CONSEQUENCES = {
    Consequence.REFUSED: "refused at deploy",
    Consequence.STOPS: "stops the command",
    Consequence.SILENT: "goes unnoticed",
    Consequence.HARMLESS: "harmless",
}
_ORDER = (Verdict.DENIED, Verdict.UNKNOWN, Verdict.ALLOWED)


def verbose_lines(report: Report, style: Style) -> Iterator[str]:
    """Yield every permission, the missing ones first; ARNs are told in full, on lines of their own."""
    for verdict in _ORDER:
        for result in report.having(verdict):
            yield from _entry(result, style)


def _entry(result: CheckedRequirement, style: Style) -> Iterator[str]:
    requirement = result.requirement
    mark = _MARKS[result.verdict]
    yield style.painted(f"{style.mark(mark)} {line(requirement.action)}", mark)
    yield f"    on {line(requirement.resource)}{_conditions(result)}"
    for each in _told(result):
        yield from wrapped(each, style.columns, "    ", "      ")


def _conditions(result: CheckedRequirement) -> str:
    context = result.requirement.context
    shown = ((key, context[key]) for key in result.requirement.restrict if key in context)
    return "".join(
        f", {line(key)} {line(value if isinstance(value, str) else ' or '.join(value))}"
        for key, value in shown
    )


def _told(result: CheckedRequirement) -> Iterator[str]:
    requirement, call = result.requirement, result.requirement.call
    command = f"{call.command}: " if call and call.command else ""
    yield line(f"{command}{requirement.because}")
    if call:
        setting = f", because of the setting {call.setting}" if call.setting else ""
        yield line(f"call {call.service}:{call.operation}{setting}")
    if result.verdict is not Verdict.ALLOWED:
        symptom = f": {requirement.symptom}" if requirement.symptom else ""
        only_if = f"; needed {requirement.only_if.words}" if requirement.only_if else ""
        yield line(f"when denied: {_CONSEQUENCES[requirement.consequence]}{symptom}{only_if}")
    yield line(_evidence(result))


def _evidence(result: CheckedRequirement) -> str:
    told = f"{result.verdict}, by the evidence of {result.evidence}"
    blocker = blocker_of(result)
    if blocker:
        told += f", {'denied' if blocker.explicit else 'blocked'} by {policy_words(blocker)}"
    elif result.verdict is Verdict.DENIED:
        told += ": no policy allows it"
    return f"{told}: {result.why}" if result.why else told
