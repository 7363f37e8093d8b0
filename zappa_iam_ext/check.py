"""Requirements against evidence: a verdict for each, and the Report of all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.iam import (
    AuthorizationRequest,
    CompiledPolicySet,
    Decision,
    EvaluationResult,
    Layer,
    PolicyDocument,
    PolicySet,
    compile_policies,
)
from zappa_iam_ext.permissions.chosen_names import has_chosen_name, named_by, named_by_nobody
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.untold import untold


class Verdict(StrEnum):
    """Whether the principal may do it. ``unknown`` is never shown as allowed and never as denied."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """What a verdict rests on: documents given by hand, or the policies read from IAM."""

    OFFLINE = "offline"
    POLICIES = "policies"


@dataclass(frozen=True, slots=True)
class CheckedRequirement:
    """One requirement with its verdict.

    ``layer`` is the kind of policy that denies it, ``explicit`` says that a Deny statement does, ``why`` what an unknown one hangs on.
    """

    requirement: Requirement
    verdict: Verdict
    evidence: Evidence
    layer: Layer | None = None
    explicit: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a principal may and may not do of what a stage needs.

    ``unreadable`` names policies that bind the principal and could not be read: what they do not deny for certain
    is unknown. ``not_seen`` says what no evidence of this kind can see.
    """

    stage: str
    function_name: str
    region: str
    zappa_version: str
    commands: tuple[str, ...]
    principal: str
    results: tuple[CheckedRequirement, ...]
    profile: str = ""
    unreadable: tuple[str, ...] = ()
    not_seen: tuple[str, ...] = ()

    def having(self, verdict: Verdict) -> tuple[CheckedRequirement, ...]:
        """Return the results with this verdict."""
        return tuple(result for result in self.results if result.verdict is verdict)

    @property
    def denied(self) -> tuple[CheckedRequirement, ...]:
        """Everything that is missing."""
        return self.having(Verdict.DENIED)

    @property
    def always_denied(self) -> tuple[CheckedRequirement, ...]:
        """What is missing and needed in every state of the account."""
        return tuple(result for result in self.denied if not result.requirement.only_if)

    @property
    def denied_at_times(self) -> tuple[CheckedRequirement, ...]:
        """What is missing and needed only in some states of the account, which the check does not know."""
        return tuple(result for result in self.denied if result.requirement.only_if)

    @property
    def unknown(self) -> tuple[CheckedRequirement, ...]:
        """Everything that could not be decided."""
        return self.having(Verdict.UNKNOWN)

    def exit_code(self, *, strict: bool = False) -> ExitCode:
        """Return what the check ends with; what is undecided counts only under ``strict``.

        What is missing and needed only in some states of the account denies nothing for certain: it cannot be told.
        """
        if not self.results:
            return ExitCode.COULD_NOT_RUN
        if self.always_denied:
            return ExitCode.DENIED
        if self.denied_at_times or (strict and self.unknown):
            return ExitCode.CANNOT_TELL
        return ExitCode.OK


#: What the policies attached to a principal cannot tell.
NOT_SEEN = (
    "service control policies and resource control policies of the organization",
    "session policies of temporary credentials",
    "policies on the resources themselves (buckets, keys)",
)


def check(
    stage: Stage,
    commands: Sequence[Command],
    requirements: Iterable[Requirement],
    policies: PolicySet,
    principal: str,
    *,
    evidence: Evidence = Evidence.POLICIES,
    unreadable: Sequence[str] = (),
) -> Report:
    """Return the Report of these requirements for this principal under these policies."""
    compiled = compile_policies(policies)
    documents = (*policies.identity, *policies.group)
    judged = (
        judge(requirement, compiled, principal, stage.region, evidence, incomplete=bool(unreadable))
        for requirement in requirements
    )
    return Report(
        stage=stage.name,
        function_name=stage.function_name,
        region=stage.region,
        zappa_version=stage.zappa_version,
        commands=tuple(command.name for command in commands),
        principal=principal,
        results=tuple(_with_names(item, documents, compiled, principal, stage.region) for item in judged),
        profile=stage.profile_name or "",
        unreadable=tuple(unreadable),
        not_seen=(() if evidence is Evidence.OFFLINE else NOT_SEEN) + untold(stage, commands),
    )


