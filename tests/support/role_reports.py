"""Execution roles as the check judges them, for tests of how they are shown: no AWS, the same pure judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.support.reports import EVERYTHING, deployment_policy, document, made
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.check import Report, RoleReport, Verdict
from zappa_iam_ext.check.execution_role import RoleAsItIs, check_role, role_needs, with_role
from zappa_iam_ext.iam import PolicyDocument, PolicySet
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.permissions.surplus import surplus
from zappa_iam_ext.render.role.difference import ComparedRole
from zappa_iam_ext.roles.execution_trust import execution_trust
from zappa_iam_ext.roles.zappa_writes import ZappaWrite, ZappaWrites

NAME = "hello-dev-ZappaLambdaExecutionRole"
ARN = f"arn:aws:iam::{ACCOUNT}:role/{NAME}"
SETTINGS: Mapping[str, Any] = {
    "manage_roles": False,
    "xray_tracing": True,
    "vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    "events": [
        {"function": "app.f", "event_source": {"arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs", "events": []}}
    ],
}
STAGE = stage(SETTINGS, zappa="0.63.0")
FEW = {"Effect": "Allow", "Action": ["logs:*", "s3:*"], "Resource": "*"}
LAMBDA_ONLY = document(
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
)


def role(
    *identity: Any, settings: Mapping[str, Any] = SETTINGS, exists: bool | None = True, **more: Any
) -> RoleReport:
    """Return how a role stands, as computed where no statements are given."""
    of = stage(settings, zappa="0.63.0")
    held = document(*identity) if identity else execution_policy(of)
    known = {
        "trust": execution_trust(of),
        "unique_id": "AROAEXAMPLEID" if exists else "",
        "arn": ARN if exists else "",
    }
    return check_role(
        of, RoleAsItIs(of.role.name, exists, policies=PolicySet(identity=(held,)), **{**known, **more})
    )


def of(role_report: RoleReport, passable: Verdict = Verdict.ALLOWED) -> Report:
    """Return the Report of a user who may do everything, with this role."""
    found = made(EVERYTHING, of=STAGE, commands=("deploy",), deployment_policy=deployment_policy())
    return replace(found, role=replace(role_report, passable=passable))


def role_holds_all() -> Report:
    return of(role())


def role_lacks_much() -> Report:
    return of(role(FEW, trust=LAMBDA_ONLY))


def role_is_not_there() -> Report:
    return of(role(exists=False))


def role_may_not_be_read() -> Report:
    denied = "the permissions boundary of role X: iam:GetRole is denied"
    return of(role(exists=None, trust=None, unreadable=(denied,)))


def role_that_zappa_makes() -> Report:
    wide = {"Effect": "Allow", "Action": ["logs:*", "s3:*", "sns:*", "sqs:*", "dynamodb:*"], "Resource": "*"}
    return of(role(wide, EVERYTHING, settings={}, exists=False))


def role_and_user_lack_everything() -> Report:
    found = made(of=STAGE, deployment_policy=deployment_policy(exists=False))
    return with_role(found, role(FEW, trust=LAMBDA_ONLY))


def compared(report: Report, *identity: Any) -> ComparedRole:
    """Return a live role against the computed one."""
    documents = [PolicyDocument.parse(document(*identity))] if identity else []
    writes = ZappaWrites(
        (ZappaWrite("PutRolePolicy", "zappa-permissions differs from what the settings say"),)
    )
    return ComparedRole(
        report,
        surplus(documents, role_needs(STAGE)),
        (f"role {NAME} / inline policy own",),
        writes,
        ("dev",),
    )


def role_differs() -> ComparedRole:
    return compared(role_lacks_much(), FEW)


ROLE_REPORTS = {
    "role holds all": role_holds_all,
    "role lacks much": role_lacks_much,
    "role is not there": role_is_not_there,
    "role may not be read": role_may_not_be_read,
    "role that Zappa makes": role_that_zappa_makes,
    "role and user lack everything": role_and_user_lack_everything,
}
