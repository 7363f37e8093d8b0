"""What a stage needs: each setting and flag adds and removes what it should, and some laws hold for all of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.runtime_cases import CASES as OF_THE_ROLE
from tests.support.settings_read import settings_read
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.check import request_of
from zappa_iam_ext.iam import Decision, PolicySet, compile_policies
from zappa_iam_ext.permissions.commands import COMMANDS, parse_command
from zappa_iam_ext.permissions.model import Command, Consequence
from zappa_iam_ext.permissions.policy import deployment_policy, purpose_of
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.tables.rows import authorization_rows, resource_rows
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS

CASES = json.loads((Path(__file__).parents[2] / "cases" / "permissions" / "settings.json").read_text("utf-8"))
CASES_FILE = "tests/cases/permissions/settings.json"
#: Settings that decide something and have no case of their own, with the reason.
WITHOUT_A_CASE: dict[str, str] = {
    "assume_policy": "what the role trusts; Zappa corrects it by the same call, whatever it says",
    "attach_policy": "what the role may do; Zappa writes it by the same call, whatever it says",
    "timeout_seconds": "an attribute of the load balancer, written by the same call, whatever it says",
}


def commands_of(lines) -> tuple[Command, ...]:
    return tuple(parse_command(line) for line in lines)


def pairs(found) -> set[str]:
    return {f"{item.action} {item.resource}" for item in found}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_a_setting_adds_and_removes(case):
    lines = case.get("commands", ())
    with_it = stage(case["settings"], websocket=case.get("websocket", False))
    without = stage(case.get("beside", {}))
    after = pairs(requirements(with_it, commands_of(lines)))
    before = pairs(requirements(without, commands_of(case.get("beside_commands", lines))))
    assert sorted(after - before) == case["adds"]
    assert sorted(before - after) == case["removes"]


def test_every_setting_that_decides_a_call_has_a_case():
    """The settings and flags are not listed here: they are those that features, collections, calls and rows name."""
    stages = [stage(case["settings"], websocket=case.get("websocket", False)) for case in CASES]
    shown = {
        name
        for case in (*CASES, *OF_THE_ROLE)
        for name in (case["name"].partition(":")[0], *case.get("settings", ()))
    }
    missing = settings_read(stages) - shown - set(WITHOUT_A_CASE)
    assert not missing, (
        f"add a case to {CASES_FILE} named '{min(missing)}: what it changes', with what it adds and removes"
    )
    assert set(WITHOUT_A_CASE) & shown == set(), "has a case now"


def test_a_case_that_changes_nothing_says_why():
    quiet = [
        case["name"] for case in CASES if not case["adds"] and not case["removes"] and not case.get("why_not")
    ]
    assert quiet == [], f"give it `why_not` in {CASES_FILE}"


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        ("aws", "eu-central-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-us-gov", "us-gov-east-1"),
    ],
)
def test_every_arn_is_of_the_partition_and_region_of_the_stage(partition, region):
    everything = {
        "alb_enabled": True,
        "alb_vpc_config": {"SubnetIds": ["subnet-1"]},
        "apigateway_policy": "policy.json",
        "async_source": "sns",
        "async_response_table": "answers",
        "cognito": {"user_pool": f"{region}_A"},
        "cors": True,
        "efs_config": True,
        "vpc_config": {"SubnetIds": ["subnet-1"]},
    }
    for requirement in requirements(stage(everything, partition=partition, region=region, websocket=True)):
        if requirement.resource == "*":
            continue
        _, found, service, place, *_ = requirement.resource.split(":")
        assert found == partition, requirement.resource
        assert place == ("" if service in {"iam", "s3", "route53"} else region), requirement.resource


def test_the_certificate_of_a_domain_is_imported_where_api_gateway_wants_it():
    given_files = {
        "domain": "api.example.com",
        "certificate": "c",
        "certificate_key": "k",
        "certificate_chain": "h",
    }
    found = requirements(stage(given_files, region="eu-west-1"), commands_of(["certify"]))
    (imported,) = (item for item in found if item.action == "acm:ImportCertificate")
    assert imported.resource == f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/*"


def test_only_the_records_of_the_domain_may_be_changed():
    found = requirements(
        stage({"domain": "*.API.example.com.", "lets_encrypt_key": "account.key"}), commands_of(["certify"])
    )
    document = deployment_policy(found).to_dict()
    (statement,) = (
        item for item in document["Statement"] if "route53:ChangeResourceRecordSets" in item["Action"]
    )
    key = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    assert statement["Condition"]["ForAllValues:StringEquals"][key] == r"_acme-challenge.\052.api.example.com"


def test_every_statement_is_named_for_what_it_is_for():
    rows = [row for rows in (*authorization_rows().values(), *resource_rows().values()) for row in rows]
    fallback = {row.action for row in rows if purpose_of(row.action) == row.action.partition(":")[0].title()}
    assert fallback == set(), (
        "name the service in _PURPOSES of permissions/policy.py: it is the Sid of its statements"
    )


def test_an_unknown_account_is_a_star_and_later_filled_in():
    unknown, known = stage(account=None), stage()
    assert pairs(requirements(unknown.with_account(ACCOUNT))) == pairs(requirements(known))
    assert all(ACCOUNT not in item.resource for item in requirements(unknown))


def test_when_several_calls_need_the_same_the_gravest_consequence_is_told():
    found = requirements(stage(), commands_of(["update"]))
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello-dev"
    (listing,) = (item for item in found if item.action == "lambda:GetPolicy" and item.resource == function)
    assert listing.consequence is Consequence.SILENT
    (deleting,) = (item for item in found if item.action == "lambda:GetFunction")
    assert deleting.consequence is Consequence.STOPS


ARN = f"arn:aws:{{}}:us-east-1:{ACCOUNT}:{{}}"
CERTIFICATE = ARN.format("acm", "certificate/1")
VPC = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
SOURCES = [
    {"arn": "arn:aws:s3:::uploads", "events": ["s3:ObjectCreated:*"]},
    {"arn": ARN.format("sns", "news"), "events": ["sns:Publish"], "filters": {"a": ["b"]}},
    {"arn": ARN.format("sqs", "jobs")},
    {"arn": ARN.format("dynamodb", "table/t/stream/x")},
    {"arn": ARN.format("kinesis", "stream/s")},
    {"arn": ARN.format("events", "rule/r"), "name": "r", "events": ["x"]},
]
EVENTS = st.lists(
    st.one_of(
        st.builds(lambda source: {"function": "app.f", "event_source": source}, st.sampled_from(SOURCES)),
        st.builds(
            lambda text: {"function": "app.f", "expression": text},
            st.sampled_from(["rate(1 hour)", "cron(0 1 * * ? *)"]),
        ),
        st.just({"function": "a.b.c", "expressions": ["rate(1 hour)", "rate(2 hours)"], "name": "n" * 40}),
    ),
    max_size=3,
)
ON = st.booleans()
#: A setting that only a case knows is drawn from what the cases say.
GIVEN = {
    name: st.sampled_from([case["settings"][name] for case in CASES if name in case["settings"]])
    for name in {name for case in CASES for name in case["settings"]}
}
#: Settings as they may stand in a file; each is left out as often as it is given.
SETTINGS = st.fixed_dictionaries(
    {},
    optional=GIVEN
    | {
        "alb_enabled": ON,
        "alb_vpc_config": st.just({"SubnetIds": ["subnet-1", "subnet-2"], "CertificateArn": CERTIFICATE}),
        "api_key": st.just("k"),
        "api_key_required": ON,
        "apigateway_enabled": ON,
        "apigateway_lambda_qualifier": st.sampled_from(["live", "", None]),
        "apigateway_policy": st.just("policy.json"),
        "apigateway_version": st.sampled_from(["v1", "v2"]),
        "async_resources": ON,
        "async_response_table": st.just("answers"),
        "async_source": st.sampled_from(["sns", "lambda"]),
        "authorizer": st.sampled_from([{}, {"function": "a.b"}, {"type": "COGNITO_USER_POOLS"}]),
        "aws_kms_key_arn": st.sampled_from(["", ARN.format("kms", "key/k"), ARN.format("kms", "alias/k")]),
        "base_path": st.sampled_from([None, "v1"]),
        "binary_support": ON,
        "certificate": st.just("cert.pem"),
        "certificate_arn": st.just(CERTIFICATE),
        "cognito": st.just({"user_pool": "us-east-1_A", "triggers": [{"source": "PreSignUp_SignUp", "function": "a.b"}]}),
        "cors": st.sampled_from([True, False, {"allowed_origin": "*"}]),
        "delete_s3_zip": ON,
        "domain": st.sampled_from([None, "api.example.com", "*.example.com"]),
        "efs_config": st.sampled_from([True, {"LocalMountPath": "/mnt/a"}, [{"Arn": ARN.format("elasticfilesystem", "access-point/a")}]]),
        "endpoint_configuration": st.sampled_from([None, ["EDGE"], ["REGIONAL"], ["PRIVATE"]]),
        "events": EVENTS,
        "function_url_config": st.sampled_from([{}, {"authorizer": "AWS_IAM"}, {"authorizer": "NONE"}]),
        "function_url_enabled": ON,
        "iam_authorization": ON,
        "keep_warm": ON,
        "lambda_concurrency": st.sampled_from([None, 0, 5]),
        "layers": st.sampled_from([None, [], [ARN.format("lambda", "layer:x:1")]]),
        "lets_encrypt_key": st.sampled_from(["account.key", "s3://keys/account.key"]),
        "manage_roles": ON,
        "num_retained_versions": st.sampled_from([None, 1, 5]),
        "payload_compression": ON,
        "provisioned_concurrency": st.sampled_from([None, 2]),
        "role_arn": st.just(f"arn:aws:iam::{ACCOUNT}:role/team/own"),
        "role_name": st.just("own"),
        "route53_enabled": ON,
        "s3_bucket": st.just("packages"),
        "slim_handler": ON,
        "snap_start": st.sampled_from([None, "None", "PublishedVersions"]),
        "tags": st.sampled_from([{}, {"Team": "web"}]),
        "touch": ON,
        "use_apigateway": ON,
        "vpc_config": st.just(VPC),
    },
)  # fmt: skip
LINES = st.sampled_from(
    [
        *COMMANDS,
        "deploy --zip package.zip",
        "deploy --zip s3://bucket/package.zip",
        "update --zip s3://bucket/package.zip",
        f"deploy --docker-image-uri {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/hello:1",
        f"update -d {ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/hello@sha256:1",
        "update --no-upload",
        "undeploy --remove-logs",
        "invoke --qualifier 1",
        "certify --manual",
    ]
)
STAGES = st.builds(
    stage,
    SETTINGS,
    zappa=st.sampled_from(ZAPPA_VERSIONS),
    websocket=ON,
    account=st.sampled_from([ACCOUNT, None]),
    project=st.sampled_from(["hello", "hello-with-a-very-long-name-of-a-project"]),
)
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(STAGES, st.lists(LINES, min_size=1, max_size=4))
def test_whatever_the_settings_the_requirements_are_whole_and_always_the_same(one, lines):
    found = requirements(one, commands_of(lines))
    assert found == requirements(one, commands_of(lines))
    assert all(item.because and item.source and item.call for item in found)
    assert all("None" not in item.resource and "{" not in item.resource for item in found)
    assert all(item.symptom for item in found if item.consequence is Consequence.SILENT)


@QUICK
@given(STAGES, st.lists(LINES, min_size=2, max_size=4))
def test_more_commands_need_no_less(one, lines):
    few, more = commands_of(lines[:-1]), commands_of(lines)
    assert pairs(requirements(one, few)) <= pairs(requirements(one, more))


@QUICK
@given(STAGES, st.lists(LINES, min_size=1, max_size=4))
def test_the_policy_allows_every_requirement(one, lines):
    found = requirements(one, commands_of(lines))
    held = compile_policies(PolicySet(identity=[deployment_policy(found).to_dict()]))
    principal = f"arn:aws:iam::{ACCOUNT}:user/serverless"
    for item in found:
        decision = held.evaluate(request_of(item, principal, one.region)).decision
        assert decision is Decision.ALLOWED, f"{item.action} on {item.resource} with {item.context}"


@settings(QUICK, max_examples=3)
@given(STAGES)
def test_the_policy_loses_something_with_every_statement(one):
    found = requirements(one)
    document = deployment_policy(found).to_dict()
    principal = f"arn:aws:iam::{ACCOUNT}:user/serverless"
    for place in range(len(document["Statement"])):
        rest = [item for index, item in enumerate(document["Statement"]) if index != place]
        held = compile_policies(PolicySet(identity=[{**document, "Statement": rest}])) if rest else None
        assert held is None or any(
            held.evaluate(request_of(item, principal, one.region)).decision is not Decision.ALLOWED
            for item in found
        ), f"statement {document['Statement'][place]} is needless"
