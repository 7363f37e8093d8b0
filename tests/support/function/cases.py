"""The cases: settings, what happens to the function, and what others do with its role. Read from a table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "cases" / "runtime_runs"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to the function: ``does`` names a method of `happenings`, ``given`` is what it takes.

    The step is over when the application has noted each of ``notes`` and each of ``logged`` stands in its log.
    """

    does: str
    given: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    logged: tuple[str, ...] = ()
    within: float = 60.0


@dataclass(frozen=True, slots=True)
class Case:
    """Settings over the base, what is there before, what happens, and the calls that the function then makes."""

    name: str
    settings: Mapping[str, Any]
    sources: tuple[str, ...]
    steps: tuple[Step, ...]
    calls: tuple[str, ...]
    websocket: bool = False
    unwatched: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A call that a service makes with the role on AWS and not on the local AWS: made in its stead, as that role."""

    used_by: str
    service: str
    operation: str
    because: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cases: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    fails: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """An action on a resource that nobody can ask of the local AWS, or that no case needs: only our evaluator judges it.

    ``shown_in`` names a case whose function really makes the call; ``context`` are condition keys.
    """

    used_by: str
    action: str
    resource: str
    because: str
    cases: tuple[str, ...] = ()
    shown_in: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def cases() -> tuple[Case, ...]:
    """Return all cases."""
    table = tomllib.loads((FOLDER / "cases.toml").read_text())
    return tuple(_case(row, table["base"]) for row in table["case"])


def _case(row: Mapping[str, Any], base: Mapping[str, Any]) -> Case:
    return Case(
        row["name"],
        {**base, **row.get("settings", {})},
        tuple(row.get("sources", ())),
        tuple(_step(step) for step in row["step"]),
        tuple(row.get("calls", ())),
        row.get("websocket", False),
        row.get("unwatched", False),
    )


def _step(row: Mapping[str, Any]) -> Step:
    known = {"does", "notes", "logged", "within"}
    given = {key: value for key, value in row.items() if key not in known}
    return Step(
        row["does"],
        given,
        tuple(row.get("notes", ())),
        tuple(row.get("logged", ())),
        row.get("within", 60.0),
    )


@lru_cache(maxsize=1)
def _others() -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / "others.toml").read_text())


def played(case: str) -> tuple[Played, ...]:
    """Return the calls that services make with the role in a case; a row without ``cases`` is about all but ``unless``."""
    rows = (
        Played(**{**row, "cases": tuple(row.get("cases", ())), "unless": tuple(row.get("unless", ()))})
        for row in _others()["played"]
    )
    return tuple(row for row in rows if case not in row.unless and (not row.cases or case in row.cases))


def judged(case: str) -> tuple[Judged, ...]:
    """Return what can only be judged in a case."""
    return _judged("judged", case)


def forbidden(case: str) -> tuple[Judged, ...]:
    """Return what the role must not be allowed in a case."""
    return _judged("forbidden", case)


def _judged(table: str, case: str) -> tuple[Judged, ...]:
    rows = (Judged(**{**row, "cases": tuple(row.get("cases", ()))}) for row in _others()[table])
    return tuple(row for row in rows if not row.cases or case in row.cases)


def case_names() -> frozenset[str]:
    """Return the names that rows may refer to."""
    return frozenset(case.name for case in cases())


@lru_cache(maxsize=1)
def checked() -> Mapping[str, Mapping[str, str]]:
    """Return by call (``sns.Publish``) what AWS checks for it: ``action`` and ``resource``, or neither."""
    rows = tomllib.loads((FOLDER / "checked.toml").read_text())["call"]
    return {row["name"]: row for row in rows}
