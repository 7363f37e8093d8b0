"""The Sid of a statement says to a reviewer what is allowed to do what; the documents hold what they held."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.stages import stage
from zappa_iam_ext.iam.statement import Effect, Statement
from zappa_iam_ext.iam.synthesis.grants import Grant, synthesize
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.policy import condition_of, deployment_policy, purpose_of
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.tables.statement_names import with_names
from zappa_iam_ext.plan.documents import fingerprint, same

TESTS = Path(__file__).parents[2]
SCENARIOS = tomllib.loads((TESTS / "recordings" / "scenarios.toml").read_text())["scenario"]
CASES = json.loads((TESTS / "cases" / "permissions" / "settings.json").read_text())
SETTINGS: dict[str, dict[str, Any]] = {
    item["name"]: item.get("settings", {}) for item in (*SCENARIOS, *CASES)
}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello-dev"
ROLE = "arn:aws:iam::123456789012:role/hello-dev-ZappaLambdaExecutionRole"


def without_names(needed: Any) -> Any:
    """Return the document as it was before its statements were named."""
    joined: dict[Any, list[Any]] = {}
    for item in needed:
        restrict = tuple(sorted(key for key in item.restrict if key in item.context))
        joined.setdefault((item.action, item.resource, restrict), []).append(item)
    return synthesize(
        Grant(action, resource, condition_of(restrict, group), purpose_of(action))
        for (action, resource, restrict), group in joined.items()
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_every_statement_has_a_name_of_its_own_and_only_names_are_new(name: str):
    needed = requirements(stage(SETTINGS[name]), life_cycle())
    made = deployment_policy(needed)
    sids = [statement.sid for statement in made.statements]
    assert len(set(map(str.lower, sids))) == len(sids)
    assert all(re.fullmatch(r"[A-Z][a-z]+[A-Z][A-Za-z]*", sid) for sid in sids), "words, no numbers"
    plain = without_names(needed)
    bare = [replace(statement, sid="") for statement in made.statements]
    assert bare == [replace(statement, sid="") for statement in plain.statements]
    assert same(made.to_dict(), plain.to_dict())
    assert made.size <= plain.size + 20, "IAM counts the characters of a Sid"
    assert fingerprint(made.to_dict()) == fingerprint(plain.to_dict()), "no drift of a policy in place"


def allowing(*actions: str, resource: str = "*", sid: str = "P", **tests: Any) -> Statement:
    return Statement(Effect.ALLOW, actions=actions, resources=(resource,), condition=tests, sid=sid)


@pytest.mark.parametrize(
    ("statements", "names"),
    [
        pytest.param([allowing("logs:FilterLogEvents")], ["ReadOwnLogs"], id="what is only read"),
        pytest.param([allowing("lambda:CreateFunction", "lambda:GetFunction")], ["ManageFunction"], id="verbs differ"),
        pytest.param([allowing("apigateway:DELETE")], ["DeleteApi"], id="the methods of API Gateway are verbs"),
        pytest.param([allowing("apigateway:TagResource")], ["TagApi"], id="a tag is told"),
        pytest.param([allowing("lambda:GetFunction", resource=f"{FUNCTION}:*")], ["ReadFunctionVersions"], id="versions"),
        pytest.param([allowing("iam:PassRole", resource=ROLE)], ["PassExecutionRole"], id="the role that is passed"),
        pytest.param(
            [allowing("iam:PassRole", resource="arn:aws:iam::123456789012:role/*")], ["PassAnyRole"], id="any role"
        ),
        pytest.param([allowing("events:PutRule", "events:PutTargets")], ["PutRules"], id="two things of one"),
        pytest.param([allowing("kms:CreateGrant")], ["UseKey"], id="a key is used"),
        pytest.param(
            [
                allowing("iam:PassRole", resource=ROLE, StringEquals={"iam:PassedToService": ("events.amazonaws.com",)}),
                allowing("iam:PassRole", resource=ROLE, StringEquals={"iam:PassedToService": ("a.x", "b.x")}),
            ],
            ["PassExecutionRoleToEvents", "PassExecutionRole"],
            id="by the service of the condition",
        ),
        pytest.param(
            [allowing("sns:GetTopic"), allowing("sns:ListTopics", resource="arn:aws:sns:us-east-1:1:t")],
            ["ReadTopicsAnywhere", "ReadTopics"],
            id="by the resource",
        ),
        pytest.param([allowing("s3:GetObject", sid="Own")], ["Own"], id="a name of another's stays"),
        pytest.param(
            [allowing("sns:GetTopic"), allowing("sns:GetTopic")],
            ["ReadTopicsAnywhereByGetTopic", "ReadTopicsAnywhereByGetTopic2"],
            id="a number is the last resort",
        ),
    ],
)  # fmt: skip
def test_a_name(statements: list[Statement], names: list[str]):
    assert [item.sid for item in with_names(statements, ["P"])] == names


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({}, {"tags": {"a": "b"}}),
        ({}, {"keep_warm": False}),
        ({}, {"events": [{"function": "app.task", "expression": "rate(1 day)"}]}),
        ({}, {"vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}),
        ({}, {"aws_kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/k"}),
        ({"apigateway_enabled": False}, {"function_url_enabled": True}),
    ],
)
def test_a_small_change_of_the_settings_leaves_the_other_names(
    settings: dict[str, Any], more: dict[str, Any]
):
    def named(given: dict[str, Any]) -> dict[frozenset[str], set[str]]:
        made = deployment_policy(requirements(stage(given), life_cycle()))
        found: dict[frozenset[str], set[str]] = {}
        for item in made.statements:
            found.setdefault(frozenset(item.actions), set()).add(item.sid)
        return found

    before, after = named(settings), named({**settings, **more})
    assert all(before[actions] == after[actions] for actions in set(before) & set(after))
