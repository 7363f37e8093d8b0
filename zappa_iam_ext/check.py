"""Requirements against evidence: a verdict for each, and the Report of all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.iam import (
    AuthorizationRequest,
    CompiledPolicySet,
    Decision,
    EvaluationResult,
    Layer,
    PolicySet,
    compile_policies,
)
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.stage import Stage


class Verdict(StrEnum):
    """May the principal? ``unknown`` is never shown as fine and never as denied."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """What a verdict rests on: a document given by hand, the policies read from IAM, IAM's own simulator, a probe."""

    OFFLINE = "offline"
    POLICIES = "policies"
    SIMULATION = "simulation"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class CheckedRequirement:
    """One requirement with its verdict.

    ``layer`` is the kind of policy that stands in the way of a denied one; ``explicit`` that a Deny statement says so; ``why`` what an unknown one hangs on.
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

    ``unreadable`` names policies that bind the principal and that could not be read: nothing is called
    allowed or denied by their silence. ``not_seen`` says what no evidence of this kind can see.
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
    def unknown(self) -> tuple[CheckedRequirement, ...]:
        """Everything that could not be decided."""
        return self.having(Verdict.UNKNOWN)

    def exit_code(self, *, strict: bool = False) -> ExitCode:
        """Return what the check ends with; what is undecided counts only under ``strict``."""
        if not self.results:
            return ExitCode.COULD_NOT_RUN
        if self.denied:
            return ExitCode.DENIED
        return ExitCode.CANNOT_TELL if strict and self.unknown else ExitCode.OK


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
    return Report(
        stage=stage.name,
        function_name=stage.function_name,
        region=stage.region,
        zappa_version=stage.zappa_version,
        commands=tuple(command.name for command in commands),
        principal=principal,
        results=tuple(
            judge(requirement, compiled, principal, stage.region, evidence, incomplete=bool(unreadable))
            for requirement in requirements
        ),
        profile=stage.profile_name or "",
        unreadable=tuple(unreadable),
        not_seen=() if evidence is Evidence.OFFLINE else NOT_SEEN,
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
        keys = ", ".join(sorted(result.missing_context)) or "the request's context"
        why = result.undecided or f"it depends on {keys}"
        return CheckedRequirement(requirement, Verdict.UNKNOWN, evidence, why=why)
    return CheckedRequirement(requirement, Verdict.DENIED, evidence, _layer(result))


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
    )


_GLOBAL_SERVICES = frozenset({"cloudfront", "iam", "route53"})


def _region_of(requirement: Requirement, region: str) -> str:
    """Return where the request goes: services that are global in the standard partition answer from us-east-1."""
    if requirement.action.partition(":")[0] in _GLOBAL_SERVICES and not region.startswith(("cn-", "us-gov-")):
        return "us-east-1"
    return requirement.call.region if requirement.call and requirement.call.region else region


def _layer(result: EvaluationResult) -> Layer:
    return result.layer or Layer.IDENTITY
