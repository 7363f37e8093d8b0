"""The words of a verdict: one requirement checked, and the Report of all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.check.subject import Subject
from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.model import Consequence, Requirement
from zappa_iam_ext.roles.execution_trust import API_GATEWAY, ServiceTrust


class Verdict(StrEnum):
    """Whether the principal may do it. ``unknown`` is never shown as allowed and never as denied."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """What a verdict rests on, cheapest first.

    ``offline``: documents given by hand. ``policies``: our evaluator on the policies read from IAM. ``simulation``: AWS's policy
    simulator. ``probe``: a harmless call that AWS allowed or denied.
    """

    OFFLINE = "offline"
    POLICIES = "policies"
    SIMULATION = "simulation"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Blocker:
    """The policy that denies, as far as the evidence names it; what it does not name is empty.

    ``policy`` is where it comes from in words or its ARN, ``statement`` its Sid or position (``statement 3``), ``line``
    the line of the document in which the statement begins, counted from 1.
    """

    layer: Layer
    explicit: bool = False
    policy: str = ""
    statement: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class CheckedRequirement:
    """One requirement with its verdict.

    ``layer`` is the kind of policy that denies it, ``explicit`` says that a Deny statement does, ``blocker`` which one as
    far as it is known, ``why`` what an unknown one hangs on.
    """

    requirement: Requirement
    verdict: Verdict
    evidence: Evidence
    layer: Layer | None = None
    explicit: bool = False
    why: str = ""
    blocker: Blocker | None = None


@dataclass(frozen=True, slots=True)
class EvidenceNote:
    """How far one kind of evidence went: ``told`` is a sentence, empty where it answered everything that it was asked."""

    evidence: Evidence
    told: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentPolicy:
    """The stage's named deployment policy as it is in the account.

    ``attached`` says how it reaches the principal: ``directly``, ``through the group X``, or empty: not at all. ``exists`` is
    None where that may not be read. ``lacking`` and ``surplus`` are action and resource, in words (``s3:* on *``); None where
    nobody can tell: the document may not be read, or (``surplus``) the policy is also for stages that are not known here.
    """

    name: str
    exists: bool | None = None
    arn: str = ""
    attached: str = ""
    version: str = ""
    zappa_version: str = ""
    stages: tuple[str, ...] = ()
    lacking: tuple[str, ...] | None = ()
    surplus: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True)
class RoleReport:
    """The execution role of a stage: how it stands in the account, and what it may of what is asked of it.

    ``exists`` is None where that may not be read. ``managed`` says that Zappa makes the role, and writes its inline policy and
    its trust: they are judged as Zappa leaves them. ``trust`` is None where it could not be read. ``fault`` is why AWS refuses
    the role as a whole, ``remedy`` what to write in the settings then, empty where the role is to be made. ``passable`` is whether the deploying principal may pass it, None where nobody asked. ``wide`` are
    services to which it has full access. ``unreadable`` names what could not be read, ``evidence`` how far each went.
    """

    name: str
    arn: str
    managed: bool = False
    exists: bool | None = None
    results: tuple[CheckedRequirement, ...] = ()
    trust: tuple[ServiceTrust, ...] | None = None
    fault: str = ""
    remedy: str = ""
    passable: Verdict | None = None
    unreadable: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    unique_id: str = ""
    boundary: str = ""
    evidence: tuple[EvidenceNote, ...] = ()

    def having(self, verdict: Verdict, *consequences: Consequence) -> tuple[CheckedRequirement, ...]:
        """Return the results with this verdict, and one of these consequences where some are named."""
        return tuple(
            result
            for result in self.results
            if result.verdict is verdict
            and (not consequences or result.requirement.consequence in consequences)
        )

    @property
    def distrusted(self) -> tuple[ServiceTrust, ...]:
        """The services that use the role and may not assume it, for certain."""
        return tuple(service for service in self.trust or () if service.broken)

    @property
    def unsurely_trusted(self) -> tuple[ServiceTrust, ...]:
        """The services that use the role and of which nobody can tell whether they may assume it."""
        return tuple(service for service in self.trust or () if service.unsure)

    @property
    def refused(self) -> bool:
        """Whether AWS refuses the deployment for the role, for certain. What fails only at a request is not refused."""
        distrusted = any(service.service != API_GATEWAY for service in self.distrusted)
        return bool(self.fault or distrusted or self.having(Verdict.DENIED, Consequence.REFUSED))

    @property
    def maybe_refused(self) -> bool:
        """Whether nobody can tell if AWS refuses the deployment for a role that Zappa does not write."""
        if self.managed or self.refused:
            return False
        unsure = bool(self.unsurely_trusted)
        unread = self.exists is None or self.trust is None
        return unread or unsure or bool(self.having(Verdict.UNKNOWN, Consequence.REFUSED))

    def exit_code(self) -> ExitCode:
        """Return what a check of the role ends with: what is harmless when it is denied counts for nothing."""
        if self.refused or self.distrusted or self.passable is Verdict.DENIED:
            return ExitCode.DENIED
        if any(map(_counts, self.having(Verdict.DENIED))):
            return ExitCode.DENIED
        unknown = any(map(_counts, self.having(Verdict.UNKNOWN))) or self.passable is Verdict.UNKNOWN
        unsure = bool(self.unsurely_trusted)
        unread = self.unreadable or self.exists is None or self.trust is None
        return ExitCode.CANNOT_TELL if unknown or unsure or unread else ExitCode.OK


@dataclass(frozen=True, slots=True)
class Report:
    """What a principal may and may not do of what a stage needs.

    ``unreadable`` names policies that bind the principal and could not be read: what they do not deny for certain
    is unknown. ``not_seen`` says what no evidence of this kind can see. ``subject`` is missing offline. ``role`` is the
    execution role, where a command makes or changes the function.
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
    subject: Subject | None = None
    deployment_policy: DeploymentPolicy | None = None
    evidence: tuple[EvidenceNote, ...] = ()
    role: RoleReport | None = None

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

    @property
    def stopping(self) -> tuple[CheckedRequirement, ...]:
        """What is missing for certain and does harm: it stops the command, or leaves something undone unnoticed."""
        return tuple(result for result in self.always_denied if _counts(result))

    @property
    def undecided(self) -> tuple[CheckedRequirement, ...]:
        """What could not be decided and would do harm if it were denied."""
        return tuple(result for result in self.unknown if _counts(result))

    def exit_code(self, *, allow_unknown: bool = False, strict: bool = True) -> ExitCode:
        """Return what the check ends with; ``allow_unknown`` takes what is undecided for allowed, as ``strict=False`` of 0.1.

        What is harmless when it is denied counts for nothing: the command does all that it was asked to. What goes unnoticed
        counts as what stops: a command that leaves something undone with exit code 0 is worse than one that fails. What is
        missing and needed only in some states of the account denies nothing for certain: it cannot be told. Of the execution
        role counts whether AWS refuses it when Zappa deploys.
        """
        if not self.results:
            return ExitCode.COULD_NOT_RUN
        if self.stopping or (self.role and self.role.refused):
            return ExitCode.DENIED
        unknown = self.undecided or (self.role and self.role.maybe_refused)
        if any(map(_counts, self.denied_at_times)) or (unknown and strict and not allow_unknown):
            return ExitCode.CANNOT_TELL
        return ExitCode.OK


def _counts(result: CheckedRequirement) -> bool:
    return result.requirement.consequence is not Consequence.HARMLESS
