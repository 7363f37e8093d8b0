"""The execution role of a stage against what is asked of it: policies, trust, boundary. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zappa_iam_ext.check.judging import check
from zappa_iam_ext.check.model import CheckedRequirement, Evidence, Report, RoleReport, Verdict
from zappa_iam_ext.check.sources import NO_SOURCES, Sources
from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import Effect, PolicyDocument, PolicySet, Principal
from zappa_iam_ext.permissions.application import application_statements
from zappa_iam_ext.permissions.model import Consequence, Requirement, UsedBy
from zappa_iam_ext.permissions.runtime import runtime_requirements
from zappa_iam_ext.permissions.stage import MAX_ROLE_NAME, Stage
from zappa_iam_ext.roles.execution_trust import judge_trust

SOURCE_FUNCTION = "lambda:SourceFunctionArn"
PASS_ROLE = "iam:PassRole"  # noqa: S105  -- an action
_EVERYTHING = frozenset({"*", "*:*"})


@dataclass(frozen=True, slots=True)
class RoleAsItIs:
    """What is known of a role when Zappa has done with it: the policies that bind it, and whom it trusts.

    ``exists`` is None where it may not be read, ``trust`` where that may not. ``arn`` is the stored one, empty where it is
    not known. ``unreadable`` names what could not be read and binds the role.
    """

    name: str
    exists: bool | None
    arn: str = ""
    policies: PolicySet = field(default_factory=PolicySet)
    sources: Sources = NO_SOURCES
    trust: Mapping[str, Any] | None = None
    unreadable: tuple[str, ...] = ()
    unique_id: str = ""
    boundary: str = ""


def role_needs(stage: Stage) -> tuple[Requirement, ...]:
    """Return what is asked of the role, with what AWS surely does not send.

    ``lambda:SourceFunctionArn`` is there in calls of the function's code alone (observed: ``lambda-roles.json``,
    ``condition_keys``): what Lambda, its pollers and other services do with the role lacks it. Then what the application asks
    for (``iam_ext.permissions``); raises `InvalidPermissions` for what cannot be read there.
    """
    own = tuple(
        item
        if item.used_by is UsedBy.FUNCTION or SOURCE_FUNCTION in (*item.absent, *item.context)
        else replace(item, absent=(*item.absent, SOURCE_FUNCTION))
        for item in runtime_requirements(stage)
    )
    known = {(item.action, item.resource) for item in own if item.used_by is UsedBy.FUNCTION}
    asked = (item for item in _of_application(stage) if (item.action, item.resource) not in known)
    return (*own, *asked)


def _of_application(stage: Stage) -> Iterator[Requirement]:
    """Yield what the application asks for; what it asks for under a condition is not judged, for nobody knows its values."""
    statements = application_statements(stage)
    if not statements:
        return
    document = PolicyDocument.parse(
        {"Version": "2012-10-17", "Statement": [dict(each) for each in statements]}
    )
    for statement in document.statements:
        if statement.effect is Effect.ALLOW and not statement.condition:
            for action in statement.actions:
                for resource in statement.resources:
                    yield Requirement(
                        action,
                        resource,
                        because="the application asks for it (iam_ext.permissions)",
                        consequence=Consequence.STOPS,
                        symptom="the application's own call ends with AccessDenied",
                        source="the settings: iam_ext.permissions",
                        used_by=UsedBy.FUNCTION,
                    )


def check_role(stage: Stage, role: RoleAsItIs) -> RoleReport:
    """Return how the execution role stands, for a stage in a known account."""
    named = stage.named_role_arn if stage.role.managed else stage.role_arn
    told = RoleReport(
        name=role.name,
        arn=named if _account(stage) else role.arn or named,
        managed=stage.role.managed,
        exists=role.exists,
        unreadable=role.unreadable,
        wide=full_access((*role.policies.identity,)),
        unique_id=role.unique_id,
        boundary=role.boundary,
    )
    if fault := role_fault(stage, role.name, exists=role.exists):
        return replace(
            told, fault=fault.told, remedy=fault.remedy, exists=None if _account(stage) else role.exists
        )
    if role.exists is None and not stage.role.managed:
        return told
    judged = check(
        stage,
        (),
        role_needs(stage),
        role.policies,
        session_of(stage, told.arn),
        evidence=Evidence.POLICIES,
        unreadable=role.unreadable,
        sources=role.sources,
    )
    try:
        trust = None if role.trust is None else judge_trust(stage, role.trust)
    except InvalidPolicyDocument:
        trust = None
        told = replace(told, unreadable=(*told.unreadable, f"the trust policy of the role {role.name}"))
    return replace(told, results=judged.results, trust=trust)


def session_of(stage: Stage, arn: str) -> Principal:
    """Return the session of the role that the function runs as."""
    name = arn.rpartition("/")[2]
    session = f"arn:{stage.partition}:sts::{stage.account}:assumed-role/{name}/{stage.function_name}"
    return Principal.parse(session).of_role(arn)


@dataclass(frozen=True, slots=True)
class RoleFault:
    """Why AWS refuses a role as a whole, and what to write in the settings; no ``remedy`` where the role is to be made."""

    told: str
    remedy: str = ""


def role_fault(stage: Stage, name: str, *, exists: bool | None) -> RoleFault | None:
    """Return why AWS refuses the role as a whole; None where it does not, or nobody knows."""
    if account := _account(stage):
        return RoleFault(
            f"it belongs to the account {account}, and AWS lets no function run as a role of another account",
            f"name a role of account {stage.account_id} (role_arn), or none",
        )
    if len(name) > MAX_ROLE_NAME:
        return RoleFault(
            f"its name has {len(name)} characters, and IAM takes {MAX_ROLE_NAME}",
            "name a shorter one (role_name)",
        )
    if exists is False and not stage.role.managed:
        return RoleFault("there is no such role, and Zappa makes none (manage_roles is false)")
    return None


def _account(stage: Stage) -> str:
    """Return the account of the role where it is another one than the stage's; empty where it is not, or nobody knows."""
    if stage.role.managed:
        return ""
    account = "".join(str(stage.role.arn or "").split(":")[4:5])
    return account if account and stage.account_id and account != stage.account_id else ""


def full_access(documents: Iterable[PolicyDocument]) -> tuple[str, ...]:
    """Return the services of which documents allow every action (``s3:*``), sorted; ``*`` for all services."""
    found = {
        "*" if action in _EVERYTHING else action.removesuffix(":*").lower()
        for document in documents
        for statement in document.statements
        if statement.effect is Effect.ALLOW
        for action in statement.actions
        if action in _EVERYTHING or action.endswith(":*")
    }
    return ("*",) if "*" in found else tuple(sorted(found))


def with_role(report: Report, role: RoleReport) -> Report:
    """Return the Report of the deploying principal with the role, and the role with whether it may be passed."""
    return replace(report, role=replace(role, passable=passable(report.results)))


def passable(results: Sequence[CheckedRequirement]) -> Verdict | None:
    """Return whether the principal may pass the role, to every service that it is passed to; None where nobody asked."""
    found = [result.verdict for result in results if result.requirement.action == PASS_ROLE]
    return next((each for each in (Verdict.DENIED, Verdict.UNKNOWN, Verdict.ALLOWED) if each in found), None)
