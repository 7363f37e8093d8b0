"""Whether a profile needs an access key, asked of the credentials that botocore finds for it, not of one file."""

from __future__ import annotations

import os
from collections.abc import Iterator

from zappa_iam_ext.aws.identity import CallerIdentity
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.errors import CredentialsFileError
from zappa_iam_ext.iam import PrincipalKind


def belongs_to(identity: CallerIdentity, user: str, account: str) -> bool:
    """Say whether credentials that work are those of the IAM user ``user`` of ``account``, whatever their kind."""
    principal = identity.principal
    if identity.account != account or principal.kind is not PrincipalKind.USER:
        return False
    return principal.name.lower() == user.lower()  # IAM's names are unique whatever their case


def holds_a_key_alone(profile: str) -> bool:
    """Say whether the profile has key material, however it is written, and no other source of credentials."""
    files = ProfileFiles.from_environment(os.environ)
    try:
        files.check_kind(profile)
    except CredentialsFileError:
        return False
    return bool(files.key_material(profile))


def key_profile(
    profile: str, files: ProfileFiles, *, works: bool, wanted: bool, overwrite: bool
) -> str | None:
    """Return the profile when it is to get a new key, else None: credentials of the environment are in no profile.

    Raises `CredentialsFileError` when it has credentials of another kind, which a key would shadow, or misspelt key
    material that may not be overwritten.
    """
    if works or not wanted or not profile:
        return None
    files.check_kind(profile)
    files.check_replaceable(profile, overwrite=overwrite)
    return profile


def about_profile(
    profile: str, user: str, files: ProfileFiles, *, works: bool, wanted: bool
) -> Iterator[str]:
    """Yield what there is to be said of the profile beside the plan."""
    if works:
        return
    if not profile:
        yield f"the credentials in use are not those of {user}, and no profile is named that could get a key"
    elif not wanted:
        yield f"profile {profile} has no key that works: --create-keys makes one of {user}"
    elif not files.takes_region(profile):
        yield f"the region is not written into the profile: {files.config_path} is read-only; Zappa's settings have it"
