"""Where a value goes in the text of a YAML file: the tokens of PyYAML's scanner say where everything stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.settings_editing.changing import Path, value_at
from zappa_iam_ext.settings_editing.splices import Splice, end_of_line, indent_unit, line_end
from zappa_iam_ext.settings_editing.yaml_values import in_block, in_flow

_DEFAULT_INDENT = "  "
_MERGE = "tag:yaml.org,2002:merge"


def splices(text: str, path: Path, final: Any) -> Iterator[Splice]:
    """Yield the ways to give the path its value of the final settings; what is not there yet comes last in its table."""
    import yaml  # type: ignore[import-untyped]  # what Zappa reads YAML with

    source = _Source(text, tuple(yaml.scan(text, Loader=yaml.SafeLoader)))
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for depth, name in enumerate(path, 1):
        value = value_at(final, path[:depth])
        found = [(key, item) for key, item in node.value if key.value == name and key.tag != _MERGE]
        if not found:
            yield from _added(source, node, name, value)
            return
        if len(found) > 1:
            raise CannotEdit(f"{'.'.join(path[:depth])} stands there twice")
        key, item = found[0]
        if depth == len(path) or not isinstance(item, yaml.MappingNode):
            yield from _replaced(source, node, key, item, value)
            return
        node = item


@dataclass(frozen=True, slots=True)
class _Source:
    """A text and its tokens."""

    text: str
    tokens: tuple[Any, ...]

    def last_before(self, place: int, start: int) -> Any:
        """Return the last token with a text that ends at or before a place, and begins at or after another."""
        fitting = [
            token for token in self.tokens if start <= token.start_mark.index < token.end_mark.index <= place
        ]
        return fitting[-1] if fitting else None

    def comments_between(self, start: int, end: int) -> bool:
        """Say whether a comment stands between two places: something that is neither in a token nor white space."""
        rest = list(self.text[start:end])
        for token in self.tokens:
            low, high = max(token.start_mark.index, start), min(token.end_mark.index, end)
            if low < high:
                rest[low - start : high - start] = " " * (high - low)
        return "#" in rest

    @property
    def unit(self) -> str:
        """What a level is indented by."""
        return indent_unit(self.text, _DEFAULT_INDENT)

    @property
    def dash_indented(self) -> bool:
        """Whether the lists in this file are indented more than their name."""
        match = re.search(r"^([ ]*)(?:- )?[^\s#-][^\n]*:[ ]*\r?\n([ ]*)- ", self.text, re.MULTILINE)
        return bool(match and len(match[2]) > len(match[1]))


def _added(source: _Source, node: Any, name: str, value: Any) -> Iterator[Splice]:
    if node.flow_style:
        yield _added_in_flow(source, node, name, value)
        return
    column = node.value[0][0].start_mark.column
    last = source.last_before(node.end_mark.index, node.value[0][0].start_mark.index)
    written = in_block(name, value, source.unit, dash_indented=source.dash_indented)
    yield _line_after(source, last, column, written)


def _line_after(source: _Source, token: Any, column: int, written: str) -> Splice:
    """Return lines after the one of a token, indented to a column; what ends with its line feed is a block of text."""
    end, indent, feed = token.end_mark.index, " " * column, line_end(source.text)
    lines = feed.join(indent + line for line in written.split("\n"))
    if token.end_mark.column == 0 and end > token.start_mark.index and source.text[end - 1 : end] == "\n":
        return Splice(end, end, lines + feed)
    place = end_of_line(source.text, end)
    return Splice(place, place, feed + lines)


def _added_in_flow(source: _Source, node: Any, name: str, value: Any) -> Splice:
    """Return a key at the end of ``{...}``, set apart as the last one is."""
    text = source.text
    close = node.end_mark.index - 1
    quote = node.value[-1][0].style if node.value else ""
    member = f"{in_flow(name, quote or '')}: {in_flow(value, quote or '')}"
    if not node.value:
        start = text.rindex("{", 0, close) + 1
        return Splice(start, close, member)
    first = node.value[0][0].start_mark.index
    last = source.last_before(close, first)
    if text[last.start_mark.index : last.end_mark.index] == ",":
        last = source.last_before(last.start_mark.index, first)
    key = node.value[-1][0].start_mark.index
    between = text[:key][len(text[:key].rstrip()) :]
    apart = between if "\n" in between else " "
    return Splice(last.end_mark.index, last.end_mark.index, f",{apart}{member}")


def _replaced(source: _Source, node: Any, key: Any, item: Any, value: Any) -> Iterator[Splice]:
    """Yield the ways to put a value in the place of another: where it stands, or on lines of its own."""
    text = source.text
    start, end = item.start_mark.index, item.end_mark.index
    if start < key.end_mark.index:
        return  # an alias: what it stands for is elsewhere
    if last := source.last_before(end, start):
        end = last.end_mark.index
        if text[end - 1 : end] == "\n" and last.end_mark.column == 0:
            end -= 2 if text[end - 2 : end] == "\r\n" else 1
    if source.comments_between(key.end_mark.index, end):
        return
    colon = text.index(":", key.end_mark.index) + 1
    style = getattr(item, "style", "") or ""
    if node.flow_style or not _is_open(item, text[start:end]):
        yield Splice(start, end, in_flow(value, style))
    elif isinstance(value, Mapping | list) and value:
        written = in_block(str(key.value), value, source.unit, dash_indented=source.dash_indented)
        indent, feed = " " * key.start_mark.column, line_end(text)
        lines = feed.join(indent + line for line in written.split("\n")[1:])
        yield Splice(colon, max(end, colon), feed + lines)
    else:
        yield Splice(colon, max(end, colon), f" {in_flow(value)}")


def _is_open(item: Any, old: str) -> bool:
    """Say whether a value stands on lines of its own, or there is none."""
    return not old or not getattr(item, "flow_style", True)  # of a list that is not indented it is None
