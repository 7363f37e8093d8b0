"""Requirements against policies: a verdict for each, and the Report of all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from zappa_iam_ext.check.model import CheckedRequirement, Evidence, Report, Verdict
from zappa_iam_ext.check.public_layers import is_public_layer
from zappa_iam_ext.check.sources import NO_SOURCES, Sources
from zappa_iam_ext.check.subject import NO_FACTS, Facts
from zappa_iam_ext.iam import (
    AuthorizationRequest,
    CompiledPolicySet,
    Decision,
    EvaluationResult,
    Layer,
    PolicyDocument,
    PolicySet,
    Principal,
    compile_policies,
)
from zappa_iam_ext.permissions.chosen_names import has_chosen_name, named_by, named_by_nobody
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.untold import untold

#: What the policies attached to a principal cannot tell.
NOT_SEEN = (
    "policies of the organization",
    "session policies",
    "policies on resources",
)


def check(
    stage: Stage,
    commands: Sequence[Command],
    requirements: Iterable[Requirement],
    policies: PolicySet,
    principal: str | Principal,
    *,
    evidence: Evidence = Evidence.POLICIES,
    unreadable: Sequence[str] = (),
    facts: Facts = NO_FACTS,
    sources: Sources = NO_SOURCES,
) -> Report:
    """Return the Report of these requirements for this principal under these policies.

    ``sources`` say where the documents of ``policies`` come from. ``facts`` are condition keys that the credentials themselves decide; None: absent for certain.
    """
    compiled = compile_policies(policies)
    documents = (*policies.identity, *policies.group)
    judged = (
        judge(
            requirement,
            compiled,
            principal,
            stage.region,
            evidence,
            incomplete=bool(unreadable),
            facts=facts,
            sources=sources,
        )
        for requirement in requirements
    )
    return Report(
        stage=stage.name,
        function_name=stage.function_name,
        region=stage.region,
        zappa_version=stage.zappa_version,
        commands=tuple(command.name for command in commands),
        principal=str(principal),
        results=tuple(
            _with_names(item, documents, compiled, principal, stage.region, facts=facts) for item in judged
        ),
        profile=stage.profile_name or "",
        unreadable=tuple(unreadable),
        not_seen=(() if evidence is Evidence.OFFLINE else NOT_SEEN) + untold(stage, commands),
    )


def judge(
    requirement: Requirement,
    policies: CompiledPolicySet,
    principal: str | Principal,
    region: str,
    evidence: Evidence,
    *,
    incomplete: bool = False,
    facts: Facts = NO_FACTS,
    sources: Sources = NO_SOURCES,
) -> CheckedRequirement:
    """Return the verdict on one requirement.

    A context key that only the real request will carry makes the verdict unknown where it matters. With
    policies missing from view, only an explicit deny is certain.
    """
    result = policies.evaluate(request_of(requirement, principal, region, facts))
    if result.decision is Decision.EXPLICIT_DENY:
        return CheckedRequirement(
            requirement,
            Verdict.DENIED,
            evidence,
            _layer(result),
            explicit=True,
            blocker=sources.blocker(result),
        )
    if incomplete:
        return CheckedRequirement(requirement, Verdict.UNKNOWN, evidence, why="a policy could not be read")
    if result.decision is Decision.ALLOWED:
        return CheckedRequirement(requirement, Verdict.ALLOWED, evidence)
    if result.decision is Decision.UNKNOWN:
        why = result.undecided or f"it depends on {_unsettled(result)}"
        return CheckedRequirement(requirement, Verdict.UNKNOWN, evidence, why=why)
    return CheckedRequirement(
        requirement, Verdict.DENIED, evidence, _layer(result), blocker=sources.blocker(result)
    )


def _unsettled(result: EvaluationResult) -> str:
    """Return what an unknown decision hangs on."""
    if result.missing_context:
        return ", ".join(sorted(result.missing_context))
    if result.layer is Layer.RESOURCE:
        return f"the policy of the resource itself, in account {result.resource_account}"
    return "the request's context"


def _with_names(
    judged: CheckedRequirement,
    documents: Sequence[PolicyDocument],
    policies: CompiledPolicySet,
    principal: str | Principal,
    region: str,
    *,
    facts: Facts = NO_FACTS,
) -> CheckedRequirement:
    """Return the verdict, unknown where it hangs on a name that AWS chose and that a policy writes out.

    A policy for one API allows what is needed if the stage's API is that one, and a Deny on one API, or a NotResource
    with it, denies nothing if it is another. Which one it is, only AWS can say.
    """
    requirement = judged.requirement
    if judged.verdict is not Verdict.DENIED or not has_chosen_name(requirement.resource):
        return judged

    def allowed(resource: str) -> bool:
        named = replace(requirement, resource=resource)
        return policies.decide(request_of(named, principal, region, facts)) is Decision.ALLOWED

    why = ""
    if allowed(named_by_nobody(requirement.resource)):
        who = "Deny" if judged.explicit else "NotResource"
        why = f"a {who} names some of these, and only AWS knows which one is this stage's"
    elif where := next(filter(allowed, named_by(documents, requirement.resource)), None):
        why = f"it is allowed on {where} only, and only AWS knows which one is this stage's"
    return (
        replace(judged, verdict=Verdict.UNKNOWN, layer=None, explicit=False, why=why, blocker=None)
        if why
        else judged
    )


def request_of(
    requirement: Requirement, principal: str | Principal, region: str, facts: Facts = NO_FACTS
) -> AuthorizationRequest:
    """Return the request that AWS will see for a requirement; what we cannot know about it is unknown.

    A layer that everyone may read needs the principal's policies alone, as a resource of its own account does.
    """
    account = "".join(str(principal).split(":")[4:5])
    public = is_public_layer(requirement)
    context: dict[str, Any] = {
        **facts,
        **({"aws:ResourceAccount": requirement.resource.split(":")[4]} if public else {}),
        "aws:RequestedRegion": _region_of(requirement, region),
        "aws:SecureTransport": "true",
        **requirement.context,
        **dict.fromkeys(requirement.absent),
    }
    return AuthorizationRequest(
        principal=principal,
        action=requirement.action,
        resource=requirement.resource,
        context=context,
        unknown_context=True,
        bounded=True,
        resource_account=account if public else "",
    )


_GLOBAL_SERVICES = frozenset({"cloudfront", "iam", "route53"})


def _region_of(requirement: Requirement, region: str) -> str:
    """Return where the request goes: services that are global in the standard partition answer from us-east-1."""
    if requirement.action.partition(":")[0] in _GLOBAL_SERVICES and not region.startswith(("cn-", "us-gov-")):
        return "us-east-1"
    return requirement.call.region if requirement.call and requirement.call.region else region


def _layer(result: EvaluationResult) -> Layer:
    return result.layer or Layer.IDENTITY
