"""What is missing, blocked or undecided, as sections: a title each that says what a denial does and who denies. Pure."""

from __future__ import annotations

from zappa_iam_ext.check.grouping import Group, Kind
from zappa_iam_ext.render.layout.sections import Section
from zappa_iam_ext.render.layout.style import Mark
from zappa_iam_ext.render.report.fixing import policy_words
from zappa_iam_ext.render.text import line

_MARKS = {
    Kind.REFUSED: Mark.NO,
    Kind.STOPS: Mark.NO,
    Kind.SILENT: Mark.WARNING,
    Kind.HARMLESS: Mark.WARNING,
    Kind.AT_TIMES: Mark.WARNING,
    Kind.UNKNOWN: Mark.UNKNOWN,
}
_TITLES = {
    Kind.REFUSED: "Refused at deploy",
    Kind.STOPS: "Stops the command",
    Kind.SILENT: "Goes unnoticed",
    Kind.HARMLESS: "Harmless",
    Kind.AT_TIMES: "Needed at times",
    Kind.UNKNOWN: "Cannot tell",
}


def section(group: Group) -> Section:
    """Return a group as it is shown; what goes unnoticed says what then goes wrong."""
    return Section(_title(group), group.rows, _MARKS[group.kind], symptoms=group.kind is Kind.SILENT)


def _title(group: Group) -> str:
    told = f"{_TITLES[group.kind]} ({group.count})"
    if group.blocker:
        how = "denied by" if group.blocker.explicit else "blocked by"
        return f"{told}, {how} {policy_words(group.blocker, short=True)}"
    if group.kind is Kind.AT_TIMES:
        return f"{told}, the second time or after settings changed"
    return f"{told}: {line(group.why)}" if group.why else told
