"""Desired state against current state: the changes that provision a deploying user. Pure.

The order is a rule: what others refer to comes first, what cannot be undone comes last. No difference
means an empty plan; what somebody else made or edited makes the plan unsafe, and an unsafe plan is never
applied. We touch only what carries our tag; a user that exists is used as it is.
"""

from __future__ import annotations

import re

from zappa_iam_ext.errors import QuotaExceeded, ZappaIamError
from zappa_iam_ext.plan.documents import size
from zappa_iam_ext.plan.model import Plan
from zappa_iam_ext.plan.planning.attachments import attachment_changes
from zappa_iam_ext.plan.planning.keys import key_changes, key_concerns
from zappa_iam_ext.plan.planning.policies import policy_changes, policy_concerns
from zappa_iam_ext.plan.planning.users import user_changes
from zappa_iam_ext.plan.states import CurrentState, DesiredState, Quotas

_USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_POLICY_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PATH = re.compile(r"/|/[\x21-\x7e]{1,510}/")
_ACCOUNT = re.compile(r"[0-9]{12}")
_NAME_HINT = "Letters, digits and + = , . @ _ - are allowed; upper and lower case do not differ."


def plan(
    desired: DesiredState,
    current: CurrentState,
    *,
    adopt: bool = False,
    overwrite_profile: bool = False,
    max_attached: int | None = None,
) -> Plan:
    """Return what leads from ``current`` to ``desired``.

    ``adopt`` lets it change policies that we did not make or that were edited, ``overwrite_profile`` lets it
    replace another key in the profile. Raises `QuotaExceeded` where IAM would refuse for a quota, and
    `ZappaIamError` for names or numbers that IAM does not know.
    """
    _check_desired(desired, current.quotas)
    concerns = (
        *(() if adopt else policy_concerns(desired, current)),
        *(() if overwrite_profile else key_concerns(desired, current)),
    )
    changes = (
        *user_changes(desired, current),
        *policy_changes(desired, current),
        *attachment_changes(desired, current, max_attached),
        *key_changes(desired, current),
    )
    return Plan(changes, concerns)


def numbered_part(name: str, base: str) -> bool:
    """Whether ``name`` is a further part of the policy ``base``: ``base-2``, ``base-3``, and so on."""
    return re.fullmatch(re.escape(base) + r"-[0-9]+", name, re.IGNORECASE) is not None


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
