"""GitHub-flavoured Markdown for a comment or a job summary. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zappa_iam_ext.render.formats.model import Failed, Item, Level, Outcome, Summary, Told
from zappa_iam_ext.render.text import line, plain

MOST_ROWS = 100
"""Rows of a table: a comment of GitHub holds 65,536 characters."""
_SIGNS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTE: "ℹ️"}  # noqa: RUF001  -- the sign itself
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~=^$-])")
_NOT_LINKED = (("@", "@\u200b"), ("://", ":\u200b//"), ("www.", "www\u200b."), ("GH-", "GH\u200b-"))


def prose(text: str) -> str:
    """Return text from outside as text that stays text: no markup, no HTML, no mention, no link, no cell of its own."""
    bare = line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for found, instead in _NOT_LINKED:
        bare = bare.replace(found, instead)
    return _SPECIAL.sub(r"\\\1", bare)


def code(text: str) -> str:
    """Return text from outside as a code span, also within a table; nothing in it is markup."""
    bare = line(text)
    if not bare:
        return ""
    runs = [len(run) for run in re.findall(r"`+", bare)]
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    space = " " if bare.startswith("`") or bare.endswith("`") else ""
    return f"{fence}{space}{bare}{space}{fence}".replace("|", "\\|")


def block(text: str) -> str:
    """Return text as a block of code that nothing in it can end."""
    bare = plain(text)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", bare)), 3)
    return f"{fence}\n{bare}\n{fence}"


def markdown_text(told: Told) -> str:
    """Return what could not be answered, then each summary with the items of its suite as a table."""
    parts = [_failed(failed) for failed in told.failed]
    shown: set[str] = set()
    for summary in told.summaries:
        parts.append(_summary(summary, [item for item in told.items if item.suite == summary.suite]))
        shown.add(summary.suite)
    rest = [item for item in told.items if item.suite not in shown]
    if rest or not parts:
        parts.append("\n".join([f"### {prose(told.tool)}", "", *(_table(rest) or ["Nothing was found."])]))
    return "\n\n".join(parts)


def heading(text: str, level: Level, *, passed: bool) -> str:
    """Return a heading that says at one look how it stands."""
    return f"### {'✅' if passed else _SIGNS[level]} {prose(text)}"


def _summary(summary: Summary, items: Sequence[Item]) -> str:
    lines = [heading(summary.text, summary.level, passed=summary.passed)]
    if summary.notes:
        lines += ["", *(f"- {prose(note)}" for note in summary.notes)]
    table = _table(items)
    if table:
        lines += ["", *table]
    if summary.advice:
        lines += ["", block(summary.advice)]
    return "\n".join(lines)


def _failed(failed: Failed) -> str:
    lines = [f"### ❌ {prose(failed.suite)} could not be answered", "", prose(failed.message)]
    return "\n".join([*lines, *(["", block(failed.hint)] if failed.hint else [])])


def _table(items: Sequence[Item]) -> list[str]:
    rows = list(_rows([item for item in items if item.outcome is not Outcome.PASSED]))
    if not rows:
        return []
    more = [f"| | and {len(rows) - MOST_ROWS} more | | |"] if len(rows) > MOST_ROWS else []
    return ["| | what | where | why |", "| --- | --- | --- | --- |", *rows[:MOST_ROWS], *more]


def _rows(items: Sequence[Item]) -> Iterator[str]:
    groups: dict[tuple[object, ...], list[Item]] = {}
    for item in items:
        key = (item.level, item.case or item.name, item.where, item.message if not item.fold else item.fold)
        groups.setdefault(key, []).append(item)
    for group in groups.values():
        first = group[0]
        names = ", ".join(code(name) for name in dict.fromkeys(item.name for item in group))
        place = f"{first.place.file}:{first.place.line}" if first.place.file else first.logical
        where = code(first.where or place) if first.where or place else ""
        why = first.fold if len(group) > 1 and first.fold else first.message
        yield f"| {_SIGNS[first.level]} | {names} | {where} | {prose(why)} |"
