"""Desired state against current state: the changes that provision a deploying user. Pure.

The order is a rule: what others refer to comes first, what cannot be undone comes last. No difference
means an empty plan; what somebody else made or edited makes the plan unsafe, and an unsafe plan is never
applied. We touch only what carries our tag; a user that exists is used as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zappa_iam_ext.errors import QuotaExceeded, ZappaIamError
from zappa_iam_ext.plan.changes import Change
from zappa_iam_ext.plan.documents import size
from zappa_iam_ext.plan.model import Plan
from zappa_iam_ext.plan.planning.assignment import assigned
from zappa_iam_ext.plan.planning.attachments import (
    attachments,
    detachments,
    group_concerns,
    must_detach_first,
)
from zappa_iam_ext.plan.planning.effects import effects
from zappa_iam_ext.plan.planning.keys import key_changes, key_concerns
from zappa_iam_ext.plan.planning.policies import (
    policy_changes,
    policy_concerns,
    policy_updates,
    version_concerns,
)
from zappa_iam_ext.plan.planning.roles import with_roles
from zappa_iam_ext.plan.planning.users import user_changes
from zappa_iam_ext.plan.states import CurrentState, DesiredState, Quotas

_USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/")
_ACCOUNT = re.compile(r"[0-9]{12}")
_NAME_HINT = "Letters, digits and + = , . @ _ - are allowed; upper and lower case do not differ."


@dataclass(frozen=True, slots=True)
class Consents:
    """What somebody has consented to.

    ``adopt``: policies and groups that we did not make, or that were edited, are taken over. ``prune``: permissions may
    be taken away. ``prune_versions``: the oldest version of a policy may be deleted to make room.
    ``overwrite_profile``: another key in the profile may be replaced.
    """

    adopt: bool = False
    prune: bool = False
    prune_versions: bool = False
    overwrite_profile: bool = False


def plan(desired: DesiredState, current: CurrentState, consents: Consents | None = None) -> Plan:
    """Return what leads from ``current`` to ``desired``.

    Raises `QuotaExceeded` where IAM would refuse for a quota, and `ZappaIamError` for names or numbers that IAM does
    not know.
    """
    given = consents or Consents()
    desired = assigned(desired, current, adopt=given.adopt, prune=given.prune)
    _check_desired(desired, current.quotas)
    concerns = (
        *(() if given.adopt else policy_concerns(desired, current)),
        *(() if given.adopt else group_concerns(desired, current)),
        *(() if given.prune_versions else version_concerns(desired, current)),
        *(() if given.overwrite_profile else key_concerns(desired, current)),
    )
    planned = Plan(
        tuple(_changes(desired, current)),
        concerns,
        *effects(desired, current),
        may_narrow=given.prune,
    )
    return with_roles(
        planned,
        desired,
        current,
        adopt=given.adopt,
        prune=given.prune,
        overwrite_profile=given.overwrite_profile,
    )


def _changes(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    """Yield the changes: what is new before what is narrowed or taken off, so that nothing is missing in between."""
    made = tuple(policy_changes(desired, current))
    _check_room(len(made), current.quotas)
    off = tuple(detachments(desired, current))
    first = must_detach_first(desired, current)
    yield from user_changes(desired, current)
    yield from made
    yield from off if first else ()
    yield from attachments(desired, current)
    yield from policy_updates(desired, current)
    yield from () if first else off
    yield from key_changes(desired, current)


def _check_room(made: int, quotas: Quotas) -> None:
    there, allowed = quotas.policies, quotas.policies_quota
    if made and there is not None and allowed is not None and there + made > allowed:
        raise QuotaExceeded(
            f"the account has {there} of {allowed} customer managed policies; {made} more are wanted",
            hint="Delete policies that nobody uses, or have the quota raised.",
        )


def _check_desired(desired: DesiredState, quotas: Quotas) -> None:
    names = [policy.name for policy in desired.policies]
    checks = (
        (
            _ACCOUNT.fullmatch(desired.account),
            f"{desired.account!r} is not an account id",
            "It has 12 digits.",
        ),
        (_USER_NAME.fullmatch(desired.user), f"{desired.user!r} cannot be an IAM user's name", _NAME_HINT),
        (
            _PATH.fullmatch(desired.path),
            f"{desired.path!r} is not an IAM path",
            "It begins and ends with a slash.",
        ),
        (names, "no policy is wanted", "A user without a policy may do nothing."),
        (len({name.lower() for name in names}) == len(names), "two policies have the same name", _NAME_HINT),
        (all(map(_POLICY_NAME.fullmatch, names)), f"{names} cannot all be names of policies", _NAME_HINT),
    )
    for holds, message, hint in checks:
        if not holds:
            raise ZappaIamError(message, hint=hint)
    for policy in desired.policies:
        if size(policy.document) > quotas.policy_size:
            raise QuotaExceeded(
                f"{policy.name} has {size(policy.document):,} characters; a managed policy may have {quotas.policy_size:,}",
                hint="Split it into several policies.",
            )
