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
    Principal,
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
    principal: str | Principal,
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
        principal=str(principal),
        results=tuple(_with_names(item, documents, compiled, principal, stage.region) for item in judged),
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
    principal: str | Principal,
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


def request_of(requirement: Requirement, principal: str | Principal, region: str) -> AuthorizationRequest:
    """Return the request that AWS will see for a requirement; what we cannot know about it is unknown.

    A layer that everyone may read needs the principal's policies alone, as a resource of its own account does.
    """
    account = "".join(str(principal).split(":")[4:5])
    public = _is_public_layer(requirement)
    context: Mapping[str, str | Sequence[str]] = {
        **({"aws:ResourceAccount": requirement.resource.split(":")[4]} if public else {}),
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
        resource_account=account if public else "",
    )


#: How the ARNs begin of layers that AWS publishes for everyone: partition, account and the layer's name. Powertools for AWS
#: Lambda (Python), "Installation"; AWS SDK for pandas, "AWS Lambda Managed Layers"; Lambda Insights by region,
#: ``layerVersions.json`` of awslabs/serverless-plugin-lambda-insights, and "Lambda Insights extension versions" for 580247275435.
#: They name them for use in any account; that each layer's own policy lets everyone read it is not confirmed beyond that.
PUBLIC_LAYERS = (
    ("aws", "017000801446", "AWSLambdaPowertoolsPython"),
    ("aws-cn", "498634801083", "AWSLambdaPowertoolsPython"),
    ("aws-us-gov", "165087284144", "AWSLambdaPowertoolsPython"),
    ("aws-us-gov", "165093116878", "AWSLambdaPowertoolsPython"),
    ("aws", "336392948345", "AWSSDKPandas-"),
    *(
        ("aws", account, "LambdaInsightsExtension")
        for account in (
            "580247275435",  # most regions
            "012438385374",  # af-south-1
            "033019950311",  # eu-central-2
            "285320876703",  # me-south-1
            "339249233099",  # eu-south-1
            "352183217350",  # eu-south-2
            "439286490199",  # ap-southeast-3
            "519774774795",  # ap-east-1
            "732604637566",  # me-central-1
            "891564319516",  # ap-south-2
        )
    ),
    ("aws-cn", "488211338238", "LambdaInsightsExtension"),
)
_LAYER_ARN_PARTS = 8


def _is_public_layer(requirement: Requirement) -> bool:
    """Say whether a requirement is about a layer of AWS that everyone may read."""
    parts = requirement.resource.split(":")
    if (
        requirement.action != "lambda:GetLayerVersion"
        or len(parts) != _LAYER_ARN_PARTS
        or parts[5] != "layer"
    ):
        return False
    _, partition, _, _, account, _, name, _ = parts
    return any(
        (partition, account) == (where, owner) and name.startswith(start)
        for where, owner, start in PUBLIC_LAYERS
    )


_GLOBAL_SERVICES = frozenset({"cloudfront", "iam", "route53"})


def _region_of(requirement: Requirement, region: str) -> str:
    """Return where the request goes: services that are global in the standard partition answer from us-east-1."""
    if requirement.action.partition(":")[0] in _GLOBAL_SERVICES and not region.startswith(("cn-", "us-gov-")):
        return "us-east-1"
    return requirement.call.region if requirement.call and requirement.call.region else region


def _layer(result: EvaluationResult) -> Layer:
    return result.layer or Layer.IDENTITY
