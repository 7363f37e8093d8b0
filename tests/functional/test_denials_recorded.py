"""What a denial does, as it was seen: each recorded call was denied once, and the table says what became of it."""

from __future__ import annotations

import tomllib

from tests.recordings.denials import FAILS, FILE, Denial, questions, read_denials
from tests.recordings.matching import Prediction, RowKey, foreseen
from tests.recordings.recording import recordings
from zappa_iam_ext.permissions.model import Consequence
from zappa_iam_ext.permissions.tables.rows import call_rows


def test_every_recorded_call_was_denied_once() -> None:
    """`make denials` asks what is missing; an answer about a call that is recorded no more must leave."""
    asked = [denial.question.key for denial in read_denials()]
    wanted = {question.key for question in questions()}
    assert len(asked) == len(set(asked))
    assert sorted(wanted - set(asked)) == [], "not denied yet: run `make denials`"
    assert sorted(set(asked) - wanted) == [], (
        "recorded no more: take them out of tests/recordings/denials.json"
    )


def test_the_table_says_what_a_denial_does() -> None:
    """A row ``stops`` if a denial of one of its calls stopped Zappa anywhere; else it says that Zappa goes on."""
    seen: dict[tuple[RowKey, Consequence], dict[str, str]] = {}
    for denial in read_denials():
        for prediction in _rows(denial) if denial.observed != "fails anyway" else ():
            row = seen.setdefault((prediction.row, prediction.call.consequence), {})
            row[str(denial.question)] = denial.observed
    excused = _exceptions()
    wrong = {
        (row.command, row.name, row.because): f"{row.source}: {consequence}, but {outcomes}"
        for (row, consequence), outcomes in seen.items()
        if (consequence is Consequence.STOPS) != ("stops" in outcomes.values())
    }
    told = "\n".join(f"{row} {told}" for row, told in wrong.items() if row not in excused)
    assert told == "", (
        "the real Zappa did otherwise: correct `on_denied` in permissions/tables/zappa_calls/, or say in"
        f" tests/recordings/denial_exceptions.toml why the local AWS misleads:\n{told}"
    )
    assert excused <= wrong.keys(), "agrees now: take it out of tests/recordings/denial_exceptions.toml"


def _exceptions() -> set[tuple[str, str, str]]:
    table = tomllib.loads((FILE.parent / "denial_exceptions.toml").read_text(encoding="utf-8"))
    assert all(row["reason"] for row in table["exception"])
    return {
        (command, row["call"], row["because"]) for row in table["exception"] for command in row["commands"]
    }


def test_what_goes_on_in_silence_says_what_is_then_wrong() -> None:
    silent = [row for row in call_rows() if row.on_denied is Consequence.SILENT and not row.omitted]
    assert silent
    assert [f"{row.operation}: {row.because}" for row in silent if not row.symptom] == []


def _rows(denial: Denial) -> tuple[Prediction, ...]:
    question = denial.question
    recording = next(item for item in recordings() if item.scenario == question.scenario)
    command = recording.commands[question.place]
    call = next(
        item
        for item in command.calls
        if question.refused.meets(item.call, item.at) and bool(item.error) == (question.usually == FAILS)
    )
    return foreseen(recording, command.line, call)
