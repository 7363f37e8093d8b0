"""The tables and keys of a TOML text, with the places where they stand."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

from zappa_iam_ext.settings_editing.changing import Path

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{1,2})?|\'\'\'.*?\'\'\'(?:\'{1,2})?|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_OTHER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.+Zz-]+|[^\s,\]}#]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value: the whole path of the key, where key and value begin and end; what an inline table holds."""

    path: Path
    key: int
    key_end: int
    value: int
    end: int
    inline: tuple[Entry, ...] | None = None


@dataclass(slots=True)
class Table:
    """A header and the entries below it; the first table has no header and an empty path."""

    path: Path
    start: int
    end: int
    item: bool = False
    entries: list[Entry] = field(default_factory=list)


def scanned(text: str) -> list[Table]:
    """Return the tables of a text in their order; raise `ValueError` where it is not the TOML that is known here."""
    start = 1 if text.startswith("\ufeff") else 0
    tables = [Table((), start, start)]
    place = _blank(text, start)
    while place < len(text):
        if text[place] == "[":
            tables.append(_header(text, place))
            place = tables[-1].end
        else:
            tables[-1].entries.append(_entry(text, place, tables[-1].path))
            place = tables[-1].entries[-1].end
        place = _blank(text, place)
    return tables


def _header(text: str, place: int) -> Table:
    item = text.startswith("[[", place)
    path, end = _path(text, place + 1 + item)
    close = "]]" if item else "]"
    if not text.startswith(close, end):
        raise ValueError(f"a header at {place} does not end")
    return Table(path, place, end + len(close), item)


def _path(text: str, place: int) -> tuple[Path, int]:
    """Return a dotted key and the place after it and its blanks."""
    parts: list[str] = []
    while True:
        place = _match(_SPACE, text, place).end()
        key = _match(_KEY, text, place)
        parts.append(_name(key[0]))
        place = _match(_SPACE, text, key.end()).end()
        if not text.startswith(".", place):
            return tuple(parts), place
        place += 1


def _name(key: str) -> str:
    return str(tomllib.loads(f"name = {key}")["name"]) if key[0] in "\"'" else key


def _entry(text: str, place: int, table: Path) -> Entry:
    path, after = _path(text, place)
    if not text.startswith("=", after):
        raise ValueError(f"a key at {place} has no value")
    key_end = len(text[:after].rstrip(" \t"))
    value = _match(_SPACE, text, after + 1).end()
    full = (*table, *path)
    end, inline = _value(text, value, full)
    return Entry(full, place, key_end, value, end, inline)


def _value(text: str, place: int, path: Path) -> tuple[int, tuple[Entry, ...] | None]:
    """Return where a value ends, and the entries of an inline table."""
    if text.startswith("[", place):
        return _after_items(text, place, path), None
    if text.startswith("{", place):
        return _inline_table(text, place, path)
    pattern = _STRING if text[place : place + 1] in {'"', "'"} else _OTHER
    return _match(pattern, text, place).end(), None


def _after_items(text: str, place: int, path: Path) -> int:
    place = _blank(text, place + 1)
    while not text.startswith("]", place):
        place = _blank(text, _value(text, place, path)[0])
        place = _blank(text, place + 1) if text.startswith(",", place) else place
    return place + 1


def _inline_table(text: str, place: int, path: Path) -> tuple[int, tuple[Entry, ...]]:
    entries: list[Entry] = []
    place = _blank(text, place + 1)
    while not text.startswith("}", place):
        entries.append(_entry(text, place, path))
        place = _blank(text, entries[-1].end)
        place = _blank(text, place + 1) if text.startswith(",", place) else place
    return place + 1, tuple(entries)


def _blank(text: str, place: int) -> int:
    return _match(_BLANK, text, place).end()


def _match(pattern: re.Pattern[str], text: str, place: int) -> re.Match[str]:
    if match := pattern.match(text, place):
        return match
    raise ValueError(f"this TOML is not understood at {place}")
