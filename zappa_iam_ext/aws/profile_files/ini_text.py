"""Change one section of an INI text and leave every other byte alone. Pure.

The line rules are those of ``configparser.RawConfigParser``, which is what botocore reads these files
with: full-line comments only, indented lines continue a value, ``=`` or ``:`` separates.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from zappa_iam_ext.aws.ini_reading import parse, split

_HEADER = configparser.RawConfigParser.SECTCRE
_OPTION = re.compile(r"(?P<left>(?P<name>.*?)\s*[=:]\s*)(?P<value>.*)$", re.DOTALL)
_COMMENT = ("#", ";")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A header or an option: its first line, the lines that continue it, and how far it is indented."""

    line: int
    continued: tuple[int, ...]
    indent: int
    header: str | None
    option: str


def read_section(text: str, is_section: Callable[[str], bool]) -> Mapping[str, str]:
    """Return the options of the section whose name satisfies ``is_section``; names in lower case.

    Of several it is the last, as botocore has it where a profile is named in several ways.

    Raises `configparser.Error` when the text is not what botocore could read.
    """
    parser = parse(text)
    for name in reversed(parser.sections()):
        if is_section(name):
            return dict(parser[name])
    return {}


def edit_section(
    text: str,
    is_section: Callable[[str], bool],
    new_header: str,
    values: Mapping[str, str],
    remove: frozenset[str] = frozenset(),
) -> str:
    """Return ``text`` with ``values`` set and ``remove`` dropped in one section, appended when there is none.

    Lines that need no change stay as they are, comments between them too; new lines end as the file's
    lines do.
    """
    lines = split(text)
    newline = "\r\n" if any(line.endswith("\r\n") for line in lines[:1]) else "\n"
    entries = list(_entries(lines))
    start = max(
        (n for n, e in enumerate(entries) if e.header is not None and is_section(e.header)), default=None
    )
    if start is None:
        return _append(text, newline, new_header, values)
    end = next((n for n in range(start + 1, len(entries)) if entries[n].header is not None), len(entries))
    dropped, written = set[int](), dict[int, str]()
    missing = dict(values)
    for entry in entries[start + 1 : end]:
        if entry.option in values:
            written[entry.line] = _with_value(
                lines[entry.line], entry.option, missing.pop(entry.option, ""), newline
            )
            dropped.update(entry.continued)
        elif entry.option in remove:
            dropped.update((entry.line, *entry.continued))
    header = entries[start]
    following = entries[start + 1] if start + 1 < len(entries) else header
    added = "".join(f"{' ' * following.indent}{name} = {value}{newline}" for name, value in missing.items())
    written[header.line] = (
        _ended(written.get(header.line, lines[header.line]), newline if added else "") + added
    )
    return "".join(written.get(n, line) for n, line in enumerate(lines) if n not in dropped)


def drop_section(text: str, is_section: Callable[[str], bool]) -> str:
    """Return ``text`` without the header and the options of the last such section; comments and blank lines stay."""
    lines = split(text)
    entries = list(_entries(lines))
    start = max(
        (n for n, e in enumerate(entries) if e.header is not None and is_section(e.header)), default=None
    )
    if start is None:
        return text
    end = next((n for n in range(start + 1, len(entries)) if entries[n].header is not None), len(entries))
    gone = {line for entry in entries[start:end] for line in (entry.line, *entry.continued)}
    first, last = min(gone), max(gone)
    parting = last + 1 if last + 1 < len(lines) else first - 1
    if parting >= 0 and not lines[parting].strip():
        gone.add(parting)
    return "".join(line for n, line in enumerate(lines) if n not in gone)


def _entries(lines: list[str]) -> Iterator[_Entry]:
    current: _Entry | None = None
    level = 0
    for number, line in enumerate(lines):
        value = line.strip()
        if not value or value.startswith(_COMMENT):
            continue
        indent = len(line) - len(line.lstrip())
        if current is not None and current.header is None and indent > level:
            current = _Entry(
                current.line, (*current.continued, number), current.indent, current.header, current.option
            )
            continue
        if current is not None:
            yield current
        level = indent
        header, option = _HEADER.match(value), _OPTION.match(value)
        name = option["name"].strip().lower() if option and not header else ""
        current = _Entry(number, (), indent, header["header"] if header else None, name)
    if current is not None:
        yield current


def _with_value(line: str, name: str, value: str, newline: str) -> str:
    """Return the line with another value, and its name as AWS writes it: other SDKs tell capitals apart."""
    body = line.rstrip("\r\n")
    match = _OPTION.match(body)
    left = match["left"].replace(match["name"].strip(), name, 1) if match else ""
    return left + value + (line[len(body) :] or newline)


def _ended(line: str, newline: str) -> str:
    return line if line.endswith(("\n", "\r")) else line + newline


def _append(text: str, newline: str, header: str, values: Mapping[str, str]) -> str:
    gap = "" if not text else newline if text.endswith(("\n", "\r")) else newline * 2
    body = "".join(f"{name} = {value}{newline}" for name, value in values.items())
    return f"{text}{gap}[{header}]{newline}{body}"
