"""What Zappa made of each call that was denied: ``denials.json``, one line per call. Pure but for the file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.recordings.matching import needs_no_permission
from tests.recordings.recording import RecordedCall, recordings
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.rehearsal.inside_zappa.enforcement import ForcedDenial

FILE = Path(__file__).parent / "denials.json"
#: Parameters by which calls at one place in Zappa differ, where rows of the table tell them apart.
_TELLING = ("Name", "Action", "Principal", "StatementId", "PolicyName", "ResourceType")
OK, FAILS = "is answered", "fails"


@dataclass(frozen=True, slots=True)
class Question:
    """A call to deny: in which scenario, in the command at which place, and which call.

    ``usually`` is how the call ends in the recording: what Zappa makes of a denial can depend on whether it would
    have found what it looks for.
    """

    scenario: str
    place: int
    command: str
    refused: ForcedDenial
    usually: str = OK

    @property
    def key(self) -> str:
        """What is asked, wherever it is tried."""
        return f"{self.command}: {self.refused} ({self.usually})"

    def __str__(self) -> str:
        return f"{self.scenario}, {self.command}: {self.refused}"


@dataclass(frozen=True, slots=True)
class Denial:
    """What became of the command once the call was denied.

    ``went_on``: further calls were made, or the recording has none either. ``not_made`` names calls of the
    recording that were no longer made.
    """

    question: Question
    exit_code: int
    usual_exit_code: int
    went_on: bool
    not_made: tuple[str, ...] = ()

    @property
    def observed(self) -> str:
        """``stops``: the command ended with an error; where it does so anyway, calls were left out.

        ``fails anyway``: the command ends with an error right after this call, denied or not, which tells nothing.
        """
        if not self.usual_exit_code:
            return "stops" if self.exit_code else "goes on"
        if self.went_on:
            return "goes on"
        return "stops" if self.not_made else "fails anyway"


def questions() -> tuple[Question, ...]:
    """Return every recorded call once per command and place in Zappa, and once more where it usually fails.

    It is asked in a scenario whose command succeeds, if there is one, with the fewest commands before it.
    """
    asked: dict[str, tuple[tuple[bool, int], Question]] = {}
    for recording in recordings():
        for question in asked_of(recording.scenario):
            rank = (bool(recording.commands[question.place].exit_code), question.place)
            if question.key not in asked or rank < asked[question.key][0]:
                asked[question.key] = (rank, question)
    return tuple(question for _, question in asked.values())


def asked_of(scenario: str) -> list[Question]:
    """Return a question for each recorded call of a scenario."""
    recording = next(item for item in recordings() if item.scenario == scenario)
    return [
        Question(
            scenario,
            place,
            parse_command(command.line).name,
            ForcedDenial(call.name, call.at, _where(call)),
            FAILS if call.error else OK,
        )
        for place, command in enumerate(recording.commands)
        for call in command.calls
        if not needs_no_permission(call)
    ]


def _where(call: RecordedCall) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, value)
        for name in _TELLING
        if isinstance(value := call.parameters.get(name), str) and not value.startswith("SID")
    )


def read_denials() -> tuple[Denial, ...]:
    """Return what is kept, in the order of the questions."""
    if not FILE.exists():
        return ()
    return tuple(_read(raw) for raw in json.loads(FILE.read_text(encoding="utf-8")))


def write_denials(denials: Iterable[Denial]) -> None:
    """Keep the answers, one a line."""
    lines = [json.dumps(_raw(denial), ensure_ascii=False) for denial in denials]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def _raw(denial: Denial) -> dict[str, Any]:
    question = denial.question
    raw: dict[str, Any] = {
        "scenario": question.scenario,
        "place": question.place,
        "command": question.command,
        "denied": str(question.refused),
        "usually": question.usually,
        "observed": denial.observed,
        "exit_code": denial.exit_code,
        "went_on": denial.went_on,
    }
    if denial.usual_exit_code:
        raw["usual_exit_code"] = denial.usual_exit_code
    return raw | ({"not_made": list(denial.not_made)} if denial.not_made else {})


def _read(raw: dict[str, Any]) -> Denial:
    question = Question(
        raw["scenario"], raw["place"], raw["command"], ForcedDenial.parse(raw["denied"]), raw["usually"]
    )
    return Denial(
        question,
        exit_code=raw["exit_code"],
        usual_exit_code=raw.get("usual_exit_code", 0),
        went_on=raw["went_on"],
        not_made=tuple(raw.get("not_made", ())),
    )
