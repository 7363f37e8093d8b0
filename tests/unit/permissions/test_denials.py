"""Every wording of a denial that AWS, CloudFormation, botocore and Zappa use."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.permissions.denials import Denial, parse_decoded, parse_denial
from zappa_iam_ext.permissions.explain import explain

USER = "arn:aws:iam::123456789012:user/serverless"
SESSION = "arn:aws:sts::123456789012:assumed-role/Deployer/ci"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:app-dev"
ROLE = "arn:aws:iam::123456789012:role/app-dev-ZappaLambdaExecutionRole"
BOTOCORE = "An error occurred ({}) when calling the {} operation: "
ENCODED = "4GIOHlTkIaWHQD0Q0m6XSnuUMCm-_abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            BOTOCORE.format("AccessDeniedException", "CreateFunction")
            + f"User: {USER} is not authorized to perform: lambda:CreateFunction on resource: {FUNCTION} because no "
            "identity-based policy allows the lambda:CreateFunction action",
            Denial("lambda:CreateFunction", FUNCTION, USER, "CreateFunction", "identity"),
            id="no identity policy allows it",
        ),
        pytest.param(
            f"User: {SESSION} is not authorized to perform: iam:PassRole on resource: {ROLE} because no permissions "
            "boundary allows the iam:PassRole action",
            Denial("iam:PassRole", ROLE, SESSION, layer="boundary"),
            id="the boundary does not allow it",
        ),
        pytest.param(
            f"User: {SESSION} is not authorized to perform: iam:PassRole on resource: {ROLE} because no session policy "
            "allows the iam:PassRole action",
            Denial("iam:PassRole", ROLE, SESSION, layer="session"),
            id="the session policy does not allow it",
        ),
        pytest.param(
            f"User: {USER} is not authorized to perform: events:PutRule on resource: * because no service control policy "
            "allows the events:PutRule action",
            Denial("events:PutRule", "*", USER, layer="organization"),
            id="the organization does not allow it",
        ),
        pytest.param(
            f"User: {USER} is not authorized to perform: events:PutRule with an explicit deny in a service control policy",
            Denial("events:PutRule", "", USER, layer="organization", explicit=True),
            id="the organization denies it, no resource named",
        ),
        pytest.param(
            f'User: {USER} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/k" with an explicit deny '
            "in a resource-based policy",
            Denial("s3:PutObject", "arn:aws:s3:::b/k", USER, layer="resource", explicit=True),
            id="the bucket policy denies it, resource in quotes",
        ),
        pytest.param(
            f"User: {USER} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::b/k with an explicit deny",
            Denial("s3:PutObject", "arn:aws:s3:::b/k", USER, explicit=True),
            id="an explicit deny of unnamed kind",
        ),
        pytest.param(
            f"API: iam:CreateRole User: {USER} is not authorized to perform: iam:CreateRole on resource: {ROLE}",
            Denial("iam:CreateRole", ROLE, USER),
            id="CloudFormation names the API first",
        ),
        pytest.param(
            f'Resource handler returned message: "User: {USER} is not authorized to perform: apigateway:POST on resource: '
            'arn:aws:apigateway:us-east-1::/restapis (Service: ApiGateway, Status Code: 403, Request ID: 1)" '
            "(RequestToken: 2, HandlerErrorCode: AccessDenied)",
            Denial("apigateway:POST", "arn:aws:apigateway:us-east-1::/restapis", USER),
            id="a resource handler of CloudFormation",
        ),
        pytest.param(
            BOTOCORE.format("AccessDenied", "PutObject") + "Access Denied",
            Denial(operation="PutObject"),
            id="S3 names nothing but the operation",
        ),
        pytest.param(
            BOTOCORE.format("403", "HeadBucket") + "Forbidden",
            Denial(operation="HeadBucket"),
            id="a HEAD request has no body to explain itself",
        ),
        pytest.param(
            "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for "
            "zappa-abc/app-dev-1.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied",
            Denial("s3:GetObject", "arn:aws:s3:::zappa-abc/app-dev-1.zip"),
            id="Lambda reads the package as the caller",
        ),
        pytest.param(
            BOTOCORE.format("ValidationError", "CreateStack")
            + "S3 error: Access Denied\nFor more information check the docs",
            Denial("s3:GetObject", operation="CreateStack"),
            id="CloudFormation reads the template as the caller",
        ),
        pytest.param(
            "Access denied for S3 bucket 'zappa-abc'. Check that your IAM role has s3:ListBucket permission.",
            Denial("s3:ListBucket", "arn:aws:s3:::zappa-abc", operation="HeadBucket"),
            id="Zappa's own words for a bucket",
        ),
        pytest.param(
            BOTOCORE.format("InvalidParameterValueException", "CreateEventSourceMapping")
            + "The provided execution role does not have permissions to call ReceiveMessage on SQS",
            Denial("sqs:ReceiveMessage", by_role=True),
            id="it is the execution role that lacks it",
        ),
        pytest.param(
            BOTOCORE.format("UnauthorizedOperation", "DescribeSubnets")
            + f"You are not authorized to perform this operation. Encoded authorization failure message: {ENCODED}",
            Denial(operation="DescribeSubnets", encoded=ENCODED),
            id="EC2 encodes what it says",
        ),
        pytest.param(
            f"User: {USER}\n    is not authorized to perform:\n lambda:GetFunction on resource:\n {FUNCTION}",
            Denial("lambda:GetFunction", FUNCTION, USER),
            id="line breaks of a terminal or a mail do not matter",
        ),
    ],
)
def test_wordings(text: str, expected: Denial) -> None:
    assert parse_denial(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "Deployment complete!",
        "An error occurred (ValidationError) when calling the X operation: no",
    ],
)
def test_what_is_no_denial_is_none(text: str) -> None:
    assert parse_denial(text) is None


def test_a_decoded_message_names_action_and_resource() -> None:
    decoded = {
        "allowed": False,
        "explicitDeny": True,
        "context": {"principal": {"arn": USER}, "action": "ec2:DescribeSubnets", "resource": "*"},
    }
    assert parse_decoded(json.dumps(decoded)) == Denial("ec2:DescribeSubnets", "*", USER, explicit=True)
    assert parse_decoded("[]") is None


@given(st.text(max_size=400))
def test_any_text_is_answered(text: str) -> None:
    denial = parse_denial(text)
    assert denial is None or explain(denial).fix


@pytest.mark.parametrize(
    ("denial", "call", "dependent"),
    [
        pytest.param(
            Denial("lambda:CreateFunction"), "lambda.CreateFunction", False, id="an action that Zappa calls"
        ),
        pytest.param(
            Denial("iam:PassRole"), "lambda.CreateFunction", True, id="an action that AWS checks on its own"
        ),
        pytest.param(
            Denial("apigateway:PUT"),
            "cloudformation.CreateStack",
            True,
            id="an action that CloudFormation does",
        ),
        pytest.param(
            Denial(operation="HeadBucket"), "s3.HeadBucket", False, id="only the operation is known"
        ),
        pytest.param(
            Denial(operation="DescribeSubnets"),
            "lambda.CreateFunction",
            True,
            id="an operation AWS does as the caller",
        ),
    ],
)
def test_a_denial_is_traced_to_its_call(denial: Denial, call: str, dependent: bool) -> None:
    reasons = explain(denial).reasons
    assert any(reason.operation == call and reason.dependent == dependent for reason in reasons)


def test_what_zappa_never_needs_is_said() -> None:
    explanation = explain(Denial("ec2:RunInstances"))
    assert not explanation.reasons
    assert "No call of Zappa needs this" in explanation.fix
