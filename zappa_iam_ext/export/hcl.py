"""Terraform's language: blocks and values, formatted as ``terraform fmt`` does. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

HEAD = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
"""


class Raw(str):
    """An expression of the language, written as it stands."""

    __slots__ = ()


class Encoded(dict[str, Any]):
    """A value that Terraform writes as JSON."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        super().__init__(value)


def block(kind: str, labels: Sequence[str], body: Sequence[tuple[str, Any]]) -> str:
    """Return a block with its attributes, as ``terraform fmt`` writes it."""
    head = " ".join([kind, *(_string(label) for label in labels)])
    return f"{head} {{\n" + _attributes(body, 1) + "}\n"


def _attributes(items: Sequence[tuple[str, Any]], depth: int) -> str:
    """Return attributes, the equals signs of neighbours that take one line under each other, as ``terraform fmt`` has them."""
    written = [(name, _value(value, depth)) for name, value in items]
    lines, start = [], 0
    while start < len(written):
        end = start + 1
        while end < len(written) and "\n" not in written[end - 1][1]:
            if "\n" in written[end][1]:
                break
            end += 1
        width = max(len(name) for name, _ in written[start:end])
        lines += [f"{'  ' * depth}{name.ljust(width)} = {value}\n" for name, value in written[start:end]]
        start = end
    return "".join(lines)


def _value(value: Any, depth: int) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Encoded):
        return f"jsonencode({_object(value, depth)})"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return _object(value, depth)
    return _list(value, depth) if isinstance(value, Sequence) else json.dumps(value)


def _object(value: Mapping[str, Any], depth: int) -> str:
    if not value:
        return "{}"
    inside = _attributes([(_key(key), item) for key, item in value.items()], depth + 1)
    return "{\n" + inside + "  " * depth + "}"


def _list(value: Sequence[Any], depth: int) -> str:
    if len(value) == 1 and not isinstance(value[0], Mapping):
        return f"[{_value(value[0], depth)}]"
    inner = "  " * (depth + 1)
    return "[\n" + "".join(f"{inner}{_value(item, depth + 1)},\n" for item in value) + "  " * depth + "]"


def _key(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else _string(key)


def _string(text: str) -> str:
    """Return a quoted string; what begins a template in this language is doubled."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
