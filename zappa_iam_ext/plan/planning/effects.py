"""What a plan takes from whoever holds the policies, and what it gives. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from zappa_iam_ext.plan.documents import same
from zappa_iam_ext.plan.planning.attachments import superseded
from zappa_iam_ext.plan.privileges import Held, Privilege, lost
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
