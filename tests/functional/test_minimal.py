"""Nothing too much is granted: dropping any one action on any one resource refuses a call that is known to be made."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tests.functional.test_recordings import PRINCIPAL, each_scenario, unreached_rows
from tests.recordings.matching import RowKey, predicted, recorded_rows, scope_of, stage_of
from tests.recordings.recording import read, recordings
from tests.recordings.scenarios import Scenario, scenarios
from zappa_iam_ext.check import request_of
from zappa_iam_ext.iam import Decision, PolicyDocument, PolicySet, compile_policies
from zappa_iam_ext.iam.document import as_list
from zappa_iam_ext.permissions.authorizations import authorize
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements


@dataclass(frozen=True, slots=True)
class Granted:
    """One action on one resource that a statement of the policy allows."""

    action: str
    resource: str


@each_scenario
def test_dropping_any_grant_refuses_a_call(scenario: Scenario) -> None:
    """Calls count that were recorded for the row that predicts them, here or in another scenario."""
    surplus = _surplus(scenario, _known(scenario))
    only_unreached = _surplus(scenario, [*_known(scenario), *_unreached(scenario)])
    assert only_unreached == []
    named = {requirement.action for requirement in _unreached(scenario)}
    assert {grant.action for grant in surplus} <= named


@each_scenario
def test_every_granted_action_is_used_by_a_recorded_call_or_is_named(scenario: Scenario) -> None:
    used = {requirement.action for requirement in _known(scenario)}
    named = {requirement.action for requirement in _unreached(scenario)}
    granted = {grant.action for grant, _ in _grants(_document(scenario))}
    assert granted <= used | named


def test_a_grant_too_much_is_noticed() -> None:
    scenario = next(item for item in scenarios() if item.name == "default")
    raw = _document(scenario).to_dict()
    raw["Statement"].append({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::other/*"})
    known = _known(scenario)
    surplus = [
        grant
        for grant, rest in _grants(PolicyDocument.parse(raw))
        if not _refuses(rest, grant, known, scenario)
    ]
    assert Granted("s3:PutObject", "arn:aws:s3:::other/*") in surplus


def _surplus(scenario: Scenario, known: list[Requirement]) -> list[Granted]:
    return [
        grant for grant, rest in _grants(_document(scenario)) if not _refuses(rest, grant, known, scenario)
    ]


def _refuses(
    rest: list[dict[str, object]], grant: Granted, known: list[Requirement], scenario: Scenario
) -> bool:
    """Say whether a call is refused by what is left of the statements with the action."""
    policies = compile_policies(
        PolicySet(identity=(PolicyDocument.parse({"Version": "2012-10-17", "Statement": rest}),))
    )
    region = stage_of(scenario.name).region
    return any(
        policies.decide(request_of(requirement, PRINCIPAL, region)) is not Decision.ALLOWED
        for requirement in known
        if requirement.action == grant.action
    )


def _document(scenario: Scenario) -> PolicyDocument:
    lines = [parse_command(line) for line in scenario.lines("123456789012")]
    return deployment_policy(requirements(stage_of(scenario.name), lines))


def _grants(document: PolicyDocument) -> Iterator[tuple[Granted, list[dict[str, object]]]]:
    """Yield each action on each resource, and the statements with this action once it is dropped."""
    statements = [dict(item) for item in document.to_dict()["Statement"]]
    for statement in statements:
        for action in as_list(statement["Action"]):
            others = [
                {**item, "Action": action}
                for item in statements
                if item is not statement and action in as_list(item["Action"])
            ]
            for resource in as_list(statement["Resource"]):
                left = [item for item in as_list(statement["Resource"]) if item != resource]
                kept = [{**statement, "Action": action, "Resource": left}] if left else []
                yield Granted(action, resource), [*others, *kept] or [_NOTHING]


_NOTHING = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}


def _known(scenario: Scenario) -> list[Requirement]:
    """Return what AWS checks for the recorded calls, and for calls that are recorded for their row elsewhere."""
    scope, recording = scope_of(stage_of(scenario.name)), read(scenario)
    made = [requirement for call in recording.calls for requirement in authorize(call.call, scope)]
    return made + _of_rows(scenario, recorded_everywhere())


def _unreached(scenario: Scenario) -> list[Requirement]:
    return _of_rows(scenario, unreached_rows())


def _of_rows(scenario: Scenario, rows: Container[RowKey]) -> list[Requirement]:
    scope = scope_of(stage_of(scenario.name))
    return [
        requirement
        for line in scenario.lines("123456789012")
        for prediction in predicted(scenario.name, line)
        if prediction.row in rows
        for requirement in authorize(prediction.call, scope)
    ]


@lru_cache(maxsize=1)
def recorded_everywhere() -> frozenset[RowKey]:
    return recorded_rows(recordings())
