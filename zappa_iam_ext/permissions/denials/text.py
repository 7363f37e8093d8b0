r"""The text around a denial: a terminal's colours, a log's margins, line breaks in the middle of words.

What people paste was wrapped by a terminal, quoted by a mail, escaped by JSON or coloured by Zappa before. Pure.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

_ESCAPES = re.compile(r"(?:\x1b|\u241b|\^\[)(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\))")
#: Colours whose escape character was lost on the way.
_COLOURS = re.compile(r"\[(?:[0-9]{1,3};){0,4}[0-9]{1,3}m")
#: What JSON makes of quotation marks and their like.
_UNICODE = re.compile(r"\\{1,4}u([0-9a-fA-F]{4})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060\ufeff]")
_MARGIN = re.compile(r"^[ \t]*(?:[│┃|>#]+[ \t]*)*", re.MULTILINE)
#: What a CI's log or a function's puts before each line: columns, a time stamp.
_STAMP = re.compile(
    r"^(?:[^\n\t]{1,80}\t){0,3}(?:[\w. -]{1,40}?[ \t]+)?(?:\[?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}[0-9.,]{0,10}"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?\]?|\[[0-9]{13}\])[ \t]+",
    re.MULTILINE,
)
_TRAIL = re.compile(r"[ \t]+$|[ \t]+[│┃|][ \t]*$", re.MULTILINE)
_QUOTES = str.maketrans("\u201c\u201d\u2018\u2019\u00a0\r", "\"\"'' \n", "`")


def clean(text: str) -> str:
    """Return the text without colours, control characters, margins and escapes; line breaks stay."""
    text = html.unescape(text) if "&" in text else text
    text = _UNICODE.sub(_character, text)
    text = _COLOURS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n")))
    text = text.replace("\\n", "\n").replace('\\"', '"').replace("\\'", "'")
    text = _CONTROL.sub("", text.translate(_QUOTES))
    return _TRAIL.sub("", _MARGIN.sub("", _STAMP.sub("", text)))


def _character(match: re.Match[str]) -> str:
    """Return the character that JSON escapes; none for half of one."""
    number = int(match[1], 16)
    return "" if 0xD800 <= number < 0xE000 else chr(number)  # noqa: PLR2004  -- the surrogates of UTF-16


_WIDTHS = frozenset({80, 100, 120, 132, 160})
"""Columns that terminals are opened with."""
_NARROWEST = 30
"""Columns of the narrowest terminal whose line breaks are taken for its own."""


def unwrapped(text: str) -> tuple[str, bool]:
    """Return the text with the lines joined that a terminal broke: those as wide as the widest, wherever that falls.

    A line one shorter has lost the space at its end. The second says whether the text was surely broken so.
    """
    plain = _COLOURS.sub("", _ESCAPES.sub("", text)).replace("\r\n", "\n")
    lines = plain.split("\n")
    width = max(map(len, lines))
    if width < _NARROWEST or len(lines) == 1:
        return text, False
    ends = {0: "", 1: " "}
    full = sum(len(line) == width for line in lines)
    return "".join(line + ends.get(width - len(line), "\n") for line in lines), full > 1 or width in _WIDTHS


def flexible(phrase: str) -> str:
    """Return a pattern for a phrase whose words may be broken by a line break anywhere.

    A space stands for any white space, ``|`` and parentheses keep their meaning.
    """
    return "".join(_flexible(character) for character in phrase)


def _flexible(character: str) -> str:
    if character == " ":
        return r"\s+"
    if character.isalpha():
        return f"{character}\\n?"
    return character if character in "()|?:" else re.escape(character)


_BEFORE, _AFTER = 400, 2500
"""Characters before and after a word in which a sentence that holds it stands."""


def lowered(text: str) -> str:
    """Return the text in small letters, each at its own place."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(letter if len(letter.lower()) != 1 else letter.lower() for letter in text)


def places(text: str, words: Iterable[str]) -> list[int]:
    """Return where any of some words stands, in order: a plain search, many times faster than an expression."""
    found: list[int] = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            found.append(at)
            at = text.find(word, at + len(word))
    return sorted(found)


def near(
    pattern: re.Pattern[str],
    words: Iterable[str],
    text: str,
    small: str,
    *,
    before: int = _BEFORE,
    after: int = _AFTER,
) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern around any of some words, one of which each match holds.

    ``small`` is the text in small letters, in which the words are looked for.
    """
    start = end = 0
    for at in places(small, words):
        if at - before > end:
            yield from pattern.finditer(text, start, end)
            start = at - before
        end = at + after
    if end:
        yield from pattern.finditer(text, max(start, 0), end)


def joined(text: str | None) -> str:
    """Return a name that a line break had cut, in one piece, without the punctuation around it."""
    return re.sub(r"\s*\n\s*", "", text or "").strip("\"'.,;")
