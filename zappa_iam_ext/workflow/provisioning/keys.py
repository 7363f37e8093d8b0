"""The access keys behind a profile: what they are, and another one in their place."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.identity import caller
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.provisioning.making_keys import create_access_key, delete_keys, unobserved
from zappa_iam_ext.aws.provisioning.provisioner import refuse_keys_in_ci, wait_until_accepted
from zappa_iam_ext.aws.provisioning.user_keys import KeyChanges, user_keys
from zappa_iam_ext.errors import (
    CredentialsProblem,
    ProvisioningError,
    QuotaExceeded,
    SettingsError,
    ZappaIamError,
)
from zappa_iam_ext.iam import PrincipalKind
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.plan.rotation import (
    ROTATING,
    RotationStep,
    UserKey,
    UserKeys,
    described,
    in_the_way,
    next_step,
)
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

    from zappa_iam_ext.aws.secret import AccessKey

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ProfileKeys:
    """The keys of the user behind a profile, and how to reach AWS and the profile."""

    there: UserKeys
    account: str
    iam: IAMClient
    files: ProfileFiles
    options: AwsOptions
    admin_profile: str = ""

    @property
    def profile(self) -> str:
        """The profile's name."""
        return self.there.profile


def profile_keys(profile: str, options: AwsOptions, admin_profile: str = "") -> ProfileKeys:
    """Return what is known of the keys behind ``profile``; asks with its own credentials, or ``admin_profile``'s.

    Raises `SettingsError` when it is no IAM user's, and the errors of asking AWS.
    """
    files = ProfileFiles.from_environment(os.environ)
    session = open_session(profile, options.region)
    identity = caller(open_client(session, "sts", options))
    if identity.principal.kind is not PrincipalKind.USER:
        raise SettingsError(
            f"profile {profile} is {identity.arn}: only an IAM user has access keys",
            hint="What assumes a role has keys of its own, or none; look at the profile that it starts from.",
        )
    if admin_profile:
        session = open_session(admin_profile, options.region)
        account = caller(open_client(session, "sts", options)).account
        if account != identity.account:
            raise SettingsError(
                f"profile {profile} belongs to account {identity.account}, {admin_profile} to {account}",
                hint="Use credentials of the same account (`--admin-profile`).",
            )
    iam = open_client(session, "iam", options)
    there = user_keys(iam, identity.principal.name, profile, files.access_key_id(profile))
    return ProfileKeys(there, identity.account, iam, files, options, admin_profile)


def check_rotation(found: ProfileKeys) -> None:
    """Raise unless the profile's key can be rotated; changes nothing.

    `CredentialsProblem` when the profile holds no key of the user's, and in CI; `CredentialsFileError` when it cannot be
    written; `QuotaExceeded`, with the age and last use of the key that leaves no room.
    """
    there = found.there
    refuse_keys_in_ci(os.environ)
    if there.held not in {key.access_key_id for key in there.keys}:
        raise CredentialsProblem(
            f"profile {there.profile} holds no access key of the user {there.user} in {found.files.path}",
            hint="Rotate the key where it is kept: what gives the profile its credentials knows.",
        )
    found.files.check_writable(there.profile)
    key = in_the_way(there)
    if next_step(there).step is RotationStep.MAKE and key:
        raise QuotaExceeded(
            f"the user {there.user} has two access keys; the one that is not in the profile is {described(key)}",
            hint=_way_out(found, key),
        )


def _way_out(found: ProfileKeys, key: UserKey) -> str:
    if not key.active:
        return f"If nobody needs it, delete it: `zappa-iam keys delete-old --key {key.access_key_id}` with the same options."
    given = CommandLines(
        profile=found.admin_profile or found.profile,
        region=found.options.region,
        endpoint_url=found.options.endpoint_url,
    )
    words = ("iam", "update-access-key", "--status", "Inactive", "--user-name", found.there.user)
    line = given.aws(*words, "--access-key-id", key.access_key_id)
    return f"If nobody uses it, make it inactive first: `{line}`."


