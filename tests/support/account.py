"""An account in memory: performs the changes of a plan as IAM would, so that laws of plans can be tested purely."""

from __future__ import annotations

from dataclasses import replace

from zappa_iam_ext.plan import CurrentGroup, CurrentKey, CurrentPolicy, CurrentState
from zappa_iam_ext.plan import changes as c

ACCOUNT = "123456789012"


class ImpossibleChange(AssertionError):
    """IAM would refuse it."""


def performed(state: CurrentState, changes) -> CurrentState:
    """Return the state after these changes; raise `ImpossibleChange` for what IAM would refuse."""
    for change in changes:
        state = _HANDLERS[type(change)](state, change)
    return state


def _refuse(condition, why):
    if condition:
        raise ImpossibleChange(why)


def _with(state, policy):
    return replace(state, policies={**state.policies, policy.name: policy})


def _by_arn(state, arn):
    found = [policy for policy in state.policies.values() if policy.arn == arn]
    _refuse(not found, f"no policy {arn}")
    return found[0]


def _create_policy(state, change):
    _refuse(
        any(name.lower() == change.name.lower() for name in state.policies), f"{change.name} is there already"
    )
    return _with(state, CurrentPolicy(change.arn, change.document, "v1", ("v1",), dict(change.tags)))


def _create_version(state, change):
    policy = _by_arn(state, change.arn)
    _refuse(len(policy.versions) >= state.quotas.policy_versions, "too many versions")
    _refuse(change.replaces != policy.default_version, "another version is the default")
    new = f"v{int(policy.versions[-1][1:]) + 1}"
    former = {**policy.former, policy.default_version: policy.document}
    return _with(
        state,
        replace(
            policy,
            document=change.document,
            default_version=new,
            versions=(*policy.versions, new),
            former=former,
        ),
    )


def _set_default(state, change):
    policy = _by_arn(state, change.arn)
    former = {**policy.former, policy.default_version: policy.document}
    document = former.pop(change.version)
    return _with(state, replace(policy, document=document, default_version=change.version, former=former))


def _delete_version(state, change):
    policy = _by_arn(state, change.arn)
    _refuse(change.version == policy.default_version, "the default version")
    versions = tuple(version for version in policy.versions if version != change.version)
    former = {version: document for version, document in policy.former.items() if version != change.version}
    return _with(state, replace(policy, versions=versions, former=former))


def _delete_policy(state, change):
    policy = _by_arn(state, change.arn)
    _refuse(policy.holders or policy.boundary_of or len(policy.versions) > 1, "in use")
    return replace(state, policies={n: p for n, p in state.policies.items() if p is not policy})


def _tag(state, change):
    policy = _by_arn(state, change.arn)
    return _with(state, replace(policy, tags={**policy.tags, **change.tags}))


def _untag(state, change):
    policy = _by_arn(state, change.arn)
    return _with(state, replace(policy, tags={k: v for k, v in policy.tags.items() if k not in change.keys}))


def _held(state, arn, by):
    policy = _by_arn(state, arn)
    return _with(state, replace(policy, holders=policy.holders + by))


def _attach(state, change):
    _refuse(not state.user_exists, "no such user")
    _refuse(len(state.attached) >= state.quotas.attached_to_user, "too many policies")
    return replace(_held(state, change.arn, 1), attached=(*state.attached, change.arn))


def _detach(state, change):
    _refuse(change.arn not in state.attached, "not attached")
    left = tuple(arn for arn in state.attached if arn != change.arn)
    return replace(_held(state, change.arn, -1), attached=left)


def _create_group(state, change):
    _refuse(state.group is not None, "the group is there")
    return replace(state, group=CurrentGroup(change.group, change.path))


def _attach_group(state, change):
    _refuse(len(state.group.attached) >= state.quotas.attached_to_group, "too many policies")
    group = replace(state.group, attached=(*state.group.attached, change.arn))
    return replace(_held(state, change.arn, 1), group=group)


def _detach_group(state, change):
    left = tuple(arn for arn in state.group.attached if arn != change.arn)
    return replace(_held(state, change.arn, -1), group=replace(state.group, attached=left))


def _join(state, change):
    group = replace(state.group, members=(*state.group.members, change.user))
    return replace(state, groups=(*state.groups, change.group), group=group)


def _leave(state, change):
    group = state.group
    left = replace(group, members=tuple(name for name in group.members if name != change.user))
    return replace(state, groups=tuple(name for name in state.groups if name != change.group), group=left)


def _delete_group(state, _):
    _refuse(state.group.attached or state.group.members or state.group.inline, "the group is in use")
    return replace(state, group=None)


def _delete_key(state, change):
    return replace(state, keys=tuple(key for key in state.keys if key.access_key_id != change.access_key_id))


def _delete_user(state, _):
    _refuse(state.attached or state.keys or state.groups or state.user_inline, "the user is in use")
    return replace(state, user_exists=False)


def _deployer(state, **more):
    return replace(state, roles=replace(state.roles, deployer=replace(state.roles.deployer, **more)))


def _tag_role(state, change):
    return _deployer(state, tags={**state.roles.deployer.tags, **change.tags})


def _untag_role(state, change):
    tags = state.roles.deployer.tags
    return _deployer(state, tags={key: value for key, value in tags.items() if key not in change.keys})


def _delete_role(state, _):
    role = state.roles.deployer
    _refuse(state.attached or role.inline or role.instance_profiles, "the role is in use")
    return replace(state, user_exists=False, roles=replace(state.roles, deployer=None))


def _delete_provider(state, change):
    left = tuple(each for each in state.roles.providers if each.arn != change.arn)
    return replace(state, roles=replace(state.roles, providers=left))


_HANDLERS = {
    c.DetachRolePolicy: _detach,
    c.RemoveUserFromGroup: _leave,
    c.DeleteGroup: _delete_group,
    c.DeleteAccessKey: _delete_key,
    c.DeleteUser: _delete_user,
    c.TagRole: _tag_role,
    c.UntagRole: _untag_role,
    c.DeleteRole: _delete_role,
    c.DeleteOpenIDConnectProvider: _delete_provider,
    c.DeleteRoleProfile: lambda state, _: replace(state, roles=replace(state.roles, profile={})),
    c.CreateUser: lambda state, change: replace(state, user_exists=True, user_tags=dict(change.tags)),
    c.CreatePolicy: _create_policy,
    c.CreatePolicyVersion: _create_version,
    c.SetDefaultPolicyVersion: _set_default,
    c.DeletePolicyVersion: _delete_version,
    c.DeletePolicy: _delete_policy,
    c.TagPolicy: _tag,
    c.UntagPolicy: _untag,
    c.AttachUserPolicy: _attach,
    c.DetachUserPolicy: _detach,
    c.CreateGroup: _create_group,
    c.AttachGroupPolicy: _attach_group,
    c.DetachGroupPolicy: _detach_group,
    c.AddUserToGroup: _join,
    c.CreateAccessKey: lambda state, _: replace(
        state, keys=(*state.keys, CurrentKey(f"AKIA{len(state.keys) + 1}", active=True))
    ),
    c.WriteProfile: lambda state, _: replace(state, profile_key=state.keys[-1].access_key_id),
}
