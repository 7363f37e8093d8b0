"""Harmless calls, answered through botocore's Stubber: what each answer says, and that none is a traceback."""

from __future__ import annotations

from dataclasses import replace

import botocore.exceptions as boto
import pytest
from botocore.stub import Stubber

from tests.support.recorded_simulator import client
from tests.support.stages import stage
from zappa_iam_ext.aws.asking.deadline import Deadline
from zappa_iam_ext.aws.asking.together import together
from zappa_iam_ext.aws.evidence.lookups import lookups
from zappa_iam_ext.aws.evidence.probes import Probes, failed
from zappa_iam_ext.check.joining import Says
from zappa_iam_ext.check.probed import Presence
from zappa_iam_ext.iam import Layer

ASSUME = (
    '{"Statement":[{"Principal":{"Service":["apigateway.amazonaws.com","lambda.amazonaws.com",'
    '"events.amazonaws.com"]}}]}'
)
STAGE = replace(
    stage(), bucket="packages", role=replace(stage().role, managed=True, arn=None, assume_policy=ASSUME)
)
WHO = "User: arn:aws:iam::123456789012:user/jane is not authorized to perform: {} on resource: * because no identity-based policy allows the {} action"
OWNED = {"Bucket": "packages", "ExpectedBucketOwner": "123456789012"}


def error(operation, code, status, message=""):
    return ("error", operation, code, status, message)


def probe(call, *answers):
    """Return what a harmless call tells when AWS answers so, in order."""
    service = call.partition(".")[0]
    aws = client(service)
    stubber = Stubber(aws)
    for answer in answers:
        if answer[0] == "error":
            _, operation, code, status, message = answer
            stubber.add_client_error(operation, code, message, status)
        else:
            stubber.add_response(*answer)
    with stubber:
        calls = {asked.call: (asked, run) for asked, run in Probes(STAGE, lambda _: aws).calls()}
        asked, run = calls[call]
        (answer,) = together([run], Deadline(0.5))
        stubber.assert_no_pending_responses()
    return failed(asked, answer) if isinstance(answer, Exception) else answer


def role_trusting(*services):
    document = {"Statement": [{"Principal": {"Service": list(services)}}]}
    import json

    return {
        "Role": {
            "Path": "/",
            "RoleName": "hello-dev-ZappaLambdaExecutionRole",
            "RoleId": "AROAEXAMPLEEXAMPLE0",
            "Arn": "arn:aws:iam::123456789012:role/hello-dev-ZappaLambdaExecutionRole",
            "CreateDate": "2026-01-01T00:00:00Z",
            "AssumeRolePolicyDocument": json.dumps(document),
        }
    }


def stack(status):
    return {
        "Stacks": [
            {
                "StackName": "hello-dev",
                "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/hello-dev/1111-2222",
                "CreationTime": "2026-01-01T00:00:00Z",
                "StackStatus": status,
            }
        ]
    }


ALL_THREE = ("apigateway.amazonaws.com", "lambda.amazonaws.com", "events.amazonaws.com")
CASES = {
    "the bucket is there": ("s3.HeadBucket", [("head_bucket", {"BucketRegion": "us-east-1"}, OWNED)], Says.ALLOWED, Presence.EXISTING, ""),
    "in another region": ("s3.HeadBucket", [("head_bucket", {"BucketRegion": "eu-west-1"}, OWNED)], Says.ALLOWED, Presence.EXISTING, "is in eu-west-1"),
    "a missing bucket is told to everybody": ("s3.HeadBucket", [error("head_bucket", "404", 404)], Says.NOTHING, Presence.MISSING, ""),
    "another account's bucket": ("s3.HeadBucket", [error("head_bucket", "403", 403), ("head_bucket", {}, {"Bucket": "packages"})], Says.ALLOWED, Presence.FOREIGN, "another account's"),
    "a bucket that may not be listed": ("s3.HeadBucket", [error("head_bucket", "403", 403), error("head_bucket", "403", 403), error("list_objects_v2", "AccessDenied", 403, WHO.format("s3:ListBucket", "s3:ListBucket"))], Says.DENIED, Presence.UNKNOWN, ""),
    "a bucket of which S3 says nothing": ("s3.HeadBucket", [error("head_bucket", "403", 403), error("head_bucket", "403", 403), error("list_objects_v2", "AccessDenied", 403, "Access Denied")], Says.NOTHING, Presence.UNKNOWN, ""),
    "the role is there": ("iam.GetRole", [("get_role", role_trusting(*ALL_THREE))], Says.ALLOWED, Presence.EXISTING, ""),
    "the role trusts others": ("iam.GetRole", [("get_role", role_trusting("ec2.amazonaws.com"))], Says.ALLOWED, Presence.EXISTING, ""),
    "there is no role": ("iam.GetRole", [error("get_role", "NoSuchEntity", 404)], Says.ALLOWED, Presence.MISSING, ""),
    "the role may not be read": ("iam.GetRole", [error("get_role", "AccessDenied", 403, WHO.format("iam:GetRole", "iam:GetRole"))], Says.DENIED, Presence.UNKNOWN, ""),
    "the function is there": ("lambda.GetFunction", [("get_function", {})], Says.ALLOWED, Presence.EXISTING, ""),
    "there is no function": ("lambda.GetFunction", [error("get_function", "ResourceNotFoundException", 404)], Says.ALLOWED, Presence.MISSING, ""),
    "the function may not be read": ("lambda.GetFunction", [error("get_function", "AccessDeniedException", 403, WHO.format("lambda:GetFunction", "lambda:GetFunction"))], Says.DENIED, Presence.UNKNOWN, ""),
    "the stack is there": ("cloudformation.DescribeStacks", [("describe_stacks", stack("UPDATE_COMPLETE"))], Says.ALLOWED, Presence.EXISTING, ""),
    "the stack is stuck": ("cloudformation.DescribeStacks", [("describe_stacks", stack("ROLLBACK_COMPLETE"))], Says.ALLOWED, Presence.EXISTING, "ROLLBACK_COMPLETE: it can only be deleted"),
    "the stack is being made": ("cloudformation.DescribeStacks", [("describe_stacks", stack("CREATE_IN_PROGRESS"))], Says.ALLOWED, Presence.EXISTING, "something is under way"),
    "there is no stack": ("cloudformation.DescribeStacks", [error("describe_stacks", "ValidationError", 400, "Stack with id hello-dev does not exist")], Says.ALLOWED, Presence.MISSING, ""),
    "the stack may not be seen": ("cloudformation.DescribeStacks", [error("describe_stacks", "AccessDenied", 403, WHO.format("cloudformation:DescribeStacks", "cloudformation:DescribeStacks"))], Says.DENIED, Presence.UNKNOWN, ""),
}  # fmt: skip


