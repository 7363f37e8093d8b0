"""What removes from an account what was made for some stages, and leaves what anyone else holds. Pure.

A policy goes when its tags name no other stage and nobody else holds it. One that other stages share stays as it is: what
they need of it is not known here. A user goes when it is ours and nothing is left of it that is not; a role likewise
(`destroying_roles`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from zappa_iam_ext.plan.changes import (
    Change,
    DeleteAccessKey,
    DeleteGroup,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteUser,
    DetachGroupPolicy,
    DetachUserPolicy,
    RemoveUserFromGroup,
    TagPolicy,
    UntagPolicy,
)
from zappa_iam_ext.plan.model import Plan
from zappa_iam_ext.plan.ownership import OWNER_TAG, StageKey, surplus_tags
from zappa_iam_ext.plan.planning.attachments import GROUP_PATH
from zappa_iam_ext.plan.planning.destroying_roles import (
    RoleDestruction,
    boundaries_that_go,
    deployer_goes,
    execution_roles_go,
)
from zappa_iam_ext.plan.planning.effects import between
from zappa_iam_ext.plan.planning.roles import of_role
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState


@dataclass(frozen=True, slots=True)
class Destruction:
    """The plan, and what stays with the reason."""

    plan: Plan
    stays: tuple[str, ...] = ()


def destroy_plan(
    user: str,
    current: CurrentState,
    stages: frozenset[StageKey],
    *,
    delete_key: bool = False,
    idle: Mapping[str, str] | None = None,
    role: RoleDestruction | None = None,
) -> Destruction:
    """Return what removes what is ours and for these stages only.

    ``delete_key`` lets the access key go that the profile holds, of a user that we made; no other key ever goes. ``idle``
    are the execution roles by name, each with why a function may still run as it; empty where none does. With ``role``
    it is the role of the name ``user`` that deploys.
    """
    stays: list[str] = []
    gone, shared = _divided(user, current, stages, stays)
    off = [change for policy in gone for change in _removed(policy, user, current)]
    last: list[Change] = []
    if role is not None:
        off = list(of_role(off))
        last += deployer_goes(current, role, {policy.arn for policy in gone}, stays)
    else:
        last += _group(user, current, gone)
        keys = _keys(user, current) if delete_key else ()
        user_goes, why = _user_goes(user, current, gone, keys)
        last += (*keys, DeleteUser(user)) if user_goes else ()
        stays += [f"the user {user}: {why}"] if why else []
    roles = list(execution_roles_go(current, stages, idle or {}, stays))
    limits = boundaries_that_go(current, stages, (*roles, *last))
    changes = (
        *(change for policy in shared for change in _released(policy, stages)),
        *off,
        *roles,
        *last,
        *(change for policy in limits for change in _removed(policy, "", current)),
    )
    narrowed, _ = between(current, {}, gone={policy.arn for policy in gone})
    return Destruction(Plan(changes, (), narrowed, may_narrow=True), tuple(stays))


def _divided(
    user: str, current: CurrentState, stages: frozenset[StageKey], stays: list[str]
) -> tuple[list[CurrentPolicy], list[CurrentPolicy]]:
    """Return the policies that go and those that others share; note what stays."""
    gone, shared = [], []
    for policy in (each for _, each in sorted(current.policies.items())):
        named = policy.ownership.stages
        if not policy.ours or (named is not None and not named & stages):
            continue
        if named is None:
            stays.append(
                f"the policy {policy.name}: no tag tells for which stages it is; it may be anybody's"
            )
        elif named - stages:
            others = ", ".join(map(str, sorted(named - stages)))
            stays.append(f"the policy {policy.name}, and what it allows: {others} hold it too")
            shared.append(policy)
        elif reason := _in_use(policy, user, current):
            stays.append(f"the policy {policy.name}: {reason}")
        else:
            gone.append(policy)
    return gone, shared


def _in_use(policy: CurrentPolicy, user: str, current: CurrentState) -> str:
    """Say who else holds a policy."""
    through = current.group is not None and policy.arn in current.group.attached
    mine = int(policy.arn in current.attached) + int(through and _own_group(user, current))
    if policy.boundary_of:
        return f"it is the permissions boundary of {policy.boundary_of} others"
    if policy.holders > mine:
        return f"{policy.holders - mine} other users, groups or roles hold it"
    return ""


def _own_group(user: str, current: CurrentState) -> bool:
    """Say whether the group is ours and nobody else is a member."""
    group = current.group
    return group is not None and group.path == GROUP_PATH and set(group.members) <= {user}


def _removed(policy: CurrentPolicy, user: str, current: CurrentState) -> Iterator[Change]:
    """Yield what deletes a policy: IAM deletes one that nobody holds and that has no version but the default one."""
    if policy.arn in current.attached:
        yield DetachUserPolicy(user, policy.arn)
    if current.group is not None and policy.arn in current.group.attached:
        yield DetachGroupPolicy(current.group.name, policy.arn)
    for version in policy.versions:
        if version != policy.default_version:
            yield DeletePolicyVersion(policy.arn, version)
    yield DeletePolicy(policy.arn)


def _released(policy: CurrentPolicy, stages: frozenset[StageKey]) -> Iterator[Change]:
    """Yield the tags without these stages."""
    told = policy.ownership
    left = (told.stages or frozenset()) - stages
    tags = type(told)(told.ours, left, told.documents, told.zappa, told.previous).to_tags()
    yield TagPolicy(policy.arn, tags)
    if surplus := surplus_tags(policy.tags, tags):
        yield UntagPolicy(policy.arn, surplus)


def _group(user: str, current: CurrentState, gone: Sequence[CurrentPolicy]) -> Iterator[Change]:
    group = current.group
    if group is None or not _own_group(user, current) or group.inline:
        return
    if set(group.attached) <= {policy.arn for policy in gone}:
        yield from (RemoveUserFromGroup(user, group.name) for _ in group.members)
        yield DeleteGroup(group.name)


def _keys(user: str, current: CurrentState) -> tuple[DeleteAccessKey, ...]:
    ids = (key.access_key_id for key in current.keys if key.access_key_id == current.profile_key)
    return tuple(DeleteAccessKey(user, key_id) for key_id in ids)


def _user_goes(
    user: str, current: CurrentState, gone: Sequence[CurrentPolicy], keys: Sequence[DeleteAccessKey]
) -> tuple[bool, str]:
    """Say whether the user goes too, and if not why."""
    if not current.user_exists:
        return False, ""
    left = set(current.attached) - {policy.arn for policy in gone}
    leaves = {current.group.name} if any(_group(user, current, gone)) and current.group else set()
    kept = {key.access_key_id for key in current.keys} - {key.access_key_id for key in keys}
    held = f"it has access keys ({', '.join(sorted(kept))}); `--delete-key` lets that of the profile go, no other"
    reasons = (
        (current.user_tags.get(OWNER_TAG[0]) != OWNER_TAG[1], "we did not make it"),
        (bool(left), f"it holds {len(left)} other policies"),
        (bool(current.user_inline), "it has inline policies"),
        (bool(set(current.groups) - leaves), "it is a member of groups"),
        (bool(kept), held),
    )
    why = "; ".join(reason for holds, reason in reasons if holds)
    return not why, why