def rotate(found: ProfileKeys, progress: Progress, sleep: Callable[[float], None] = time.sleep) -> UserKeys:
    """Put another key in the place of the profile's, or finish a rotation that was interrupted; return what is there then.

    The profile works at every moment: the new key is written when AWS accepts it, the former one is made inactive when
    the profile works with the new one. Running again after any interruption goes on. Raises as `check_rotation`, and
    `ProvisioningError` naming a key that is left.
    """
    check_rotation(found)
    step = next_step(found.there)
    if step.step is RotationStep.DELETE_LOST and step.key:
        progress(
            f"delete {step.key.access_key_id}, which an interrupted rotation made: nobody has its secret"
        )
        delete_keys(found.iam, found.there.user, (step.key.access_key_id,), sleep)
        found = _again(found)
    if step.step in {RotationStep.MAKE, RotationStep.DELETE_LOST}:
        _make(found, progress, sleep)
        found = _again(found)
    return _finish(found, progress, sleep)


def _make(found: ProfileKeys, progress: Progress, sleep: Callable[[float], None]) -> None:
    there = found.there
    KeyChanges(found.iam).begin(there)
    progress(f"make a new access key of the user {there.user}")
    key = create_access_key(found.iam, there.user, sleep)
    try:
        progress(f"wait until AWS accepts {key.access_key_id}")
        _accepted(key, found, sleep)
        progress(f"write {key.access_key_id} into the profile {there.profile}")
        found.files.write_key(there.profile, key, replacing=there.held)
    except BaseException as error:
        if found.files.access_key_id(there.profile) != key.access_key_id:
            delete_keys(found.iam, there.user, (key.access_key_id,), sleep)
            with contextlib.suppress(ZappaIamError):  # what is left of it, the next run understands
                KeyChanges(found.iam).end(there.user)
        if isinstance(error, ZappaIamError):
            raise ProvisioningError(
                f"{error}; the profile {there.profile} keeps its key {there.held}", hint=error.hint
            ) from None
        raise


def _accepted(key: AccessKey, found: ProfileKeys, sleep: Callable[[float], None]) -> None:
    """Wait until AWS accepts a key that is in no file yet."""
    import boto3

    with unobserved():
        session = boto3.Session(
            key.access_key_id, key.secret_access_key.reveal(), region_name=found.options.region or "us-east-1"
        )
        wait_until_accepted(session.client("sts", endpoint_url=found.options.endpoint_url or None), sleep)


def _finish(found: ProfileKeys, progress: Progress, sleep: Callable[[float], None]) -> UserKeys:
    """Make the former key inactive, once the profile works with the new one."""
    there, changes = found.there, KeyChanges(found.iam)
    session = open_session(there.profile, found.options.region)
    identity = wait_until_accepted(open_client(session, "sts", found.options), sleep)
    if identity.principal.name != there.user:
        raise ProvisioningError(
            f"the profile {there.profile} is {identity.arn} now, not the user {there.user}; no key was made inactive",
            hint="Did somebody else change the profile meanwhile? Look with `zappa-iam keys status`.",
        )
    step = next_step(there)
    if step.step is RotationStep.DEACTIVATE and step.key:
        progress(f"make the former key {step.key.access_key_id} inactive")
        changes.deactivate(there, step.key.access_key_id)
        there = replace(
            there, keys=tuple(replace(key, active=key.active and key != step.key) for key in there.keys)
        )
    changes.end(there.user)
    return replace(there, tags={name: value for name, value in there.tags.items() if name != ROTATING})


def delete_old(found: ProfileKeys, key_id: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Delete an inactive key that the profile does not hold; raise `SettingsError` for any other."""
    there = found.there
    if key_id not in {key.access_key_id for key in there.removable}:
        raise SettingsError(
            f"{key_id} is no inactive access key of the user {there.user} beside the profile's",
            hint="`zappa-iam keys status` lists them; an active key is made inactive first.",
        )
    delete_keys(found.iam, there.user, (key_id,), sleep, new=False)


def _again(found: ProfileKeys) -> ProfileKeys:
    """Look again; without an administrator the profile's own credentials ask, and they may be new."""
    iam = found.iam
    if not found.admin_profile:
        iam = open_client(open_session(found.profile, found.options.region), "iam", found.options)
    look = partial(user_keys, iam, found.there.user, found.profile)
    return replace(found, iam=iam, there=look(found.files.access_key_id(found.profile)))
