"""Reads the TOML files of the tables. What is wrong in one is refused with its file, its line and the place to mend."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any, TypeVar

#: The parts of each table, one file each, in table order: of two rows that need the same, the first one tells why.
PARTS: Mapping[str, tuple[str, ...]] = {
    "zappa_calls": (
        "execution_role",
        "package",
        "file_system",
        "function",
        "function_urls",
        "api_stack",
        "api_gateway",
        "load_balancer",
        "schedules",
        "polled_events",
        "pushed_events",
        "asynchronous_tasks",
        "cognito_triggers",
        "logs",
        "domains",
        "template",
        "unreachable",
        "kappa_events",
    ),
    "authorizations": (
        "iam",
        "s3",
        "lambda",
        "lambda_dependent",
        "events",
        "cloudwatch",
        "cloudformation",
        "apigateway",
        "elasticloadbalancing",
        "elasticfilesystem",
        "sns",
        "dynamodb",
        "cognito",
        "domains",
        "self_inspection",
        "provisioning",
        "roles",
        "stack_resources",
    ),
    "own_calls": (
        "identity",
        "principal_policies",
        "current_state",
        "provisioning",
        "roles",
        "keys",
        "decoding",
        "probes",
    ),
    "runtime": (
        "logs",
        "requests",
        "asynchronous_tasks",
        "package",
        "websocket",
        "polled_events",
        "dead_letters",
        "network",
        "file_system",
        "traces",
        "nothing",
        "managed_role",
        "told",
    ),
}
_HERE = "permissions/tables"
READ_BEFORE = "read_before.json"
T = TypeVar("T")


class TableError(ValueError):
    """A row or a file of the tables that cannot be right, with the place of the row and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as it stands in its file: ``place`` is the file and the line of its heading."""

    place: str
    values: Mapping[str, Any]

    def refuse(self, reason: object) -> TableError:
        """Return the error that names this row."""
        values = self.values
        told = (values.get(key) for key in ("operation", "name", "type", "action", "purpose"))
        name = next(filter(None, told), "a row without a name")
        service = f"{values['service']}." if "service" in values else ""
        return TableError(f"{self.place} ({service}{name}): {reason}")


def read(table: str, kind: str) -> Iterator[Entry]:
    """Yield the rows of one kind (``call``) of a table, from all its parts in table order."""
    for part in parts(table):
        text = (files(__package__) / table / f"{part}.toml").read_text(encoding="utf-8")
        lines = _headings(text, kind)
        for number, row in enumerate(_parsed(table, part).get(kind, ())):
            line = lines[number] if number < len(lines) else "?"
            yield Entry(f"{_HERE}/{table}/{part}.toml, line {line}", row)


def parts(table: str) -> tuple[str, ...]:
    """Return the parts of a table in order; raise `TableError` when its files and `PARTS` differ."""
    there = {
        item.name.removesuffix(".toml")
        for item in (files(__package__) / table).iterdir()
        if item.name.endswith(".toml")
    }
    for part in sorted(there - set(PARTS[table])):
        raise TableError(
            f"{_HERE}/{table}/{part}.toml is in no order yet: add {part!r} to PARTS[{table!r}] in {_HERE}/reading.py"
        )
    for part in sorted(set(PARTS[table]) - there):
        raise TableError(
            f"PARTS[{table!r}] in {_HERE}/reading.py names {part!r}, and there is no {_HERE}/{table}/{part}.toml"
        )
    return PARTS[table]


def made(cls: Callable[..., T], entry: Entry, **kinds: Callable[[Any], Any]) -> T:
    """Return the row as a dataclass; ``kinds`` turn values into what the class wants.

    Raises `TableError` for a key that the class does not have, one that is missing, and whatever the class refuses.
    """
    wanted = {item.name: item for item in fields(cls) if item.init}  # type: ignore[arg-type]
    if unknown := sorted(set(entry.values) - set(wanted)):
        raise entry.refuse(f"unknown key {unknown[0]!r}; known are {', '.join(wanted)}")
    needed = [
        name
        for name, item in wanted.items()
        if item.default is MISSING and item.default_factory is MISSING and name not in entry.values
    ]
    if needed:
        raise entry.refuse(f"the key {needed[0]!r} is missing")
    try:
        given = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.values.items()
        }
        return cls(**given | {key: kinds[key](given[key]) for key in kinds if key in given})
    except ValueError as error:
        raise entry.refuse(error) from None


@lru_cache(maxsize=64)
def _parsed(table: str, part: str) -> Mapping[str, list[dict[str, Any]]]:
    text = (files(__package__) / table / f"{part}.toml").read_text(encoding="utf-8")
    known: Mapping[str, list[dict[str, Any]]] | None = _read_before().get(digest(text))
    if known is not None:
        return known
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"{_HERE}/{table}/{part}.toml: {error}") from None


def digest(text: str) -> str:
    """Return what stands for the text of a part: another text is another part."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _read_before() -> Mapping[str, Any]:
    """Return the parts that were read when `make docs` ran, by the digest of their text: JSON is read ten times as fast.

    A part that was changed since then is not among them, and is read from its own file.
    """
    try:
        return dict(json.loads((files(__package__) / READ_BEFORE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def _headings(text: str, kind: str) -> list[int]:
    """Return the line numbers of ``[[kind]]``."""
    heading = re.compile(rf"\s*\[\[\s*{kind}\s*\]\]")
    return [number for number, line in enumerate(text.splitlines(), 1) if heading.match(line)]
