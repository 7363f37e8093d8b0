"""What to do about a Report: whose turn it is, in order. Pure; the words are the renderers'."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.check.grouping import blocker_of
from zappa_iam_ext.check.model import Blocker, CheckedRequirement, Evidence, Report
from zappa_iam_ext.iam import Layer, Principal, PrincipalKind
from zappa_iam_ext.permissions.chosen_names import has_chosen_name


class Step(StrEnum):
    """What has to be done.

    ``provision``: what nothing allows is granted. ``unblock``: the owner of the policy that denies changes it.
    ``let read``: the principal may read its own policies. ``look up``: a name that only AWS knows is settled.
    ``probe``: only a call to AWS tells whether the organization denies. ``context``: it hangs on what a request carries.
    ``ask``: no evidence shows what decides.
    """

    PROVISION = "provision"
    UNBLOCK = "unblock"
    LET_READ = "let read"
    LOOK_UP = "look up"
    PROBE = "probe"
    CONTEXT = "context"
    ASK = "ask"


class Target(StrEnum):
    """Whom a grant is for, which decides how it is given."""

    USER = "user"
    ROLE = "role"
    PERMISSION_SET = "permission set"
    SERVICE_LINKED = "service-linked role"
    FEDERATED = "federated user"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One step, what it is about, and for ``unblock`` the policy that denies."""

    step: Step
    results: tuple[CheckedRequirement, ...]
    blocker: Blocker | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that it is about, each once."""
        return tuple(dict.fromkeys(result.requirement.action for result in self.results))


_RESERVED = "AWSReservedSSO_"
_SUFFIX = 17


def remedies(report: Report) -> tuple[Remedy, ...]:
    """Return the steps in the order in which they help: what is to be granted, unblocked, read, looked up, asked."""
    made: list[Remedy] = []
    blocked: dict[Blocker, list[CheckedRequirement]] = {}
    lacking: list[CheckedRequirement] = []
    for result in report.denied:
        blocker = blocker_of(result)
        if blocker:
            blocked.setdefault(blocker, []).append(result)
        else:
            lacking.append(result)
    if lacking:
        made.append(Remedy(Step.PROVISION, tuple(lacking)))
    made += [Remedy(Step.UNBLOCK, tuple(items), blocker) for blocker, items in blocked.items()]
    return (*made, *_about_unknown(report))


def _about_unknown(report: Report) -> tuple[Remedy, ...]:
    found: dict[Step, list[CheckedRequirement]] = {}
    for result in report.unknown:
        found.setdefault(_settled_by(result, report), []).append(result)
    return tuple(Remedy(step, tuple(found[step])) for step in Step if step in found)


def _settled_by(result: CheckedRequirement, report: Report) -> Step:
    if report.unreadable and "could not be read" in result.why:
        return Step.LET_READ
    if has_chosen_name(result.requirement.resource) and "only AWS knows" in result.why:
        return Step.LOOK_UP
    if result.blocker and result.blocker.layer is Layer.ORGANIZATION:
        return Step.PROBE
    return Step.CONTEXT if condition_keys(result.why) else Step.ASK


_KEY = re.compile(r"\b[a-z][a-z0-9-]*:[A-Z][A-Za-z]*(?:/[\w.@+=-]+)?")


def condition_keys(why: str) -> tuple[str, ...]:
    """Return the condition keys that a reason names, where it hangs on them."""
    return tuple(dict.fromkeys(_KEY.findall(why))) if "depends on" in why or "unless" in why else ()


def target(report: Report) -> Target:
    """Return whom a grant for the Report's principal is for; a document where only documents were judged."""
    if report.results and all(result.evidence is Evidence.OFFLINE for result in report.results):
        return Target.DOCUMENT
    principal = principal_of(report)
    if principal.is_service_linked_role:
        return Target.SERVICE_LINKED
    if principal.kind in {PrincipalKind.ROLE, PrincipalKind.ASSUMED_ROLE}:
        return Target.PERMISSION_SET if principal.name.startswith(_RESERVED) else Target.ROLE
    return Target.FEDERATED if principal.kind is PrincipalKind.FEDERATED_USER else Target.USER


def permission_set(role: str) -> str:
    """Return the permission set of a role that IAM Identity Center made: ``AWSReservedSSO_NAME_`` and 16 hex digits."""
    return role.removeprefix(_RESERVED)[:-_SUFFIX]


def principal_of(report: Report) -> Principal:
    """Return the Report's principal."""
    return report.subject.principal if report.subject else Principal.parse(report.principal)


def account_of(report: Report) -> str:
    """Return the account of the Report's principal."""
    return report.subject.account if report.subject else principal_of(report).account


def is_quarantine(policy: str) -> bool:
    """Say whether a policy is one with which AWS limits a key that it takes for leaked (``AWSCompromisedKeyQuarantineV2``)."""
    return "AWSCompromisedKeyQuarantine" in policy
