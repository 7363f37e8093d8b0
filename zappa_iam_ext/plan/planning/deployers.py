"""Which user or role a deployment policy was made for, and whether that is somebody else. Pure.

A deployment policy lets whoever holds it look at itself (`aws.self_inspection`), and so says for whom it was made. One that
another user or role holds is not written anew for this one: the other would no longer be able to check itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zappa_iam_ext.plan.entities import named_deployers
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredState


def deployer_kind(desired: DesiredState) -> str:
    """Return what deploys: a ``user`` or a ``role``."""
    roles = desired.roles
    return "role" if roles is not None and roles.deployer is not None else "user"


def of_another(policies: Iterable[CurrentPolicy], desired: DesiredState, current: CurrentState) -> bool:
    """Say whether policies were made for another user or role, which still holds them."""
    parts = tuple(policies)
    if not any(_others_hold(part, current) for part in parts):
        return False
    named = {name.lower() for name in named_deployers(part.document for part in parts)}
    return bool(named) and f"{deployer_kind(desired)}/{desired.user}".lower() not in named


def beside(desired: DesiredState, current: CurrentState) -> Iterator[str]:
    """Yield which other user or role deploys one of the stages too, and by which policy: it stays as it is."""
    asked = frozenset(desired.needs)
    for policy in (each for _, each in sorted(current.policies.items())):
        told = policy.ownership
        shared = sorted(asked & (told.stages or frozenset()))
        if told.ours and shared and of_another((policy,), desired, current):
            who = " and ".join(f"the {each.replace('/', ' ', 1)}" for each in named_deployers_of(policy))
            yield (
                f"{who} deploys {', '.join(map(str, shared))} too, by {policy.name}: it stays as it is,"
                f" and the {deployer_kind(desired)} {desired.user} has a policy of its own"
            )


def named_deployers_of(policy: CurrentPolicy) -> tuple[str, ...]:
    """Return the users and roles that a policy was made for, by name."""
    return tuple(sorted(named_deployers((policy.document,))))


def _others_hold(policy: CurrentPolicy, current: CurrentState) -> bool:
    group = current.group
    through = group is not None and policy.arn in group.attached and group.name in current.groups
    return policy.holders > int(policy.arn in current.attached) + int(through)
