"""Who holds the policies. Pure."""

from __future__ import annotations

from zappa_iam_ext.errors import QuotaExceeded
from zappa_iam_ext.plan.changes import AttachUserPolicy, Change, DetachUserPolicy
from zappa_iam_ext.plan.states import CurrentState, DesiredState


def attachment_changes(
    desired: DesiredState, current: CurrentState, max_attached: int | None = None
) -> tuple[Change, ...]:
    """Return what attaches the wanted policies and detaches parts of ours that are no longer wanted.

    Raises `QuotaExceeded` where the user would have more policies than it may have.
    """
    limit = max_attached or current.quotas.attached_to_user
    wanted = {p.name: _arn(desired, current, p.name) for p in desired.policies}
    missing = [arn for arn in wanted.values() if arn not in current.attached]
    surplus = [
        policy.arn
        for name, policy in sorted(current.policies.items())
        if name not in wanted and policy.ours and policy.arn in current.attached
    ]
    total = len(current.attached) + len(missing) - len(surplus)
    if missing and total > limit:
        raise QuotaExceeded(
            f"the user {desired.user} would have {total} managed policies attached; IAM allows {limit}",
            hint="Detach one that is not needed, use a group, or have the quota raised (up to 20).",
        )
    detach = tuple(DetachUserPolicy(desired.user, arn) for arn in surplus)
    return (*detach, *(AttachUserPolicy(desired.user, arn) for arn in missing))


def _arn(desired: DesiredState, current: CurrentState, name: str) -> str:
    present = current.policies.get(name)
    return present.arn if present else desired.policy_arn(name)
