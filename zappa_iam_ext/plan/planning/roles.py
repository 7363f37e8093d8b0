"""Roles, the identity provider and the profile: what is made of them, around the plan for policies. Pure.

The policies of a role that deploys belong to stages as a user's do, by the same rules. An existing role is never
deleted and made again: grants of keys and resource policies point at its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from zappa_iam_ext.plan.changes import (
    AddClientIDToOpenIDConnectProvider,
    AttachRolePolicy,
    AttachUserPolicy,
    Change,
    CreateOpenIDConnectProvider,
    CreateRole,
    CreateUser,
    DetachRolePolicy,
    DetachUserPolicy,
    PutRolePermissionsBoundary,
    PutRolePolicy,
    TagRole,
    UpdateAssumeRolePolicy,
    UpdateRole,
    WriteRoleProfile,
)
from zappa_iam_ext.plan.documents import merged
from zappa_iam_ext.plan.model import Concern, ConcernKind, Plan
from zappa_iam_ext.plan.ownership import Ownership, StageKey, read_ownership
from zappa_iam_ext.plan.planning.effects import effects
from zappa_iam_ext.plan.planning.policies import policy_changes, policy_concerns, policy_updates
from zappa_iam_ext.plan.planning.trusts import merged_trust, otherwise_trusted, unstorable
from zappa_iam_ext.plan.privileges import Held, Privilege, covered, lost
from zappa_iam_ext.plan.role_states import (
    CurrentRole,
    CurrentRoles,
    DesiredExecutionRole,
    DesiredRole,
    DesiredRoles,
    RoleProfile,
    is_bounded,
)
from zappa_iam_ext.plan.states import CurrentState, DesiredPolicy, DesiredState

EXECUTION_ROLE = "What a Zappa function runs as. Made by zappa-iam-ext, within a permissions boundary."
DEPLOYER = "Deploys with Zappa. Made by zappa-iam-ext."


def with_roles(
    planned: Plan,
    desired: DesiredState,
    current: CurrentState,
    *,
    adopt: bool = False,
    prune: bool = False,
    overwrite_profile: bool = False,
) -> Plan:
    """Return the plan for policies with what is wanted of roles: what others refer to comes first."""
    roles = desired.roles
    if roles is None:
        return planned
    there = current.roles or CurrentRoles()
    limits = _boundaries(desired, there, adopt=adopt)
    first: list[Change] = [*policy_changes(*limits), *policy_updates(*limits)]
    for wanted in roles.execution:
        first += _execution_role(wanted, there.execution.get(wanted.name), desired, adopt=adopt)
    first += _provider(roles, there, desired)
    deployer = tuple(_deployer(roles.deployer, there.deployer, desired, prune=prune))
    concerns = (
        *(() if adopt else policy_concerns(*limits)),
        *_concerns(roles, there, adopt=adopt, prune=prune, overwrite_profile=overwrite_profile),
    )
    return replace(
        planned,
        changes=(
            *first,
            *deployer,
            *(of_role(planned.changes) if roles.deployer else planned.changes),
            *_profile(roles.profile, there.profile, overwrite=overwrite_profile),
        ),
        concerns=(*planned.concerns, *concerns),
        narrowed=(*planned.narrowed, *effects(*limits)[0], *_limited(roles, there, adopt=adopt)),
    )


def _boundaries(
    desired: DesiredState, there: CurrentRoles, *, adopt: bool
) -> tuple[DesiredState, CurrentState]:
    """Return the boundaries as policies of their own, which nobody has attached."""
    assert desired.roles is not None  # noqa: S101
    wanted = tuple(
        _boundary(role, there)
        for role in desired.roles.execution
        if role.limit and is_bounded(role, there.execution.get(role.name), adopt=adopt)
    )
    return (
        replace(desired, policies=wanted, needs={}, base="", roles=None, path="/"),
        CurrentState(policies=dict(there.limits)),
    )


def _boundary(role: DesiredExecutionRole, there: CurrentRoles) -> DesiredPolicy:
    """Return the boundary of a role; it stays that of other stages too whose functions run as the role.

    Those keep all that it allows: what they need of it is not known here.
    """
    name = role.boundary.rpartition("/")[2]
    present = there.limits.get(name)
    told = (present.ownership.stages if present is not None and present.ours else None) or frozenset()
    document = role.limit
    if present is not None and told - role.stages:
        enough = covered(document, [present.document])
        document = present.document if enough else merged([document, present.document])
    return DesiredPolicy(name, document, role.stages | told)


def _execution_role(
    wanted: DesiredExecutionRole, present: CurrentRole | None, desired: DesiredState, *, adopt: bool
) -> Iterator[Change]:
    told = read_ownership(present.tags).stages if present is not None else frozenset()
    joined = wanted.stages | (told or frozenset())
    tags = {**desired.tags, **Ownership(True, joined, (), desired.zappa).to_tags()}
    if present is None:
        yield CreateRole(
            wanted.name, wanted.path, wanted.trust, tags, wanted.boundary, description=EXECUTION_ROLE
        )
        yield PutRolePolicy(wanted.name, wanted.inline, wanted.policy)
        return
    if present.boundary != wanted.boundary and is_bounded(wanted, present, adopt=adopt):
        yield PutRolePermissionsBoundary(wanted.name, wanted.boundary, present.boundary)
    if present.ours and told is not None and joined != told:
        yield TagRole(present.name, tags)
    if present.ours and wanted.inline not in present.inline:
        yield PutRolePolicy(wanted.name, wanted.inline, wanted.policy)


def _limited(roles: DesiredRoles, there: CurrentRoles, *, adopt: bool) -> Iterator[Privilege]:
    """Yield what a function loses by a boundary that its role did not have."""
    for wanted in roles.execution:
        present = there.execution.get(wanted.name)
        if present is None or present.boundary == wanted.boundary:
            continue
        if wanted.limit and is_bounded(wanted, present, adopt=adopt):
            documents = {**present.inline, **present.attached}
            held = tuple(Held(f"{wanted.name}/{name}", document) for name, document in documents.items())
            yield from lost(held, (Held(wanted.boundary.rpartition("/")[2], wanted.limit),))


def _provider(roles: DesiredRoles, there: CurrentRoles, desired: DesiredState) -> Iterator[Change]:
    """Yield a provider that is missing, or its audience; one that is there is adopted, never replaced."""
    wanted = roles.provider
    if wanted is None:
        return
    if there.provider is None:
        tags = {**desired.tags, **Ownership(ours=True).to_tags()}
        yield CreateOpenIDConnectProvider(wanted.arn, wanted.url, wanted.client_id, tags)
    elif wanted.client_id not in there.provider:
        yield AddClientIDToOpenIDConnectProvider(wanted.arn, wanted.client_id)


def _deployer(
    wanted: DesiredRole | None, present: CurrentRole | None, desired: DesiredState, *, prune: bool
) -> Iterator[Change]:
    if wanted is None:
        return
    stages = frozenset(desired.needs)
    tags = _role_tags(desired, stages)
    if present is None:
        yield CreateRole(
            wanted.name, wanted.path, wanted.trust, tags, wanted.boundary, wanted.max_session, DEPLOYER
        )
        return
    trust = merged_trust(present.trust, wanted.trust, prune=prune)
    if trust is not None:
        yield UpdateAssumeRolePolicy(present.name, trust)
    if wanted.max_session > present.max_session:  # less would end what others' sessions rely on
        yield UpdateRole(present.name, wanted.max_session)
    told = read_ownership(present.tags)
    joined = (told.stages or frozenset()) | stages
    if told.stages != joined or not told.ours:
        yield TagRole(present.name, _role_tags(desired, joined))


def _role_tags(desired: DesiredState, stages: frozenset[StageKey]) -> Mapping[str, str]:
    return {**desired.tags, **Ownership(True, stages, (), desired.zappa).to_tags()}


def _concerns(
    roles: DesiredRoles, there: CurrentRoles, *, adopt: bool, prune: bool, overwrite_profile: bool
) -> Iterator[Concern]:
    wanted, present = roles.deployer, there.deployer
    if wanted is not None and present is not None:
        if not present.ours and not adopt:
            yield Concern(
                present.arn,
                "the role exists and does not carry our tag: others may rely on whom it trusts and what it may do",
                "Adopt it (`--adopt`): what it trusts and holds is kept. Or name another role (`--role-name`).",
            )
        if told := unstorable(merged_trust(present.trust, wanted.trust, prune=prune)):
            yield Concern(
                present.arn,
                f"IAM would refuse the trust policy with what the role trusts already: {told}",
                "Replace what is there (`--prune`), or name another role (`--role-name`).",
            )
        if not prune and (looser := otherwise_trusted(present.trust, wanted.trust)):
            yield Concern(
                present.arn,
                f"the role trusts {looser} already, under other conditions, and would go on doing so",
                "Say that the trust may be replaced (`--prune`), or name another role (`--role-name`).",
                ConcernKind.CONSENT,
            )
    profile = roles.profile
    if profile is not None and not overwrite_profile and _profile_differs(profile, there.profile):
        yield Concern(
            f"profile {profile.profile}",
            "the profile gets its credentials in another way",
            "Choose another profile name, or say that the profile may be overwritten (`--overwrite-profile`).",
        )


def _profile(wanted: RoleProfile | None, present: Mapping[str, str], *, overwrite: bool) -> Iterator[Change]:
    if wanted is None:
        return
    if dict(present) != _settings(wanted):
        yield WriteRoleProfile(
            wanted.profile, wanted.role_arn, wanted.source_profile, wanted.region, overwrite
        )


def _profile_differs(wanted: RoleProfile, present: Mapping[str, str]) -> bool:
    return bool(present) and dict(present) != _settings(wanted)


def _settings(wanted: RoleProfile) -> dict[str, str]:
    return {"role_arn": wanted.role_arn, "source_profile": wanted.source_profile}


def of_role(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes of a role that stand for those of a user, which is made already."""
    for change in changes:
        match change:
            case AttachUserPolicy():
                yield AttachRolePolicy(change.user, change.arn)
            case DetachUserPolicy():
                yield DetachRolePolicy(change.user, change.arn)
            case CreateUser():
                pass
            case _:
                yield change
