"""What removes from an account what was made for some stages, and leaves what anyone else holds. Pure.

A policy goes when its tags name no other stage and nobody else holds it; what others hold is taken from the deployer only.
One that other stages share stays as it is: what they need of it is not known here. A user goes when it is ours and nothing is left of it that is not; a role likewise
(`destroying_roles`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
from zappa_iam_ext.plan.entities import some
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
    delete_keys: Collection[str] = (),
    idle: Mapping[str, str] | None = None,
    role: RoleDestruction | None = None,
    holders: Mapping[str, tuple[str, ...]] | None = None,
    told: Collection[str] = (),
) -> Destruction:
    """Return what removes what is ours and for these stages only.

    ``delete_keys`` are the ids of access keys that may go, of a user that we made; no other key ever goes. ``idle``
    are the execution roles by name, each with why it has to stay; empty where nothing is against it. With ``role``
    it is the role of the name ``user`` that deploys. ``holders`` says who holds a policy, by its ARN, where that is known;
    ``told`` are those of them of whom somebody tells anyhow.
    """
    stays: list[str] = []
    deployer = _Deployer(user, role is not None, holders or {}, frozenset(told))
    gone, held, shared = _divided(current, stages, deployer, stays)
    off = [change for policy in gone for change in _removed(policy, user, current)]
    off += [change for policy in held for change in _taken_off(policy, user, current)]
    lost = (*gone, *held)
    last: list[Change] = []
    if role is not None:
        off = list(of_role(off))
        last += deployer_goes(current, role, {policy.arn for policy in lost}, stays)
    else:
        last += _group(user, current, lost)
        keys = tuple(
            DeleteAccessKey(user, key.access_key_id)
            for key in current.keys
            if key.access_key_id in delete_keys
        )
        user_goes, why = _user_goes(user, current, lost, keys)
        last += (*keys, DeleteUser(user)) if user_goes else ()
        stays += [f"the user {user}: {why}"] if why else []
    roles = list(execution_roles_go(current, stages, idle or {}, stays))
    limits = boundaries_that_go(current, stages, (*roles, *last))
    changes = (
        *(
            change
            for policy in (*shared, *_shared_limits(current, stages))
            for change in _released(policy, stages)
        ),
        *off,
        *roles,
        *last,
        *(change for policy in limits for change in _removed(policy, "", current)),
    )
    narrowed, _ = between(current, {}, gone={policy.arn for policy in lost})
    return Destruction(Plan(changes, (), narrowed, may_narrow=True), tuple(stays))


@dataclass(frozen=True, slots=True)
class _Deployer:
    """Who is destroyed, by name, who holds each policy as far as that is known, and of whom somebody tells anyhow."""

    name: str
    role: bool
    holders: Mapping[str, tuple[str, ...]]
    told: frozenset[str]

    def others(self, policy: CurrentPolicy, current: CurrentState) -> _Others:
        """Return who else holds a policy."""
        group = current.group
        through = group is not None and policy.arn in group.attached and _own_group(self.name, current)
        own = {f"the {'role' if self.role else 'user'} {self.name}"}
        if through and group is not None:
            own.add(f"the group {group.name}")
        mine = int(policy.arn in current.attached) + int(through)
        named = [each for each in self.holders.get(policy.arn, ()) if each not in own]
        count = max(policy.holders - mine, len(named), 0)
        who = f"{', '.join(named)} {'hold' if named[1:] else 'holds'} it too" if named else ""
        if named and not mine and set(named) <= self.told:
            who = ""
        elif not named:
            who = f"{count} other users, groups or roles hold it"
        return _Others(count, who, only=bool(count) and not mine)


@dataclass(frozen=True, slots=True)
class _Others:
    """How many others hold a policy, how that is told (empty where somebody tells anyhow), and whether ``only`` they do."""

    count: int
    who: str
    only: bool


def _divided(
    current: CurrentState, stages: frozenset[StageKey], deployer: _Deployer, stays: list[str]
) -> tuple[list[CurrentPolicy], list[CurrentPolicy], list[CurrentPolicy]]:
    """Return the policies that go, those that only the deployer loses, and those of other stages too; note what stays."""
    gone, held, shared = [], [], []
    for policy in (each for _, each in sorted(current.policies.items())):
        named = policy.ownership.stages
        if not policy.ours or (named is not None and not named & stages):
            continue
        others = deployer.others(policy, current)
        if named is None or policy.ownership.adopted:
            why = "an edit by hand was adopted" if named else "no tag tells for which stages it is"
            stays.append(f"the policy {policy.name}: {why}; it may be anybody's")
        elif others.only or (others.count and named <= stages and not policy.boundary_of):
            stays += [f"the policy {policy.name}: {others.who}"] if others.who else []
            held += [] if others.only else [policy]
        elif named - stages:
            left = ", ".join(map(str, sorted(named - stages)))
            stays.append(f"the policy {policy.name}, and what it allows: {left} hold it too")
            shared.append(policy)
        elif policy.boundary_of:
            stays.append(
                f"the policy {policy.name}: it is the permissions boundary of {policy.boundary_of} others"
            )
        else:
            gone.append(policy)
    return gone, held, shared


def _shared_limits(current: CurrentState, stages: frozenset[StageKey]) -> Iterator[CurrentPolicy]:
    """Yield the boundaries that are for these stages and for others."""
    for _, limit in sorted((current.roles.limits if current.roles else {}).items()):
        named = limit.ownership.stages or frozenset()
        if limit.ours and named & stages and named - stages:
            yield limit


def _own_group(user: str, current: CurrentState) -> bool:
    """Say whether the group is ours and nobody else is a member."""
    group = current.group
    return group is not None and group.path == GROUP_PATH and set(group.members) <= {user}


def _removed(policy: CurrentPolicy, user: str, current: CurrentState) -> Iterator[Change]:
    """Yield what deletes a policy: IAM deletes one that nobody holds and that has no version but the default one."""
    yield from _taken_off(policy, user, current)
    for version in policy.versions:
        if version != policy.default_version:
            yield DeletePolicyVersion(policy.arn, version)
    yield DeletePolicy(policy.arn)


def _taken_off(policy: CurrentPolicy, user: str, current: CurrentState) -> Iterator[Change]:
    """Yield what takes a policy from the deployer; a group of others keeps what it holds."""
    if policy.arn in current.attached:
        yield DetachUserPolicy(user, policy.arn)
    if current.group is not None and policy.arn in current.group.attached and _own_group(user, current):
        yield DetachGroupPolicy(current.group.name, policy.arn)


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
        (bool(left), f"it holds {len(left)} other policies ({some(list(map(current.described, left)))})"),
        (bool(current.user_inline), "it has inline policies"),
        (
            bool(set(current.groups) - leaves),
            f"it is a member of groups ({some(set(current.groups) - leaves)})",
        ),
        (bool(kept), held),
    )
    why = "; ".join(reason for holds, reason in reasons if holds)
    return not why, why
