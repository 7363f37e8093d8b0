"""Who holds the policies: the user, or a group that it is a member of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zappa_iam_ext.errors import QuotaExceeded
from zappa_iam_ext.plan.changes import (
    AddUserToGroup,
    AttachGroupPolicy,
    AttachUserPolicy,
    Change,
    CreateGroup,
    DetachGroupPolicy,
    DetachUserPolicy,
)
from zappa_iam_ext.plan.entities import OUR_GROUPS
from zappa_iam_ext.plan.model import Concern
from zappa_iam_ext.plan.naming import numbered_part
from zappa_iam_ext.plan.states import CurrentState, DesiredState

GROUP_PATH = OUR_GROUPS


def attachments(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    """Yield what gives the user the wanted policies. Raises `QuotaExceeded` where there is no room for them."""
    missing = _missing(desired, current)
    if desired.group:
        yield from _through_group(desired, current, missing)
        return
    total = len(current.attached) + len(missing)
    limit = current.quotas.attached_to_user
    without = total - len(superseded(desired, current))
    if missing and without > limit:
        raise QuotaExceeded(
            f"the user {desired.user} would have {without} managed policies attached; IAM allows {limit}",
            hint="Let a group hold them (`--group NAME`), detach one that is not needed, or have the quota raised"
            " (up to 20).",
        )
    yield from (AttachUserPolicy(desired.user, arn) for arn in missing)


def detachments(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    """Yield what takes parts of ours from the user that are no longer wanted."""
    group = current.group
    for arn in superseded(desired, current):
        if arn in current.attached:
            yield DetachUserPolicy(desired.user, arn)
        if group is not None and desired.group and arn in group.attached:
            yield DetachGroupPolicy(group.name, arn)


def must_detach_first(desired: DesiredState, current: CurrentState) -> bool:
    """Say whether there is room for what is new only once what is no longer wanted is gone."""
    missing = _missing(desired, current)
    if desired.group:
        held = current.group.attached if current.group else ()
        return len(held) + len(missing) > current.quotas.attached_to_group
    return len(current.attached) + len(missing) > current.quotas.attached_to_user


def superseded(desired: DesiredState, current: CurrentState) -> Sequence[str]:
    """Return the ARNs of numbered parts that belong to a wanted policy, are held, and are wanted no more."""
    wanted = {policy.name.lower(): policy for policy in desired.policies}
    return [
        policy.arn
        for name, policy in sorted(current.policies.items())
        if policy.ours
        and name.lower() not in wanted
        and current.holds(policy.arn)
        and any(
            numbered_part(name, head)
            and (there := current.policy(head)) is not None
            and there.ownership.stages == policy.ownership.stages
            for head in wanted
        )
    ]


def group_concerns(desired: DesiredState, current: CurrentState) -> Iterator[Concern]:
    """Yield a group of that name that is not ours: its other members would get the policies too."""
    group = current.group
    if desired.group and group and group.path != GROUP_PATH and _missing(desired, current):
        yield Concern(
            f"group {group.name}",
            f"the group is not one that we made (its path is {group.path}, not {GROUP_PATH}); its"
            f" {len(group.members)} members would get the policies too",
            "Say that it may be used (`--adopt`), or name another group (`--group`).",
        )


def _missing(desired: DesiredState, current: CurrentState) -> list[str]:
    arns = (_arn(desired, current, policy.name) for policy in desired.policies)
    return [arn for arn in arns if not current.holds(arn)]


def _through_group(desired: DesiredState, current: CurrentState, missing: Sequence[str]) -> Iterator[Change]:
    group = current.group
    held = group.attached if group else ()
    lacking = [arn for arn in missing if arn not in held]
    total = len(held) + len(lacking) - len([arn for arn in superseded(desired, current) if arn in held])
    if lacking and total > current.quotas.attached_to_group:
        raise QuotaExceeded(
            f"the group {desired.group} would have {total} managed policies attached; IAM allows"
            f" {current.quotas.attached_to_group}",
            hint="Name another group (`--group`): a user may be a member of ten.",
        )
    name = group.name if group else desired.group
    joins = bool(missing) and name not in current.groups
    if joins and len(current.groups) >= current.quotas.groups:
        raise QuotaExceeded(
            f"the user {desired.user} is a member of {len(current.groups)} groups, all that IAM allows",
            hint="Name one of its groups (`--group`), or remove it from one that it does not need.",
        )
    if group is None and missing:
        yield CreateGroup(name, GROUP_PATH)
    yield from (AttachGroupPolicy(name, arn) for arn in lacking)
    if joins:
        yield AddUserToGroup(desired.user, name)


def _arn(desired: DesiredState, current: CurrentState, name: str) -> str:
    present = current.policy(name)
    return present.arn if present else desired.policy_arn(name)
