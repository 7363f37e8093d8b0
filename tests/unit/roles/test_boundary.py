"""The boundary closes the back door: what a provisioned deployer must not do is denied, what Zappa needs is not."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from zappa.core import ASSUME_POLICY, ATTACH_POLICY

from tests.judges.fixtures import ministack_judge, node_judge
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.aws.self_inspection import self_inspection_grants
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, Principal, evaluate
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.roles.boundary import (
    BOUNDARY_KEY,
    as_the_role_is,
    bounded,
    bounded_role,
    grants_without_boundary,
    takes_boundary,
)

__all__ = ["ministack_judge", "node_judge"]  # fixtures
CASES = Path(__file__).parents[2] / "cases" / "roles"
FORBIDDEN = tomllib.loads((CASES / "forbidden.toml").read_text())["call"]
PERMITTED = tomllib.loads((CASES / "permitted.toml").read_text())["call"]
MODES = Path(__file__).parents[3] / "docs" / "modes.md"
PRINCIPAL = f"arn:aws:sts::{ACCOUNT}:assumed-role/serverless/ci"
SETTINGS = {
    "plain": {"s3_bucket": "packages"},
    "everything": {
        "s3_bucket": "packages",
        "events": [{"function": "app.hourly", "expression": "rate(1 hour)"}],
        "async_resources": True,
        "keep_warm": True,
        "domain": "a.example.com",
        "certificate_arn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1",
        "function_url_enabled": True,
        "vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    },
    "http api": {"s3_bucket": "packages", "apigateway_version": "v2"},
    "sources": {
        "s3_bucket": "packages",
        "events": [
            {"function": "app.a", "event_source": {"arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"}},
            {"function": "app.b", "event_source": {"arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"}},
        ],
        "authorizer": {"function": "app.authorize"},
        "xray_tracing": True,
    },
    "cognito": {
        "s3_bucket": "packages",
        "cognito": {
            "user_pool": "us-east-1_pool",
            "triggers": [{"source": "PreSignUp_SignUp", "function": "app.sign_up"}],
        },
    },
}


def stage_of(name="plain", **role):
    made = stage(SETTINGS[name])
    documents = {"assume_policy": ASSUME_POLICY, "attach_policy": ATTACH_POLICY, **role}
    return replace(made, role=replace(made.role, **documents))


def plain(made):
    return deployment_policy(requirements(made, life_cycle()))


@lru_cache
def document_of(name, *, by_role=True):
    """Return what is provisioned for a stage with the settings of a name, for a role or a user that deploys."""
    return provisioned(stage_of(name), by_role=by_role)


def provisioned(made, *, by_role=True):
    role = bounded_role(made)
    own = self_inspection_grants("aws", ACCOUNT, "serverless", role=by_role)
    whole = PolicyDocument((*plain(made).statements, *own))
    return bounded(whole, role.arn, role.boundary_arn)


def filled(call, made):
    role = bounded_role(made)
    names = {
        "account": ACCOUNT,
        "role": role.arn,
        "boundary": role.boundary_arn,
        "policy": f"arn:aws:iam::{ACCOUNT}:policy/ZappaLambdaDeploymentPolicy",
        "deployer": f"arn:aws:iam::{ACCOUNT}:role/serverless",
    }
    return {
        "principal": PRINCIPAL,
        "action": call["action"],
        "resource": call["resource"].format(**names),
        "context": {key: value.format(**names) for key, value in call.get("context", {}).items()},
    }


def decision(document, request):
    asked = AuthorizationRequest(
        Principal.parse(request["principal"]), request["action"], request["resource"], request["context"]
    )
    return evaluate(PolicySet(identity=(document,)), asked).decision


@pytest.mark.parametrize("call", [pytest.param(call, id=call["name"]) for call in FORBIDDEN])
def test_it_is_denied(call):
    allowed = [
        (name, by_role)
        for name in SETTINGS
        for by_role in (True, False)
        if decision(document_of(name, by_role=by_role), filled(call, stage_of(name)))
        is not Decision.IMPLICIT_DENY
    ]
    assert allowed == []


@pytest.mark.parametrize("call", [pytest.param(call, id=call["name"]) for call in PERMITTED])
def test_what_is_allowed_by_design_is_said(call):
    name = call.get("settings", "plain")
    assert decision(document_of(name), filled(call, stage_of(name))) is Decision.ALLOWED
    assert call["told"] in " ".join(MODES.read_text().split())


@pytest.mark.node
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == "everything" else [pytest.mark.longer]) for name in SETTINGS],
)
def test_two_evaluators_that_are_not_ours_deny_it_too(name, node_judge, ministack_judge):
    made = stage_of(name)
    pairs = [
        {"policies": {"identity": [document_of(name).to_dict()]}, "request": filled(call, made)}
        for call in FORBIDDEN
    ]
    for judge in (node_judge, ministack_judge):
        answers = judge.decide(pairs)
        assert [
            (call["name"], answer)
            for call, answer in zip(FORBIDDEN, answers, strict=True)
            if answer.decision not in {"implicitDeny", "explicitDeny"}
            and not (answer.abstains and judge.name == "ministack")
        ] == []
        assert sum(answer.decision is not None for answer in answers) > len(FORBIDDEN) * 0.9


def test_without_the_boundary_the_back_door_is_open():
    """The table can fail: the plain policy allows what the bounded one denies, and exactly the writes of the role."""
    made = stage_of()
    document = plain(made)
    opened = {
        call["action"] for call in FORBIDDEN if decision(document, filled(call, made)) is Decision.ALLOWED
    }
    assert opened == {"iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"}


@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_that_zappa_needs_is_lost_where_the_role_has_the_boundary(name):
    made = stage_of(name)
    role = bounded_role(made)
    lost = [
        requirement.action
        for requirement in requirements(made, life_cycle())
        if decision(
            document_of(name),
            {
                "principal": PRINCIPAL,
                "action": requirement.action,
                "resource": requirement.resource,
                "context": {**requirement.context, BOUNDARY_KEY: role.boundary_arn},
            },
        )
        is not Decision.ALLOWED
    ]
    assert lost == []


@pytest.mark.parametrize("name", SETTINGS)
def test_no_condition_stands_on_an_action_that_does_not_support_its_key(name):
    tested = [
        (action, key)
        for statement in document_of(name).statements
        for action in statement.actions
        for tests in statement.condition.values()
        for key in tests
    ]
    assert ("iam:PutRolePolicy", BOUNDARY_KEY) in tested
    assert [(action, key) for action, key in tested if not action_definition(action).supports(key)] == []


@pytest.mark.parametrize(
    ("action", "takes"),
    [
        ("iam:CreateRole", True),
        ("iam:PutRolePolicy", True),
        ("iam:DeleteRolePolicy", True),
        ("iam:UpdateAssumeRolePolicy", True),
        ("iam:AttachRolePolicy", True),
        ("iam:PassRole", False),
        ("iam:GetRole", False),
        ("iam:GetRolePolicy", False),
        ("iam:TagRole", False),
        ("lambda:CreateFunction", False),
        ("iam:Nothing", False),
    ],
)
def test_which_actions_take_the_boundary_as_a_condition(action, takes):
    assert takes_boundary(action) is takes


def test_pass_role_stands_in_a_statement_of_its_own_with_one_role_and_its_services():
    made = stage_of()
    (statement,) = (one for one in provisioned(made).statements if "iam:PassRole" in one.actions)
    assert statement.actions == ("iam:PassRole",)
    assert statement.resources == (bounded_role(made).arn,)
    assert set(statement.condition) == {"StringEquals"}
    assert set(statement.condition["StringEquals"]) == {"iam:PassedToService"}


def test_the_boundary_gives_the_function_what_zappa_gives_it_and_no_more():
    made = stage_of(extra_permissions=({"Effect": "Allow", "Action": ["ses:SendEmail"], "Resource": "*"},))
    role = bounded_role(made)
    limit = PolicyDocument.parse(role.limit, PolicyKind.BOUNDARY)
    assert limit.equivalent(PolicyDocument.parse(role.policy, PolicyKind.BOUNDARY))
    assert role.policy["Statement"][-1] == {"Effect": "Allow", "Action": ["ses:SendEmail"], "Resource": "*"}
    assert json.loads(ATTACH_POLICY)["Statement"] == role.policy["Statement"][:-1]
    for action in ("iam:PassRole", "iam:CreateUser", "sts:AssumeRole", "lambda:UpdateFunctionCode"):
        assert (
            decision(limit, {"principal": PRINCIPAL, "action": action, "resource": "*", "context": {}})
            is not Decision.ALLOWED
        )


def test_the_boundary_lets_the_application_do_what_the_stage_says_it_does():
    asking = stage_of()
    own = {**asking.settings, "iam_ext": {"permissions": {"ses": "example.com"}}}
    limit = PolicyDocument.parse(bounded_role(replace(asking, settings=own)).limit, PolicyKind.BOUNDARY)
    sent = {
        "principal": PRINCIPAL,
        "action": "ses:SendEmail",
        "resource": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com",
        "context": {},
    }
    assert decision(limit, sent) == "allowed"
    without = PolicyDocument.parse(bounded_role(asking).limit, PolicyKind.BOUNDARY)
    assert decision(without, sent) != "allowed"


def test_another_boundary_is_used_as_it_is():
    role = bounded_role(stage_of(), "OrgBoundary")
    assert (role.boundary_arn, role.limit) == (f"arn:aws:iam::{ACCOUNT}:policy/OrgBoundary", {})
    arn = f"arn:aws:iam::{ACCOUNT}:policy/team/OrgBoundary"
    assert bounded_role(stage_of(), arn).boundary_name == "OrgBoundary"


def test_a_role_that_zappa_does_not_make_is_left_alone():
    assert bounded_role(stage_of(managed=False)) is None
    assert bounded_role(stage_of(arn=f"arn:aws:iam::{ACCOUNT}:role/own")) is None


@pytest.mark.parametrize("text", ["", "no JSON", "[]"])
def test_documents_that_are_none_are_refused(text):
    with pytest.raises(SettingsError):
        bounded_role(stage_of(attach_policy=text))


def test_a_policy_in_place_tells_whether_it_bounds_the_role():
    made = stage_of()
    role = bounded_role(made)
    assert grants_without_boundary(plain(made).to_dict(), role.arn)
    assert not grants_without_boundary(provisioned(made).to_dict(), role.arn)
    assert not grants_without_boundary(plain(made).to_dict(), f"{role.arn}2")
    assert not grants_without_boundary({"Statement": "none"}, role.arn)


@pytest.mark.parametrize(
    ("exists", "boundary", "denied"),
    [
        (True, True, []),
        (True, False, ["iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]),
        (False, False, ["iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]),
    ],
)
def test_what_a_role_that_is_known_leaves_to_ask_for(exists, boundary, denied):
    made = stage_of()
    role = bounded_role(made)
    needed = as_the_role_is(
        requirements(made, life_cycle()),
        role.arn,
        exists=exists,
        boundary=role.boundary_arn if boundary else "",
    )
    assert ("iam:CreateRole" in {each.action for each in needed}) is not exists
    refused = {
        each.action
        for each in needed
        if decision(
            document_of("plain"),
            {
                "principal": PRINCIPAL,
                "action": each.action,
                "resource": each.resource,
                "context": each.context,
            },
        )
        is not Decision.ALLOWED
    }
    assert sorted(refused) == denied
