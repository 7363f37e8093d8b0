"""Where a value goes in the text of a JSON file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.json_places import Member, members, skip_space
from zappa_iam_ext.settings_editing.changing import Path, value_at
from zappa_iam_ext.settings_editing.splices import Splice, indent_unit, line_end, line_indent

_DEFAULT_INDENT = "    "


def splices(text: str, path: Path, final: Any) -> Iterator[Splice]:
    """Yield the way to give the path its value of the final settings; what is not there yet comes last in its object."""
    place = skip_space(text, 0)
    for depth, name in enumerate(path, 1):
        there = list(members(text, place))
        found = [member for member in there if member.name == name]
        if len(found) > 1:
            raise CannotEdit(f"{'.'.join(path[:depth])} stands there twice")
        value = value_at(final, path[:depth])
        if not found:
            yield _added(text, place, there, name, value)
            return
        place = found[0].value
        if depth == len(path) or text[place] != "{":
            yield Splice(place, found[0].end, _replacing(text, found[0], value))
            return


def _added(text: str, place: int, there: list[Member], name: str, value: Any) -> Splice:
    if not there:
        return _first(text, place, name, value)
    last = there[-1]
    before = there[-2].end if len(there) > 1 else place + 1
    between = text[before : last.start]
    if len(there) == 1:
        between = "," + (between if "\n" in between or not re.search(r"\s", text.strip()) else " ")
    if "\n" in between:
        between = re.sub(r"(?:\r?\n[ \t]*)+(\r?\n)", r"\1", between)
    colon = text[last.name_end : last.value]
    colon = colon if "\n" not in colon else ": "
    style = _Style(text, "\n" in between, line_indent(text, last.start))
    return Splice(last.end, last.end, f"{between}{style.text(name)}{colon}{style.text(value)}")


def _first(text: str, place: int, name: str, value: Any) -> Splice:
    """Return the first member of an empty object, on a line of its own where the file has lines."""
    end = skip_space(text, place + 1)
    here = line_indent(text, place)
    lines = "\n" in text.strip()
    style = _Style(text, lines, here + indent_unit(text, _DEFAULT_INDENT) if lines else "")
    colon = ": " if re.search(r"\s", text.strip()) else ":"
    member = f"{style.text(name)}{colon}{style.text(value)}"
    if lines:
        member = f"{line_end(text)}{style.indent}{member}{line_end(text)}{here}"
    return Splice(place + 1, end, member)


def _replacing(text: str, member: Member, value: Any) -> str:
    old = text[member.value : member.end]
    lines = "\n" in old or (old[0] not in "{[" and "\n" in text.strip())
    return _Style(text, lines, line_indent(text, member.start)).text(value)


@dataclass(frozen=True, slots=True)
class _Style:
    """How values are written in a text: over several lines or in one, and how far the line is indented."""

    whole: str
    lines: bool
    indent: str

    def text(self, value: Any) -> str:
        """Return a value as JSON; over several lines only where none of the file's tables stands in one."""
        ascii_only = self.whole.isascii()
        if not self.lines or not isinstance(value, Mapping | list) or _has_tables_in_a_line(self.whole):
            compact = not re.search(r"\s", self.whole.strip())
            separators = (",", ":") if compact else (", ", ": ")
            return json.dumps(value, ensure_ascii=ascii_only, separators=separators)
        written = json.dumps(value, ensure_ascii=ascii_only, indent=indent_unit(self.whole, _DEFAULT_INDENT))
        return written.replace("\n", f"{line_end(self.whole)}{self.indent}")


def _has_tables_in_a_line(text: str) -> bool:
    """Say whether a table or a list stands in one line with the name it has."""
    return bool(re.search(r":[ \t]*[\[{][^\n\[\]{}]*\S[^\n\[\]{}]*[\]}]", text))
