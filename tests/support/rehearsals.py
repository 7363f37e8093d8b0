"""Rehearsals and differences as the commands make them, for tests of how they are shown."""

from __future__ import annotations

from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.iam.findings.model import StatementRef
from zappa_iam_ext.permissions.difference import difference
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.surplus import Surplus, SurplusReason
from zappa_iam_ext.rehearsal.observation import Checked, Observation, Outcome
from zappa_iam_ext.rehearsal.report import RehearsalReport, RehearsedCommand, Unused
from zappa_iam_ext.render.difference import Compared

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello-dev"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/hello-dev-zappa-keep-warm-handler.keep_warm_callback"


def call(action: str, resource: str, *, denied: bool = False) -> Observation:
    service, _, operation = action.partition(":")
    checked = (Checked(action, resource, allowed=not denied),)
    if denied:
        return Observation(
            service, operation, outcome=Outcome.DENIED, error="AccessDeniedException", checked=checked
        )
    return Observation(service, operation, checked=checked)


def rehearsal(*commands: RehearsedCommand, **more) -> RehearsalReport:
    return RehearsalReport(
        "dev",
        "hello-dev",
        f"arn:aws:iam::{ACCOUNT}:user/serverless",
        "the computed policy",
        "0.63.0",
        commands,
        **more,
    )


def carried() -> RehearsalReport:
    calls = (call("lambda:GetFunction", FUNCTION),) * 20
    names = ("deploy", "update", "status", "undeploy")
    return rehearsal(
        *(RehearsedCommand(name, 0, calls) for name in names),
        unused=(Unused("lambda:ListFunctionUrlConfigs"), Unused("logs:FilterLogEvents")),
        left_out=("callbacks are not run",),
    )


def denied() -> RehearsalReport:
    swallowed = call("lambda:GetPolicy", FUNCTION, denied=True)
    stopped = call("events:PutTargets", RULE, denied=True)
    words = "An error occurred (AccessDeniedException) when calling the PutTargets operation: not authorized"
    return rehearsal(
        RehearsedCommand("deploy", 1, (call("lambda:GetFunction", FUNCTION), swallowed, stopped), words),
        RehearsedCommand("undeploy", 0, (call("lambda:GetFunction", FUNCTION), swallowed)),
    )


def not_everything() -> RehearsalReport:
    return rehearsal(
        RehearsedCommand("deploy", 0, (call("lambda:GetFunction", FUNCTION),)),
        missing=("layer arn:aws:lambda:us-east-1:123456789012:layer:shared:3",),
        beyond=("s3_bucket hello-taken-packages: it belongs to another account there",),
    )


def another_zappa() -> Compared:
    def needed(version: str):
        settings = {"function_url_enabled": True, "snap_start": "PublishedVersions"}
        return requirements(stage(settings, zappa=version))

    return Compared("dev", "Zappa 0.60.0", "Zappa 0.63.0", difference(needed("0.60.0"), needed("0.63.0")))


def a_policy() -> Compared:
    more = StatementRef(0, 4, "More")
    needed = difference(
        (), [item for item in requirements(stage()) if item.action.startswith(("iam:", "logs:"))]
    )
    return Compared(
        "dev",
        "policy.json",
        "Zappa 0.63.0",
        needed,
        before_allows=True,
        surplus=(
            Surplus("ec2:*", "*", SurplusReason.NEVER, more),
            Surplus("sqs:SendMessage", "*", SurplusReason.NEVER, more),
            Surplus(
                "lambda:InvokeFunction",
                f"{FUNCTION}x",
                SurplusReason.ELSEWHERE,
                StatementRef(0, 5),
                (FUNCTION,),
            ),
        ),
        sources=("policy.json",),
        lines=((1, 5, 9, 14, 20, 31),),
        undecided=2,
        asked=("--policy", "policy.json"),
    )
