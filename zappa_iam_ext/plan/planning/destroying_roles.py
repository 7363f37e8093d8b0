"""What removes the roles that were made for some stages: those that deploy, and those that functions run as. Pure.

A role goes when it is ours, its tags name no other stage, and nothing is left of it that somebody else gave it. An
identity provider goes when it is ours and no other role trusts it. It goes before the role, which names it: whoever is
stopped in between finds it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from zappa_iam_ext.plan.changes import (
    Change,
    DeleteOpenIDConnectProvider,
    DeleteRole,
    DeleteRolePolicy,
    DeleteRoleProfile,
    TagRole,
    UntagRole,
)
from zappa_iam_ext.plan.entities import some
from zappa_iam_ext.plan.ownership import StageKey, read_ownership, surplus_tags
from zappa_iam_ext.plan.role_states import CurrentRole, CurrentRoles
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState

OUR_INLINE = frozenset({"zappa-permissions", "ZappaLambdaExecutionPolicy"})
"""The inline policies that an execution role has by Zappa's name for it and by the convention's."""
_ROLE_PROFILE = frozenset({"role_arn", "source_profile", "region"})


@dataclass(frozen=True, slots=True)
class RoleDestruction:
    """The role that deploys, and what may go with it.

    ``stages`` are all those that are destroyed. ``providers`` says that identity providers may go. ``profiles`` are those
    that may assume the role, with what they say; they go when ``delete_profile``.
    """

    name: str
    arn: str
    stages: frozenset[StageKey]
    providers: bool = False
    profiles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    delete_profile: bool = False


def deployer_goes(
    current: CurrentState, wanted: RoleDestruction, gone: Collection[str], stays: list[str]
) -> Iterator[Change]:
    """Yield what removes the deploying role, its identity provider and its profile; note what stays.

    ``gone`` are the ARNs of the policies that are detached from it.
    """
    there = current.roles or CurrentRoles()
    role = there.deployer
    reason = "" if role is None else _keeps(role, current, wanted, gone)
    if role is not None and reason:
        stays.append(f"the role {role.name}: {reason}")
        yield from _released(role, wanted.stages)
    yield from _providers(there, wanted, stays, goes=not reason)
    if role is not None and not reason:
        yield DeleteRole(role.name)
    for profile, settings in wanted.profiles.items():
        yield from _profile(profile, settings, wanted, stays, goes=not reason)


def _keeps(role: CurrentRole, current: CurrentState, wanted: RoleDestruction, gone: Collection[str]) -> str:
    """Return why a deploying role stays; empty when it goes."""
    named = read_ownership(role.tags).stages
    if not role.ours:
        return "we did not make it"
    if named is None:
        return "no tag tells for which stages it is; it may be anybody's"
    if named - wanted.stages:
        return f"{', '.join(map(str, sorted(named - wanted.stages)))} deploy as it too"
    left = set(current.attached) - set(gone)
    reasons = (
        (left, f"it holds {len(left)} other policies ({some(list(map(current.described, left)))})"),
        (role.inline, f"it has inline policies that we did not write ({some(role.inline)})"),
        (role.instance_profiles, f"it is in the instance profile {some(role.instance_profiles)}"),
    )
    return "; ".join(told for holds, told in reasons if holds)


def _released(role: CurrentRole, stages: frozenset[StageKey]) -> Iterator[Change]:
    """Yield the tags of a role of ours without these stages, when others are left."""
    told = read_ownership(role.tags)
    left = (told.stages or frozenset()) - stages
    if not role.ours or not left or left == told.stages:
        return
    tags = type(told)(told.ours, left, told.documents, told.zappa, told.previous).to_tags()
    yield TagRole(role.name, tags)
    if surplus := surplus_tags(role.tags, tags):
        yield UntagRole(role.name, surplus)


def _providers(
    there: CurrentRoles, wanted: RoleDestruction, stays: list[str], *, goes: bool
) -> Iterator[Change]:
    for provider in there.providers:
        others = [name for name in provider.trusted_by or () if name != wanted.name or not goes]
        if not wanted.providers:
            reason = "`--mode oidc` removes one that we made"
        elif not provider.ours:
            reason = "we did not make it: it carries no tag of ours"
        elif provider.trusted_by is None:
            reason = "which roles trust it may not be asked (iam:ListRoles)"
        elif others:
            reason = f"the trust of {some(others)} names it"
        else:
            yield DeleteOpenIDConnectProvider(provider.arn)
            continue
        stays.append(f"the identity provider {provider.arn.partition(':oidc-provider/')[2]}: {reason}")


def _profile(
    profile: str, settings: Mapping[str, str], wanted: RoleDestruction, stays: list[str], *, goes: bool
) -> Iterator[Change]:
    if settings.get("role_arn") != wanted.arn:
        return
    if not goes:
        reason = "the role stays"
    elif not set(settings) <= _ROLE_PROFILE:
        reason = f"it says more than what we wrote ({some(set(settings) - _ROLE_PROFILE)})"
    elif not wanted.delete_profile:
        reason = "`--delete-profile` takes it out of the config file"
    else:
        yield DeleteRoleProfile(profile, wanted.arn)
        return
    stays.append(f"the profile {profile}: {reason}")


def execution_roles_go(
    current: CurrentState, stages: frozenset[StageKey], idle: Mapping[str, str], stays: list[str]
) -> Iterator[Change]:
    """Yield what deletes execution roles that we made for these stages; note what stays."""
    there = current.roles or CurrentRoles()
    for name, role in sorted(there.execution.items()):
        named = read_ownership(role.tags).stages
        if not role.ours or named is None or not named & stages:
            continue
        if named - stages:
            left = ", ".join(map(str, sorted(named - stages)))
            stays.append(f"the execution role {name} and its boundary: functions of {left} run as it too")
            yield from _released(role, stages)
            continue
        foreign = sorted(set(role.inline) - OUR_INLINE)
        reason = idle.get(name, "whether a function runs as it is not known")
        if role.attached:
            reason = f"it holds {len(role.attached)} managed policies that we did not attach"
        elif foreign:
            reason = f"it has inline policies that we did not write ({some(foreign)})"
        elif role.instance_profiles:
            reason = f"it is in the instance profile {some(role.instance_profiles)}"
        if reason:
            stays.append(f"the execution role {name} and its boundary: {reason}")
            continue
        yield from (DeleteRolePolicy(name, inline) for inline in role.inline)
        yield DeleteRole(name)


def boundaries_that_go(
    current: CurrentState, stages: frozenset[StageKey], changes: Sequence[Change]
) -> Iterator[CurrentPolicy]:
    """Yield the boundaries of ours that bound nothing once these changes are made, also of a role that is gone already."""
    there = current.roles or CurrentRoles()
    removed = {change.role for change in changes if isinstance(change, DeleteRole)}
    roles = [*there.execution.values(), *([there.deployer] if there.deployer else [])]
    for _, limit in sorted(there.limits.items()):
        named = limit.ownership.stages
        bounded = {role.name for role in roles if role.boundary == limit.arn}
        if not limit.ours or named is None or not named <= stages or limit.holders:
            continue
        if limit.boundary_of <= len(bounded) and bounded <= removed:
            yield limit
