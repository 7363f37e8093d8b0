"""Holds recorded calls against predicted ones: which row of the table foresaw a call. Pure."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.recordings.recording import ACCOUNT, RecordedCall, Recording, spoken
from tests.recordings.scenarios import Scenario, scenarios
from zappa_iam_ext.iam.patterns.glob import text_glob
from zappa_iam_ext.permissions.authorizations import Scope
from zappa_iam_ext.permissions.calls import predictions
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.rows import CallRow
from zappa_iam_ext.rehearsal.inside_zappa.enforcement import NO_PERMISSION_NEEDED

_FUNCTION = re.compile(r"\b([A-Z]\w*\.\w+|[a-z_]\w+)(?=[,\s]|$)")


@dataclass(frozen=True, slots=True)
class RowKey:
    """What tells one row of the table from all others, for one command."""

    command: str
    name: str
    because: str
    when: tuple[str, ...]
    each: str
    source: str

    @classmethod
    def of(cls, row: CallRow, command: str) -> RowKey:
        return cls(command, f"{row.service}.{row.operation}", row.because, row.when, row.each, row.source)


@dataclass(frozen=True, slots=True)
class Prediction:
    """A call that the table predicts, and its row."""

    row: RowKey
    call: Call


@lru_cache(maxsize=128)
def stage_of(name: str) -> Stage:
    """Return the stage of a scenario as it is in a recording: in AWS's example account."""
    (scenario,) = (item for item in scenarios() if item.name == name)
    names = {key: spoken(key) for key in _placeholders(scenario)} | {"account": ACCOUNT}
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "hello"
        folder.mkdir()
        return scenario.stage(folder, names)


def _placeholders(scenario: Scenario) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", repr(scenario.settings)))


def scope_of(stage: Stage) -> Scope:
    return Scope(stage.account, stage.region, stage.partition)


@lru_cache(maxsize=512)
def predicted(scenario: str, line: str) -> tuple[Prediction, ...]:
    """Return every call that the table predicts for a command line of a scenario."""
    command = parse_command(line)
    found = predictions(stage_of(scenario), command)
    return tuple(Prediction(RowKey.of(row, command.name), call) for row, call in found)


def foreseen(recording: Recording, line: str, made: RecordedCall) -> tuple[Prediction, ...]:
    """Return the predictions that a recorded call fits, those whose place in Zappa fits best."""
    fitting = [
        (places, prediction)
        for prediction in _by_name(recording.scenario, line).get(made.name, ())
        if (places := shared_places(prediction.call, made))
        and fits(prediction.call.parameters, made.parameters)
    ]
    best = max((places for places, _ in fitting), default=None)
    return tuple(prediction for places, prediction in fitting if places == best)


@lru_cache(maxsize=512)
def _by_name(scenario: str, line: str) -> Mapping[str, Sequence[Prediction]]:
    found: dict[str, list[Prediction]] = {}
    for prediction in predicted(scenario, line):
        found.setdefault(prediction.row.name, []).append(prediction)
    return found


def shared_places(row: Call, call: RecordedCall) -> tuple[int, int, int] | None:
    """Return how well the row's source fits the functions that led to the call: the more inward, then the more."""
    chain = call.at.split(" < ")
    shared = [chain.index(name) for name in set(functions_of(row.source)) if name in chain]
    return (-min(shared), len(shared), -sum(shared)) if shared else None


@lru_cache(maxsize=512)
def functions_of(source: str) -> tuple[str, ...]:
    """Return the functions of Zappa that a row names as its source."""
    return tuple(name for name in _FUNCTION.findall(source) if not name.endswith(".py"))


def fits(predicted: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    """Say whether a recorded call has the predicted parameters.

    What former settings may have put into a stack is predicted as all that it can be: something is removed, all of
    which was to be expected.
    """
    former = _resources(predicted, "FormerTemplate")
    if not former:
        return matches(predicted, made)
    others = {key: value for key, value in predicted.items() if key not in {"Template", "FormerTemplate"}}
    current = _resources(predicted, "Template")
    if "TemplateURL" in made:
        gone = list(_resources(made, "FormerTemplate").values())
    else:
        gone = [item for name, item in _resources(made, "Template").items() if not matches(current.get(name), item)]
    return (
        bool(gone)
        and matches(others, made)
        and all(any(matches(_removable(item), resource) for item in former.values()) for resource in gone)
    )


def _resources(parameters: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return (parameters.get(key) or {}).get("Resources") or {}


def _removable(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what decides a removal: the type, and the function of a permission."""
    function = (resource.get("Properties") or {}).get("FunctionName")
    return {"Type": resource["Type"]} | ({"Properties": {"FunctionName": function}} if function else {})


def matches(pattern: Any, value: Any) -> bool:
    """Say whether a recorded value fits a predicted one: tables by their predicted keys, texts as patterns."""
    if pattern == "*":
        return value is not None
    if isinstance(pattern, Mapping):
        return isinstance(value, Mapping) and all(
            key in value and matches(item, value[key]) for key, item in pattern.items()
        )
    if isinstance(pattern, str):
        return isinstance(value, str | int | float) and text_glob(pattern).matches(str(value))
    if isinstance(pattern, Sequence):
        return (
            isinstance(value, Sequence)
            and len(pattern) == len(value)
            and all(any(matches(item, given) for given in value) for item in pattern)
        )
    return bool(pattern == value)


def needs_no_permission(call: RecordedCall) -> bool:
    return call.name in NO_PERMISSION_NEEDED


def recorded_rows(recordings: Iterable[Recording]) -> frozenset[RowKey]:
    """Return the rows that at least one recorded call fits."""
    return frozenset(
        prediction.row
        for recording in recordings
        for command in recording.commands
        for call in command.calls
        for prediction in foreseen(recording, command.line, call)
    )
