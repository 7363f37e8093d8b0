"""The public API, every name of it used as a caller would; checked by mypy under strict, never run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from zappa_iam_ext import (
    Call,
    CheckedRequirement,
    Command,
    Consequence,
    CredentialsProblem,
    DeployPermissionsMissing,
    Evidence,
    ExecutionRole,
    InconclusiveCheck,
    MissingPermissions,
    NotOwned,
    PolicyDrift,
    QuotaExceeded,
    Report,
    Requirement,
    Stage,
    UsedBy,
    Verdict,
    ZappaIamError,
    check_deploy_permissions,
    deployment_policy,
    ensure_deploy_permissions,
    execution_policy,
    gate,
    read_stages,
    requirements,
    runtime_requirements,
    stage_from_cli,
)
from zappa_iam_ext.iam import (
    Arn,
    AuthorizationRequest,
    CompiledPolicySet,
    Decision,
    Effect,
    EvaluationResult,
    Layer,
    Match,
    Mismatch,
    NearMiss,
    PolicyDocument,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalKind,
    Statement,
    compile_policies,
    evaluate,
    user_arn,
)


def in_a_script(admin: str) -> str:
    """Check, provision what is missing, and read the Report."""
    report: Report = check_deploy_permissions(
        "dev", settings_file="zappa_settings.json", commands=["deploy"], evidence="all"
    )
    told: list[str] = []
    try:
        report = ensure_deploy_permissions(
            "dev", admin_profile=admin, allow_unknown=False, progress=told.append
        )
    except InconclusiveCheck as error:
        return str(int(error.exit_code))
    except MissingPermissions as error:
        hint: str = error.hint
        return hint
    except (NotOwned, PolicyDrift, QuotaExceeded, CredentialsProblem, DeployPermissionsMissing) as error:
        return error.hint
    except ZappaIamError as error:
        code: int = error.exit_code
        return f"{error} {code}"
    return ", ".join([*told, *missing(report)])


def missing(report: Report) -> Iterable[str]:
    """Read each result with its enums."""
    for result in report.denied:
        checked: CheckedRequirement = result
        verdict: Verdict = checked.verdict
        evidence: Evidence = checked.evidence
        layer: Layer | None = checked.layer
        consequence: Consequence = checked.requirement.consequence
        if verdict is Verdict.DENIED and evidence is Evidence.POLICIES and layer is Layer.BOUNDARY:
            yield f"{checked.requirement.action}: {consequence}"
    code: int = report.exit_code(allow_unknown=True)
    yield str(code)


def needed(stages: Iterable[Stage]) -> PolicyDocument:
    """Compute a document from the stages of a file."""
    found: list[Requirement] = []
    for stage in stages:
        role: ExecutionRole = stage.role
        arn: str = role.arn or stage.with_account("123456789012").role_arn
        found += [Requirement("iam:GetRole", arn), *requirements(stage, [Command("deploy")])]
    calls: list[Call] = [item.call for item in found if item.call]
    parameters: list[Mapping[str, object]] = [call.parameters for call in calls]
    document: PolicyDocument = deployment_policy(found)
    return document if parameters else deployment_policy(())


def of_a_file() -> PolicyDocument:
    """Read every stage of a settings file."""
    stages: tuple[Stage, ...] = read_stages("zappa_settings.json", all_stages=True)
    return needed(stages)


def callback(zappa_cli: object) -> str:
    """A settings callback of one's own around the gate."""
    gate(zappa_cli)
    stage: Stage = stage_from_cli(zappa_cli)
    return stage.function_name


def written(effect: Effect = Effect.ALLOW) -> PolicyDocument:
    """Write and read a document."""
    statement = Statement(effect, actions=("s3:GetObject",), resources=("arn:aws:s3:::bucket/*",), sid="Read")
    made = PolicyDocument((statement,), kind=PolicyKind.IDENTITY)
    read: PolicyDocument = PolicyDocument.parse(json.loads(made.to_json()), PolicyKind.IDENTITY)
    same: bool = read.equivalent(made)
    return read if same else made


def decided(principal: Principal) -> Iterable[str]:
    """Ask the evaluator, once and often."""
    policies = PolicySet(identity=written(), boundary=[written()], resource='{"Statement": []}')
    request = AuthorizationRequest(principal, "s3:GetObject", "arn:aws:s3:::bucket/key")
    result: EvaluationResult = evaluate(policies, request)
    matches: tuple[Match, ...] = result.matched
    misses: tuple[NearMiss, ...] = result.near_misses
    compiled: CompiledPolicySet = compile_policies(policies)
    decision: Decision = compiled.decide(request)
    if decision is not Decision.ALLOWED and result.layer is Layer.IDENTITY:
        yield from (miss.detail for miss in misses if miss.reason is Mismatch.CONDITION)
    yield from (match.statement.sid for match in matches)


def named() -> Iterable[str]:
    """Take ARNs apart and put them together."""
    principal = Principal.parse(user_arn("aws", "123456789012", "serverless", path="/deployers/"))
    if principal.kind is PrincipalKind.USER:
        yield principal.name
    arn: Arn = Arn.parse("arn:aws:s3:::bucket")
    yield arn.resource
    yield from decided(principal)


def of_the_execution_role(stage: Stage) -> tuple[str, list[str]]:
    """Print the document of the execution role, and what only Lambda's pollers use of it."""
    document: PolicyDocument = execution_policy(stage, websocket_api="a1b2c3d4e5")
    needed: tuple[Requirement, ...] = runtime_requirements(stage)
    return document.to_json(), [item.action for item in needed if item.used_by is UsedBy.POLLER]
