"""What the execution role needs: each setting adds what it should, and the document holds that and nothing more."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.runtime_cases import CASES, FOLDER, file_of, golden, known, needs, stage_of
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.check import request_of
from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import (
    AuthorizationRequest,
    Decision,
    Effect,
    PolicyDocument,
    PolicySet,
    compile_policies,
)
from zappa_iam_ext.iam.findings import findings
from zappa_iam_ext.permissions.model import Confidence, Consequence, UsedBy
from zappa_iam_ext.permissions.runtime import execution_policy, runtime_requirements
from zappa_iam_ext.permissions.runtime.needs import runtime_needs
from zappa_iam_ext.permissions.tables.reading import Entry, TableError, made
from zappa_iam_ext.permissions.tables.runtime_rows import (
    DenyRow,
    NothingRow,
    RuntimeRow,
    deny_rows,
    nothing_rows,
    runtime_rows,
)

OF_CODE = "lambda:SourceFunctionArn"


def role(of) -> str:
    return (
        f"arn:{of.partition}:sts::{of.account_id or ACCOUNT}:assumed-role/{of.role.name}/{of.function_name}"
    )


def decided(document: PolicyDocument, requirement, of) -> Decision:
    """Return the role's own side: what another account owns, its policy there has to allow besides."""
    request = replace(request_of(requirement, role(of), of.region), resource_account=of.account_id or ACCOUNT)
    return compile_policies(PolicySet([document])).decide(request)


def named(case):
    return pytest.param(case, id=case["name"])


@pytest.mark.parametrize("case", map(named, CASES))
def test_the_golden_file_is_current(case):
    assert file_of(case).read_text("utf-8") == golden(case), (
        "run `make snapshots` and look at what it changes"
    )


def test_every_golden_file_is_of_a_case():
    assert sorted(FOLDER.glob("*.json")) == sorted(map(file_of, CASES))


@pytest.mark.parametrize("case", map(named, CASES))
def test_a_setting_that_changes_nothing_says_why(case):
    found = json.loads(golden(case))
    assert (not found["adds"] and not found["removes"]) is bool(case.get("nothing"))


def test_every_row_is_shown_by_a_case():
    shown = {id(row) for case in CASES for row, _ in runtime_needs(stage_of(case))}
    assert [row.action for row in runtime_rows() if id(row) not in shown] == []


#: Settings that need something for another reason than the one that needs nothing.
NEEDS_ELSE = {"async_source": "the topic itself", "websocket_handler_module": "messages to its clients"}


@pytest.mark.parametrize("setting", sorted({row.setting for row in nothing_rows()} - {"", *NEEDS_ELSE}))
def test_what_needs_nothing_has_a_case_that_adds_nothing(setting):
    cases = [case for case in CASES if setting in case.get("settings", {})]
    assert any(json.loads(golden(case))["adds"] == [] for case in cases), f"add a case of {setting}"


@pytest.mark.parametrize("case", map(named, CASES))
def test_the_document_allows_every_requirement(case):
    of = stage_of(case)
    document = execution_policy(of, **known(case))
    for requirement in runtime_requirements(of, **known(case)):
        assert decided(document, requirement, of) is Decision.ALLOWED, requirement


def less_one_grant(document: PolicyDocument):
    """Yield the document less one action on one resource, for each that it allows."""
    for place, statement in enumerate(document.statements):
        if statement.effect is not Effect.ALLOW:
            continue
        for action in statement.actions:
            for resource in statement.resources:
                rest = [
                    replace(statement, actions=(one,), resources=(on,))
                    for one in statement.actions
                    for on in statement.resources
                    if (one, on) != (action, resource)
                ]
                others = [each for index, each in enumerate(document.statements) if index != place]
                unnamed = (replace(each, sid="") for each in (*others, *rest))
                yield (action, resource), replace(document, statements=tuple(unnamed))


@pytest.mark.parametrize("case", map(named, CASES))
def test_without_any_one_grant_something_is_denied(case):
    of = stage_of(case)
    wanted = runtime_requirements(of, **known(case))
    for grant, rest in less_one_grant(execution_policy(of, application=(), **known(case))):
        denied = [item for item in wanted if decided(rest, item, of) is not Decision.ALLOWED]
        assert denied, f"nothing needs {grant}"
        assert {item.action for item in denied} == {grant[0]}


