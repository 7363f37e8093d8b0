"""The package that Zappa builds, run by the local AWS's Lambda under the computed role, IAM enforced.

The function's own calls are real and judged twice: by the local AWS as they are made, by our evaluator afterwards. What
services do with the role is played with its session, or only judged, as the rows of `others.toml` say.
`make slow` runs a sample; `make runs` runs all, and drops each grant for real.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.function.cases import (
    Case,
    Judged,
    Played,
    case_names,
    cases,
    checked,
    forbidden,
    judged,
    played,
)
from tests.support.function.deployed import Deployed, deployed, filled, name_of
from tests.support.function.happenings import Happenings
from tests.support.function.judging import (
    FUNCTION,
    Grant,
    grants,
    refused,
    request_of_call,
    request_of_judged,
)
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.iam import AuthorizationRequest, PolicyDocument
from zappa_iam_ext.permissions.model import Consequence
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.permissions.runtime.needs import runtime_needs
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.runtime_rows import runtime_rows
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws
from zappa_iam_ext.rehearsal.observation import Observation, Outcome
from zappa_iam_ext.roles.execution_trust import execution_trust

SAMPLE = frozenset({"asynchronous tasks over SNS, answers kept", "events from SQS"})
ALL = os.environ.get("ZAPPA_IAM_EXT_RUNS") == "all"

pytestmark = [pytest.mark.aws, pytest.mark.zappa, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Ran:
    """A case that ran under the computed policy."""

    at: Deployed
    policy: PolicyDocument
    seen: tuple[Observation, ...]
    played: tuple[tuple[Played, Observation], ...]

    @property
    def requests(self) -> list[AuthorizationRequest]:
        """What AWS would have checked: for the calls that were made, and for what is only judged."""
        calls = (*self.seen, *(call for _, call in self.played))
        asked = [request_of_call(call, self.at.names, self.at.stage) for call in calls]
        rows = [request_of_judged(row, self.at.names, self.at.stage) for row in judged(self.at.case.name)]
        return [request for request in asked if request is not None] + rows


def each() -> list:
    return [
        pytest.param(case, id=case.name, marks=pytest.mark.xdist_group(case.name))
        for case in cases()
        if ALL or case.name in SAMPLE
    ]


@pytest.fixture(scope="module", params=each())
def ran(request: pytest.FixtureRequest, running_aws: LocalAws) -> Iterator[Ran]:
    with deployed(request.param, running_aws.another_account(), execution_policy, execution_trust) as at:
        policy = execution_policy(at.stage)
        seen = at.run(policy)
        if "websocket" in at.names:  # the second phase: the id of the API is known
            policy = execution_policy(at.stage, websocket_api=at.names["websocket"])
            seen += at.run(policy)
        others = [(row, at.play(row, policy)) for row in played(at.case.name)]
        yield Ran(at, policy, tuple(seen), tuple(others))


def test_the_sample_and_the_rows_name_cases() -> None:
    rows = _rows()
    named = {case for row in rows for case in row.cases}
    assert case_names() >= SAMPLE | named


def test_every_row_of_the_execution_role_is_in_a_case() -> None:
    reached = [row for case in cases() for row, _ in runtime_needs(_planned(case))]
    assert [(row.purpose, row.action) for row in runtime_rows() if row not in reached] == []


def test_what_is_judged_of_the_function_is_called_in_another_case() -> None:
    actions = {case.name: {checked()[call].get("action") for call in case.calls} for case in cases()}
    rows = [row for row in _rows() if isinstance(row, Judged) and row.used_by == FUNCTION]
    assert rows
    assert [row for row in rows if row.action not in actions[row.shown_in]] == []


def test_nothing_is_denied(ran: Ran) -> None:
    assert [call for call in ran.seen if call.outcome is not Outcome.OK] == []
    assert [call.operation for row, call in ran.played if call.error not in {"", row.fails}] == []


def test_the_function_makes_the_calls_that_the_case_lists(ran: Ran) -> None:
    assert {name_of(call) for call in ran.seen} == set(ran.at.case.calls)


def test_our_evaluator_allows_all_of_it_too(ran: Ran) -> None:
    assert refused(ran.policy, ran.requests) == []


def test_what_looks_like_it_is_not_allowed(ran: Ran) -> None:
    at = ran.at
    asked = [request_of_judged(row, at.names, at.stage) for row in forbidden(at.case.name)]
    assert refused(ran.policy, asked) == asked


def test_dropping_any_grant_refuses_something(ran: Ran) -> None:
    surplus = [grant for grant, rest in grants(ran.policy) if not refused(rest, ran.requests)]
    assert surplus == []


def test_the_local_aws_refuses_what_a_dropped_grant_allowed(ran: Ran) -> None:
    """For real: the function runs again, or the call of the service is played again, under the policy less the grant."""
    dropped = list(grants(ran.policy))
    unnoticed = [
        (grant, again)
        for grant, rest in (dropped if ALL else _of_the_function(ran, dropped)[:1])
        if (again := _made_again(ran, rest)) is not None
    ]
    assert unnoticed == []


@pytest.mark.skipif(not ALL, reason="one case more: make runs")
@pytest.mark.parametrize("ran", [next(case for case in cases() if case.name == "remote env")], indirect=True)
def test_a_remote_env_that_is_denied_is_silent(ran: Ran) -> None:
    """The row says so: the application answers, without the variables of the object."""
    (rest,) = (rest for grant, rest in grants(ran.policy) if grant.action == "s3:GetObject")
    assert [row.consequence for row, _ in runtime_needs(ran.at.stage) if row.action == "s3:GetObject"] == [
        Consequence.SILENT
    ]
    (denied,) = ran.at.run_until_denied(rest, frozenset({"s3.GetObject"}))
    assert denied.outcome is Outcome.DENIED_BY_AWS
    Happenings(ran.at.aws, ran.at.names).get("index", says='"remote": null')


def _made_again(ran: Ran, rest: PolicyDocument) -> list[Observation] | None:
    """Make again the calls that need what is dropped; return them unless one is refused, or none was ever made."""
    rows = [row for row, call in ran.played if _lacks(ran, call, rest)]
    calls = frozenset(name_of(call) for call in ran.seen if _lacks(ran, call, rest))
    again = [ran.at.play(row, rest) for row in rows] + (ran.at.run_until_denied(rest, calls) if calls else [])
    expected = calls | {name_of(row) for row in rows}
    refused_again = {name_of(call) for call in again if call.outcome is Outcome.DENIED_BY_AWS}
    return again if expected and not refused_again & expected else None


def _of_the_function(
    ran: Ran, dropped: list[tuple[Grant, PolicyDocument]]
) -> list[tuple[Grant, PolicyDocument]]:
    return [(grant, rest) for grant, rest in dropped if any(_lacks(ran, call, rest) for call in ran.seen)]


def _lacks(ran: Ran, call: Observation, rest: PolicyDocument) -> bool:
    request = request_of_call(call, ran.at.names, ran.at.stage)
    return request is not None and bool(refused(rest, [request]))


def _planned(case: Case) -> Stage:
    """Return the stage of a case without an account: what its sources would be named stands there."""
    return stage(filled(case.settings, NAMES), websocket=case.websocket)


NAMES = {
    "account": ACCOUNT,
    "authorizer_arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:gate",
    "bucket": "hello-uploads",
    "consumer_arn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/clicks/consumer/hello:1",
    "group": "sg-1",
    "queue_arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders",
    "stream_arn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/clicks",
    "subnet_a": "subnet-1",
    "subnet_b": "subnet-2",
    "table_stream_arn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/items/stream/1",
    "topic_arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:news",
}


def _rows() -> list[Played | Judged]:
    return [row for case in cases() for row in (*played(case.name), *judged(case.name))]
