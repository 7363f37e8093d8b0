"""What AWS's Service Authorization Reference says of the actions of the services in play: facts, as data.

``definitions.json`` is derived (see ``tests/support/definitions.py``) and read when first asked. A service that is
not in it is not known: nothing is said about its actions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class ActionDefinition:
    """One action: whether a policy can limit it to resources, and the condition keys that it supports.

    A key that ends in ``/`` or ``.`` stands for all keys that begin so (``aws:ResourceTag/``).
    """

    name: str
    limited_to_resources: bool
    condition_keys: frozenset[str]


def is_known_service(service: str) -> bool:
    """Say whether the actions of a service are known."""
    return service.lower() in _read()


@lru_cache(maxsize=4096)
def action_definition(action: str) -> ActionDefinition | None:
    """Return what is known of an action, ``service:Name`` in any case; None when there is no such action."""
    service, _, name = action.lower().partition(":")
    data = _read().get(service)
    if data is None or name not in data["names"]:
        return None
    proper = data["names"][name]
    limited, *keys = data["actions"][proper]
    return ActionDefinition(
        f"{service}:{proper}", bool(limited), frozenset(data["keys"][place] for place in keys)
    )


def action_names(service: str) -> tuple[str, ...]:
    """Return the names of all actions of a known service."""
    data = _read().get(service.lower())
    return tuple(data["actions"]) if data else ()


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((files(__package__) / "definitions.json").read_text(encoding="utf-8"))
    for service in data.values():
        service["names"] = {name.lower(): name for name in service["actions"]}
    return data
