"""Reads the tables. Rows are plain data; what is wrong in a table is refused when it is read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any, TypeVar

from zappa_iam_ext.permissions.model import Confidence, Consequence, ResourceState
from zappa_iam_ext.permissions.tables.filters import FILTERS
from zappa_iam_ext.permissions.tables.templating import Condition, Filler, compiled, condition

Version = tuple[int, ...]

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
        "stack_resources",
    ),
}


@dataclass(frozen=True, slots=True)
class CallRow:
    """One AWS API call in Zappa's source: who makes it, when, with what, and what a denial does.

    ``when`` lists features of stage and command that must all hold (``!name``: must not). ``each`` names
    a collection: the row then stands for one call per item. ``since`` and ``until`` bound the Zappa
    versions, both inclusive. ``symptom`` says, for a silent denial, what is then wrong. ``only_if`` names the state of
    the account in which alone the call is made. ``omitted`` says why a call of Zappa's source is never made, and so
    never granted.
    """

    service: str
    operation: str
    commands: tuple[str, ...]
    because: str
    source: str
    on_denied: Consequence
    parameters: Mapping[str, Any] = field(default_factory=dict)
    when: tuple[str, ...] = ()
    each: str = ""
    symptom: str = ""
    setting: str = ""
    region: str = ""
    since: str = ""
    until: str = ""
    only_if: ResourceState | None = None
    omitted: str = ""
    fill: Filler = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fill", compiled(self.parameters, FILTERS))

    def in_version(self, version: Version) -> bool:
        """Say whether the Zappa of this version makes the call."""
        return _in_version(self.since, self.until, version)


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One resource of the CloudFormation template that Zappa builds, and the properties that decide permissions.

    ``when``, ``since`` and ``until`` mean what they mean in `CallRow`.
    """

    name: str
    type: str
    source: str
    when: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    fill: Filler = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fill", compiled(self.properties, FILTERS))

    def in_version(self, version: Version) -> bool:
        """Say whether the Zappa of this version puts the resource in its template."""
        return _in_version(self.since, self.until, version)


@dataclass(frozen=True, slots=True)
class AuthorizationRow:
    """One action that AWS checks for an API operation (``service.Operation``).

    ``when`` lists parameters that must be present (``!Name``: absent, ``Name=value``: equal). ``each``
    names a list among the parameters; the row then stands for one check per ``{item}``. ``context``
    holds condition keys that AWS sends; ``restrict`` those that a generated policy should demand.
    ``dependent`` marks checks that AWS makes on its own account; ``because`` is then theirs, and the call's own otherwise.
    ``only_if`` names the state of the account in which alone AWS makes the check.
    """

    operation: str
    action: str
    resource: str
    source: str
    because: str = ""
    confidence: Confidence = Confidence.DOCUMENTED
    when: tuple[str, ...] = ()
    each: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    restrict: tuple[str, ...] = ()
    dependent: bool = False
    only_if: ResourceState | None = None
    fill_resource: Filler = field(init=False, repr=False, compare=False)
    fill_context: Filler = field(init=False, repr=False, compare=False)
    present: tuple[Condition, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _compile_check(self)


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One action that CloudFormation performs as the caller for a resource type of the template.

    ``handlers`` are the phases (``create``, ``update``, ``delete``, ``read``) that need it; ``when`` lists
    properties that must be present (as in `AuthorizationRow`), ``only_if`` means what it means there.
    """

    type: str
    handlers: tuple[str, ...]
    action: str
    resource: str
    because: str
    source: str
    confidence: Confidence = Confidence.DOCUMENTED
    when: tuple[str, ...] = ()
    each: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    restrict: tuple[str, ...] = ()
    only_if: ResourceState | None = None
    fill_resource: Filler = field(init=False, repr=False, compare=False)
    fill_context: Filler = field(init=False, repr=False, compare=False)
    present: tuple[Condition, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _compile_check(self)


Row = TypeVar("Row", AuthorizationRow, ResourceRow)


@lru_cache(maxsize=1)
def call_rows() -> tuple[CallRow, ...]:
    """Return the table of what Zappa calls."""
    return tuple(
        CallRow(**_row(CallRow, row) | {"on_denied": Consequence(row["on_denied"])})
        for row in _read("zappa_calls", "call")
    )


@lru_cache(maxsize=1)
def template_rows() -> tuple[TemplateRow, ...]:
    """Return the resources that Zappa puts in its CloudFormation template, and when."""
    return tuple(TemplateRow(**_row(TemplateRow, row)) for row in _read("zappa_calls", "template"))


@lru_cache(maxsize=1)
def authorization_rows() -> Mapping[str, tuple[AuthorizationRow, ...]]:
    """Return the table of what AWS authorises, by ``service.Operation``."""
    return _grouped(
        (_confident(AuthorizationRow, row) for row in _read("authorizations", "authorization")), "operation"
    )


@lru_cache(maxsize=1)
def resource_rows() -> Mapping[str, tuple[ResourceRow, ...]]:
    """Return what CloudFormation does as the caller, by resource type."""
    return _grouped((_confident(ResourceRow, row) for row in _read("authorizations", "resource")), "type")


@lru_cache(maxsize=64)
def parse_version(text: str) -> Version:
    """Return ``0.63.0`` as ``(0, 63, 0)``; what follows a number is left out."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def _compile_check(row: AuthorizationRow | ResourceRow) -> None:
    object.__setattr__(row, "fill_resource", compiled(row.resource, FILTERS))
    object.__setattr__(row, "fill_context", compiled(row.context, FILTERS))
    object.__setattr__(row, "present", tuple(condition(text) for text in row.when))


def _in_version(since: str, until: str, version: Version) -> bool:
    after = not since or version >= parse_version(since)
    return after and (not until or version <= parse_version(until))


def _read(table: str, kind: str) -> list[dict[str, Any]]:
    """Return the rows of one kind of a table, from all its parts."""
    return [row for part in PARTS[table] for row in _part(table, part).get(kind, ())]


@lru_cache(maxsize=64)
def _part(table: str, part: str) -> Mapping[str, list[dict[str, Any]]]:
    text = (files(__package__) / table / f"{part}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _row(cls: type, row: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(row) - {item.name for item in fields(cls) if item.init}
    if unknown:
        raise ValueError(f"unknown keys {sorted(unknown)} in row {row}")
    found = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return found | ({"only_if": ResourceState(row["only_if"])} if "only_if" in row else {})


def _confident(cls: type[Row], row: Mapping[str, Any]) -> Row:
    confidence = Confidence(row.get("confidence", Confidence.DOCUMENTED))
    return cls(**_row(cls, row) | {"confidence": confidence})


def _grouped(rows: Iterable[Row], key: str) -> Mapping[str, tuple[Row, ...]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(getattr(row, key), []).append(row)
    return {name: tuple(group) for name, group in groups.items()}