QUEUE = "arn:aws:sqs:us-east-1:123456789012:"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/"
SETTINGS = {
    "events": st.lists(
        st.sampled_from([
            {"function": "app.a", "event_source": {"arn": f"{QUEUE}first"}},
            {"function": "app.b", "event_source": {"arn": f"{QUEUE}second"}},
            {"function": "app.c", "event_source": {"arn": f"{STREAM}clicks"}},
            {"function": "app.d", "event_source": {"arn": f"{STREAM}clicks/consumer/app:1"}},
            {"function": "app.e", "event_source": {"arn": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1"}},
            {"function": "app.f", "event_source": {"arn": "arn:aws:sns:us-east-1:123456789012:news"}},
            {"function": "app.g", "expression": "rate(1 hour)"},
        ]),
        max_size=6,
    ),
    "vpc_config": st.sampled_from([{}, {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}]),
    "efs_config": st.sampled_from([None, True, {"Arn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/a"}]),
    "dead_letter_arn": st.sampled_from([f"{QUEUE}dead", f"{QUEUE}first", "arn:aws:sns:us-east-1:123456789012:hello-dev-zappa-async"]),
    "xray_tracing": st.booleans(),
    "slim_handler": st.booleans(),
    "s3_bucket": st.sampled_from([None, "packages"]),
    "remote_env": st.sampled_from(["", "s3://packages/dev_hello_current_project.tar.gz", "s3://secrets/a"]),
    "async_source": st.sampled_from(["lambda", "sns"]),
    "async_response_table": st.sampled_from([None, "answers"]),
    "apigateway_enabled": st.booleans(),
    "snap_start": st.sampled_from(["None", "PublishedVersions"]),
    "authorizer": st.sampled_from([None, {"arn": "arn:aws:lambda:us-east-1:123456789012:function:hello-dev"}]),
    "iam_ext": st.sampled_from([None, {"log_group_exists": True}]),
}  # fmt: skip


@given(st.fixed_dictionaries({}, optional=SETTINGS), st.booleans())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_settings_together_are_allowed_and_no_more(chosen, websocket):
    of = stage(chosen, websocket=websocket)
    wanted = runtime_requirements(of)
    document = execution_policy(of)
    assert PolicyDocument.parse(document.to_json()).statements == document.statements
    assert all(decided(document, item, of) is Decision.ALLOWED for item in wanted)
    for grant, rest in less_one_grant(document):
        assert any(decided(rest, item, of) is not Decision.ALLOWED for item in wanted), grant


@given(st.permutations([f"{QUEUE}{name}" for name in "abcd"]))
def test_the_order_of_the_settings_does_not_matter(arns):
    events = [{"function": "app.a", "event_source": {"arn": arn}} for arn in arns]
    plain = [{"function": "app.a", "event_source": {"arn": arn}} for arn in sorted(arns)]
    assert execution_policy(stage({"events": events})) == execution_policy(stage({"events": plain}))


def asks(of, action: str, resource: str, context) -> Decision:
    policies = compile_policies(PolicySet([execution_policy(of)]))
    return policies.decide(AuthorizationRequest(role(of), action, resource, context))


IN_VPC = stage({"vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}})
ENI = "arn:aws:ec2:us-east-1:123456789012:network-interface/eni-1"


@pytest.mark.parametrize("action", [action for row in deny_rows() for action in row.actions])
def test_the_code_of_a_function_in_a_vpc_may_not_touch_network_interfaces(action):
    code = asks(IN_VPC, action, ENI, {OF_CODE: IN_VPC.function_arn})
    itself = asks(IN_VPC, action, ENI, {OF_CODE: None})
    assert code is Decision.EXPLICIT_DENY
    granted = {row.action for row in runtime_rows() if row.when == ("vpc",)}
    assert (itself is Decision.ALLOWED) is (action in granted)


def test_what_lambda_does_alone_in_a_vpc_is_all_denied_to_the_code():
    (row,) = deny_rows()
    assert {each.action for each in runtime_rows() if each.when == ("vpc",)} <= set(row.actions)


POLLED = stage({
    "events": [
        {"function": "app.a", "event_source": {"arn": f"{QUEUE}first"}},
        {"function": "app.b", "event_source": {"arn": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1"}},
        {"function": "app.c", "event_source": {"arn": f"{STREAM}clicks"}},
        {"function": "app.d", "event_source": {"arn": f"{STREAM}clicks/consumer/app:1"}},
    ]
})  # fmt: skip


@pytest.mark.parametrize(
    "requirement",
    [
        pytest.param(item, id=f"{item.action} {item.resource}")
        for item in runtime_requirements(POLLED)
        if item.used_by is UsedBy.POLLER
    ],
)
def test_what_the_poller_may_the_code_may_not(requirement):
    assert asks(POLLED, requirement.action, requirement.resource, {OF_CODE: None}) is Decision.ALLOWED
    of_code = {OF_CODE: POLLED.function_arn}
    assert asks(POLLED, requirement.action, requirement.resource, of_code) is Decision.IMPLICIT_DENY
    assert requirement.consequence is Consequence.REFUSED


def test_a_grant_on_the_function_covers_no_alias_of_it():
    plain, aliased = stage(), stage({"apigateway_lambda_qualifier": "live"})
    assert asks(plain, "lambda:InvokeFunction", f"{plain.function_arn}:live", {}) is Decision.IMPLICIT_DENY
    assert asks(aliased, "lambda:InvokeFunction", f"{plain.function_arn}:live", {}) is Decision.ALLOWED
    assert asks(aliased, "lambda:InvokeFunction", plain.function_arn, {}) is Decision.ALLOWED
    assert asks(aliased, "lambda:InvokeFunction", f"{plain.function_arn}:other", {}) is Decision.IMPLICIT_DENY


def test_the_connections_of_other_apis_are_out_of_reach_once_the_id_is_known():
    of = stage(websocket=True)
    before, after = needs(of, {}), needs(of, {"websocket_api": "a1b2c3d4e5"})
    (wide,), (narrow,) = before - after, after - before
    assert ":*/dev/POST/@connections/*" in wide
    assert ":a1b2c3d4e5/dev/POST/@connections/*" in narrow


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws", "eu-central-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-east-1")],
)
def test_every_arn_is_of_the_partition_of_the_stage(partition, region):
    of = stage(
        {
            "slim_handler": True, "async_source": "sns", "async_response_table": "t", "remote_env": "s3://a/b",
            "efs_config": True, "vpc_config": {"SubnetIds": ["subnet-1"]},
        },
        partition=partition, region=region, websocket=True,
    )  # fmt: skip
    text = execution_policy(of).to_json()
    assert f"arn:{partition}:" in text
    assert text.count("arn:") == text.count(f"arn:{partition}:")
    assert region in text
    assert "us-east-1" not in text


ROW = {
    "used_by": "function", "action": "s3:GetObject", "resource": "*", "purpose": "Load", "because": "it loads",
    "consequence": "stops", "symptom": "it does not start", "source": "AWS", "confidence": "documented",
}  # fmt: skip
DENY = {
    "actions": ["ec2:A"], "resource": "*", "condition": {}, "purpose": "Deny", "because": "it may not", "source": "AWS",
    "confidence": "documented",
}  # fmt: skip
PLACE = "permissions/tables/runtime/logs.toml, line 7"


@pytest.mark.parametrize(
    ("cls", "values", "told"),
    [
        pytest.param(RuntimeRow, ROW | {"used_by": "nobody"}, "'nobody'", id="a user that there is not"),
        pytest.param(RuntimeRow, ROW | {"consequence": "boom"}, "'boom'", id="a consequence that there is not"),
        pytest.param(RuntimeRow, ROW | {"confidence": "sure"}, "'sure'", id="a confidence that there is not"),
        pytest.param(RuntimeRow, ROW | {"when": ["!fly"]}, "'fly' in `when`", id="a feature that there is not"),
        pytest.param(RuntimeRow, ROW | {"each": "flies"}, "'flies' in `each`", id="a collection that there is not"),
        pytest.param(RuntimeRow, ROW | {"since": "9.9.9"}, "'9.9.9' in `since`", id="no release of Zappa"),
        pytest.param(RuntimeRow, ROW | {"until": "9.9.9"}, "'9.9.9' in `until`", id="no last release of Zappa"),
        pytest.param(RuntimeRow, ROW | {"resource": "{a|fly}"}, "'fly'", id="a filter that there is not"),
        pytest.param(RuntimeRow, ROW | {"symptom": ""}, "`symptom` is missing", id="no symptom"),
        pytest.param(RuntimeRow, ROW | {"restrict": ["a:B"]}, "'a:B'", id="a restriction to what AWS does not send"),
        pytest.param(RuntimeRow, ROW | {"wing": 1}, "'wing'", id="a key that there is not"),
        pytest.param(RuntimeRow, {k: v for k, v in ROW.items() if k != "source"}, "'source'", id="no source"),
        pytest.param(DenyRow, DENY | {"when": ["fly"]}, "'fly' in `when`", id="a feature that there is not, of a denial"),
        pytest.param(NothingRow, {"name": "a", "because": "b", "source": "c"}, "'confidence'", id="no confidence"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_right_is_refused(cls, values, told):
    kinds = {"confidence": Confidence} | (
        {"used_by": UsedBy, "consequence": Consequence} if cls is RuntimeRow else {}
    )
    with pytest.raises(TableError) as refused:
        made(cls, Entry(PLACE, values), **kinds)
    assert str(refused.value).startswith(PLACE)
    assert told in str(refused.value)


def test_what_is_harmless_needs_no_symptom():
    kinds = {"used_by": UsedBy, "consequence": Consequence, "confidence": Confidence}
    row = made(RuntimeRow, Entry(PLACE, ROW | {"consequence": "harmless", "symptom": ""}), **kinds)
    assert row.consequence is Consequence.HARMLESS


def test_only_what_aws_looks_at_while_zappa_deploys_is_refused():
    """The code of the function and API Gateway ask when they run: nothing of theirs is refused beforehand."""
    refused = {row.used_by for row in runtime_rows() if row.consequence is Consequence.REFUSED}
    assert refused == {UsedBy.POLLER, UsedBy.LAMBDA}


def test_a_requirement_says_whose_call_asks_for_it_and_which_setting():
    (found,) = (
        item for item in runtime_requirements(stage({"slim_handler": True})) if item.action == "s3:GetObject"
    )
    assert (found.call.service, found.call.operation, found.call.command) == ("s3", "GetObject", "runtime")
    assert found.call.setting == "slim_handler"
    assert found.context == {OF_CODE: stage().function_arn}


def test_only_what_lambda_needs_on_everything_is_on_everything():
    """Our own findings of the documents: the network interfaces, whose ids nobody knows, and file systems."""
    told = {
        (finding.id, action.partition(":")[0])
        for case in CASES
        for finding in findings(execution_policy(stage_of(case), application=(), **known(case)))
        for action in finding.message.split(" on ")[0].split(", ")
    }
    assert told == {("wildcard/resource", "ec2"), ("wildcard/resource", "elasticfilesystem")}


READS = {"Sid": "ReadQueue", "Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": f"{QUEUE}first"}


def test_an_application_that_reads_the_queue_of_the_poller_may():
    document = execution_policy(POLLED, application=[READS])
    policies = compile_policies(PolicySet([document]))
    of_code = {OF_CODE: POLLED.function_arn}
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
        request = AuthorizationRequest(role(POLLED), action, f"{QUEUE}first", of_code)
        assert policies.decide(request) is Decision.ALLOWED
    other = AuthorizationRequest(role(POLLED), "kinesis:GetRecords", f"{STREAM}clicks", of_code)
    assert policies.decide(other) is Decision.IMPLICIT_DENY, "what it does not read stays the poller's alone"
    sids = [statement.sid for statement in document.statements]
    assert len(set(sids)) == len(sids)
    assert PolicyDocument.parse(document.to_json()).statements == document.statements


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        pytest.param("ec2:DescribeSubnets", 6, id="one of them"),
        pytest.param("EC2:describe*", 5, id="two by a pattern"),
        pytest.param("ec2:*", 0, id="all of them"),
        pytest.param("s3:GetObject", 7, id="none of them"),
    ],
)
def test_what_the_application_asks_for_is_not_denied_to_it(asked, left):
    statement = {"Effect": "Allow", "Action": asked, "Resource": "*"}
    denied = [
        action
        for each in execution_policy(IN_VPC, application=[statement]).statements
        if each.effect is Effect.DENY
        for action in each.actions
    ]
    assert len(denied) == left


def test_what_an_application_is_not_allowed_stays_denied():
    excepted = {"Effect": "Allow", "NotAction": ["ec2:*NetworkInterface*"], "Resource": "*"}
    forbidden = {"Effect": "Deny", "Action": "ec2:DescribeSubnets", "Resource": "*"}
    document = execution_policy(IN_VPC, application=[excepted, forbidden])
    (denied,) = (each for each in document.statements if each.sid == "DenyNetworkInterfacesToCode")
    assert set(denied.actions) == {
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DetachNetworkInterface",
    }


def test_statements_that_iam_would_refuse_are_refused():
    with pytest.raises(InvalidPolicyDocument):
        execution_policy(stage(), application=[{"Effect": "Allow", "Action": "s3:GetObject"}])
