"""What AWS's own managed policies name and its Service Authorization Reference does not list: gaps of the reference.

``unlisted.json`` is derived (see ``tests/generate/unlisted.py``): facts only. Such a name may be a mistake of AWS's, but it
is none that a reader could tell from a gap, so nothing is said of it, or less.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files


def names_action(action: str) -> bool:
    """Say whether AWS names an action, or a pattern of actions, that its reference does not list."""
    return action.lower() in _data()["actions"]


def names_service(service: str) -> bool:
    """Say whether AWS names actions of a service that its reference does not list."""
    return service.lower() in _services()


def names_key(key: str) -> bool:
    """Say whether AWS tests a condition key that its reference does not list."""
    return key.lower() in _data()["keys"]


def limits(action: str) -> bool:
    """Say whether AWS limits an action to resources that its reference does not list for it."""
    return action.lower() in _data()["limited"]


def carries(action: str, key: str) -> bool:
    """Say whether AWS tests a key for an action whose requests, after its reference, never carry it."""
    return f"{action} {key}".lower() in _data()["carried"]


@lru_cache(maxsize=1)
def _services() -> frozenset[str]:
    return frozenset(action.partition(":")[0] for action in _data()["actions"])


@lru_cache(maxsize=1)
def _data() -> dict[str, frozenset[str]]:
    text = (files(__package__) / "unlisted.json").read_text(encoding="utf-8")
    return {name: frozenset(values) for name, values in json.loads(text).items()}
