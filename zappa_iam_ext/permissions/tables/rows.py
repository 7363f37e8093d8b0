"""The rows of the tables. Rows are plain data; one that names what nothing knows is refused when it is read."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.permissions.model import Confidence, Consequence, ResourceState
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.features import FEATURES
from zappa_iam_ext.permissions.tables.filters import FILTERS
from zappa_iam_ext.permissions.tables.reading import made, read
from zappa_iam_ext.permissions.tables.templating import Condition, Filler, compiled, condition
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, OfVersions

#: Where a row's name belongs that nothing knows yet, by the key of the row that bears it.
_HOMES = {
    "when": "FEATURES in permissions/tables/features.py",
    "each": "COLLECTIONS in permissions/tables/collections.py",
    "commands": "COMMANDS in permissions/commands.py",
    "since": "ZAPPA_VERSIONS in permissions/tables/versions.py",
    "until": "ZAPPA_VERSIONS in permissions/tables/versions.py",
}
_KINDS: Mapping[str, Any] = {"confidence": Confidence, "only_if": ResourceState}
_PHASES = frozenset({"create", "read", "update", "delete"})


@dataclass(frozen=True, slots=True)
class CallRow(OfVersions):
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
        _refuse_unknown("commands", self.commands, COMMANDS)
        _refuse_unknown("each", (self.each,) if self.each else (), COLLECTIONS)
        _refuse_conditions(self)
        if self.on_denied is Consequence.REFUSED:
            raise ValueError(
                "a call of Zappa's that is denied stops, is silent or harmless; refused is a deployment"
            )
        if self.on_denied is Consequence.SILENT and not self.symptom:
            raise ValueError("a silent denial needs `symptom`: what is then missing or wrong")
        if "..." in self.because:
            raise ValueError("`because` is not filled in: one sentence that says why Zappa makes the call")
        if not self.commands and not self.omitted:
            raise ValueError(
                "`commands` is empty: name those that make the call, or say under `omitted` why none does"
            )
        object.__setattr__(self, "fill", compiled(self.parameters, FILTERS))


@dataclass(frozen=True, slots=True)
class TemplateRow(OfVersions):
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
        _refuse_conditions(self)
        object.__setattr__(self, "fill", compiled(self.properties, FILTERS))


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
        if odd := set(self.handlers) - _PHASES:
            raise ValueError(f"unknown handler {min(odd)!r}; known are {', '.join(sorted(_PHASES))}")
        _compile_check(self)


Row = TypeVar("Row", AuthorizationRow, ResourceRow)


@lru_cache(maxsize=1)
def call_rows() -> tuple[CallRow, ...]:
    """Return the table of what Zappa calls."""
    entries = read("zappa_calls", "call")
    return tuple(made(CallRow, entry, on_denied=Consequence, only_if=ResourceState) for entry in entries)


@lru_cache(maxsize=1)
def template_rows() -> tuple[TemplateRow, ...]:
    """Return the resources that Zappa puts in its CloudFormation template, and when."""
    return tuple(made(TemplateRow, entry) for entry in read("zappa_calls", "template"))


@lru_cache(maxsize=1)
def authorization_rows() -> Mapping[str, tuple[AuthorizationRow, ...]]:
    """Return the table of what AWS authorises, by ``service.Operation``."""
    entries = read("authorizations", "authorization")
    return _grouped((made(AuthorizationRow, entry, **_KINDS) for entry in entries), "operation")


@lru_cache(maxsize=1)
def resource_rows() -> Mapping[str, tuple[ResourceRow, ...]]:
    """Return what CloudFormation does as the caller, by resource type."""
    entries = read("authorizations", "resource")
    return _grouped((made(ResourceRow, entry, **_KINDS) for entry in entries), "type")


def _compile_check(row: AuthorizationRow | ResourceRow) -> None:
    if "..." in row.source:
        raise ValueError("`source` is not filled in: the page of AWS that says what is checked")
    object.__setattr__(row, "fill_resource", compiled(row.resource, FILTERS))
    object.__setattr__(row, "fill_context", compiled(row.context, FILTERS))
    object.__setattr__(row, "present", tuple(condition(text) for text in row.when))


def _refuse_unknown(key: str, names: Iterable[str], known: Container[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"unknown name {name!r} in `{key}`: add it to {_HOMES[key]}, or correct the row")


def _refuse_conditions(row: CallRow | TemplateRow) -> None:
    _refuse_unknown("when", (name.removeprefix("!") for name in row.when), FEATURES)
    _refuse_unknown("since", (row.since,) if row.since else (), ZAPPA_VERSIONS)
    _refuse_unknown("until", (row.until,) if row.until else (), ZAPPA_VERSIONS)


def _grouped(rows: Iterable[Row], key: str) -> Mapping[str, tuple[Row, ...]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(getattr(row, key), []).append(row)
    return {name: tuple(group) for name, group in groups.items()}
