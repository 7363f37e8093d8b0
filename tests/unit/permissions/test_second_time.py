"""What a command needs the second time, and after settings changed: named by the rule, with what it must not need."""

from __future__ import annotations

import pytest

from tests.support.stages import ACCOUNT, stage
from tests.unit.permissions.test_requirements import commands_of
from zappa_iam_ext.permissions.model import Command, Consequence, ResourceState
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.untold import untold

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello-dev"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
API = "arn:aws:apigateway:us-east-1::"
ORPHANED, MISSING, DRIFTED = ResourceState.ORPHANED, ResourceState.MISSING, ResourceState.DRIFTED
ALB = {"alb_enabled": True, "alb_vpc_config": {"SubnetIds": ["subnet-1"]}}
SNAP = {"snap_start": "PublishedVersions"}


def handler(number: int, source: dict) -> dict:
    return {"function": f"app.handler_{number}", "event_source": source}


def topic(filters: dict | None = None, arn: str = TOPIC) -> dict:
    return {"arn": arn, "events": ["sns:Publish"], **({"filters": filters} if filters else {})}


def rule(**more: str) -> dict:
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/changes"
    return {"arn": arn, "events": ["ec2"], "event_pattern": {"source": ["aws.ec2"]}, **more}


def needed(settings: dict, line: str, action: str, zappa: str = "", **more):
    found = requirements(stage(settings, zappa=zappa, **more), commands_of([line]))
    return [item for item in found if item.action == action]


