"""What a requirement's wildcards stand for: names that AWS will choose, and these hold no colon."""

from __future__ import annotations

import pytest

from zappa_iam_ext.check import Evidence, Verdict, judge
from zappa_iam_ext.iam import AuthorizationRequest, PolicySet, compile_policies, evaluate
from zappa_iam_ext.permissions.model import Requirement

USER = "arn:aws:iam::123456789012:user/serverless"
VERSIONS = "arn:aws:lambda:us-east-1:123456789012:function:hello-dev:*"
RULES = "arn:aws:events:us-east-1:123456789012:rule/hello-dev-*"
STREAMS = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hello-dev:*"


def policies(denied: str) -> PolicySet:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": denied},
    ]
    return PolicySet(identity={"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize(
    ("action", "resource", "denied", "verdict"),
    [
        ("lambda:DeleteFunction", VERSIONS, "arn:aws:lambda:*:*:function:prod-*", Verdict.ALLOWED),
        ("lambda:DeleteFunction", VERSIONS, "arn:aws:lambda:*:*:function:hello-*", Verdict.DENIED),
        ("lambda:DeleteFunction", VERSIONS, "arn:aws:lambda:*:*:function:*:live", Verdict.DENIED),
        ("events:PutRule", RULES, "arn:aws:events:*:*:rule/prod-*", Verdict.ALLOWED),
        ("events:PutRule", RULES, "arn:aws:events:*:*:rule/*-nightly", Verdict.DENIED),
        ("logs:FilterLogEvents", STREAMS, "arn:aws:logs:*:*:log-group:/aws/lambda/prod-*", Verdict.ALLOWED),
        ("logs:FilterLogEvents", STREAMS, "arn:aws:logs:*:*:log-group:/aws/lambda/*", Verdict.DENIED),
        ("ec2:CreateNetworkInterface", "*", "arn:aws:ec2:*:*:subnet/subnet-1", Verdict.DENIED),
    ],
)
def test_a_deny_about_other_names_is_none_about_ours(action, resource, denied, verdict):
    requirement = Requirement(action, resource)
    judged = judge(requirement, compile_policies(policies(denied)), USER, "us-east-1", Evidence.POLICIES)
    assert judged.verdict is verdict


def test_without_the_promise_a_wildcard_stands_for_colons_too():
    asked = AuthorizationRequest(USER, "lambda:DeleteFunction", VERSIONS)
    assert evaluate(policies("arn:aws:lambda:*:*:function:prod-*"), asked).decision == "explicitDeny"
    asked = AuthorizationRequest(USER, "lambda:DeleteFunction", VERSIONS, bounded=True)
    assert evaluate(policies("arn:aws:lambda:*:*:function:prod-*"), asked).decision == "allowed"


@pytest.mark.parametrize(
    ("action", "resource", "verdict", "why"),
    [
        ("lambda:GetFunction", VERSIONS, Verdict.ALLOWED, ""),
        ("s3:PutObject", "arn:aws:s3:::code/*", Verdict.ALLOWED, ""),
        ("apigateway:POST", "arn:aws:apigateway:us-east-1::/restapis", Verdict.ALLOWED, ""),
        ("lambda:GetFunction", "arn:aws:lambda:us-east-1:*:function:x", Verdict.ALLOWED, ""),
        (
            "lambda:GetLayerVersion",
            "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3:1",
            Verdict.ALLOWED,
            "",
        ),
        (
            "lambda:GetLayerVersion",
            "arn:aws:lambda:us-east-1:444455556666:layer:tools:1",
            Verdict.UNKNOWN,
            "it depends on the policy of the resource itself, in account 444455556666",
        ),
        (
            "lambda:InvokeFunction",
            "arn:aws:lambda:us-east-1:017000801446:function:x",
            Verdict.UNKNOWN,
            "it depends on the policy of the resource itself, in account 017000801446",
        ),
        (
            "kms:Decrypt",
            "arn:aws:kms:us-east-1:444455556666:key/0f6a5a8e-1111-2222-3333-444455556666",
            Verdict.UNKNOWN,
            "it depends on the policy of the resource itself, in account 444455556666",
        ),
        (
            "kms:Decrypt",
            "arn:aws:kms:us-east-1:123456789012:key/0f6a5a8e-1111-2222-3333-444455556666",
            Verdict.ALLOWED,
            "",
        ),
        ("iam:GetRole", "arn:aws:iam::444455556666:role/denied", Verdict.DENIED, ""),
    ],
)
def test_a_resource_of_another_account_hangs_on_its_own_policy(action, resource, verdict, why):
    held = compile_policies(policies("arn:aws:iam::*:role/denied"))
    judged = judge(Requirement(action, resource), held, USER, "us-east-1", Evidence.POLICIES)
    assert (judged.verdict, judged.why) == (verdict, why)


LAYER = "arn:{}:lambda:{}:layer:{}:1"


@pytest.mark.parametrize(
    ("partition", "place", "name", "verdict"),
    [
        (
            "aws-cn",
            "cn-north-1:498634801083",
            "AWSLambdaPowertoolsPythonV3-python312-x86_64",
            Verdict.ALLOWED,
        ),
        (
            "aws-us-gov",
            "us-gov-west-1:165093116878",
            "AWSLambdaPowertoolsPythonV3-python312-arm64",
            Verdict.ALLOWED,
        ),
        ("aws", "eu-west-1:336392948345", "AWSSDKPandas-Python312", Verdict.ALLOWED),
        ("aws", "eu-west-1:580247275435", "LambdaInsightsExtension-Arm64", Verdict.ALLOWED),
        ("aws", "eu-south-1:339249233099", "LambdaInsightsExtension", Verdict.ALLOWED),
        (
            "aws-cn",
            "cn-north-1:017000801446",
            "AWSLambdaPowertoolsPythonV3-python312-x86_64",
            Verdict.UNKNOWN,
        ),
        ("aws", "eu-west-1:017000801446", "SomethingElse", Verdict.UNKNOWN),
        ("aws", "eu-west-1:336392948345", "LambdaInsightsExtension", Verdict.UNKNOWN),
    ],
)
def test_only_the_layers_that_aws_publishes_need_no_policy_of_their_own(partition, place, name, verdict):
    layer = Requirement("lambda:GetLayerVersion", LAYER.format(partition, place, name))
    held = compile_policies(policies("arn:aws:iam::*:role/denied"))
    user = USER.replace("arn:aws:", f"arn:{partition}:")
    assert judge(layer, held, user, "eu-west-1", Evidence.POLICIES).verdict is verdict


def test_a_layer_that_aws_publishes_is_of_another_account_all_the_same():
    layer = Requirement(
        "lambda:GetLayerVersion", LAYER.format("aws", "eu-west-1:336392948345", "AWSSDKPandas-Python312")
    )
    own = {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": own},
    ]
    held = compile_policies(PolicySet(identity={"Version": "2012-10-17", "Statement": statements}))
    assert judge(layer, held, USER, "eu-west-1", Evidence.POLICIES).verdict is Verdict.DENIED