def judge(
    requirement: Requirement,
    policies: CompiledPolicySet,
    principal: str,
    region: str,
    evidence: Evidence,
    *,
    incomplete: bool = False,
) -> CheckedRequirement:
    """Return the verdict on one requirement.

    A context key that only the real request will carry makes the verdict unknown where it matters. With
    policies missing from view, only an explicit deny is certain.
    """
    result = policies.evaluate(request_of(requirement, principal, region))
    if result.decision is Decision.EXPLICIT_DENY:
        return CheckedRequirement(requirement, Verdict.DENIED, evidence, _layer(result), explicit=True)
    if incomplete:
        return CheckedRequirement(requirement, Verdict.UNKNOWN, evidence, why="a policy could not be read")
    if result.decision is Decision.ALLOWED:
        return CheckedRequirement(requirement, Verdict.ALLOWED, evidence)
    if result.decision is Decision.UNKNOWN:
        why = result.undecided or f"it depends on {_unsettled(result)}"
        return CheckedRequirement(requirement, Verdict.UNKNOWN, evidence, why=why)
    return CheckedRequirement(requirement, Verdict.DENIED, evidence, _layer(result))


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
    principal: str,
    region: str,
) -> CheckedRequirement:
    """Return the verdict, unknown where it hangs on a name that AWS chose and that a policy writes out.

    A policy for one API allows what is needed if the stage's API is that one, and a Deny on one API denies nothing
    if it is another. Which one it is, only AWS can say.
    """
    requirement = judged.requirement
    if judged.verdict is not Verdict.DENIED or not has_chosen_name(requirement.resource):
        return judged

    def allowed(resource: str) -> bool:
        named = replace(requirement, resource=resource)
        return policies.decide(request_of(named, principal, region)) is Decision.ALLOWED

    why = ""
    if judged.explicit and allowed(named_by_nobody(requirement.resource)):
        why = "a Deny names some of these, and only AWS knows which one is this stage's"
    elif where := next(filter(allowed, named_by(documents, requirement.resource)), None):
        why = f"it is allowed on {where} only, and only AWS knows which one is this stage's"
    return replace(judged, verdict=Verdict.UNKNOWN, layer=None, explicit=False, why=why) if why else judged


def request_of(requirement: Requirement, principal: str, region: str) -> AuthorizationRequest:
    """Return the request that AWS will see for a requirement; what we cannot know about it is unknown."""
    context: Mapping[str, str | Sequence[str]] = {
        "aws:RequestedRegion": _region_of(requirement, region),
        "aws:SecureTransport": "true",
        **requirement.context,
    }
    return AuthorizationRequest(
        principal=principal,
        action=requirement.action,
        resource=requirement.resource,
        context=context,
        unknown_context=True,
        bounded=True,
        resource_account=_owner(requirement, principal),
    )


#: Accounts in which AWS publishes Lambda layers whose own policies let everyone read them (Powertools for AWS Lambda,
#: "Install"; Lambda Developer Guide, "Lambda Insights extension"; AWS SDK for pandas, "Install").
PUBLIC_LAYER_ACCOUNTS = frozenset({"017000801446", "336392948345", "580247275435"})


def _owner(requirement: Requirement, principal: str) -> str:
    """Return the account whose policies decide, where it is not the one of the resource's ARN: for layers of AWS.

    A layer that everyone may read needs the principal's policies alone, as a resource of its own account does.
    """
    account = requirement.resource.split(":")[4:5]
    public = requirement.action == "lambda:GetLayerVersion" and PUBLIC_LAYER_ACCOUNTS.issuperset(account)
    own = principal.split(":")[4:5]
    return own[0] if public and account and own else ""


_GLOBAL_SERVICES = frozenset({"cloudfront", "iam", "route53"})


def _region_of(requirement: Requirement, region: str) -> str:
    """Return where the request goes: services that are global in the standard partition answer from us-east-1."""
    if requirement.action.partition(":")[0] in _GLOBAL_SERVICES and not region.startswith(("cn-", "us-gov-")):
        return "us-east-1"
    return requirement.call.region if requirement.call and requirement.call.region else region


def _layer(result: EvaluationResult) -> Layer:
    return result.layer or Layer.IDENTITY
