"""Where the statements of a document stand in its text, for messages that point at a line."""

from __future__ import annotations

import bisect
import re

from zappa_iam_ext.json_places import elements, members, skip_space, value_end

_LINE_END = re.compile(r"\r\n|\r|\n")


def statement_lines(text: str) -> tuple[tuple[int, ...], ...]:
    """Return for each document the line of each of its statements, counted from 1.

    The text is a policy document, or a JSON list of documents. Of text that is neither, nothing is said: one
    document without lines.
    """
    try:
        start = skip_space(text, 0)
        documents = list(elements(text, start)) or [start]
        return tuple(
            tuple(text.count("\n", 0, place) + 1 for place in _statements(text, document))
            for document in documents
        )
    except (ValueError, IndexError, RecursionError):
        return ((),)


def statement_ending_at(text: str, line: int, column: int) -> tuple[int, int] | None:
    """Return the number of the statement that ends just before a place, from 0, and the line in which it begins.

    The place is counted as the policy simulator counts: lines and columns from 1, and CR, LF and CRLF each end a line
    (recorded). None where no statement of the document ends there.
    """
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    if not 0 < line <= len(starts):
        return None
    end = starts[line - 1] + column - 1
    try:
        for number, begin in enumerate(_statements(text, skip_space(text, 0))):
            if value_end(text, begin) == end:
                return number, bisect.bisect_right(starts, begin)
    except (ValueError, IndexError, RecursionError):
        pass
    return None


def _statements(text: str, place: int) -> list[int]:
    """Return where the statements of the document at a place begin."""
    found = next((each for each in members(text, place) if each.name == "Statement"), None)
    return list(elements(text, found.value)) if found else []
