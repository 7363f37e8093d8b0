"""What real AWS was seen to ask of an execution role: every recorded fact is judged, or says why it is told only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.check import request_of
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicySet, evaluate
from zappa_iam_ext.permissions.model import Confidence, Consequence, UsedBy
from zappa_iam_ext.permissions.runtime import execution_policy, runtime_requirements
from zappa_iam_ext.permissions.runtime.needs import runtime_needs
from zappa_iam_ext.permissions.tables.runtime_rows import runtime_rows

FOLDER = Path(__file__).parents[1] / "cases" / "observed"
ROLES = json.loads((FOLDER / "lambda-roles.json").read_text("utf-8"))
PASSED = json.loads((FOLDER / "passed-roles.json").read_text("utf-8"))
SOURCES = ROLES["event_sources"]
OF_CODE = "lambda:SourceFunctionArn"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/hello-dev-ZappaLambdaExecutionRole"

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:first"
TABLE_STREAM = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders/stream/2026-01-01T00:00:00.000"
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/clicks"
CONSUMER = f"{STREAM}/consumer/app:1760000000"


def polled(arn: str):
    return stage({"events": [{"function": "app.work", "event_source": {"arn": arn}}]})


def needed(of) -> set[tuple[str, str]]:
    """Return what the poller of the stage needs."""
    return {
        (item.action, item.resource) for item in runtime_requirements(of) if item.used_by is UsedBy.POLLER
    }


@pytest.mark.parametrize(
    ("arn", "facts"),
    [
        pytest.param(QUEUE, SOURCES["sqs"], id="a queue"),
        pytest.param(TABLE_STREAM, SOURCES["dynamodb_streams"], id="the stream of a table"),
        pytest.param(STREAM, SOURCES["kinesis"], id="a Kinesis stream"),
    ],
)
def test_a_poller_needs_what_was_seen_and_nothing_else(arn, facts):
    of = polled(arn)
    assert needed(of) == {(action, arn) for action in facts["needed"]}
    allowed = {action for each in execution_policy(of).statements for action in each.actions}
    assert not {text.partition(" ")[0] for text in facts["not_needed"] if ":" in text} & (allowed - LOGS)


LOGS = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}


def test_a_consumer_of_a_stream_needs_what_was_seen_and_nothing_else():
    facts = SOURCES["kinesis"]["enhanced_fan_out"]
    found = needed(polled(CONSUMER))
    assert {action for action, on in found if on == STREAM} == set(facts["needed_on_stream"])
    assert {action for action, on in found if on == CONSUMER} == set(facts["needed_on_consumer"])
    assert not {action for action, _ in found} & set(facts["not_needed"])


def test_what_others_push_needs_nothing():
    assert SOURCES["sns_s3_events_logs"]["needed"] == []
    plain = needs_of(stage())
    for source in (
        "arn:aws:sns:us-east-1:1:news",
        "arn:aws:s3:::uploads",
        "arn:aws:events:us-east-1:1:rule/one",
    ):
        events = [{"function": "app.work", "event_source": {"arn": source, "name": "one"}}]
        assert needs_of(stage({"events": events})) == plain
    assert needs_of(stage({"events": [{"function": "app.work", "expression": "rate(1 hour)"}]})) == plain


def needs_of(of) -> set[tuple[str, str]]:
    return {(item.action, item.resource) for item in runtime_requirements(of)}


def allow(*actions: str, on: str, **condition: object) -> dict:
    extra = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **extra}


def deny(action: str, on: str = "*") -> dict:
    return {"Effect": "Deny", "Action": action, "Resource": on}


THREE = SOURCES["sqs"]["needed"]
OF_TABLE = SOURCES["dynamodb_streams"]["needed"]
OF_STREAM = SOURCES["kinesis"]["needed"]
FUNCTION = stage().function_arn
LOG_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/hello-dev:*"


def of_queue(action: str) -> dict:
    return {"Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": action, "Resource": QUEUE}


#: Each recorded case as policies: what the role may, and what the queue's own policy says.
CASES: dict[str, tuple[str, list[dict], list[dict]]] = {
    "gqa-omitted": (QUEUE, [allow("sqs:ReceiveMessage", "sqs:DeleteMessage", on=QUEUE)], []),
    "gqa-denied": (
        QUEUE,
        [allow("sqs:ReceiveMessage", "sqs:DeleteMessage", on=QUEUE), deny("sqs:GetQueueAttributes")],
        [],
    ),
    "role-deny-receive": (QUEUE, [allow(*THREE, on=QUEUE), deny("sqs:ReceiveMessage")], []),
    "role-deny-delete": (QUEUE, [allow(*THREE, on=QUEUE), deny("sqs:DeleteMessage")], []),
    "queue-deny-receive": (QUEUE, [allow(*THREE, on=QUEUE)], [of_queue("sqs:ReceiveMessage")]),
    "queue-deny-delete": (QUEUE, [allow(*THREE, on=QUEUE)], [of_queue("sqs:DeleteMessage")]),
    "source-absent": (QUEUE, [allow(*THREE, on=QUEUE, Null={OF_CODE: "true"})], []),
    "source-required": (QUEUE, [allow(*THREE, on=QUEUE, ArnEquals={OF_CODE: FUNCTION})], []),
    "minimal positive": (
        QUEUE,
        [allow(*THREE, on=QUEUE), allow("logs:CreateLogStream", "logs:PutLogEvents", on=LOG_GROUP)],
        [],
    ),
    "without-liststreams": (TABLE_STREAM, [allow(*OF_TABLE, on=TABLE_STREAM)], []),
    "stream-scoped-liststreams": (
        TABLE_STREAM,
        [allow(*OF_TABLE, "dynamodb:ListStreams", on=TABLE_STREAM)],
        [],
    ),
    "deny-liststreams": (TABLE_STREAM, [allow(*OF_TABLE, on=TABLE_STREAM), deny("dynamodb:ListStreams")], []),
    "no source permission": (STREAM, [allow("logs:PutLogEvents", on=LOG_GROUP)], []),
    "stream ARN, DescribeStream denied": (
        STREAM,
        [allow("kinesis:*", on="*"), deny("kinesis:DescribeStream")],
        [],
    ),
    "stream ARN, DescribeStreamSummary denied": (
        STREAM,
        [allow("kinesis:*", on="*"), deny("kinesis:DescribeStreamSummary")],
        [],
    ),
    "consumer ARN, DescribeStream denied": (
        CONSUMER,
        [allow("kinesis:*", on="*"), deny("kinesis:DescribeStream")],
        [],
    ),
}
RECORDED = [case for source in ("sqs", "dynamodb_streams", "kinesis") for case in SOURCES[source]["cases"]]


def refused(of, statements, resource_policy) -> list[str]:
    """Return the actions of the poller that such a role may not do."""
    found = []
    document = {"Version": "2012-10-17", "Statement": statements}
    resource = [{"Version": "2012-10-17", "Statement": resource_policy}] if resource_policy else []
    for item in runtime_requirements(of):
        if item.used_by is UsedBy.POLLER:
            request = request_of(item, ROLE, of.region)
            if not evaluate(PolicySet([document], resource=resource), request).allowed:
                found.append(item.action.partition(":")[2])
    return found


@pytest.mark.parametrize("case", [pytest.param(case, id=case["case"]) for case in RECORDED])
def test_a_mapping_is_refused_as_lambda_refused_it(case):
    arn, statements, resource_policy = CASES[case["case"]]
    found = refused(polled(arn), statements, resource_policy)
    admitted = case.get("admitted", case.get("code") == "Success")
    assert (not found) is admitted
    if "named" in case:
        assert case["named"] in found


def test_our_document_is_one_that_lambda_takes():
    for arn in (QUEUE, TABLE_STREAM, STREAM, CONSUMER):
        of = polled(arn)
        statements = json.loads(execution_policy(of).to_json())["Statement"]
        assert refused(of, statements, []) == []


def test_a_role_without_any_permission_may_be_given_to_a_plain_function():
    for chosen in ({}, {"s3_bucket": "packages"}, {"layers": ["arn:aws:lambda:us-east-1:1:layer:tools:1"]}):
        assert not [
            item for item in runtime_requirements(stage(chosen)) if item.consequence is Consequence.REFUSED
        ]


def test_the_code_is_read_with_the_rights_of_whoever_deploys():
    found = needs_of(stage({"s3_bucket": "packages", "layers": ["arn:aws:lambda:us-east-1:1:layer:tools:1"]}))
    assert not [action for action, _ in found if action.startswith(("s3:", "ecr:")) or "Layer" in action]


def test_logs_are_written_on_the_group_of_the_function_and_made_only_where_it_is_not_there():
    assert {action for action, on in needs_of(stage()) if on == LOG_GROUP} == LOGS
    there = stage({"iam_ext": {"log_group_exists": True}})
    assert {action for action, on in needs_of(there) if on == LOG_GROUP} == LOGS - {"logs:CreateLogGroup"}


def test_the_code_says_which_function_it_is_and_the_poller_does_not():
    of = stage({"events": [{"function": "app.work", "event_source": {"arn": QUEUE}}], "slim_handler": True})
    for item in runtime_requirements(of):
        if item.used_by is UsedBy.FUNCTION:
            assert item.context[OF_CODE] == of.function_arn
        if item.used_by is UsedBy.POLLER:
            assert OF_CODE in item.absent
            assert OF_CODE in item.restrict


def test_function_urls_ask_nothing_of_the_role():
    for kind in ("NONE", "AWS_IAM"):
        url = stage({"function_url_enabled": True, "function_url_config": {"authorizer": kind}})
        assert needs_of(url) == needs_of(stage())


def test_the_function_its_versions_and_its_aliases_do_not_cover_one_another():
    for asked, granted in (("live", "live"), ("1", "1")):
        of = stage({"apigateway_lambda_qualifier": granted})
        policies = PolicySet([execution_policy(of)])
        for arn, held in (
            (of.function_arn, True),
            (f"{of.function_arn}:{asked}", True),
            (f"{of.function_arn}:2", False),
        ):
            request = AuthorizationRequest(ROLE, "lambda:InvokeFunction", arn)
            assert (evaluate(policies, request).decision is Decision.ALLOWED) is held


# === passed-roles.json: what fails at request time =============================================


def test_api_gateway_needs_to_invoke_the_function_it_calls_and_without_it_every_request_fails():
    (row, item) = next(found for found in runtime_needs(stage()) if found[1].used_by is UsedBy.API_GATEWAY)
    assert (item.action, item.resource) == ("lambda:InvokeFunction", stage().function_arn)
    assert item.consequence is Consequence.STOPS
    assert "HTTP 500" in item.symptom
    assert row.confidence is Confidence.OBSERVED


def test_eventbridge_needs_nothing_of_the_role_to_call_the_function():
    scheduled = stage({"events": [{"function": "app.work", "expression": "rate(1 hour)"}]})
    assert {item.used_by for item in runtime_requirements(scheduled)} == {
        UsedBy.FUNCTION,
        UsedBy.API_GATEWAY,
        UsedBy.LAMBDA,
    }


def test_no_grant_demands_who_is_behind_the_service_which_a_session_of_the_role_does_not_carry():
    keys = {key.lower() for row in runtime_rows() for key in (*row.restrict, *row.context, *row.absent)}
    assert not keys & {"aws:sourcearn", "aws:sourceaccount", "aws:principalservicename"}


#: How each fact about the role is held: by the test of that name here, or elsewhere, or told only, with the reason.
HELD = {
    "The poller's calls carry no lambda:SourceFunctionArn": test_the_code_says_which_function_it_is_and_the_poller_does_not,
    "Managed policy service-role/AWSLambdaSQSQueueExecutionRole": test_a_poller_needs_what_was_seen_and_nothing_else,
    "Every rejection was tried twice": "told only: how long the recording waited",
    "A queue policy that names a role created just before": "told only: the policy of a queue is nobody's here",
    "Not shown: what a policy change": "told only: what was not tried",
    "Each case: policy put, 30 s wait": test_a_mapping_is_refused_as_lambda_refused_it,
    "That each of the three is needed": test_a_poller_needs_what_was_seen_and_nothing_else,
    "The cases: 12 s between": test_a_mapping_is_refused_as_lambda_refused_it,
    "The rest of the lists above": test_a_consumer_of_a_stream_needs_what_was_seen_and_nothing_else,
    "These call the function under their own": test_what_others_push_needs_nothing,
    "lambda:SourceFunctionArn is present": test_the_code_says_which_function_it_is_and_the_poller_does_not,
    "CreateFunction needs a role that trusts": test_a_role_without_any_permission_may_be_given_to_a_plain_function,
    "A role created seconds before is refused": "told only: held where a role is waited for",
    "Log writing needs": test_logs_are_written_on_the_group_of_the_function_and_made_only_where_it_is_not_there,
    "Code in S3 is read": test_the_code_is_read_with_the_rights_of_whoever_deploys,
    "lambda:Layer holds only": "told only: a key of the deploying principal's request",
    "AddPermission(Action lambda:InvokeFunctionUrl": "told only: the policy of the function",
    "A caller with lambda:InvokeFunctionUrl alone": test_function_urls_ask_nothing_of_the_role,
    "Auth type NONE still needs": "told only: the policy of the function",
    "Deleting a URL keeps": "told only: the policy of the function",
    "A grant on the unqualified function": test_the_function_its_versions_and_its_aliases_do_not_cover_one_another,
    "GetFunction shows tags": "told only: a call of the deploying principal",
    "API Gateway with an integration role": test_api_gateway_needs_to_invoke_the_function_it_calls_and_without_it_every_request_fails,
    "Missing lambda:InvokeFunction": test_api_gateway_needs_to_invoke_the_function_it_calls_and_without_it_every_request_fails,
    "Policy and trust repairs": "told only: how soon a repair works",
    "Caller's own credentials": "told only: Zappa never names the caller's own",
    "In a role session of EventBridge": test_no_grant_demands_who_is_behind_the_service_which_a_session_of_the_role_does_not_carry,
    "A deny in the role's policy or of the role in the queue's": test_a_mapping_is_refused_as_lambda_refused_it,
    "Deleted role or policy": "told only: how soon a deletion works",
    "EventBridge assumes the role for 3600 s": "told only: what CloudTrail shows",
    "A Lambda target without a role": test_eventbridge_needs_nothing_of_the_role_to_call_the_function,
}


def facts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["fact"]] if isinstance(value.get("fact"), str) else []
        for each in value.values():
            yield from facts(each)
    if isinstance(value, list):
        for each in value:
            yield from facts(each)


def test_every_fact_about_a_role_is_held_or_says_why_not():
    told = [*facts(ROLES), *facts(PASSED["at_request_time"])]
    assert [fact for fact in told if not any(fact.startswith(beginning) for beginning in HELD)] == []
    assert [beginning for beginning in HELD if not any(fact.startswith(beginning) for fact in told)] == []
    assert sorted(case["case"] for case in RECORDED) == sorted(CASES)
