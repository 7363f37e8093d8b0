"""What a policy allows beyond what is needed: by action, resource and condition, statement by statement."""

from __future__ import annotations

import pytest

from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.surplus import SurplusReason, surplus

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:hello-dev"
ROLE = "arn:aws:iam::123456789012:role/hello-dev-ZappaLambdaExecutionRole"
NEEDED = (
    Requirement("lambda:GetFunction", FUNCTION),
    Requirement("lambda:GetFunction", f"{FUNCTION}:*"),
    Requirement("lambda:GetPolicy", FUNCTION),
    Requirement("s3:ListBucket", "arn:aws:s3:::packages"),
    Requirement("s3:PutObject", "arn:aws:s3:::packages/hello-dev-??????????.zip"),
    Requirement("ec2:DescribeSubnets", "*"),
    Requirement("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis/*"),
    Requirement(
        "iam:PassRole",
        ROLE,
        context={"iam:PassedToService": "lambda.amazonaws.com"},
        restrict=("iam:PassedToService",),
    ),
    Requirement(
        "iam:PassRole",
        ROLE,
        context={"iam:PassedToService": "events.amazonaws.com"},
        restrict=("iam:PassedToService",),
    ),
)
NEVER, WILDCARD, ELSEWHERE, WIDER, CONDITION = SurplusReason
PASSED = ("iam:PassedToService lambda.amazonaws.com or events.amazonaws.com",)


def passed(operator: str = "StringEquals", key: str = "iam:PassedToService", *services: str) -> dict:
    values = [f"{name}.amazonaws.com" for name in services or ("lambda", "events")]
    return {"Condition": {operator: {key: values}}}


def documents(*statements: dict) -> list[PolicyDocument]:
    return [PolicyDocument.parse({"Version": "2012-10-17", "Statement": list(statements)})]


def allow(action: object, resource: object = "*", **more: object) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def found(*statements: dict) -> list[tuple[str, str, SurplusReason]]:
    return [(item.action, item.resource, item.reason) for item in surplus(documents(*statements), NEEDED)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(allow("lambda:GetPolicy", FUNCTION), [], id="exactly what is needed"),
        pytest.param(allow("LAMBDA:getpolicy", FUNCTION), [], id="case of an action says nothing"),
        pytest.param(allow("sqs:SendMessage"), [("*", NEVER)], id="an action that nothing needs"),
        pytest.param(allow("lambda:GetPolicy"), [("*", WIDER)], id="a star for one function"),
        pytest.param(
            allow("lambda:GetPolicy", f"{FUNCTION}*"), [(f"{FUNCTION}*", WIDER)], id="other functions too"
        ),
        pytest.param(
            allow("lambda:GetFunction", [FUNCTION, f"{FUNCTION}:*"]),
            [],
            id="two needed resources, both named",
        ),
        pytest.param(
            allow("lambda:GetFunction", f"{FUNCTION}:live"), [], id="part of what is needed is no surplus"
        ),
        pytest.param(
            allow("lambda:GetPolicy", FUNCTION.replace("us-east-1", "*")),
            [(FUNCTION.replace("us-east-1", "*"), WIDER)],
            id="every region",
        ),
        pytest.param(
            allow("lambda:GetPolicy", f"{FUNCTION}x"),
            [(f"{FUNCTION}x", ELSEWHERE)],
            id="a needed action on another function",
        ),
        pytest.param(
            allow("s3:ListBucket", "arn:aws:s3:::zappa-*"),
            [("arn:aws:s3:::zappa-*", ELSEWHERE)],
            id="a needed action on other buckets",
        ),
        pytest.param(
            allow("s3:ListBucket", "arn:aws:s3:::pack*"),
            [("arn:aws:s3:::pack*", WIDER)],
            id="more buckets than the one",
        ),
        pytest.param(
            allow("s3:PutObject", "arn:aws:s3:::packages/*"),
            [("arn:aws:s3:::packages/*", WIDER)],
            id="more objects than the package",
        ),
        pytest.param(
            allow("s3:ListBucket", ["arn:aws:s3:::packages", "arn:aws:s3:::packages/*"]),
            [],
            id="a bucket's action on objects grants nothing",
        ),
        pytest.param(
            allow("s3:PutObject", "arn:aws:s3:::packages"), [], id="an object's action on a bucket neither"
        ),
        pytest.param(allow("ec2:DescribeSubnets"), [], id="an action that knows only the star"),
        pytest.param(
            allow("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis/abc123*"),
            [],
            id="one API by the id that AWS chose",
        ),
        pytest.param(
            allow("apigateway:GET", "arn:aws:apigateway:*::/restapis/*"),
            [("arn:aws:apigateway:*::/restapis/*", WIDER)],
            id="APIs of every region",
        ),
        pytest.param(
            allow("lambda:Get*", FUNCTION), [(FUNCTION, WILDCARD)], id="a wildcard for two needed actions"
        ),
        pytest.param(
            allow("lambda:*"), [("*", WILDCARD), ("*", WIDER)], id="a wildcard on a star is both at once"
        ),
        pytest.param(allow("*"), [("*", WILDCARD)], id="everything"),
        pytest.param(allow("sqs:*"), [("*", NEVER)], id="a wildcard of a service that nothing needs"),
        pytest.param(
            allow("s3:*", "arn:aws:s3:::zappa-*"),
            [("arn:aws:s3:::zappa-*", ELSEWHERE)],
            id="a wildcard on other buckets",
        ),
        pytest.param(
            allow("lambda:GetPolic?", FUNCTION), [], id="a wildcard that stands for needed ones only"
        ),
        pytest.param(allow("iam:PassRole", ROLE, **passed()), [], id="the needed condition"),
        pytest.param(
            allow("iam:PassRole", ROLE, **passed("StringLike", "IAM:passedtoservice")),
            [],
            id="the same key in other case, another operator",
        ),
        pytest.param(
            allow("iam:PassRole", ROLE, **passed("StringEqualsIfExists")), [], id="where the key is sent"
        ),
        pytest.param(
            allow("iam:PassRole", ROLE, **passed("StringEquals", "iam:PassedToService", "lambda")),
            [],
            id="a narrower condition than needed",
        ),
        pytest.param(allow("iam:PassRole", ROLE), [(ROLE, CONDITION)], id="no condition"),
        pytest.param(
            allow("iam:PassRole", ROLE, **passed("StringEquals", "iam:PassedToService", "lambda", "ec2")),
            [(ROLE, CONDITION)],
            id="another service besides",
        ),
        pytest.param(
            allow("iam:PassRole", ROLE, **passed("StringLike", "iam:PassedToService", "*")),
            [(ROLE, CONDITION)],
            id="a condition that every service meets",
        ),
        pytest.param(
            allow("iam:PassRole", ROLE, **passed("StringNotEquals", "iam:PassedToService", "lambda")),
            [(ROLE, CONDITION)],
            id="a negated condition",
        ),
        pytest.param(
            allow("iam:PassRole", ROLE, **passed("StringEquals", "aws:RequestTag/x")),
            [(ROLE, CONDITION)],
            id="a condition on another key",
        ),
        pytest.param(
            allow("iam:PassRole"), [("*", WIDER), ("*", CONDITION)], id="any role to any service is both"
        ),
    ],
)
def test_what_a_statement_allows_beyond(statement, expected) -> None:
    action = statement["Action"]
    assert found(statement) == [(action, resource, reason) for resource, reason in expected]


