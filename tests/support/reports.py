"""Reports as the check makes them, for tests of how they are shown: policies are judged, what only AWS tells is put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from tests.support.documents import document
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.check import (
    Blocker,
    CredentialKind,
    DeploymentPolicy,
    Evidence,
    EvidenceNote,
    Report,
    Subject,
    Verdict,
    check,
)
from zappa_iam_ext.check.model import CheckedRequirement
from zappa_iam_ext.iam import Layer, PolicySet, Principal
from zappa_iam_ext.permissions.commands import life_cycle, parse_command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage

USER = f"arn:aws:iam::{ACCOUNT}:user/serverless"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Developers_0123456789abcdef/jane@example.com"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/TeamBoundary"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/ZappaLambdaDeploymentPolicy"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def deny(*actions, **more):
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


def subject(principal: str = USER, **more) -> Subject:
    known = {
        "kind": CredentialKind.LONG_TERM_KEY,
        "source": "profile serverless in ~/.aws/credentials",
        "profile": "serverless",
        "alias": "acme-prod",
    }
    return Subject(Principal.parse(principal), ACCOUNT, "aws", "us-east-1", **{**known, **more})


def made(
    *identity,
    of: Stage | None = None,
    commands: tuple[str, ...] = (),
    principal: str = USER,
    boundary=None,
    group=(),
    unreadable: tuple[str, ...] = (),
    **more,
) -> Report:
    """Return the Report of a stage under these statements, without the Zappa version of the day."""
    located = of or stage(zappa="0.63.0")
    wanted = tuple(map(parse_command, commands)) or life_cycle()
    policies = PolicySet(
        identity=(document(*identity),) if identity else (),
        group=(document(*group),) if group else (),
        boundary=(document(*boundary),) if boundary else None,
    )
    found = check(located, wanted, requirements(located, wanted), policies, principal, unreadable=unreadable)
    return replace(found, subject=subject(principal), **more)


def with_blocker(report: Report, blocker: Blocker) -> Report:
    """Return the Report with the policy that denies, as evidence names it."""

    def named(result: CheckedRequirement) -> CheckedRequirement:
        blocked = result.verdict is Verdict.DENIED and (
            result.layer is blocker.layer and result.explicit == blocker.explicit
        )
        return replace(result, blocker=blocker) if blocked else result

    return replace(report, results=tuple(map(named, report.results)))


def doubted(report: Report, services: tuple[str, ...], why: str, layer: Layer) -> Report:
    """Return the Report with what these services need undecided."""
    return replace(
        report,
        results=tuple(
            replace(result, verdict=Verdict.UNKNOWN, why=why, blocker=Blocker(layer))
            if result.requirement.action.startswith(services)
            else result
            for result in report.results
        ),
    )


def deployment_policy(**more) -> DeploymentPolicy:
    known = {
        "name": "ZappaLambdaDeploymentPolicy",
        "exists": True,
        "arn": POLICY,
        "attached": "directly",
        "version": "v3",
        "zappa_version": "0.63.0",
        "stages": ("hello/dev",),
    }
    return DeploymentPolicy(**{**known, **more})


@cache
def may_deploy() -> Report:
    return made(EVERYTHING, deployment_policy=deployment_policy())


@cache
def lacks_everything() -> Report:
    return made(deployment_policy=deployment_policy(exists=False))


@cache
def one_missing() -> Report:
    passes = {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}
    return made(
        passes,
        commands=("deploy",),
        deployment_policy=deployment_policy(zappa_version="0.60.0", lacking=("iam:PassRole",)),
    )


@cache
def boundary_blocks() -> Report:
    limited = {"Effect": "Allow", "Action": ["s3:*", "iam:*", "lambda:*", "logs:*"], "Resource": "*"}
    found = made(EVERYTHING, boundary=(limited,), deployment_policy=deployment_policy())
    return with_blocker(found, Blocker(Layer.BOUNDARY, policy=BOUNDARY))


@cache
def group_denies() -> Report:
    found = made(
        EVERYTHING, group=(deny("iam:PassRole", "iam:CreateRole"),), deployment_policy=deployment_policy()
    )
    blocker = Blocker(Layer.IDENTITY, True, "group deployers / managed policy NoRoles", "DenyRoles", 14)
    return with_blocker(found, blocker)


@cache
def organization_unknown() -> Report:
    why = "AWS's simulator denies it, by an organization policy"
    told = EvidenceNote(
        Evidence.SIMULATION, "iam:SimulatePrincipalPolicy was asked again without organization policies"
    )
    return doubted(
        made(EVERYTHING, deployment_policy=deployment_policy(), evidence=(told,)),
        ("cloudformation:", "iam:"),
        why,
        Layer.ORGANIZATION,
    )


@cache
def unreadable() -> Report:
    names = (
        "the permissions boundary of user serverless: iam:GetUser is denied",
        "the inline policies of user serverless: iam:ListUserPolicies is denied",
        "the groups of user serverless: iam:ListGroupsForUser is denied",
    )
    return made(EVERYTHING, unreadable=names, deployment_policy=deployment_policy(exists=None, attached=""))


@cache
def single_sign_on() -> Report:
    reads = {"Effect": "Allow", "Action": ["s3:*", "lambda:*", "logs:*", "cloudwatch:*"], "Resource": "*"}
    signed_in = subject(
        ROLE, kind=CredentialKind.SSO, source="profile work in ~/.aws/config", profile="work", alias=""
    )
    return replace(
        made(reads, principal=ROLE, deployment_policy=deployment_policy(attached="")), subject=signed_in
    )


@cache
def only_at_times() -> Report:
    allowed = made().always_denied
    actions = {(result.requirement.action, result.requirement.resource) for result in allowed}
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": where} for action, where in sorted(actions)
    ]
    return made(*statements)


@cache
def wrong_account() -> Report:
    warnings = (
        "the profile belongs to account 123456789012, not to expected_account 210987654321",
        "AWS_PROFILE is set and has no effect: the stage names profile_name",
    )
    return replace(lacks_everything(), subject=subject(warnings=warnings))


@cache
def missing_and_blocked() -> Report:
    allows = {"Effect": "Allow", "NotAction": ["events:*", "logs:*"], "Resource": "*"}
    found = made(
        allows,
        deny("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        deployment_policy=deployment_policy(lacking=("events:PutRule",) * 12),
    )
    return with_blocker(
        found, Blocker(Layer.IDENTITY, True, "user serverless / inline policy guard", "statement 2", 9)
    )


@cache
def two_stages() -> tuple[Report, Report]:
    prod = made(EVERYTHING, of=stage(name="prod", zappa="0.63.0"), deployment_policy=deployment_policy())
    return one_missing(), prod


def many_stages() -> list[Report]:
    lacking = [
        made(of=stage(name=f"customer{number}", zappa="0.63.0"), commands=("deploy",)) for number in range(12)
    ]
    return [may_deploy(), *lacking, only_at_times()]


REPORTS: dict[str, Callable[[], Report]] = {
    "may deploy": may_deploy,
    "lacks everything": lacks_everything,
    "one missing": one_missing,
    "boundary blocks": boundary_blocks,
    "group denies": group_denies,
    "missing and blocked": missing_and_blocked,
    "organization unknown": organization_unknown,
    "unreadable": unreadable,
    "single sign-on": single_sign_on,
    "only at times": only_at_times,
    "wrong account": wrong_account,
}
