"""Recordings of the real Zappa, replayed offline: the tables foresee every call, and the policy allows it."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.recordings.matching import (
    RowKey,
    foreseen,
    needs_no_permission,
    predicted,
    recorded_rows,
    scope_of,
    stage_of,
)
from tests.recordings.recording import FOLDER, Normaliser, path_of, read, recordings
from tests.recordings.scenarios import Scenario, scenarios
from zappa_iam_ext.check import request_of
from zappa_iam_ext.iam import CompiledPolicySet, Decision, PolicySet, compile_policies
from zappa_iam_ext.permissions.authorizations import authorize, is_known
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.tables.rows import CallRow, call_rows
from zappa_iam_ext.permissions.tables.versions import parse_version

UNREACHED = Path(__file__).parents[1] / "recordings" / "unreached.toml"
PRINCIPAL = "arn:aws:iam::123456789012:user/serverless"

each_scenario = pytest.mark.parametrize(
    "scenario", [pytest.param(item, id=item.name) for item in scenarios()]
)


def test_the_scenarios_are_many_and_each_is_recorded() -> None:
    assert len(scenarios()) >= 25
    assert {path.name for path in FOLDER.glob("*.json")} == {path_of(item).name for item in scenarios()}


def test_the_recordings_are_of_one_zappa() -> None:
    (zappa,) = {recording.zappa for recording in recordings()}
    installed = version("zappa")
    assert parse_version(zappa) >= parse_version(installed), (
        f"tests/recordings/calls/ is of Zappa {zappa}: let a scenario of tests/recordings/scenarios.toml make the new calls"
        " of this one, then run `make recordings` and `make denials`"
    )
    if zappa != installed:
        pytest.skip(f"recorded with Zappa {zappa}, which is newer than this one")


@each_scenario
def test_a_recording_is_of_its_scenario(scenario: Scenario) -> None:
    recording = read(scenario)
    assert tuple(command.line for command in recording.commands) == scenario.lines("123456789012")
    assert list(recording.calls)
    assert recording.missing == ()


@each_scenario
def test_a_command_that_fails_says_why(scenario: Scenario) -> None:
    failed = {command.line.split()[0] for command in read(scenario).commands if command.exit_code}
    assert failed == set(scenario.fails)


@each_scenario
def test_every_recorded_call_is_foreseen(scenario: Scenario) -> None:
    recording = read(scenario)
    surprises = [
        f"{command.line}: {call.name} @ {call.at}: {dict(call.parameters)}"
        for command in recording.commands
        for call in command.calls
        if not needs_no_permission(call) and not foreseen(recording, command.line, call)
    ]
    assert not surprises, "no row of permissions/tables/zappa_calls/ foresees them:\n" + "\n".join(surprises)


@each_scenario
def test_the_policy_of_each_command_allows_its_recorded_calls(scenario: Scenario) -> None:
    stage, recording = stage_of(scenario.name), read(scenario)
    refused = []
    for command in recording.commands:
        policies = _policies(scenario.name, command.line)
        for call in command.calls:
            assert needs_no_permission(call) or is_known(call.call), call.name
            for requirement in authorize(call.call, scope_of(stage)):
                request = request_of(requirement, PRINCIPAL, stage.region)
                if policies.decide(request) is not Decision.ALLOWED:
                    refused.append(f"{command.line}: {requirement.action} on {requirement.resource}")
    assert not refused


@lru_cache(maxsize=512)
def _policies(scenario: str, line: str) -> CompiledPolicySet:
    needed = requirements(stage_of(scenario), [parse_command(line)])
    return compile_policies(PolicySet(identity=(deployment_policy(needed),)))


def test_every_row_is_recorded_or_says_why_not() -> None:
    """What the local AWS cannot reach is listed by name; what it reached after all must leave the list."""
    never = _rows() - recorded_rows(recordings())
    missing = sorted(never - unreached_rows(), key=str)
    assert not missing, (
        "no recording holds them: let a scenario of tests/recordings/scenarios.toml make the call and run"
        " `make recordings`, or, where the local AWS cannot reach it, add to tests/recordings/unreached.toml:\n\n"
        + "\n\n".join(map(_entry_for, missing))
    )
    reached = sorted(map(str, unreached_rows() - never))
    assert reached == [], "is recorded now: take it out of tests/recordings/unreached.toml"


def _entry_for(row: RowKey) -> str:
    because = row.because.replace('"', '\\"')
    return (
        f'[[unreached]]\ncalls = ["{row.name}"]\ncommands = ["{row.command}"]\n'
        f'because = "{because}"\nreason = "the local AWS ..."'
    )


def test_every_entry_of_the_unreached_is_a_row_and_has_a_reason() -> None:
    for entry in _entries():
        assert entry["reason"], f"say why, in tests/recordings/unreached.toml: {entry}"
        assert "..." not in entry["reason"], (
            f"the reason is not filled in, in tests/recordings/unreached.toml: {entry}"
        )
        for call in entry["calls"]:
            for command in entry["commands"]:
                assert any(_is_meant(row, entry, call, command) for row in _rows()), (command, call)


def test_a_row_is_told_from_all_others() -> None:
    keys = Counter(key for row in _current_rows() for key in _keys(row))
    assert [str(key) for key, times in keys.items() if times > 1] == []


def _rows() -> frozenset[RowKey]:
    return frozenset(key for row in _current_rows() for key in _keys(row))


def _current_rows() -> list[CallRow]:
    (zappa,) = {recording.zappa for recording in recordings()}
    return [row for row in call_rows() if not row.omitted and row.in_version(parse_version(zappa))]


def _keys(row: CallRow) -> list[RowKey]:
    return [RowKey.of(row, command) for command in row.commands]


@lru_cache(maxsize=1)
def unreached_rows() -> frozenset[RowKey]:
    return frozenset(
        row
        for row in _rows()
        for entry in _entries()
        for call in entry["calls"]
        for command in entry["commands"]
        if _is_meant(row, entry, call, command)
    )


def _is_meant(row: RowKey, entry: dict[str, Any], call: str, command: str) -> bool:
    return (
        (row.name, row.command) == (call, command)
        and row.because == entry.get("because", row.because)
        and row.each == entry.get("each", row.each)
        and set(row.when) >= set(entry.get("when", ()))
    )


def _entries() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(UNREACHED.read_text(encoding="utf-8"))["unreached"]
    return entries


def test_predictions_fit_only_what_they_name() -> None:
    """The replay can fail: a call at another place, or with another name, is no longer foreseen."""
    recording = next(item for item in recordings() if item.scenario == "default")
    call = next(item for item in recording.commands[0].calls if item.name == "lambda.CreateFunction")
    assert foreseen(recording, "deploy", call)
    other = type(call)(call.service, call.operation, {**call.parameters, "FunctionName": "other"}, call.at)
    assert not foreseen(recording, "deploy", other)
    elsewhere = type(call)(
        call.service, call.operation, call.parameters, "Zappa.rollback_lambda_function_version"
    )
    assert not foreseen(recording, "deploy", elsewhere)
    assert predicted("default", "deploy")


def test_what_changes_from_run_to_run_is_not_kept() -> None:
    texts = [
        ("204871113364", "zappa-k3j4h5g6f", "hello-dev-1795577086.zip", "e0cfd0f0"),
        ("918273645546", "zappa-zzzzzzzzz", "hello-dev-1695570000.zip", "1234abcd"),
    ]
    kept = []
    for account, bucket, key, api in texts:
        normal = Normaliser({"account": account})
        kept.append(
            normal.value(
                {
                    "Role": f"arn:aws:iam::{account}:role/hello",
                    "Bucket": bucket,
                    "Key": key,
                    "restApiId": api,
                    "logGroupName": f"API-Gateway-Execution-Logs_{api}/dev",
                    "startTime": int(account),
                }
            )
        )
    assert kept[0] == kept[1]
    assert kept[0]["Role"] == "arn:aws:iam::123456789012:role/hello"
    assert kept[0]["restApiId"] in kept[0]["logGroupName"]