#: Settings, command, version of Zappa, action, resource, and the only state in which it is needed.
NEEDED = [
    ({}, "update", "", "lambda:UpdateAlias", FUNCTION, ORPHANED),
    ({}, "update", "0.60.0", "lambda:UpdateAlias", FUNCTION, ORPHANED),
    ({}, "rollback", "", "lambda:UpdateAlias", FUNCTION, ORPHANED),
    (SNAP, "update", "", "lambda:UpdateAlias", FUNCTION, None),
    (ALB, "update", "", "lambda:UpdateAlias", FUNCTION, None),
    ({"role_arn": f"{ROLE}/own"}, "schedule", "", "iam:PassRole", f"{ROLE}/own", None),
    ({"role_arn": f"{ROLE}/own"}, "update", "", "iam:PassRole", f"{ROLE}/hello-dev-ZappaLambdaExecutionRole", None),
    ({"role_name": "own", "role_arn": f"{ROLE}/team/own"}, "update", "", "iam:GetRole", f"{ROLE}/team/own", None),
    ({"role_name": "own", "role_arn": f"{ROLE}/team/own"}, "deploy", "", "iam:PutRolePolicy", f"{ROLE}/team/own", None),
    ({"role_name": "own", "role_arn": f"{ROLE}/team/own"}, "update", "", "iam:PassRole", f"{ROLE}/team/own", None),
    ({"role_name": "own", "role_arn": f"{ROLE}/team/other"}, "update", "", "iam:GetRole", f"{ROLE}/own", None),
    ({"events": [handler(1, topic()), handler(2, topic())]}, "deploy", "", "sns:GetSubscriptionAttributes", "*", None),
    ({"events": [handler(1, topic()), handler(2, topic())]}, "update", "", "sns:SetSubscriptionAttributes", "*", None),
    ({}, "update", "", "apigateway:DELETE", f"{API}/apis/*", ORPHANED),
    ({}, "undeploy", "", "apigateway:DELETE", f"{API}/apis/*", ORPHANED),
    ({}, "undeploy", "", "lambda:RemovePermission", f"{FUNCTION}:*", ORPHANED),
    ({"apigateway_version": "v2"}, "update", "", "apigateway:DELETE", f"{API}/restapis/*", ORPHANED),
    ({"apigateway_version": "v2"}, "update", "", "apigateway:GET", f"{API}/restapis/*/authorizers/*", ORPHANED),
    ({}, "update", "", "apigateway:DELETE", f"{API}/restapis/*/authorizers/*", ORPHANED),
    ({}, "update", "", "apigateway:UpdateRestApiPolicy", f"{API}/restapis/*", DRIFTED),
    ({}, "deploy", "", "cloudformation:UpdateStack", f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/hello-dev/*", ORPHANED),
    ({}, "update", "", "apigateway:GET", f"{API}/restapis", MISSING),
    ({}, "status", "", "apigateway:GET", f"{API}/restapis", MISSING),
    ({"events": [handler(1, rule(name="changes"))]}, "status", "", "events:DescribeRule", f"arn:aws:events:us-east-1:{ACCOUNT}:rule/changes", None),
    ({"events": [handler(1, rule())]}, "status", "0.60.2", "events:DescribeRule", f"arn:aws:events:us-east-1:{ACCOUNT}:rule/changes", None),
    ({"events": [handler(1, rule(role_arn=f"{ROLE}/bus"))]}, "deploy", "0.60.2", "iam:PassRole", f"{ROLE}/bus", None),
    ({"events": [{**handler(1, topic()), "expression": "rate(1 day)"}]}, "undeploy", "", "sns:Unsubscribe", "*", None),
    ({"s3_bucket": "packages"}, "update", "", "s3:CreateBucket", "arn:aws:s3:::packages", MISSING),
    ({}, "update", "", "iam:CreateRole", f"{ROLE}/hello-dev-ZappaLambdaExecutionRole", MISSING),
    ({"apigateway_enabled": False, "domain": "a.example.com", "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}, "certify", "0.60.2", "apigateway:POST", f"{API}/domainnames", None),
]  # fmt: skip


@pytest.mark.parametrize("case", NEEDED)
def test_a_command_needs(case) -> None:
    settings, line, zappa, action, resource, only_if = case
    found = {item.resource: item.only_if for item in needed(settings, line, action, zappa)}
    assert resource in found, sorted(found)
    assert found[resource] is only_if


EVENTS_ACTIONS = ("events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:DeleteRule")
#: Settings, command, version of Zappa, action, resource.
NEVER = [
    *(
        ({"events": [handler(1, rule())]}, line, "", action, f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}")
        for line in ("deploy", "update", "schedule", "undeploy")
        for action in EVENTS_ACTIONS
        for name in ("*", "changes")
    ),
    ({"events": [handler(1, topic()), handler(2, topic(arn=f"{TOPIC}2"))]}, "deploy", "", "sns:GetSubscriptionAttributes", "*"),
    ({"events": [handler(1, topic()), handler(2, topic())]}, "deploy", "0.62.1", "sns:GetSubscriptionAttributes", "*"),
    ({"events": [{**handler(1, topic()), "expression": "rate(1 day)"}]}, "deploy", "", "sns:Subscribe", TOPIC),
    ({"events": [handler(1, {"arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"})]}, "update", "0.62.1", "lambda:UpdateEventSourceMapping", f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:*"),
    ({"role_arn": f"{ROLE}/own"}, "schedule", "", "iam:PassRole", f"{ROLE}/hello-dev-ZappaLambdaExecutionRole"),
    ({"role_name": "own", "role_arn": f"{ROLE}/team/own"}, "update", "", "iam:GetRole", f"{ROLE}/own"),
    ({"apigateway_enabled": False}, "update", "", "apigateway:DELETE", f"{API}/apis/*"),
    ({"apigateway_enabled": False}, "certify", "", "apigateway:POST", f"{API}/domainnames"),
    ({"events": [{"function": "app.f", "name": "n" * 64, "expression": "rate(1 day)"}], "keep_warm": False}, "deploy", "", "events:PutTargets", "*"),
    ({}, "rollback", "0.62.1", "lambda:UpdateAlias", FUNCTION),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "line", "zappa", "action", "resource"), NEVER)
def test_a_command_never_needs(settings, line, zappa, action, resource) -> None:
    assert resource not in {item.resource for item in needed(settings, line, action, zappa)}


QUEUE = {"events": [handler(1, {"arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"})]}
#: Settings, command, action, region, first and last version, consequence.
CONSEQUENCES = [
    ({}, "update", "lambda:ListFunctionUrlConfigs", "us-east-1", "0.61.0", "0.61.4", Consequence.STOPS),
    ({}, "update", "lambda:ListFunctionUrlConfigs", "us-east-1", "0.62.0", "0.63.0", Consequence.SILENT),
    (QUEUE, "update", "lambda:GetEventSourceMapping", "us-east-1", "0.60.0", "0.62.1", Consequence.HARMLESS),
    (QUEUE, "update", "lambda:GetEventSourceMapping", "us-east-1", "0.63.0", "0.63.0", Consequence.STOPS),
    ({}, "deploy", "s3:ListBucket", "us-east-1", "0.60.0", "0.62.1", Consequence.HARMLESS),
    ({}, "deploy", "s3:ListBucket", "us-east-1", "0.63.0", "0.63.0", Consequence.STOPS),
    (
        {"s3_bucket": "packages"},
        "deploy",
        "s3:ListBucket",
        "eu-west-1",
        "0.60.0",
        "0.62.1",
        Consequence.STOPS,
    ),
]


@pytest.mark.parametrize("case", CONSEQUENCES)
def test_what_a_denial_does_depends_on_the_version(case) -> None:
    settings, line, action, region, first, last, consequence = case
    for zappa in (first, last):
        (item,) = needed(settings, line, action, zappa, region=region)
        assert item.consequence is consequence, zappa


def test_what_is_needed_in_every_state_is_not_told_as_needed_in_one() -> None:
    """The whole life cycle joins both: the load balancer's own need is told, not the one of a leftover."""
    found = {item.only_if for item in needed(ALB, "update", "lambda:UpdateAlias")}
    assert found == {None}
    life = requirements(stage({"s3_bucket": "packages"}))
    (bucket,) = (item for item in life if item.action == "s3:CreateBucket")
    assert bucket.only_if is None, "deploy makes the bucket"


def test_a_denied_removal_from_the_stack_stops_undeploy_and_is_silent_in_update() -> None:
    def consequence(line: str) -> Consequence:
        (item,) = (item for item in needed({}, line, "apigateway:DELETE") if item.resource == f"{API}/apis/*")
        return item.consequence

    assert (consequence("update"), consequence("undeploy")) == (Consequence.SILENT, Consequence.STOPS)


@pytest.mark.parametrize(
    ("settings", "line", "told"),
    [
        pytest.param({}, "package", [], id="a command that asks nothing of the account"),
        pytest.param({}, "deploy", ["EventBridge rules"], id="rules that others made"),
        pytest.param({"role_name": "mine"}, "tail", ["a path of the role mine"], id="a role by its name"),
        pytest.param(
            {"manage_roles": False, "role_name": "mine", "role_arn": f"{ROLE}/mine"},
            "tail",
            [],
            id="role_arn tells the path",
        ),
    ],
)
def test_what_no_setting_tells_is_told(settings, line, told):
    found = untold(stage(settings), [Command(line)])
    assert len(found) == len(told)
    assert all(text.startswith(start) for text, start in zip(found, told, strict=True))
