"""The small language in which both tables write names: ``{name}``, ``{Dotted.path}``, ``{name|filter}``.

A string that is one placeholder and nothing else stands for the value itself, whatever its type; anything
else is text. What is not known becomes ``*``: a pattern that covers every value it could have.
A template is read once, when its table is, and then filled for every call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

UNKNOWN = "*"
_PLACEHOLDER = re.compile(r"\{([^{}|]+)(?:\|([a-z0-9_]+))?\}")
Filter = Callable[[str], str]
Names = Mapping[str, Any]
Filler = Callable[[Names], Any]
Condition = Callable[[Names], bool]


def lookup(names: Names, path: str) -> Any:
    """Return the value at a dotted path, or None when any part of it is missing."""
    if path in names:
        return names[path]
    value: Any = names
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def compiled(template: Any, filters: Mapping[str, Filter]) -> Filler:
    """Return what fills the template with names; lists and tables are filled item by item.

    Entries whose whole value is an unknown placeholder are left out of tables and lists.
    """
    if isinstance(template, str):
        return _compiled_text(template, filters)
    if isinstance(template, Mapping):
        return partial(_fill_table, [(key, compiled(value, filters)) for key, value in template.items()])
    if isinstance(template, Sequence):
        return partial(_fill_list, [compiled(item, filters) for item in template])
    return partial(_constant, template)


def condition(text: str) -> Condition:
    """Return the test that a row states: ``Name`` is present, ``!Name`` absent, ``Name=value`` equal."""
    if text.startswith("!"):
        given = condition(text[1:])
        return lambda names: not given(names)
    path, equals, wanted = text.partition("=")
    if equals:
        return lambda names: str(lookup(names, path)) == wanted
    return lambda names: bool(lookup(names, path))


def _constant(value: Any, _: Names) -> Any:
    return value


def _fill_table(entries: Sequence[tuple[str, Filler]], names: Names) -> dict[str, Any]:
    return {key: value for key, filler in entries if (value := filler(names)) is not None}


def _fill_list(items: Sequence[Filler], names: Names) -> list[Any]:
    return [value for filler in items if (value := filler(names)) is not None]


def _compiled_text(template: str, filters: Mapping[str, Filter]) -> Filler:
    parts = _parts(template, filters)
    if parts == [template]:
        return partial(_constant, template)
    if len(parts) == 1 and not isinstance(parts[0], str) and parts[0][1] is None:
        return partial(_value_of, parts[0][0])
    return partial(_fill_text, parts)


def _value_of(path: str, names: Names) -> Any:
    return lookup(names, path)


def _fill_text(parts: Sequence[str | tuple[str, Filter | None]], names: Names) -> str:
    text = []
    for part in parts:
        if isinstance(part, str):
            text.append(part)
            continue
        path, change = part
        value = names[path] if path in names else lookup(names, path)
        word = UNKNOWN if value is None or value == "" else str(value)
        text.append(change(word) if change else word)
    return "".join(text)


def _parts(template: str, filters: Mapping[str, Filter]) -> list[str | tuple[str, Filter | None]]:
    parts: list[str | tuple[str, Filter | None]] = []
    end = 0
    for match in _PLACEHOLDER.finditer(template):
        if match.start() > end:
            parts.append(template[end : match.start()])
        parts.append((match[1], _known(match[2], filters)))
        end = match.end()
    if end < len(template):
        parts.append(template[end:])
    for part in parts:
        if isinstance(part, str) and ("{" in part or "}" in part):
            raise ValueError(
                f"{template!r} holds a brace that belongs to no placeholder ({{name}}, {{name|filter}})"
            )
    return parts


def _known(name: str | None, filters: Mapping[str, Filter]) -> Filter | None:
    if name and name not in filters:
        raise ValueError(
            f"unknown filter {name!r}: add it to FILTERS in permissions/tables/filters.py, or correct the row"
        )
    return filters[name] if name else None
