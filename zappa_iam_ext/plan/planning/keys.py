"""The access key of a profile that has none that works. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.errors import QuotaExceeded
from zappa_iam_ext.plan.changes import Change, CreateAccessKey, WriteProfile
from zappa_iam_ext.plan.model import Concern
from zappa_iam_ext.plan.states import CurrentState, DesiredState


def key_changes(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    """Yield the key and where it is written. Raises `QuotaExceeded` for a user that has all it may have."""
    if desired.profile is None or not needs_key(desired, current):
        return
    existing = tuple(key.access_key_id for key in current.keys)
    if len(existing) >= current.quotas.access_keys:
        told = "; ".join(key.told or key.access_key_id for key in current.keys)
        raise QuotaExceeded(
            f"the user {desired.user} already has {len(existing)} access keys ({told}), and none of them is in the profile"
            f" {desired.profile}; IAM allows {current.quotas.access_keys}",
            hint="Put the secret of one into the profile, or delete one that nobody uses:"
            f" `aws iam delete-access-key --user-name {desired.user} --access-key-id ID`.",
        )
    yield CreateAccessKey(desired.user, existing)
    yield WriteProfile(desired.profile, desired.region, overwrite=current.profile_key is not None)


def key_concerns(desired: DesiredState, current: CurrentState) -> Iterator[Concern]:
    """Yield what stands in the way in the profile itself."""
    if desired.profile and current.profile_key and needs_key(desired, current):
        yield Concern(
            f"profile {desired.profile}",
            "the profile holds an access key that is not an active key of this user",
            "Choose another profile name, or say that the profile may be overwritten (`--overwrite-profile`).",
        )


def needs_key(desired: DesiredState, current: CurrentState) -> bool:
    """Say whether the profile has no active key of this user."""
    working = {key.access_key_id for key in current.keys if key.active}
    return desired.profile is not None and current.profile_key not in working
