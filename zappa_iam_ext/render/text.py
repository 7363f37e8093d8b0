"""Text for terminals and logs: made harmless, measured, cut and wrapped by the columns it takes. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

_LINE_ENDS = "\u2028\u2029"
_WIDE = frozenset("WF")


def plain(text: str) -> str:
    """Return text from outside (AWS, files) without control characters, so that it cannot steer a terminal.

    That leaves out escape sequences, characters without width, and those that turn the direction of writing; line ends of
    other scripts become a space.
    """
    spaced = text.translate(dict.fromkeys(map(ord, _LINE_ENDS), " "))
    return "".join(
        character for character in spaced if character == "\n" or unicodedata.category(character)[0] != "C"
    )


def line(text: str) -> str:
    """Return text from outside on one line: in a CI log a line of its own could be a command."""
    return " ".join(plain(text).split())


def columns(text: str) -> int:
    """Return how many columns of a terminal a plain text takes (Unicode Standard Annex 11, East Asian Width)."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def cut(text: str, width: int, ellipsis: str = "...") -> str:
    """Return the beginning of a text that takes at most ``width`` columns; ``ellipsis`` stands for the rest."""
    if columns(text) <= width:
        return text
    return _beginning(text, max(width - columns(ellipsis), 0)) + ellipsis[: max(width, 0)]


def cut_left(text: str, width: int, ellipsis: str = "...") -> str:
    """Return the end of a text that takes at most ``width`` columns; ``ellipsis`` stands for the beginning."""
    if columns(text) <= width:
        return text
    end = _beginning(text[::-1], max(width - columns(ellipsis), 0))[::-1]
    return ellipsis[: max(width, 0)] + end


def _beginning(text: str, width: int) -> str:
    taken = 0
    for place, character in enumerate(text):
        taken += _columns(character)
        if taken > width:
            return text[:place]
    return text


def padded(text: str, width: int) -> str:
    """Return a text filled up with spaces to ``width`` columns."""
    return text + " " * max(width - columns(text), 0)


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> Iterator[str]:
    """Yield the lines of a text, none wider than ``width``: at spaces, and within a word only where it is wider alone.

    ``first`` begins the first line, ``rest`` the others; both count.
    """
    start, held = first, ""
    for word in _pieces(text.split(), max(width - max(columns(first), columns(rest)), 1)):
        joined = f"{held} {word}" if held else word
        if held and columns(start) + columns(joined) > width:
            yield start + held
            start, held = rest, word
        else:
            held = joined
    yield start + held


def _pieces(words: Iterable[str], width: int) -> Iterator[str]:
    for word in words:
        left = word
        while columns(left) > width:
            head = _beginning(left, width) or left[:1]
            yield head
            left = left[len(head) :]
        yield left
