"""Desired state against current state: the changes that provision a deploying user. Pure.

The order is a rule: what others refer to comes first, what cannot be undone comes last. No difference
means an empty plan; what somebody else made or edited makes the plan unsafe, and an unsafe plan is never
applied. We touch only what carries our tag; a user that exists is used as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from zappa_iam_ext.errors import QuotaExceeded, ZappaIamError
from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.plan.changes import (
    AttachUserPolicy,
    Change,
    Concern,
    CreateAccessKey,
    CreatePolicy,
    CreatePolicyVersion,
    CreateUser,
    DeletePolicyVersion,
    DetachUserPolicy,
    Plan,
    TagPolicy,
    WriteProfile,
)
from zappa_iam_ext.plan.documents import fingerprint, same, size
from zappa_iam_ext.plan.states import DOCUMENT_TAG, OWNER_TAG, CurrentState, DesiredState

MAX_VERSIONS = 5
"""Versions of a managed policy (IAM and STS quotas; cannot be raised)."""
MAX_ATTACHED = 10
"""Managed policies per user (IAM and STS quotas; the default, can be raised to 20)."""
MAX_KEYS = 2
"""Access keys per user (IAM and STS quotas; cannot be raised)."""

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
    max_attached: int = MAX_ATTACHED,
) -> Plan:
    """Return what leads from ``current`` to ``desired``.

    ``adopt`` lets it change policies that we did not make or that were edited, ``overwrite_profile`` lets it
    replace another key in the profile. Raises `QuotaExceeded` where IAM would refuse for a quota, and
    `ZappaIamError` for names or numbers that IAM does not know.
    """
    _check_desired(desired)
    concerns = () if adopt else tuple(_policy_concerns(desired, current))
    if desired.profile and current.profile_key and not overwrite_profile and _needs_key(desired, current):
        concerns += (_foreign_profile(desired.profile),)
    changes = (
        *_user(desired, current),
        *_policies(desired, current),
        *_attachments(desired, current, max_attached),
    )
    return Plan((*changes, *_keys(desired, current)), concerns)


def numbered_part(name: str, base: str) -> bool:
    """Whether ``name`` is a further part of the policy ``base``: ``base-2``, ``base-3``, and so on."""
    return re.fullmatch(re.escape(base) + r"-[0-9]+", name) is not None


def _check_desired(desired: DesiredState) -> None:
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
        if size(policy.document) > MANAGED_POLICY_LIMIT:
            raise QuotaExceeded(
                f"{policy.name} has {size(policy.document):,} characters; a managed policy may have {MANAGED_POLICY_LIMIT:,}",
                hint="Split it into several policies.",
            )


def _policy_concerns(desired: DesiredState, current: CurrentState) -> Iterator[Concern]:
    for policy in desired.policies:
        present = current.policies.get(policy.name)
        if present is None or same(present.document, policy.document):
            continue
        if not present.ours:
            yield Concern(
                present.arn,
                f"the policy exists, says something else, and does not carry our tag {'='.join(OWNER_TAG)}",
                "Adopt it (`--adopt`), so that its document is replaced, or choose another policy name (iam_ext.policy).",
            )
        elif present.edited:
            yield Concern(
                present.arn,
                "somebody edited the policy since we wrote it; replacing it would lose the edit",
                "Compare (`zappa-iam plan --documents`), then adopt it (`--adopt`), or choose another policy name (iam_ext.policy).",
            )


def _foreign_profile(profile: str) -> Concern:
    return Concern(
        f"profile {profile}",
        "the profile holds an access key that is not an active key of this user",
        "Choose another profile name, or say that the profile may be overwritten (`--overwrite-profile`).",
    )


def _own_tags(desired: DesiredState, document: Mapping[str, Any] | None = None) -> dict[str, str]:
    written = {DOCUMENT_TAG: fingerprint(document)} if document is not None else {}
    return {**desired.tags, OWNER_TAG[0]: OWNER_TAG[1], **written}


def _user(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    if not current.user_exists:
        yield CreateUser(desired.user, desired.path, _own_tags(desired))


def _policies(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    for policy in desired.policies:
        tags = _own_tags(desired, policy.document)
        present = current.policies.get(policy.name)
        if present is None:
            arn = desired.policy_arn(policy.name)
            yield CreatePolicy(arn, policy.name, desired.path, policy.document, tags)
        elif not same(present.document, policy.document):
            removable = [version for version in present.versions if version != present.default_version]
            if len(present.versions) >= MAX_VERSIONS:
                yield DeletePolicyVersion(present.arn, removable[0])
            yield CreatePolicyVersion(present.arn, policy.document)
            yield TagPolicy(present.arn, tags)
        elif present.ours and present.edited:
            yield TagPolicy(present.arn, tags)


def _attachments(desired: DesiredState, current: CurrentState, max_attached: int) -> tuple[Change, ...]:
    wanted = {p.name: _arn(desired, current, p.name) for p in desired.policies}
    missing = [arn for arn in wanted.values() if arn not in current.attached]
    surplus = [
        policy.arn
        for name, policy in sorted(current.policies.items())
        if name not in wanted and policy.ours and policy.arn in current.attached
    ]
    total = len(current.attached) + len(missing) - len(surplus)
    if missing and total > max_attached:
        raise QuotaExceeded(
            f"the user {desired.user} would have {total} managed policies attached; IAM allows {max_attached}",
            hint="Detach one that is not needed, use a group, or have the quota raised (up to 20).",
        )
    detach = tuple(DetachUserPolicy(desired.user, arn) for arn in surplus)
    return (*detach, *(AttachUserPolicy(desired.user, arn) for arn in missing))


def _arn(desired: DesiredState, current: CurrentState, name: str) -> str:
    present = current.policies.get(name)
    return present.arn if present else desired.policy_arn(name)


def _needs_key(desired: DesiredState, current: CurrentState) -> bool:
    working = {key.access_key_id for key in current.keys if key.active}
    return desired.profile is not None and current.profile_key not in working


def _keys(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    if desired.profile is None or not _needs_key(desired, current):
        return
    existing = tuple(key.access_key_id for key in current.keys)
    if len(existing) >= MAX_KEYS:
        raise QuotaExceeded(
            f"the user {desired.user} already has {len(existing)} access keys, and none of them is in the profile"
            f" {desired.profile}; IAM allows {MAX_KEYS}",
            hint=f"Delete one that is not used (`aws iam list-access-keys --user-name {desired.user}`).",
        )
    yield CreateAccessKey(desired.user, existing)
    yield WriteProfile(desired.profile, desired.region, overwrite=current.profile_key is not None)
