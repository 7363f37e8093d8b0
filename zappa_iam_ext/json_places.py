"""Where the members of objects and the elements of lists stand in the text of a JSON document. Pure.

Raises `ValueError` or `IndexError` for text that is no JSON, `RecursionError` for text nested too deep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: where its name and its value begin and end."""

    name: str
    start: int
    name_end: int
    value: int
    end: int


def members(text: str, place: int) -> Iterator[Member]:
    """Yield the members of the object at a place; none where there is no object."""
    if text[place] != "{":
        return
    while text[place] != "}":
        start = skip_space(text, place + 1)
        if text[start] == "}":
            return
        name, name_end = _DECODER.raw_decode(text, start)
        value = skip_space(text, skip_space(text, name_end) + 1)
        end = value_end(text, value)
        yield Member(str(name), start, name_end, value, end)
        place = skip_space(text, end)


def elements(text: str, place: int) -> Iterator[int]:
    """Yield where the elements of the list at a place begin; the place itself where there is no list."""
    if text[place] != "[":
        yield place
        return
    while text[place] != "]":
        start = skip_space(text, place + 1)
        if text[start] == "]":
            return
        yield start
        place = skip_space(text, value_end(text, start))


def value_end(text: str, place: int) -> int:
    """Return where the value that begins at a place ends."""
    return _DECODER.raw_decode(text, place)[1]


def skip_space(text: str, place: int) -> int:
    """Return the place of the next character that is no white space."""
    space = _SPACE.match(text, place)
    return space.end() if space else place
