"""Requirements against what a principal holds: in a script, on the command line, in a running Zappa, offline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from zappa_iam_ext.aws.credentials.machine import region_or_configured
from zappa_iam_ext.aws.identity import CallerIdentity
from zappa_iam_ext.aws.principal_policies import PrincipalPolicies
from zappa_iam_ext.aws.reading.sources import held_sources
from zappa_iam_ext.check import NO_FACTS, Evidence, Facts, Report, check
from zappa_iam_ext.check.execution_role import with_role
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.untold import path_of_role
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.deciding.deployment_policy import deployment_policy
from zappa_iam_ext.workflow.deciding.evidence import with_evidence
from zappa_iam_ext.workflow.deciding.execution_role import (
    OTHER_POLICIES,
    execution_role_report,
    roles_to_read,
)
from zappa_iam_ext.workflow.deciding.known_role import needed_as_it_is
from zappa_iam_ext.workflow.deciding.principals import Principals, ReadPrincipal
from zappa_iam_ext.workflow.deciding.sources import UserOfFiles, user_of_files
from zappa_iam_ext.workflow.deciding.subjects import facts_behind, subject_of
from zappa_iam_ext.workflow.guarding import require_account


def check_stage(stage: Stage, commands: Sequence[Command], options: AwsOptions) -> Report:
    """Check a stage with the credentials of its profile."""
    (report,) = check_stages((stage,), commands, options)
    return report


def check_stages(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions
) -> tuple[Report, ...]:
    """Check stages, each with the credentials of its profile; what binds a principal is read once for all of them."""
    return tuple(map(stage_checker(stages, commands, options), stages))


def stage_checker(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions
) -> Callable[[Stage], Report]:
    """Return what checks one of these stages after the other; what binds a principal is read once for all of them."""
    principals = Principals(options, stages, roles=roles_to_read(stages, commands))

    def checked(stage: Stage) -> Report:
        own, principal = principals.deploying(stage)
        return check_principal(own, commands, principal, options, stages)

    return checked


def check_with_session(
    stage: Stage, commands: Sequence[Command], session: Any, options: AwsOptions
) -> Report:
    """Check a stage with a session that is open already."""
    (report,) = check_stages_with_session((stage,), commands, session, options)
    return report


def check_stages_with_session(
    stages: Sequence[Stage], commands: Sequence[Command], session: Any, options: AwsOptions
) -> tuple[Report, ...]:
    """Check stages with a session that is open already; what binds its principal is read once."""
    principal = Principals(options, stages, roles=roles_to_read(stages, commands)).of_session(session)
    return tuple(check_principal(stage, commands, principal, options, stages) for stage in stages)


def check_offline(stage: Stage, commands: Sequence[Command], files: Sequence[Path], account: str) -> Report:
    """Judge policy documents in files, as a user's only policies, against what a stage needs."""
    return check_user_of_files(user_of_files(stage, files, account), commands)


def check_user_of_files(user: UserOfFiles, commands: Sequence[Command]) -> Report:
    """Judge what binds a user by files against what the stage needs."""
    return check(
        user.stage,
        commands,
        requirements(user.stage, commands),
        user.policies,
        user.principal,
        evidence=Evidence.OFFLINE,
        sources=user.sources,
    )


def held_policies(options: AwsOptions) -> tuple[PrincipalPolicies, CallerIdentity]:
    """Return what binds the principal behind a profile, and who that is."""
    held, identity, _ = held_policies_and_facts(options)
    return held, identity


def held_by_stage(stage: Stage, options: AwsOptions) -> tuple[PrincipalPolicies, CallerIdentity]:
    """Return what binds the principal that a stage is deployed as, and who that is.

    Raises `WrongAccount` when the stage expects another account.
    """
    _, found = Principals(options).deploying(stage)
    require_account(stage, found.identity.account)
    return found.held, found.identity


def held_policies_and_facts(options: AwsOptions) -> tuple[PrincipalPolicies, CallerIdentity, Facts]:
    """Return what binds the principal behind a profile, who that is, and what its credentials decide."""
    region = region_or_configured(options.region, options.choice(), "us-east-1")
    found = Principals(options).behind(options.profile, region)
    return found.held, found.identity, facts_behind(found, options.choice())


def check_principal(
    stage: Stage,
    commands: Sequence[Command],
    principal: ReadPrincipal,
    options: AwsOptions,
    stages: Sequence[Stage],
) -> Report:
    """Check a stage against a principal that was read; ``stages`` are those that its deployment policy may be for.

    Raises as `subject_of`.
    """
    located = stage.with_account(principal.identity.account, principal.identity.partition)
    report = check_deployer(located, commands, principal, options)
    facts = report.subject.facts if report.subject else NO_FACTS
    line = deployment_policy(located, stages, commands, principal.held, facts)
    told = replace(report, deployment_policy=line)
    role = execution_role_report(located, principal)
    if role is None:
        return told
    unseen = [each for each in told.not_seen if each != path_of_role(located) or role.exists is None]
    unseen += [OTHER_POLICIES] if role.managed and role.exists else []
    return with_role(replace(told, not_seen=tuple(unseen)), role)


def check_deployer(
    stage: Stage,
    commands: Sequence[Command],
    principal: ReadPrincipal,
    options: AwsOptions,
    needed: Sequence[Requirement] | None = None,
) -> Report:
    """Judge what a stage in a known account needs, by all evidence; the execution role itself is not judged.

    ``needed`` is by default all that the commands need, the execution role being as it is. Raises as `subject_of`.
    """
    held = principal.held
    subject = subject_of(stage, principal, options)
    report = check(
        stage,
        commands,
        needed_as_it_is(stage, commands, principal) if needed is None else needed,
        held.policies,
        held.principal,
        evidence=Evidence.POLICIES,
        unreadable=held.unreadable,
        sources=held_sources(held),
        facts=subject.facts,
    )
    return with_evidence(replace(report, subject=subject), stage, commands, principal)
