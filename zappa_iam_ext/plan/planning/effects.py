"""What a plan takes from whoever holds the policies, and what it gives. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.plan.documents import same
from zappa_iam_ext.plan.planning.attachments import superseded
from zappa_iam_ext.plan.privileges import Held, Privilege, lost
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredState


def narrowed(desired: DesiredState, current: CurrentState) -> tuple[Privilege, ...]:
    """Return what the user could do before and cannot after, or others who hold a policy that changes.

    Of a policy that others hold as well, or that is somebody's boundary, all that it no longer says is lost.
    """
    before, after, shared = _both(desired, current)
    found = dict.fromkeys(lost(before, after))
    for old, new in shared:
        found |= dict.fromkeys(lost((old,), (new,)))
    return tuple(found)


def widened(desired: DesiredState, current: CurrentState) -> tuple[Privilege, ...]:
    """Return what the user can do after and could not before."""
    before, after, _ = _both(desired, current)
    return lost(after, before)


def _both(
    desired: DesiredState, current: CurrentState
) -> tuple[Sequence[Held], Sequence[Held], Sequence[tuple[Held, Held]]]:
    """Return what the user holds of these policies before and after, and what of it others hold too."""
    wanted = {policy.name.lower(): policy.document for policy in desired.policies}
    gone = set(superseded(desired, current))
    before, after, shared = [], [], []
    for policy in current.policies.values():
        held, new = current.holds(policy.arn), wanted.get(policy.name.lower())
        old = Held(policy.name, policy.document)
        if held:
            before.append(old)
        if held and new is None and policy.arn not in gone:
            after.append(old)
        if new is not None and not same(policy.document, new) and _others_hold(policy, held=held):
            shared.append((old, Held(policy.name, new)))
    after += [Held(policy.name, policy.document) for policy in desired.policies]
    return before, after, shared


def _others_hold(policy: CurrentPolicy, *, held: bool) -> bool:
    return policy.holders > int(held) or policy.boundary_of > 0
