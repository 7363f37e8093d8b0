"""Whom the execution role trusts, and what a live trust does: by what AWS was seen to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.iam import Decision, PolicyDocument
from zappa_iam_ext.iam.findings import findings
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.iam.trust import openness, refusals
from zappa_iam_ext.roles.execution_trust import (
    API_GATEWAY,
    EVENTS,
    LAMBDA,
    execution_trust,
    judge_trust,
    trusted_services,
)

OBSERVED = json.loads(
    (Path(__file__).parents[2] / "cases" / "observed" / "passed-roles.json").read_text(encoding="utf-8")
)
SCHEDULED = {"events": [{"function": "app.hourly", "expression": "rate(1 hour)"}], "keep_warm": False}
QUIET = {"keep_warm": False, "apigateway_enabled": False}
OURS = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
SOURCE = "arn:aws:events:us-east-1:123456789012:rule"


def statement(service, condition=None):
    return {
        "Effect": "Allow",
        "Principal": {"Service": [service]},
        "Action": "sts:AssumeRole",
        **({"Condition": condition} if condition else {}),
    }


def trust(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def verdict(made, service, document):
    return next(item for item in judge_trust(made, document) if item.service == service)


@pytest.mark.parametrize(
    ("settings", "zappa", "services"),
    [
        pytest.param({}, "", [LAMBDA, API_GATEWAY, EVENTS], id="a REST API and keep_warm: all three"),
        pytest.param({"keep_warm": False}, "", [LAMBDA, API_GATEWAY], id="no rule: not EventBridge"),
        pytest.param(QUIET, "", [LAMBDA], id="no API: not API Gateway"),
        pytest.param(QUIET | SCHEDULED, "", [LAMBDA, EVENTS], id="a scheduled event"),
        pytest.param(
            {"apigateway_version": "v2", "keep_warm": False},
            "",
            [LAMBDA],
            id="an HTTP API has no credentials",
        ),
        pytest.param(
            {"apigateway_version": "v2", "keep_warm": False},
            "0.60.2",
            [LAMBDA, API_GATEWAY],
            id="an older Zappa makes REST APIs only",
        ),
        pytest.param(
            {"authorizer": {"function": "app.auth"}, "keep_warm": False},
            "",
            [LAMBDA, API_GATEWAY],
            id="an authorizer of a REST API",
        ),
        pytest.param(
            QUIET | {"events": [{"function": "app.f", "event_source": {"arn": "arn:aws:s3:::bucket"}}]},
            "",
            [LAMBDA],
            id="a bucket calls the function as itself",
        ),
        pytest.param(
            QUIET
            | {
                "events": [
                    {
                        "function": "app.f",
                        "event_source": {
                            "arn": f"{SOURCE}/r",
                            "role_arn": f"arn:aws:iam::{ACCOUNT}:role/hello-dev-ZappaLambdaExecutionRole",
                        },
                    }
                ]
            },
            "0.60.2",
            [LAMBDA, EVENTS],
            id="kappa gives the rule the role that the event names",
        ),
        pytest.param(
            QUIET
            | {
                "events": [{"function": "app.f", "event_source": {"arn": f"{SOURCE}/r", "role_arn": "arn:x"}}]
            },
            "0.60.2",
            [LAMBDA],
            id="kappa gives the rule another role",
        ),
        pytest.param(
            QUIET | {"events": [{"function": "app.f", "event_source": {"arn": f"{SOURCE}/r", "name": "r"}}]},
            "",
            [LAMBDA],
            id="a rule of an event source has no role since 0.61",
        ),
    ],
)
def test_who_uses_the_role(settings, zappa, services):
    made = stage(settings, zappa=zappa)
    assert list(trusted_services(made)) == services
    document = execution_trust(made)
    assert [each["Principal"]["Service"] for each in document["Statement"]] == [[name] for name in services]
    assert all(item.decision is Decision.ALLOWED for item in judge_trust(made, document))


def conditions(document):
    return {each["Principal"]["Service"][0]: each.get("Condition") for each in document["Statement"]}


def test_each_service_has_the_conditions_that_work_for_it():
    assert conditions(execution_trust(stage())) == {LAMBDA: OURS, EVENTS: OURS, API_GATEWAY: None}


def test_what_was_not_measured_can_be_left_out():
    document = execution_trust(stage(), lambda_source_account=False)
    assert conditions(document) == {LAMBDA: None, EVENTS: OURS, API_GATEWAY: None}


def test_an_unknown_account_is_no_condition():
    assert set(conditions(execution_trust(stage(account=None))).values()) == {None}


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_iam_stores_it_and_lint_has_nothing_to_say(partition):
    document = execution_trust(stage(partition=partition, region={"aws": "us-east-1"}.get(partition, "x-1")))
    read = PolicyDocument.parse(document, PolicyKind.TRUST)
    assert (list(refusals(read)), list(openness(read)), findings(document)) == ([], [], ())


#: Each observed trust of a passed role, as a document for the stage below, and whether it worked.
RULE = f"{SOURCE}/hello-dev-app.hourly"
CASES = {
    (API_GATEWAY, "no condition"): statement(API_GATEWAY),
    (API_GATEWAY, "Null aws:SourceArn true and aws:SourceAccount true"): statement(
        API_GATEWAY, {"Null": {"aws:SourceArn": "true", "aws:SourceAccount": "true"}}
    ),
    (API_GATEWAY, "Null aws:SourceArn false and aws:SourceAccount false"): statement(
        API_GATEWAY, {"Null": {"aws:SourceArn": "false", "aws:SourceAccount": "false"}}
    ),
    (API_GATEWAY, "StringEquals aws:PrincipalType AssumedRole"): statement(
        API_GATEWAY, {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}
    ),
    (API_GATEWAY, "lambda.amazonaws.com only"): statement(LAMBDA),
    (EVENTS, "ArnEquals aws:SourceArn the rule, StringEquals aws:SourceAccount"): statement(
        EVENTS, {"ArnEquals": {"aws:SourceArn": RULE}, **OURS}
    ),
    (EVENTS, "ArnEquals aws:SourceArn another rule"): statement(
        EVENTS, {"ArnEquals": {"aws:SourceArn": f"{SOURCE}/other"}}
    ),
    (EVENTS, "lambda.amazonaws.com only"): statement(LAMBDA),
}
NOT_A_TRUST = {(EVENTS, "role missing")}
WORKS = {"works": True, "delivered": True}
SEEN = [
    pytest.param(row["service"], case, id=f"{row['service']}: {case['trust']}")
    for row in OBSERVED["trust_conditions"]
    for case in row.get("cases", ())
    if (row["service"], case["trust"]) not in NOT_A_TRUST
]


@pytest.mark.parametrize(("service", "case"), SEEN)
def test_the_judge_says_what_aws_did(service, case):
    document = trust(CASES[service, case["trust"]])
    found = verdict(stage(SCHEDULED), service, document)
    assert found.broken is not WORKS.get(case["result"], False)
    assert (found.decision is Decision.ALLOWED) is WORKS.get(case["result"], False)
    if service == API_GATEWAY and found.broken:
        assert "HTTP 500" in found.symptom


def test_only_the_keys_that_a_service_was_seen_to_send_are_demanded():
    sends = {row["service"]: row["sends"] for row in OBSERVED["trust_conditions"]}
    assert sends[API_GATEWAY]["aws:SourceAccount"] is False
    assert sends[EVENTS]["aws:SourceAccount"]
    assert sends[LAMBDA] == "not in these files"  # hence the switch
    demanded = conditions(execution_trust(stage(), lambda_source_account=False))
    assert [service for service, condition in demanded.items() if condition] == [EVENTS]


def test_putrule_checks_the_trust_and_putintegration_does_not():
    checked = {row["call"].split(" ")[0]: row.get("trust_checked") for row in OBSERVED["pass_role"]}
    assert checked["events.PutRule"] is True
    assert checked["apigateway.PutIntegration,"] is False
    found = {item.service: item for item in judge_trust(stage(), trust(statement(LAMBDA)))}
    message = next(
        text
        for row in OBSERVED["pass_role"]
        if row["call"].startswith("events.PutRule")
        for error in row["errors"].values()
        for text in error
        if "assumed by principal" in text
    )
    assert message.split("cannot")[1].rstrip(".").strip() in found[EVENTS].symptom
    assert "the deployment tells nothing" in found[API_GATEWAY].symptom


@pytest.mark.parametrize(
    ("document", "service", "decision", "needed"),
    [
        pytest.param(
            trust(statement(API_GATEWAY, OURS)), API_GATEWAY, Decision.IMPLICIT_DENY, True, id="source keys for API Gateway"
        ),
        pytest.param(trust(statement(LAMBDA, OURS)), LAMBDA, Decision.ALLOWED, True, id="our own account for Lambda"),
        pytest.param(
            trust(statement(LAMBDA, {"StringEquals": {"aws:SourceAccount": "999999999999"}})),
            LAMBDA,
            Decision.IMPLICIT_DENY,
            True,
            id="another account for Lambda",
        ),
        pytest.param(
            trust(statement(LAMBDA, {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:us-east-1:123456789012:function:*"}})),
            LAMBDA,
            Decision.UNKNOWN,
            True,
            id="the function's ARN was not measured",
        ),
        pytest.param(
            trust(statement("edgelambda.amazonaws.com")),
            "edgelambda.amazonaws.com",
            Decision.ALLOWED,
            False,
            id="a service that does not use the role is let in",
        ),
        pytest.param(trust(statement(LAMBDA)), EVENTS, Decision.IMPLICIT_DENY, True, id="EventBridge is missing"),
        pytest.param(
            trust(statement(EVENTS), statement(EVENTS, OURS) | {"Effect": "Deny"}),
            EVENTS,
            Decision.EXPLICIT_DENY,
            True,
            id="a deny wins",
        ),
        pytest.param(
            trust(
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
            ),
            LAMBDA,
            Decision.IMPLICIT_DENY,
            True,
            id="an account is no service",
        ),
    ],
)  # fmt: skip
def test_what_a_live_trust_does(document, service, decision, needed):
    found = verdict(stage(), service, document)
    assert (found.decision, found.needed) == (decision, needed)


def test_a_function_in_a_vpc_is_refused_where_its_arn_is_demanded():
    document = trust(
        statement(LAMBDA, {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:us-east-1:123456789012:function:hello-dev"}})
    )  # fmt: skip
    found = verdict(stage({"vpc_config": {"SubnetIds": ["subnet-1"]}}), LAMBDA, document)
    assert found.broken
    assert "VPC" in found.because


@pytest.mark.parametrize(
    ("condition", "services", "decision"),
    [
        pytest.param({operator: {key: value}}, services, decision, id=f"{key}: {decision}")
        for operator, key, value, services, decision in (
            ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z", [LAMBDA, API_GATEWAY, EVENTS], Decision.UNKNOWN),
            ("NumericLessThan", "aws:EpochTime", "1", [LAMBDA, API_GATEWAY, EVENTS], Decision.UNKNOWN),
            ("Bool", "aws:SecureTransport", "true", [LAMBDA, API_GATEWAY, EVENTS], Decision.UNKNOWN),
            ("StringEquals", "AWS:RequestedRegion", "us-east-1", [LAMBDA, API_GATEWAY, EVENTS], Decision.UNKNOWN),
            ("StringEquals", "aws:SourceOrgID", "o-1", [LAMBDA, API_GATEWAY, EVENTS], Decision.UNKNOWN),
            ("ForAnyValue:StringLike", "aws:SourceOrgPaths", "o-1/*", [LAMBDA, EVENTS], Decision.UNKNOWN),
            ("StringEquals", "iam:ResourceTag/team", "web", [LAMBDA, API_GATEWAY, EVENTS], Decision.UNKNOWN),
            ("StringLike", "sts:RoleSessionName", "hello*", [LAMBDA, EVENTS], Decision.UNKNOWN),
            ("StringEquals", "aws:PrincipalType", "AssumedRole", [LAMBDA, EVENTS], Decision.UNKNOWN),
            ("StringEquals", "aws:PrincipalType", "AssumedRole", [API_GATEWAY], Decision.ALLOWED),
            ("StringEquals", "aws:PrincipalType", "User", [API_GATEWAY], Decision.IMPLICIT_DENY),
            ("StringEquals", "sts:ExternalId", "x", [LAMBDA, API_GATEWAY, EVENTS], Decision.IMPLICIT_DENY),
            ("Bool", "aws:MultiFactorAuthPresent", "true", [LAMBDA, API_GATEWAY, EVENTS], Decision.IMPLICIT_DENY),
        )
    ],
)  # fmt: skip
def test_a_key_that_nobody_measured_is_not_decided_and_one_that_no_service_sends_is(
    condition, services, decision
):
    document = trust(*(statement(service, condition) for service in (LAMBDA, API_GATEWAY, EVENTS)))
    (key,) = next(iter(condition.values()))
    for service in services:
        found = verdict(stage(), service, document)
        assert found.decision is decision
        assert (key in found.because) is (decision is not Decision.ALLOWED)
        assert found.unsure is (decision is Decision.UNKNOWN)


def test_the_reason_is_a_deny_of_everybody_whose_condition_holds():
    elsewhere = {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}
    denied = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": elsewhere}
    found = verdict(stage(), API_GATEWAY, trust(statement(API_GATEWAY), denied))
    assert found.broken
    assert "aws:SourceAccount" in found.because


@pytest.mark.parametrize("name", ["*", "Lambda.amazonaws.com", "example.com"])
def test_a_name_that_no_service_has_is_no_service_that_is_let_in(name):
    services = [LAMBDA, API_GATEWAY, EVENTS]
    found = judge_trust(stage(), trust(*map(statement, services), statement(name)))
    assert [item.service for item in found] == services


def test_what_a_service_that_is_not_needed_may_do_breaks_nothing():
    found = judge_trust(stage(QUIET), trust(statement(LAMBDA), statement(API_GATEWAY, OURS)))
    assert not [item for item in found if item.broken]


def test_the_trust_that_the_documentation_shows_is_this_one():
    page = (Path(__file__).parents[3] / "docs" / "execution-roles.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert json.loads(shown) == execution_trust(stage())
