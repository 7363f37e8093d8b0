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


class KeyType(StrEnum):
    """The type of the values of a condition key, in the words of the Service Authorization Reference."""

    STRING = "String"
    ARN = "ARN"
    BOOL = "Bool"
    NUMERIC = "Numeric"
    DATE = "Date"
    IP_ADDRESS = "IPAddress"


_KEY_TYPES = {str(kind)[0]: kind for kind in KeyType}
#: What ends the fixed part of a condition key whose rest the policy chooses.
_OPEN_ENDS = ("/", ".", ":")


@dataclass(frozen=True, slots=True)
class KeyDefinition:
    """A condition key: its name up to the part that a policy chooses, its type, whether it holds several values.

    ``type`` None says that the reference tells none, or two.
    """

    name: str
    type: KeyType | None = None
    multivalued: bool = False

    @property
    def open_ended(self) -> bool:
        """Whether the policy chooses the rest of the name, as that of a tag."""
        return self.name.endswith(_OPEN_ENDS)


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource: its name, and its ARN with ``*`` for every part that varies."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class ActionDefinition:
    """One action: the types of resources that a policy can limit it to, and the condition keys that it supports.

    The keys are those of the action and of its types of resources. A key that ends in ``/``, ``.`` or ``:`` stands for
    all keys that begin so (``aws:ResourceTag/``, ``kms:EncryptionContext:``). Without types of resources an action knows only ``*``.
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
        names, beginnings = _lowered(self.condition_keys)
        wanted = key.lower()
        return wanted in names or wanted.startswith(beginnings)


@lru_cache(maxsize=4096)
def _lowered(keys: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the names of keys, and the beginnings of those whose rest the policy chooses, in lower case."""
    names = frozenset(map(str.lower, keys))
    return names, tuple(name for name in names if name.endswith(_OPEN_ENDS))


def is_key(key: str, known: str) -> bool:
    """Say whether a key, as a policy writes it, is one that is known; keys have no case."""
    wanted, name = key.lower(), known.lower()
    return wanted.startswith(name) if name.endswith(_OPEN_ENDS) else wanted == name


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


@lru_cache(maxsize=4096)
def key_definition(key: str) -> KeyDefinition | None:
    """Return what the reference says of a condition key of a service; None when it knows no such key.

    Of several that fit, the longest.
    """
    data = _service(key.lower().partition(":")[0])
    if data is None:
        return None
    fitting = [place for place, known in enumerate(data["keys"]) if is_key(key, known)]
    if not fitting:
        return None
    place = max(fitting, key=lambda each: len(data["keys"][each]))
    letter = data["key_types"][place]
    return KeyDefinition(data["keys"][place], _KEY_TYPES.get(letter.upper()), letter.islower())


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
