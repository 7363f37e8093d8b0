"""Account ids in what is shown, hidden: twelve digits that stand alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

MASK = "X" * 12
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
Shown = TypeVar("Shown")


def masked(text: str) -> str:
    """Return a text without account ids: in ARNs, in names that carry one, wherever."""
    return _ACCOUNT.sub(MASK, text)


def masked_values(shown: Shown) -> Shown:
    """Return the same dataclass, tuple, list or mapping with every text in it masked.

    Before it is rendered: a line that is cut could show a part of an id that nobody recognises any more.
    """
    found: Any = _masked(shown)
    return found  # type: ignore[no-any-return]


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else masked(value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: _masked(getattr(value, each.name)) for each in fields(value) if each.init}
        return replace(value, **changed)
    if isinstance(value, Mapping):
        return {_masked(key): _masked(each) for key, each in value.items()}
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(map(_masked, value))
    return [_masked(each) for each in value] if isinstance(value, list) else value
