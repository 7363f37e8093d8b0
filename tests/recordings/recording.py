"""A scenario as it is kept: the calls that the real Zappa made, without what changes from one run to the next.

One line per call, so that a difference between two recordings reads like one between two programs.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from tests.recordings.scenarios import Scenario, scenarios
from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.observation import Observation
from zappa_iam_ext.rehearsal.report import RehearsalReport

FOLDER = Path(__file__).parent / "calls"
ACCOUNT = "123456789012"
"""Stands for the account of a recording, as it does in AWS's manual."""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call as it is kept: ``at`` is the place in Zappa, ``error`` AWS's code when it failed."""

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""
    error: str = ""
    region: str = ""

    @property
    def name(self) -> str:
        return f"{self.service}.{self.operation}"

    @property
    def call(self) -> Call:
        return Call(self.service, self.operation, self.parameters, region=self.region)


@dataclass(frozen=True, slots=True)
class RecordedCommand:
    """One command line, how it ended, and its calls."""

    line: str
    exit_code: int
    calls: tuple[RecordedCall, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """All commands of one scenario; ``missing`` is what the local AWS could not make for it."""

    scenario: str
    zappa: str
    commands: tuple[RecordedCommand, ...]
    missing: tuple[str, ...] = ()

    @property
    def calls(self) -> Iterator[RecordedCall]:
        for command in self.commands:
            yield from command.calls


class Normaliser:
    """Gives each name that AWS or Zappa made up a name that stays: the same one wherever it appears again."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._given = {value: ACCOUNT if key == "account" else spoken(key) for key, value in names.items()}
        self._found: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def text(self, text: str) -> str:
        for value, name in self._given.items():
            text = text.replace(value, name)
        for pattern, made in _MADE_UP:
            text = pattern.sub(partial(self._name, made), text)
        return text

    def _name(self, made: str, match: re.Match[str]) -> str:
        value = match[0]
        if value in self._found.values():
            return value
        if value not in self._found:
            self._counts[made] += 1
            self._found[value] = made.format(self._counts[made])
        return self._found[value]

    def value(self, value: Any, key: str = "") -> Any:
        if key in _TIMES:
            return 0
        if isinstance(value, Mapping):
            return {name: self.value(item, name) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if not isinstance(value, str):
            return value
        if key == "StatementId":
            value = _STATEMENT.sub(partial(self._name, "SID{:05d}"), value)
        return self.text(value)


_STATEMENT = re.compile(r"^[A-Z0-9]{8}$")
_TIMES = frozenset({"startTime", "endTime"})
#: What AWS or Zappa makes up, and what stands for it; what the scenarios themselves name is left alone.
_MADE_UP = tuple(
    (re.compile(pattern), made)
    for pattern, made in (
        (r"(?<=-)\d{10}(?=\.(?:zip|json|tar\.gz))", "1700000000"),
        (r"\bzappa-[a-z0-9]{9}\b", "zappa-{:09d}"),
        (
            r"\b(?!11111111-|1234abcd-)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
            "00000000-0000-4000-8000-{:012d}",
        ),
        (r"(?<![-\w])[0-9a-f]{8}(?![-\w])|(?<=Logs_)[0-9a-f]{8}(?=/)", "id{:06d}"),
        (r"\b(?<=fs-)[0-9a-f]{17}\b", "{:017d}"),
        (r"\b(?<=fsmt-)[0-9a-f]{17}\b", "{:017d}"),
        (r"\b(?<=fsap-)(?!0123456789abcdef0)[0-9a-f]{17}\b", "{:017d}"),
        (r"(?<=/)[a-z0-9]{16}(?![-\w])", "{:016d}"),
        (r"\bId\d{12}\b", "Id{:012d}"),
        (r"(?<=/hostedzone/)Z[A-Z0-9]+\b", "Z{:013d}"),
        (r"(?<=-Zappa-Cert)\d+\.\d+", "1700000000.5"),
    )
)


def spoken(name: str) -> str:
    """Return what stands in a recording for a name that a step of ``before`` made."""
    return name.replace("_", "-")


def recording_of(scenario: Scenario, names: Mapping[str, str], report: RehearsalReport) -> Recording:
    """Return what is kept of a run."""
    normal = Normaliser(names)
    commands = tuple(
        RecordedCommand(
            line=normal.text(command.words),
            exit_code=command.exit_code,
            calls=tuple(_collapsed(_calls(command.observations, normal))),
        )
        for command in report.commands
    )
    missing = tuple(normal.text(item) for item in report.missing)
    return Recording(scenario.name, report.zappa_version, commands, missing)


def _calls(observations: Iterable[Observation], normal: Normaliser) -> Iterator[RecordedCall]:
    for seen in observations:
        parameters = normal.value(seen.parameters)
        yield RecordedCall(seen.service, seen.operation, parameters, seen.at, seen.error, seen.region)


def _collapsed(calls: Iterable[RecordedCall]) -> Iterator[RecordedCall]:
    """Yield calls without those that only repeat the one before: how often a waiter asks depends on the day."""
    before = None
    for call in calls:
        if call != before:
            yield call
        before = call


def write(recording: Recording, stage: Stage) -> Path:
    """Write a recording, one line per call."""
    (scenario,) = (item for item in scenarios() if item.name == recording.scenario)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{scenario.file_name}.json"
    path.write_text("\n".join(_lines(recording, stage)) + "\n", encoding="utf-8")
    return path


def _lines(recording: Recording, stage: Stage) -> Iterator[str]:
    yield "{"
    yield f' "scenario": {_json(recording.scenario)},'
    yield f' "zappa": {_json(recording.zappa)},'
    yield f' "missing": {_json(list(recording.missing))},'
    yield ' "commands": ['
    for number, command in enumerate(recording.commands):
        yield f'  {{"command": {_json(command.line)}, "exit_code": {command.exit_code}, "calls": ['
        lines = [f"   {_json(_raw(call, stage.region))}" for call in command.calls]
        yield from (f"{line}," for line in lines[:-1])
        yield from lines[-1:]
        yield "  ]}" + ("," if number < len(recording.commands) - 1 else "")
    yield " ]"
    yield "}"


def _raw(call: RecordedCall, region: str) -> dict[str, Any]:
    raw: dict[str, Any] = {"call": call.name}
    if call.error:
        raw["error"] = call.error
    if call.region not in {"", region}:
        raw["region"] = call.region
    return {**raw, "at": call.at, "parameters": call.parameters}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=False)


@lru_cache(maxsize=1)
def recordings() -> tuple[Recording, ...]:
    """Return every recording that is kept, in the order of the scenarios."""
    return tuple(read(scenario) for scenario in scenarios() if path_of(scenario).exists())


def path_of(scenario: Scenario) -> Path:
    return FOLDER / f"{scenario.file_name}.json"


def read(scenario: Scenario) -> Recording:
    """Return the recording of a scenario."""
    raw = json.loads(path_of(scenario).read_text(encoding="utf-8"))
    commands = tuple(
        RecordedCommand(
            command["command"], command["exit_code"], tuple(_read_call(call) for call in command["calls"])
        )
        for command in raw["commands"]
    )
    return Recording(raw["scenario"], raw["zappa"], commands, tuple(raw["missing"]))


def _read_call(raw: Mapping[str, Any]) -> RecordedCall:
    service, _, operation = raw["call"].partition(".")
    return RecordedCall(
        service, operation, raw["parameters"], raw["at"], raw.get("error", ""), raw.get("region", "")
    )
