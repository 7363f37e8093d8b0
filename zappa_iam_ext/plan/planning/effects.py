"""What a plan takes from whoever holds the policies, and what it gives. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.plan.changes import (
    Change,
    CreatePolicy,
    CreatePolicyVersion,
    CreateRole,
    PutRolePolicy,
    SetDefaultPolicyVersion,
    UpdateAssumeRolePolicy,
)
from zappa_iam_ext.plan.changes.base import policy_name
from zappa_iam_ext.plan.documents import same
from zappa_iam_ext.plan.model import Plan
from zappa_iam_ext.plan.planning.attachments import superseded
from zappa_iam_ext.plan.privileges import Held, Privilege, lost
from zappa_iam_ext.plan.role_states import CurrentRole
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredState

Privileges = tuple[Privilege, ...]


def effects(desired: DesiredState, current: CurrentState) -> tuple[Privileges, Privileges]:
    """Return what is lost and what is gained by what is desired."""
    wanted = {policy.name: policy.document for policy in desired.policies}
    return between(current, wanted, gone=superseded(desired, current), holds_all=True)


def between(
    current: CurrentState,
    wanted: Mapping[str, Mapping[str, Any]],
    *,
    gone: Collection[str] = (),
    holds_all: bool = False,
) -> tuple[Privileges, Privileges]:
    """Return what is lost and what is gained when policies come to say what is wanted, by name.

    Of a policy that others than the user hold as well, or that is somebody's boundary, all that it no longer says is
    lost. ``gone`` are the ARNs that the user no longer holds; ``holds_all`` says that it comes to hold what is wanted.
    """
    new = {name.lower(): document for name, document in wanted.items()}
    before, after, shared = [], [], []
    for policy in current.policies.values():
        held, document = current.holds(policy.arn), new.get(policy.name.lower())
        old, then = Held(policy.name, policy.document), Held(policy.name, document or policy.document)
        if held:
            before.append(old)
        if (held or (holds_all and document is not None)) and policy.arn not in gone:
            after.append(then)
        if document is not None and not same(policy.document, document) and _others_hold(policy, held=held):
            shared.append((old, then))
    there = {policy.name.lower() for policy in current.policies.values()}
    after += [Held(name, document) for name, document in wanted.items() if name.lower() not in there]
    narrowed = dict.fromkeys(lost(before, after))
    for old, then in shared:
        narrowed |= dict.fromkeys(lost((old,), (then,)))
    return tuple(narrowed), lost(after, before)


def _others_hold(policy: CurrentPolicy, *, held: bool) -> bool:
    return policy.holders > int(held) or policy.boundary_of > 0


def told_of_others(plan: Plan, current: CurrentState) -> Iterator[str]:
    """Yield the policies that others hold as well and that come to say something else: what is gained is theirs too."""
    for change in plan.changes:
        if isinstance(change, CreatePolicyVersion | SetDefaultPolicyVersion):
            policy = current.policy(policy_name(change.arn))
            others = policy.holders - int(current.holds(policy.arn)) if policy else 0
            if others > 0:
                yield (
                    f"{policy_name(change.arn)} is attached to {others} other{'s' if others > 1 else ''}"
                    " (users, groups, roles): what it comes to say is theirs too"
                )


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """A document that a plan puts in force: of what, what was there (None for nothing), and what it says then."""

    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


def written_documents(plan: Plan, current: CurrentState) -> Iterator[WrittenDocument]:
    """Yield each document that a plan puts in force, in the order of the changes."""
    for change in plan.changes:
        yield from _written(change, current)


def _written(change: Change, current: CurrentState) -> Iterator[WrittenDocument]:
    match change:
        case CreatePolicy():
            yield WrittenDocument(change.name, None, change.document)
        case CreatePolicyVersion():
            found = _policy(current, change.arn)
            yield WrittenDocument(policy_name(change.arn), found.document if found else None, change.document)
        case SetDefaultPolicyVersion():
            found = _policy(current, change.arn)
            if found and change.version in found.former:
                yield WrittenDocument(found.name, found.document, found.former[change.version])
        case CreateRole():
            yield WrittenDocument(f"trust of {change.role}", None, change.trust)
        case UpdateAssumeRolePolicy():
            role = _role(current, change.role)
            yield WrittenDocument(f"trust of {change.role}", role.trust if role else None, change.trust)
        case PutRolePolicy():
            role = _role(current, change.role)
            before = role.inline.get(change.name) if role else None
            yield WrittenDocument(f"{change.name} of {change.role}", before, change.document)


def _policy(current: CurrentState, arn: str) -> CurrentPolicy | None:
    limits = current.roles.limits if current.roles else {}
    found: CurrentPolicy | None = current.policy(policy_name(arn)) or limits.get(policy_name(arn))
    return found


def _role(current: CurrentState, name: str) -> CurrentRole | None:
    roles = current.roles
    if roles is None:
        return None
    deployer = roles.deployer
    return deployer if deployer is not None and deployer.name == name else roles.execution.get(name)
