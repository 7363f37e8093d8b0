"""What Zappa does the second time, and after settings changed: every call in its source has a branch that is shown or explained."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests.functional.test_drift import CORE, EVERY_VERSION, places
from tests.recordings.recording import RecordedCommand, read
from tests.recordings.scenarios import Scenario, scenarios
from tests.support.zappa_source import Source, source
from tests.support.zappa_source import read as read_source
from zappa_iam_ext.permissions.model import ResourceState
from zappa_iam_ext.permissions.tables.rows import call_rows
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS

FILE = Path(__file__).parents[1] / "recordings" / "transitions.toml"
ANY = "any"
Branch = Mapping[str, Any]


@lru_cache(maxsize=1)
def branches() -> tuple[Branch, ...]:
    return tuple(tomllib.loads(FILE.read_text(encoding="utf-8"))["branch"])


def sites_of(branch: Branch) -> Iterator[tuple[str, str]]:
    yield from ((branch["at"], call) for call in branch["calls"])


def without_branch(found: Source) -> list[str]:
    """Return the calls of the source of which no branch says what they are for in another state of the account."""
    known = {site for branch in branches() for site in sites_of(branch)}
    return sorted(
        f'[[branch]]\nat = "{site.place}"\nstate = ""\ndoes = ""\ncalls = ["{site.service}.{site.operation}"]\nscenario = ""\ncommand = ""'
        for site in found.sites
        if (site.place, f"{site.service}.{site.operation}") not in known
    )


@pytest.mark.parametrize("zappa", EVERY_VERSION)
def test_every_call_of_the_source_has_a_branch(zappa: str) -> None:
    missing = without_branch(source(zappa))
    assert not missing, f"read the function, and add to {FILE.name}:\n\n" + "\n\n".join(missing)


def test_a_new_call_prints_the_branch_to_add() -> None:
    found = read_source({"core.py": CORE.format(code="self.lambda_client.get_account_settings()")}, "1.0")
    (missing,) = without_branch(found)
    assert 'at = "core.py: Zappa.work"' in missing
    assert 'calls = ["lambda.GetAccountSettings"]' in missing


@pytest.mark.slow
def test_no_branch_is_of_a_call_that_no_version_makes() -> None:
    sites = {(s.place, f"{s.service}.{s.operation}") for zappa in ZAPPA_VERSIONS for s in source(zappa).sites}
    assert [site for branch in branches() for site in sites_of(branch) if site not in sites] == []


def test_a_branch_is_shown_by_a_recording_or_says_why_not() -> None:
    for branch in branches():
        assert branch["does"]
        assert branch["state"] in {*map(str, ResourceState), ANY}, branch
        assert ("scenario" in branch) != bool(branch.get("reason")), branch


SHOWN = [
    pytest.param(branch, id=f"{branch['at']}, {branch['state']}, {branch['scenario']}: {branch['command']}")
    for branch in branches()
    if "scenario" in branch
]


@pytest.mark.parametrize("branch", SHOWN)
def test_the_recording_shows_the_branch(branch: Branch) -> None:
    (scenario,) = (item for item in scenarios() if item.name == branch["scenario"])
    commands = [
        command
        for place, command in enumerate(read(scenario).commands)
        if command.line.split()[0] == branch["command"] and second_time(scenario, place)
    ]
    assert commands, "the command is the first in an empty account: it shows no transition"
    made = {call for command in commands for call in made_in(branch["at"].partition(": ")[2], command)}
    assert sorted(set(branch["calls"]) - made) == []


def second_time(scenario: Scenario, place: int) -> bool:
    """Say whether something was there before the command: a former deployment, another command, or something prepared."""
    former = scenario.deployed_with is not None or bool(scenario.deployed_without)
    return bool(place or former or scenario.before or scenario.meanwhile)


def made_in(function: str, command: RecordedCommand) -> set[str]:
    """Return the calls that a function made in a command, itself and not those that it calls."""
    return {call.name for call in command.calls if _innermost(call.at) == function}


def _innermost(at: str) -> str:
    """Return the function of Zappa that made the call; a comprehension belongs to the function around it."""
    return next((name for name in at.split(" < ") if not name.startswith("<")), "")


def test_what_is_marked_in_the_table_is_a_branch_of_the_source() -> None:
    known = {(site, branch["state"]) for branch in branches() for site in sites_of(branch)}
    unexplained = [
        f"{row.service}.{row.operation}, {row.only_if}: {row.source}"
        for row in call_rows()
        if row.only_if
        and not any(
            ((place, f"{row.service}.{row.operation}"), str(row.only_if)) in known for place in places(row)
        )
    ]
    assert unexplained == []


def test_no_branch_is_told_twice() -> None:
    told = Counter(
        (site, branch["state"], branch.get("scenario"), branch.get("command"))
        for branch in branches()
        for site in sites_of(branch)
    )
    assert [key for key, times in told.items() if times > 1] == []
