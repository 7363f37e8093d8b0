"""What a denial does, as it was seen: each recorded call was denied once, and the table says what became of it."""

from __future__ import annotations

import pytest

from tests.recordings.denials import Denial, questions, read_denials
from tests.recordings.matching import foreseen
from tests.recordings.recording import recordings
from zappa_iam_ext.permissions.model import Call, Consequence


def test_every_recorded_call_was_denied_once() -> None:
    asked = {denial.question.key for denial in read_denials()}
    wanted = {question.key for question in questions()}
    assert sorted(wanted - asked) == []
    assert sorted(asked - wanted) == []


@pytest.mark.parametrize("denial", [pytest.param(item, id=str(item.question)) for item in read_denials()])
def test_the_table_says_what_a_denial_does(denial: Denial) -> None:
    assert denial.denied
    rows = _rows(denial)
    assert rows
    for row in rows:
        stops = row.consequence is Consequence.STOPS
        assert stops == (denial.observed == "stops"), f"{row.source}: {row.because}: {row.consequence}"


@pytest.mark.parametrize("denial", [pytest.param(item, id=str(item.question)) for item in read_denials()])
def test_what_goes_on_in_silence_says_what_is_then_wrong(denial: Denial) -> None:
    assert all(row.wrong for row in _rows(denial) if row.consequence is not Consequence.STOPS)


def _rows(denial: Denial) -> tuple[Call, ...]:
    question = denial.question
    recording = next(item for item in recordings() if item.scenario == question.scenario)
    command = recording.commands[question.place]
    call = next(item for item in command.calls if question.refused.meets(item.call, item.at))
    return tuple(item.call for item in foreseen(recording, command.line, call))
