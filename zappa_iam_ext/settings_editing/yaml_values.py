"""Values as YAML, in the habits of a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_UNLIMITED = 2**31


def in_flow(value: Any, style: str = "") -> str:
    """Return a value in one line; ``style`` is the quote that a string has, if it is to have one."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{in_flow(key)}: {in_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(in_flow, value)) + "]"
    if isinstance(value, str) and not value.isprintable():
        return json.dumps(value)
    import yaml  # type: ignore[import-untyped]  # what Zappa reads YAML with

    quoted = style if isinstance(value, str) and style in {"'", '"'} else None
    written = yaml.safe_dump(
        [value], default_flow_style=True, default_style=quoted, width=_UNLIMITED, allow_unicode=True
    )
    return str(written).strip()[1:-1] if not quoted or not written.startswith("!") else json.dumps(value)


def in_block(name: str, value: Any, unit: str, *, dash_indented: bool) -> str:
    """Return a key and its value, a line for each of what a table or a list holds; lines end with a line feed.

    ``unit`` is what a level is indented by; ``dash_indented`` says whether the items of a list are, too.
    """
    return "\n".join(_block(name, value, unit, dash_indented=dash_indented))


def _block(name: str, value: Any, unit: str, *, dash_indented: bool) -> list[str]:
    key = in_flow(name)
    if isinstance(value, Mapping) and value:
        inner = [line for k, v in value.items() for line in _block(k, v, unit, dash_indented=dash_indented)]
        return [f"{key}:", *(unit + line for line in inner)]
    if isinstance(value, list) and value:
        lead = unit if dash_indented else ""
        items = [line for item in value for line in _item(item, unit, dash_indented=dash_indented)]
        return [f"{key}:", *(lead + line for line in items)]
    return [f"{key}: {in_flow(value)}"]


def _item(item: Any, unit: str, *, dash_indented: bool) -> list[str]:
    if isinstance(item, Mapping) and item:
        lines = [line for k, v in item.items() for line in _block(k, v, unit, dash_indented=dash_indented)]
        return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]
    return [f"- {in_flow(item)}"]
