"""The rows of what the execution role needs: the deployed function, the services that use its role, Lambda's pollers."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from zappa_iam_ext.permissions.model import Confidence, Consequence, UsedBy
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.features import FEATURES
from zappa_iam_ext.permissions.tables.filters import FILTERS
from zappa_iam_ext.permissions.tables.reading import made, read
from zappa_iam_ext.permissions.tables.templating import Filler, compiled
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, OfVersions

_KINDS: Mapping[str, Any] = {"used_by": UsedBy, "consequence": Consequence, "confidence": Confidence}


@dataclass(frozen=True, slots=True)
class RuntimeRow(OfVersions):
    """One action that the execution role needs: who uses it, on what, when, and what a denial does.

    ``call`` is the API operation of Zappa's own code in the function that asks for it (``dynamodb.PutItem``). ``when`` lists
    features that must all hold (``!name``: must not), ``each`` names a collection: the row then stands for one need per
    item. ``context`` holds condition keys that AWS sends, ``absent`` those that it surely does not; ``restrict`` names
    those of both that a policy demands. ``purpose`` is the Sid. ``since`` and ``until`` bound the Zappa versions, both
    inclusive. ``source`` is an observed fact first, then the section of AWS's manual or Zappa's function.
    """

    used_by: UsedBy
    action: str
    resource: str
    purpose: str
    because: str
    consequence: Consequence
    source: str
    confidence: Confidence
    symptom: str = ""
    setting: str = ""
    call: str = ""
    when: tuple[str, ...] = ()
    each: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    restrict: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    fill_resource: Filler = field(init=False, repr=False, compare=False)
    fill_context: Filler = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _refuse_names(self)
        if "..." in self.because:
            raise ValueError("`because` is not filled in: one sentence that says who needs it, and for what")
        if self.consequence is not Consequence.HARMLESS and not self.symptom:
            raise ValueError("`symptom` is missing: what is wrong when the role may not")
        if odd := set(self.restrict) - set(self.context) - set(self.absent):
            raise ValueError(f"`restrict` names {min(odd)!r}, which neither `context` nor `absent` has")
        object.__setattr__(self, "fill_resource", compiled(self.resource, FILTERS))
        object.__setattr__(self, "fill_context", compiled(self.context, FILTERS))


@dataclass(frozen=True, slots=True)
class DenyRow(OfVersions):
    """Actions that Lambda needs and the code of the function never: denied to the code alone.

    ``condition`` is the condition of the statement, ``purpose`` its Sid; the rest means what it means in `RuntimeRow`.
    """

    actions: tuple[str, ...]
    resource: str
    condition: Mapping[str, Mapping[str, Any]]
    purpose: str
    because: str
    source: str
    confidence: Confidence
    setting: str = ""
    when: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    fill_resource: Filler = field(init=False, repr=False, compare=False)
    fill_condition: Filler = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _refuse_names(self)
        object.__setattr__(self, "fill_resource", compiled(self.resource, FILTERS))
        object.__setattr__(self, "fill_condition", compiled(self.condition, FILTERS))


@dataclass(frozen=True, slots=True)
class AppendedRow(OfVersions):
    """A statement that Zappa appends by itself to the policy of a role that it manages, whatever the policy says.

    ``actions`` and ``resource`` are the statement's, ``instead`` what is needed of it; the rest means what it means in
    `RuntimeRow`.
    """

    actions: tuple[str, ...]
    resource: str
    because: str
    instead: str
    source: str
    setting: str = ""
    when: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    fill_resource: Filler = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _refuse_names(self)
        object.__setattr__(self, "fill_resource", compiled(self.resource, FILTERS))


@dataclass(frozen=True, slots=True)
class ToldRow(OfVersions):
    """What is told of the execution role and not granted: a text with the names that `RuntimeRow` is filled with.

    A *warning* is of what cannot work whatever the role may do; what is *untold* follows from no setting.
    """

    text: str
    source: str
    when: tuple[str, ...] = ()
    each: str = ""
    since: str = ""
    until: str = ""
    fill_text: Filler = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _refuse_names(self)
        object.__setattr__(self, "fill_text", compiled(self.text, FILTERS))


@dataclass(frozen=True, slots=True)
class NothingRow:
    """What looks as if the execution role needed something for it, and why it needs nothing.

    ``name`` is the setting or the call, in words; ``call`` an API operation of Zappa's code in the function that AWS
    lets everybody make.
    """

    name: str
    because: str
    source: str
    confidence: Confidence
    setting: str = ""
    call: str = ""


@lru_cache(maxsize=1)
def runtime_rows() -> tuple[RuntimeRow, ...]:
    """Return the table of what the execution role needs."""
    return tuple(made(RuntimeRow, entry, **_KINDS) for entry in read("runtime", "runtime"))


@lru_cache(maxsize=1)
def deny_rows() -> tuple[DenyRow, ...]:
    """Return the table of what is denied to the code of the function."""
    return tuple(made(DenyRow, entry, confidence=Confidence) for entry in read("runtime", "deny"))


@lru_cache(maxsize=1)
def nothing_rows() -> tuple[NothingRow, ...]:
    """Return the table of what needs nothing of the execution role."""
    return tuple(made(NothingRow, entry, confidence=Confidence) for entry in read("runtime", "nothing"))


@lru_cache(maxsize=1)
def appended_rows() -> tuple[AppendedRow, ...]:
    """Return the table of what Zappa appends by itself to the policy of a role that it manages."""
    return tuple(made(AppendedRow, entry) for entry in read("runtime", "appended"))


@lru_cache(maxsize=2)
def told_rows(kind: str) -> tuple[ToldRow, ...]:
    """Return the table of what is told of the execution role: ``warning`` or ``untold``."""
    return tuple(made(ToldRow, entry) for entry in read("runtime", kind))


def _refuse_names(row: RuntimeRow | DenyRow | AppendedRow | ToldRow) -> None:
    _refuse_unknown("when", (name.removeprefix("!") for name in row.when), FEATURES)
    _refuse_unknown("each", filter(None, [getattr(row, "each", "")]), COLLECTIONS)
    _refuse_unknown("since", filter(None, [row.since]), ZAPPA_VERSIONS)
    _refuse_unknown("until", filter(None, [row.until]), ZAPPA_VERSIONS)


def _refuse_unknown(key: str, names: Iterable[str], known: Container[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"unknown name {name!r} in `{key}`")
