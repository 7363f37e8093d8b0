"""Where the statements of a document stand in its text, for messages that point at a line."""

from __future__ import annotations

import bisect
import json
import re

_DECODER = json.JSONDecoder()
_LINE_END = re.compile(r"\r\n|\r|\n")
_SPACE = re.compile(r"[ \t\n\r]*")


def statement_lines(text: str) -> tuple[tuple[int, ...], ...]:
    """Return for each document the line of each of its statements, counted from 1.

    The text is a policy document, or a JSON list of documents. Of text that is neither, nothing is said: one
    document without lines.
    """
    try:
        start = _skip(text, 0)
        documents = _elements(text, start) or [start]
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
        for number, begin in enumerate(_statements(text, _skip(text, 0))):
            if _DECODER.raw_decode(text, begin)[1] == end:
                return number, bisect.bisect_right(starts, begin)
    except (ValueError, IndexError, RecursionError):
        pass
    return None


def _statements(text: str, place: int) -> list[int]:
    """Return where the statements of the document at a place begin."""
    if text[place] != "{":
        return []
    while text[place] != "}":
        name, place = _DECODER.raw_decode(text, _skip(text, place + 1))
        place = _skip(text, _skip(text, place) + 1)
        if name == "Statement":
            return _elements(text, place)
        _, place = _DECODER.raw_decode(text, place)
        place = _skip(text, place)
    return []


def _elements(text: str, place: int) -> list[int]:
    if text[place] != "[":
        return [place]
    found = []
    while text[place] != "]":
        place = _skip(text, place + 1)
        if text[place] == "]":
            break
        found.append(place)
        _, place = _DECODER.raw_decode(text, place)
        place = _skip(text, place)
    return found


def _skip(text: str, place: int) -> int:
    """Return the place of the next character that is no white space."""
    space = _SPACE.match(text, place)
    return space.end() if space else place
