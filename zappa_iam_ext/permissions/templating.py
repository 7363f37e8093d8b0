"""The small language in which both tables write names: ``{name}``, ``{Dotted.path}``, ``{name|filter}``.

A string that is one placeholder and nothing else stands for the value itself, whatever its type; anything
else is text. What is not known becomes ``*``: a pattern that covers every value it could have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

UNKNOWN = "*"
_PLACEHOLDER = re.compile(r"\{([^{}|]+)(?:\|([a-z0-9_]+))?\}")
Filter = Callable[[str], str]
Names = Mapping[str, Any]


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


def fill(template: Any, names: Names, filters: Mapping[str, Filter] | None = None) -> Any:
    """Return the template with its placeholders replaced; lists and tables are filled item by item.

    Entries whose whole value is an unknown placeholder are left out of tables and lists.
    """
    if isinstance(template, str):
        return _fill_text(template, names, filters or {})
    if isinstance(template, Mapping):
        filled = ((key, fill(value, names, filters)) for key, value in template.items())
        return {key: value for key, value in filled if value is not None}
    if isinstance(template, Sequence):
        return [value for item in template if (value := fill(item, names, filters)) is not None]
    return template


def _fill_text(template: str, names: Names, filters: Mapping[str, Filter]) -> Any:
    parts = _parse(template)
    if len(parts) == 1 and isinstance(parts[0], tuple) and parts[0][1] is None:
        return lookup(names, parts[0][0])
    return "".join(part if isinstance(part, str) else _text(part, names, filters) for part in parts)


def _text(part: tuple[str, str | None], names: Names, filters: Mapping[str, Filter]) -> str:
    value = lookup(names, part[0])
    text = UNKNOWN if value is None or value == "" else str(value)
    return filters[part[1]](text) if part[1] else text


@lru_cache(maxsize=4096)
def _parse(template: str) -> tuple[str | tuple[str, str | None], ...]:
    parts: list[str | tuple[str, str | None]] = []
    end = 0
    for match in _PLACEHOLDER.finditer(template):
        if match.start() > end:
            parts.append(template[end : match.start()])
        parts.append((match[1], match[2]))
        end = match.end()
    if end < len(template):
        parts.append(template[end:])
    return tuple(parts)
