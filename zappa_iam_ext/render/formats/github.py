"""Workflow commands of GitHub Actions: annotations (GitHub Docs, Workflow commands for GitHub Actions). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zappa_iam_ext.render.formats.model import Item, Level, Outcome, Place, Summary, Told
from zappa_iam_ext.render.github import data, property_value

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_NAMED = 20
"""Names that one annotation lists."""


def github_text(told: Told) -> str:
    """Return the annotations, a line each: what could not be answered, how it stands, then the items, gravest first."""
    lines = [
        _command(Level.ERROR, failed.place, failed.suite, f"{failed.message}\n{failed.hint}")
        for failed in told.failed
    ]
    lines += [_summary(told, summary) for summary in told.summaries]
    lines += _items(told.items)
    return "\n".join(lines)


def _summary(told: Told, summary: Summary) -> str:
    level = Level.NOTE if summary.passed else summary.level
    return _command(level, summary.place, told.tool, f"{summary.text}\n{summary.advice}")


def _items(items: Sequence[Item]) -> Iterator[str]:
    groups: dict[tuple[object, ...], list[Item]] = {}
    for number, item in enumerate(items):
        if item.outcome is not Outcome.PASSED:
            own = item.fold or number
            groups.setdefault((item.rule.id, item.level, item.place, own), []).append(item)
    order = list(Level)
    for group in sorted(groups.values(), key=lambda group: order.index(group[0].level)):
        first = group[0]
        yield _command(first.level, first.place, _title(group), _message(group))


def _title(group: Sequence[Item]) -> str:
    return group[0].rule.id if len(group) == 1 else f"{group[0].rule.title} ({len(group)})"


def _message(group: Sequence[Item]) -> str:
    first = group[0]
    if len(group) == 1:
        where = f" on {first.where}" if first.where else ""
        return f"{first.name}{where}: {first.message}\n{first.hint}"
    lines = [f"{item.name} on {item.where}" if item.where else item.name for item in group[:_NAMED]]
    lines += [f"and {len(group) - _NAMED} more"] if len(group) > _NAMED else []
    return "\n".join([first.fold, *lines, first.hint])


def _command(level: Level, place: Place, title: str, message: str) -> str:
    file = property_value(place.file)
    where = f"file={file},line={place.line}," if file else ""
    return f"::{_COMMANDS[level]} {where}title={property_value(title)}::{data(message.strip())}"