@pytest.mark.parametrize(("call", "answers", "says", "presence", "warning"), CASES.values(), ids=CASES)
def test_an_answer_says(call, answers, says, presence, warning):
    found = probe(call, *answers)
    assert (found.says, found.presence) == (says, presence)
    assert warning in "".join(found.warnings)
    assert bool(found.warnings) is bool(warning)
    assert bool(found.why) is (says is Says.NOTHING)
    if says is Says.DENIED:
        assert found.layer is Layer.IDENTITY


@pytest.mark.parametrize(
    ("services", "drifted"),
    [
        pytest.param(ALL_THREE, False, id="what Zappa would write"),
        pytest.param(tuple(reversed(ALL_THREE)), False, id="in another order"),
        pytest.param(("ec2.amazonaws.com",), True, id="something else"),
    ],
)
def test_zappa_would_mend_a_trust_that_differs(services, drifted):
    assert probe("iam.GetRole", ("get_role", role_trusting(*services))).drifted is drifted


def test_a_role_that_lambda_cannot_assume_and_zappa_would_not_mend_is_told():
    global STAGE  # noqa: PLW0603
    before = STAGE
    STAGE = replace(STAGE, role=replace(STAGE.role, assume_policy=""))
    try:
        found = probe("iam.GetRole", ("get_role", role_trusting("ec2.amazonaws.com")))
    finally:
        STAGE = before
    assert "Lambda cannot assume it" in found.warnings[0]


FAULTS = [
    boto.ClientError({"Error": {"Code": "Throttling"}}, "X"),
    boto.ClientError({"Error": {"Code": "InternalError"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "X"),
    boto.ClientError({}, "X"),
    boto.ReadTimeoutError(endpoint_url="https://aws"),
    boto.ConnectionClosedError(endpoint_url="https://aws"),
    KeyError("Role"),
    ValueError("not enough values to unpack"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_fault_of_any_call_settles_nothing_and_is_told(fault):
    class Broken:
        def __getattr__(self, _):
            def call(**_):
                raise fault

            return call

    calls = list(Probes(STAGE, lambda _: Broken()).calls())
    answers = together([run for _, run in calls], Deadline(0.3))
    assert len(calls) == 4
    for (asked, _), answer in zip(calls, answers, strict=True):
        assert isinstance(answer, Exception)
        found = failed(asked, answer)
        assert found.says is Says.NOTHING
        assert asked.call.replace(".", ":") in found.why


def test_only_what_zappa_looks_for_itself_is_looked_for():
    bare = replace(STAGE, bucket=None, role=replace(STAGE.role, managed=False))
    assert [asked.call for asked, _ in Probes(bare, client).calls()] == [
        "lambda.GetFunction",
        "cloudformation.DescribeStacks",
    ]


def test_the_api_is_found_among_the_resources_of_the_stack_as_zappa_finds_it():
    aws = client("cloudformation")
    detail = {
        "LogicalResourceId": "Api",
        "ResourceType": "AWS::ApiGateway::RestApi",
        "LastUpdatedTimestamp": "2026-01-01T00:00:00Z",
        "ResourceStatus": "CREATE_COMPLETE",
        "PhysicalResourceId": "abc123defg",
    }
    with Stubber(aws) as stubber:
        stubber.add_response(
            "describe_stack_resource",
            {"StackResourceDetail": detail},
            {"StackName": "hello-dev", "LogicalResourceId": "Api"},
        )
        stubber.add_response("describe_stacks", stack("UPDATE_COMPLETE"), {"StackName": "hello-dev"})
        markers = ["/restapis/", ":stack/hello-dev/", ":hostedzone/"]
        found = {marker: call() for marker, call in lookups(STAGE, markers, lambda _: aws)}
    assert found == {"/restapis/": "abc123defg", ":stack/hello-dev/": "1111-2222"}


def test_nothing_but_reading():
    """Every operation that the probes and the look-ups can make is a Get, a List, a Describe or a Head."""
    made = []

    class Recorder:
        def __getattr__(self, name):
            def call(**_):
                made.append(name)
                raise boto.ClientError(
                    {"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, name
                )

            return call

    for _, run in Probes(STAGE, lambda _: Recorder()).calls():
        together([run], Deadline(0.2))
    assert set(made) == {"head_bucket", "list_objects_v2", "get_role", "get_function", "describe_stacks"}
