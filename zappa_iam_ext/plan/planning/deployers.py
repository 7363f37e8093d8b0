"""Which user or role a deployment policy was made for, and whether that is somebody else. Pure.

A deployment policy lets whoever holds it look at itself (`aws.self_inspection`), and so says for whom it was made. One that
another user or role holds is not written anew for this one: the other would no longer be able to check itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam import Effect, PolicyDocument
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredState

_LOOKS_AT = {"iam:listattacheduserpolicies": "user", "iam:listattachedrolepolicies": "role"}
"""The actions by which a user or a role reads which policies it has, and the type of resource that they name."""
_PASSES = "iam:passrole"


def deployer_kind(desired: DesiredState) -> str:
    """Return what deploys: a ``user`` or a ``role``."""
    roles = desired.roles
    return "role" if roles is not None and roles.deployer is not None else "user"


def named_deployers(documents: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the users and roles that may look at themselves by these documents: ``user/serverless``.

    A role that is passed is one that functions run as: whoever deploys looks at it too.
    """
    looked_at: set[str] = set()
    passed: set[str] = set()
    for document in documents:
        for actions, resources in _allowed(document):
            kinds = {kind for action, kind in _LOOKS_AT.items() if action in actions}
            names = {name for each in resources if (name := _name(each))}
            looked_at |= {name for name in names if name.partition("/")[0] in kinds}
            if _PASSES in actions:
                passed |= names
    return frozenset(looked_at - passed)


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


def _allowed(document: Mapping[str, Any]) -> Iterator[tuple[frozenset[str], tuple[str, ...]]]:
    """Yield the actions, in lower case, and the resources of each Allow statement."""
    try:
        statements = PolicyDocument.parse(document).statements
    except ZappaIamError:
        return
    for statement in statements:
        if statement.effect is Effect.ALLOW:
            yield frozenset(map(str.lower, statement.actions)), tuple(statement.resources)


def _name(arn: str) -> str:
    """Return ``user/NAME`` or ``role/NAME`` of an ARN, without the path; empty for anything else."""
    kind, _, name = arn.partition(":iam::")[2].partition(":")[2].partition("/")
    return f"{kind}/{name.rpartition('/')[2]}" if kind in {"user", "role"} and name else ""
