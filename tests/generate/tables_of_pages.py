"""Tables in Markdown, and the words for what a denial does: what the generated pages share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zappa_iam_ext.permissions.model import Consequence

DENIED = {
    Consequence.REFUSED: "refused",
    Consequence.STOPS: "stops",
    Consequence.SILENT: "**silent**",
    Consequence.HARMLESS: "harmless",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, one row a line."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    yield ""


def without_empty(head: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows without the columns that no row has anything in."""
    found = [list(row) for row in rows]
    kept = [index for index in range(len(head)) if any(row[index] for row in found)]
    return [head[index] for index in kept], [[row[index] for index in kept] for row in found]
