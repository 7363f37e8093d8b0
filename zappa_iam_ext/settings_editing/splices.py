"""Text put in the place of other text, and the habits of a text: how its lines end, how it indents."""

from __future__ import annotations

import re
from dataclasses import dataclass

_INDENT = re.compile(r"^([ \t]+)\S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Splice:
    """A piece of a text, from ``start`` to before ``end``, and what comes in its place."""

    start: int
    end: int
    text: str

    def of(self, text: str) -> str:
        """Return the text with this piece replaced."""
        return text[: self.start] + self.text + text[self.end :]


def line_end(text: str) -> str:
    """Return how the lines of a text end."""
    return "\r\n" if "\r\n" in text else "\n"


def line_indent(text: str, place: int) -> str:
    """Return the white space that the line of a place begins with."""
    start = text.rfind("\n", 0, place) + 1
    line = text[start:]
    return line[: len(line) - len(line.lstrip(" \t"))]


def indent_unit(text: str, default: str) -> str:
    """Return what a text indents by: the smallest indentation that it has."""
    found = [match[1] for match in _INDENT.finditer(text)]
    return min(found, key=len) if found else default


def end_of_line(text: str, place: int) -> int:
    """Return where the line of a place ends, before its line feed."""
    end = text.find("\n", place)
    if end < 0:
        return len(text)
    return end - 1 if end and text[end - 1] == "\r" and end > place else end
