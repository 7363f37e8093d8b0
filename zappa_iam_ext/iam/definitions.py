"""What AWS's Service Authorization Reference says of the actions of every service: facts, as data.

``definitions.json`` is derived (see ``tests/generate/definitions.py``), one service a line, and a service is read
when first asked for. A service that is not in it is not known: nothing is said about its actions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any


class AccessLevel(StrEnum):
    """What an action does, in the words of the Service Authorization Reference."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS = "Permissions management"


_LEVELS = {str(level)[0]: level for level in AccessLevel}


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource: its name, and its ARN with ``*`` for every part that varies."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class ActionDefinition:
    """One action: the types of resources that a policy can limit it to, and the condition keys that it supports.

    The keys are those of the action and of its types of resources. A key that ends in ``/`` or ``.`` stands for
    all keys that begin so (``aws:ResourceTag/``). Without types of resources an action knows only ``*``.
    """

    name: str
    level: AccessLevel
    resource_types: tuple[ResourceType, ...]
    condition_keys: frozenset[str]

    @property
    def limited_to_resources(self) -> bool:
        """Whether a policy can limit the action to resources."""
        return bool(self.resource_types)

    @property
    def writes(self) -> bool:
        """Whether the action does more than list and read."""
        return self.level not in {AccessLevel.LIST, AccessLevel.READ}

    def supports(self, key: str) -> bool:
        """Say whether the action supports a condition key of its service or of tags."""
        wanted = key.lower()
        return any(
            wanted.startswith(known) if known.endswith(("/", ".")) else wanted == known
            for known in map(str.lower, self.condition_keys)
        )


def services() -> tuple[str, ...]:
    """Return the prefixes of all known services."""
    return tuple(_lines())


def is_known_service(service: str) -> bool:
    """Say whether the actions of a service are known."""
    return service.lower() in _lines()


@lru_cache(maxsize=32768)
def action_definition(action: str) -> ActionDefinition | None:
    """Return what is known of an action, ``service:Name`` in any case; None when there is no such action."""
    service, _, name = action.lower().partition(":")
    data = _service(service)
    if data is None or name not in data["names"]:
        return None
    proper = data["names"][name]
    level, places, keys = data["actions"][proper]
    types = [data["types"][place] for place in places]
    found = {data["keys"][key] for key in keys} | {data["keys"][key] for *_, own in types for key in own}
    return ActionDefinition(
        f"{service}:{proper}",
        _LEVELS[level],
        tuple(ResourceType(label, arn) for label, arn, _ in types),
        frozenset(found),
    )


def action_names(service: str) -> tuple[str, ...]:
    """Return the names of all actions of a known service."""
    data = _service(service.lower())
    return tuple(data["actions"]) if data else ()


def services_with(action: str) -> tuple[str, ...]:
    """Return the prefixes of the services that have an action of a name, ``GetThing`` in any case."""
    return tuple(_services_by_action().get(action.lower(), ()))


@lru_cache(maxsize=1)
def _services_by_action() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for service in services():
        for name in action_names(service):
            found.setdefault(name.lower(), []).append(service)
    return found


def condition_keys(service: str) -> frozenset[str]:
    """Return the condition keys that any action or type of resource of a known service supports."""
    data = _service(service.lower())
    return frozenset(data["keys"]) if data else frozenset()


@lru_cache(maxsize=512)
def _service(service: str) -> dict[str, Any] | None:
    text = _lines().get(service)
    if text is None:
        return None
    data: dict[str, Any] = json.loads(text)
    data["names"] = {name.lower(): name for name in data["actions"]}
    data["types"] = [(label, _pattern(arn), keys) for label, arn, keys in data["resources"]]
    return data


@lru_cache(maxsize=1)
def _lines() -> dict[str, str]:
    text = (files(__package__) / "definitions.json").read_text(encoding="utf-8")
    lines = (line.partition(": ") for line in text.splitlines()[1:-1])
    return {name.strip('"'): data.removesuffix(",") for name, _, data in lines}


def _pattern(arn: str) -> str:
    """Return the form of an ARN as a pattern: ``${Region}`` becomes ``*``."""
    head, *rest = arn.split("${")
    return head + "".join("*" + part.partition("}")[2] for part in rest)
