"""Where the statements of a document stand in its text, for messages that point at a line."""

from __future__ import annotations

import json
import re

_DECODER = json.JSONDecoder()
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
