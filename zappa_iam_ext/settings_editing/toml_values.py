"""Values as TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.settings_editing.changing import Path

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def key_text(path: Path) -> str:
    """Return a key, dotted where it has several parts."""
    return ".".join(part if _BARE.fullmatch(part) else value_text(part) for part in path)


def value_text(value: Any, quote: str = '"') -> str:
    """Return a value in one line; ``quote`` is the one of a string that it may be written with."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        literal = quote == "'" and "'" not in value and value.isprintable()
        return f"'{value}'" if literal else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(value_text, value)) + "]"
    if isinstance(value, Mapping):
        pairs = (f"{key_text((key,))} = {value_text(item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }" if value else "{}"
    raise CannotEdit(f"TOML cannot say {value!r}")


def table_lines(path: Path, value: Mapping[str, Any], *, item: bool = False) -> Iterator[str]:
    """Yield the lines of a table with its header, tables inside of it after it; ``item``: one of a list of tables."""
    yield f"[[{key_text(path)}]]" if item else f"[{key_text(path)}]"
    inner: list[str] = []
    for key, held in value.items():
        below = (*path, key)
        if isinstance(held, Mapping) and held:
            inner += ["", *table_lines(below, held)]
        elif isinstance(held, list) and held and all(isinstance(one, Mapping) for one in held):
            inner += [line for one in held for line in ("", *table_lines(below, one, item=True))]
        else:
            yield f"{key_text((key,))} = {value_text(held)}"
    yield from inner
