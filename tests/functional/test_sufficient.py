"""The real Zappa under the generated policy, as a real IAM user: two engines judge each call, and neither refuses one.

`make slow` runs a sample, `make longer` the dozen that differ most; `make scenarios` runs them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.recordings.recording import read, recording_of
from tests.recordings.scenarios import Scenario, run, scenarios
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws, local_aws

SAMPLE = frozenset(
    {
        "container image",
        "events from s3",
        "function url given to iam",
        "managed role lost since",
        "slim handler in parts, bucket given",
    }
)
#: With the sample, the dozen that differ most. `test_end_to_end` deploys the default settings.
DOZEN = SAMPLE | {
    "another region",
    "cognito triggers",
    "default",
    "domain without route 53, with a base path",
    "events from sqs",
    "file system created",
    "gateway v2 with cors and tags",
    "load balancer",
    "own role by name",
    "websocket",
}
ALL = os.environ.get("ZAPPA_IAM_EXT_SCENARIOS") == "all"

pytestmark = [pytest.mark.aws, pytest.mark.zappa, pytest.mark.slow]


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with local_aws() as started:
        yield started


def test_the_dozen_are_scenarios() -> None:
    assert {item.name for item in scenarios()} >= DOZEN


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(item, id=item.name, marks=() if item.name in SAMPLE else pytest.mark.longer)
        for item in scenarios()
        if ALL or item.name in DOZEN
    ],
)
def test_the_generated_policy_suffices(scenario: Scenario, aws: LocalAws) -> None:
    done = run(scenario, aws)
    seen, kept = recording_of(scenario, done.names, done.report), read(scenario)
    refused = [
        f"{item.service}.{item.operation} ({item.outcome}): "
        + ", ".join(f"{check.action} on {check.resource}" for check in item.checked)
        for item in (*done.report.denied, *done.report.unjudged)
    ]
    assert not refused
    assert [command.exit_code for command in seen.commands] == [
        command.exit_code for command in kept.commands
    ]
    assert {(call.name, call.at) for call in seen.calls} == {(call.name, call.at) for call in kept.calls}
