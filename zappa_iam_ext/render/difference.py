"""Differences between requirements, to text and JSON."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.permissions.difference import Difference
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain


def difference_text(change: Difference, before: str, after: str) -> str:
    """Return the difference as lines of ``+`` and ``-``."""
    if not change:
        return f"{after} needs the same as {before}."
    told = [
        f"{len(change.added)} more" if change.added else "",
        f"{len(change.removed)} less" if change.removed else "",
    ]
    head = f"{after} needs {' and '.join(word for word in told if word)} than {plain(before)}:"
    return "\n".join([head, *_lines("+", change.added), *_lines("-", change.removed)])


def difference_json(change: Difference) -> str:
    """Return the difference as one JSON document."""
    return dump(
        {
            "added": [_entry(item) for item in change.added],
            "removed": [_entry(item) for item in change.removed],
        }
    )


def _lines(sign: str, items: tuple[Requirement, ...]) -> Iterator[str]:
    for item in items:
        conditions = "".join(
            f" with {key} {item.context[key]}" for key in item.restrict if key in item.context
        )
        yield f"{sign} {item.action} on {plain(item.resource)}{conditions}: {item.because}"


def _entry(item: Requirement) -> dict[str, object]:
    return {
        "action": item.action,
        "resource": item.resource,
        "context": dict(item.context),
        "because": item.because,
    }