@pytest.mark.parametrize(
    ("denial", "left"),
    [
        pytest.param({"Action": "sqs:*", "Resource": "*"}, [], id="all of it"),
        pytest.param({"Action": "*", "Resource": "*"}, [], id="everything"),
        pytest.param(
            {"Action": "sqs:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            ["sqs:SendMessage"],
            id="under a condition",
        ),
        pytest.param(
            {"Action": "sqs:*", "Resource": "arn:aws:sqs:*:*:x"},
            ["sqs:SendMessage"],
            id="on another resource",
        ),
        pytest.param({"NotAction": "lambda:*", "Resource": "*"}, ["sqs:SendMessage"], id="all but some"),
    ],
)
def test_what_a_deny_takes_away_is_no_surplus(denial, left) -> None:
    statements = (allow("sqs:SendMessage"), {"Effect": "Deny", **denial})
    assert [action for action, *_ in found(*statements)] == left


@pytest.mark.parametrize(
    ("statement", "action", "resource", "needed"),
    [
        pytest.param(
            {"NotAction": ["iam:*", "lambda:Get*", "s3:*"], "Resource": "*"},
            "NotAction iam:*, lambda:Get*, s3:*",
            "*",
            ("ec2:DescribeSubnets", "apigateway:GET"),
            id="all actions but some",
        ),
        pytest.param(
            {"Action": "lambda:GetPolicy", "NotResource": "arn:aws:lambda:*:*:function:x"},
            "lambda:GetPolicy",
            "NotResource arn:aws:lambda:*:*:function:x",
            (FUNCTION,),
            id="all resources but some",
        ),
        pytest.param(
            {"Action": "lambda:Get*", "NotResource": [FUNCTION, "arn:aws:s3:::x"]},
            "lambda:Get*",
            f"NotResource {FUNCTION}, arn:aws:s3:::x",
            ("lambda:GetFunction",),
            id="all resources but one that is needed",
        ),
    ],
)
def test_what_names_only_exceptions_is_written_so_and_grants_only_the_rest(
    statement, action, resource, needed
) -> None:
    first, *_ = surplus(documents({"Effect": "Allow", **statement}), NEEDED)
    assert (first.action, first.resource, first.needed) == (action, resource, needed)


def test_a_wildcard_tells_which_actions_are_needed_and_of_how_many() -> None:
    (item,) = surplus(documents(allow("lambda:Get*", FUNCTION)), NEEDED)
    assert item.needed == ("lambda:GetFunction", "lambda:GetPolicy")
    assert item.known_actions > 10


def test_a_resource_tells_what_is_needed_of_it() -> None:
    (item,) = surplus(documents(allow("lambda:GetFunction")), NEEDED)
    assert item.needed == (FUNCTION, f"{FUNCTION}:*")


def test_a_condition_tells_the_key_and_every_value() -> None:
    (item,) = surplus(documents(allow("iam:PassRole", ROLE)), NEEDED)
    assert item.needed == PASSED


def test_each_statement_is_told_apart_even_without_a_sid() -> None:
    items = surplus(documents(allow("sqs:*"), allow("lambda:GetPolicy", FUNCTION), allow("sns:*")), NEEDED)
    assert [(item.action, item.statement.index) for item in items] == [("sqs:*", 0), ("sns:*", 2)]


def test_the_computed_document_has_no_surplus() -> None:
    assert surplus([deployment_policy(NEEDED)], NEEDED) == ()
