"""Where a value goes in the text of a TOML file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.settings_editing.changing import Path, value_at
from zappa_iam_ext.settings_editing.splices import Splice, end_of_line, indent_unit, line_end, line_indent
from zappa_iam_ext.settings_editing.toml_scan import Entry, Table, scanned
from zappa_iam_ext.settings_editing.toml_values import key_text, table_lines, value_text

_DEFAULT_INDENT = "    "


def splices(text: str, path: Path, final: Any) -> Iterator[Splice]:
    """Yield the ways to give the path its value of the final settings: in a line, else as a table with a header."""
    try:
        tables = scanned(text)
    except ValueError as error:
        raise CannotEdit(str(error)) from None
    value = value_at(final, path)
    entries = [entry for table in tables if not table.item for entry in _with_inner(table.entries)]
    if found := [entry for entry in entries if entry.path == path]:
        yield from _replaced(text, found[0], value)
        return
    headers = any(table.path[:-1] == path[:-1] and len(table.path) == len(path) for table in tables)
    ways = [_in_lines(text, tables, entries, path, value), _as_table(text, tables, path, value)]
    for way in reversed(ways) if headers else ways:
        yield from way


def _with_inner(entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        yield from _with_inner(entry.inline or ())


def _replaced(text: str, entry: Entry, value: Any) -> Iterator[Splice]:
    old = text[entry.value : entry.end]
    if "#" in old and old[0] in "[{":
        return  # perhaps a comment, which would be lost
    if isinstance(value, list) and value and "\n" in old and old[0] == "[":
        feed, indent = line_end(text), line_indent(text, entry.key)
        unit = (
            indent_unit(old, _DEFAULT_INDENT) if not indent else indent + indent_unit(text, _DEFAULT_INDENT)
        )
        items = f",{feed}{unit}".join(map(value_text, value))
        comma = "," if old[:-1].rstrip().endswith(",") else ""
        yield Splice(entry.value, entry.end, f"[{feed}{unit}{items}{comma}{feed}{indent}]")
    yield Splice(entry.value, entry.end, value_text(value, old[0]))


def _in_lines(
    text: str, tables: list[Table], entries: list[Entry], path: Path, value: Any
) -> Iterator[Splice]:
    """Yield the ways to write a key and its value in one line, where its table stands."""
    parent, name = path[:-1], path[-1:]
    for table in tables:
        if table.path == parent and parent and not table.item:
            yield _line(text, table, table.entries[-1] if table.entries else None, name, value)
    for entry in entries:
        if entry.path == parent and entry.inline is not None:
            yield _in_braces(entry, name, value)
    for table in tables:
        dotted = [entry for entry in table.entries if entry.path[: len(parent)] == parent]
        if not table.item and len(table.path) < len(parent) and dotted:
            yield _line(text, table, dotted[-1], path[len(table.path) :], value)
    for table in tables:
        if table.path[: len(parent)] == parent and len(table.path) > len(parent):
            feed = line_end(text)
            header = f"[{key_text(parent)}]{feed}{key_text(name)} = {value_text(value)}{feed}{feed}"
            start = table.start - len(line_indent(text, table.start))
            yield Splice(start, start, header)
            return


def _line(text: str, table: Table, last: Entry | None, name: Path, value: Any) -> Splice:
    """Return a line after the last entry of a table, as that is written."""
    equals = text[last.key_end : last.value] if last else " = "
    equals = equals if equals in {"=", " =", "= "} else " = "
    place = end_of_line(text, last.end if last else table.end)
    indent = line_indent(text, last.key if last else table.start)
    return Splice(place, place, f"{line_end(text)}{indent}{key_text(name)}{equals}{value_text(value)}")


def _in_braces(entry: Entry, name: Path, value: Any) -> Splice:
    member = f"{key_text(name)} = {value_text(value)}"
    if not entry.inline:
        return Splice(entry.value, entry.end, f"{{ {member} }}")
    last = entry.inline[-1]
    return Splice(last.end, last.end, f", {member}")


def _as_table(text: str, tables: list[Table], path: Path, value: Any) -> Iterator[Splice]:
    """Yield a table with a header, or a list of them, after all that belongs to its stage."""
    items = isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value)
    if not items and not (isinstance(value, Mapping) and value):
        return
    inside = [table for table in tables if table.path[:1] == path[:1]]
    if not inside:
        return
    lines: list[str] = []
    for one in value if items else [value]:
        lines += ["", *table_lines(path, one, item=bool(items))]
    last = inside[-1]
    place = end_of_line(text, last.entries[-1].end if last.entries else last.end)
    indent = line_indent(text, last.start)
    feed = line_end(text)
    yield Splice(place, place, "".join(f"{feed}{indent if line else ''}{line}" for line in lines))
