"""Denies each recorded call once and keeps what Zappa made of it: ``python -m tests.recordings.deny``.

What is kept already is not asked again (``--again`` does), so that the hour this takes can be interrupted. Scenarios
may be named.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.recordings.denials import FILE, Denial, Question, questions, read_denials, write_denials
from tests.recordings.record import AT_ONCE, tell
from tests.recordings.recording import RecordedCall, Recording, read, recording_of
from tests.recordings.scenarios import run, scenarios
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws, local_aws

_AT_EXIT = "ZappaCLI.on_exit"


def ask(question: Question, aws: LocalAws) -> Denial | None:
    """Run the scenario up to the command, as an administrator who is refused this one call."""
    (scenario,) = (item for item in scenarios() if item.name == question.scenario)
    done = run(scenario, aws, enforce=False, deny=[str(question.refused)], until=question.place + 1)
    seen = recording_of(scenario, done.names, done.report)
    return outcome(question, read(scenario), seen)


def outcome(question: Question, baseline: Recording, seen: Recording) -> Denial | None:
    """Compare what Zappa did with what it does otherwise; None when it did not make the call this time."""
    before, after = baseline.commands[question.place], seen.commands[question.place]
    denied = [index for index, call in enumerate(after.calls) if question.refused.meets(call.call, call.at)]
    if not denied:
        return None
    first = next(i for i, call in enumerate(before.calls) if question.refused.meets(call.call, call.at))
    usual = Counter(_names(before.calls[first + 1 :], question))
    still = Counter(_names(after.calls[denied[0] + 1 :], question))
    return Denial(
        question,
        exit_code=after.exit_code,
        usual_exit_code=before.exit_code,
        went_on=bool(still) or (not usual and not before.exit_code),
        not_made=tuple(sorted((usual - still).keys())),
    )


def _names(calls: Iterable[RecordedCall], question: Question) -> Iterator[str]:
    for call in calls:
        if not call.at.endswith(_AT_EXIT) and not question.refused.meets(call.call, call.at):
            yield call.name


def _most_telling_first(asked: Iterable[Question], known: Iterable[Denial]) -> list[Question]:
    """Order by what is known already: functions of Zappa of which nothing is, then commands, then the rest."""
    functions, places = set(), set()
    for denial in known:
        functions.add(_function(denial.question))
        places.add((denial.question.command, denial.question.refused))
    ordered: list[tuple[int, Question]] = []
    for question in asked:
        place = (question.command, question.refused)
        ordered.append(((_function(question) in functions) + (place in places), question))
        functions.add(_function(question))
        places.add(place)
    return [question for _, question in sorted(ordered, key=lambda item: item[0])]


def _function(question: Question) -> tuple[str, str]:
    return question.refused.call, question.refused.at.partition(" < ")[0]


def main(arguments: list[str]) -> None:
    """Ask what is not known yet, and keep every answer as it comes."""
    names = {name for name in arguments if not name.startswith("-")}
    known = {} if "--again" in arguments else {denial.question.key: denial for denial in read_denials()}
    wanted = list(questions())
    open_ = [item for item in wanted if item.key not in known and (not names or item.scenario in names)]
    open_ = _most_telling_first(open_, known.values())
    tell(f"{len(wanted)} calls to deny, {len(open_)} of them now")
    with local_aws(progress=tell) as aws, ProcessPoolExecutor(AT_ONCE) as pool:
        asked = {pool.submit(ask, question, aws): question for question in open_}
        for number, future in enumerate(as_completed(asked), 1):
            question = asked[future]
            try:
                answer = future.result()
            except Exception as error:  # noqa: BLE001  -- one that cannot be asked must not end the hour
                tell(f"{number}/{len(open_)} {question}: {type(error).__name__}: {error}")
                continue
            if answer is None:
                tell(f"{number}/{len(open_)} never made: {question}")
                continue
            known[question.key] = answer
            write_denials([known[item.key] for item in wanted if item.key in known])
            tell(f"{number}/{len(open_)} {known[question.key].observed}: {question}")
    tell(f"kept in {FILE.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
