"""Whose permissions are provisioned: whoever Zappa would deploy as, and a new user only where nobody is there yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.credentials.choice import PROFILE_VARIABLES
from zappa_iam_ext.aws.identity import CallerIdentity, caller
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.provisioning.current_state import find_user
from zappa_iam_ext.config import DEFAULT_USER
from zappa_iam_ext.errors import CredentialSourceError, CredentialsProblem, NoCredentials, SettingsError
from zappa_iam_ext.iam import PrincipalKind
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.workflow.inspecting import role_hint
from zappa_iam_ext.workflow.provisioning.profile_key import about_profile, belongs_to, holds_a_key_alone

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

DEFAULT_PROFILE = "serverless"


@dataclass(frozen=True, slots=True)
class Target:
    """Whose permissions are provisioned.

    ``profile`` is where an access key belongs; empty where the credentials come from the environment or from boto3's own
    chain. ``works``: the credentials in use are this user's, wherever they come from, and no key is needed. ``role``: it is
    a role of that name.
    """

    user: str
    path: str
    profile: str
    works: bool = False
    role: bool = False


def profile_of(stage: Stage, options: AwsOptions) -> str:
    """Return the profile that a stage is deployed with; empty for the environment's keys and boto3's own chain.

    Where nobody names one and nobody has credentials, it is the conventional one, which is yet to be made.
    """
    choice = options.choice(stage.profile_name)
    if choice.environment_keys:
        return ""
    if choice.profile is not None:
        return choice.profile
    try:
        open_client(open_session(None, options.region or stage.region), "sts", options)
    except NoCredentials:
        return DEFAULT_PROFILE
    return ""


def unnamed(stages: Iterable[Stage], profile: str, options: AwsOptions) -> Iterator[str]:
    """Yield a note where the profile is the conventional one, which Zappa will not use by itself."""
    for stage in stages:
        if profile and options.choice(stage.profile_name).profile is None:
            yield f'stage {stage.name} names no profile: add "profile_name": "{profile}" to it, or set AWS_PROFILE={profile}'


def about_user(
    stages: Sequence[Stage],
    profile: str,
    options: AwsOptions,
    target: Target,
    *,
    wanted: bool,
    files: ProfileFiles,
) -> Iterator[str]:
    """Yield notes on the profile and the key of a user that deploys."""
    yield from unnamed(stages, profile, options)
    yield from about_profile(profile, target.user, files, works=target.works, wanted=wanted)


def behind(
    stage: Stage, profile: str, options: AwsOptions, *, named: bool, replaces_key: bool
) -> CallerIdentity | None:
    """Return who has a profile's credentials; None where nobody has, or a key is dead whose user is known.

    ``named`` says that the user is known by name, ``replaces_key`` that a key of the profile that cannot work, for how it is
    written, is to be replaced. Raises `CredentialSourceError` for a source that fails, and `CredentialsProblem` for
    credentials that AWS does not accept: nobody is made in the place of whoever that is.
    """
    choice = options.choice(stage.profile_name)
    named_by = choice.named_by or "the convention"
    try:
        session = open_session(profile, options.region or stage.region, named_by)
        return caller(open_client(session, "sts", options))
    except CredentialSourceError:
        if replaces_key and holds_a_key_alone(profile):
            return None
        raise  # somebody has credentials there: that they cannot be fetched now makes nobody a new user
    except NoCredentials:
        if named_by in PROFILE_VARIABLES:
            raise
        return None
    except CredentialsProblem as error:
        if named or profile == DEFAULT_PROFILE:
            return None
        raise CredentialsProblem(
            f"{_whose(profile)} are not accepted, so nobody knows whose they are: {error}",
            hint="Name the user in iam_ext.user, or choose another profile (`--profile`).",
        ) from error


def behind_removed(stage: Stage, profile: str, asked: AwsOptions, *, named: bool) -> CallerIdentity | None:
    """Return the user behind a profile; None where a role or nobody is: what was made for the conventional user goes."""
    try:
        identity = behind(stage, profile, asked, named=named, replaces_key=False)
    except CredentialSourceError:
        return None
    return identity if identity and identity.principal.kind is PrincipalKind.USER else None


def target_of(
    identity: CallerIdentity | None,
    profile: str,
    user_name: str,
    administrator: CallerIdentity,
    iam: IAMClient,
) -> Target:
    """Return the user to provision: the one named, else the one the profile belongs to, else the conventional one.

    ``identity`` is who has the profile's credentials (`behind`). A user that exists is named as IAM names it, with its path:
    upper and lower case do not make two users. Raises `SettingsError` for credentials of a role, or of another account.
    """
    if user_name or identity is None:
        user, path = find_user(iam, user_name or DEFAULT_USER) or (user_name or DEFAULT_USER, "/")
        return Target(
            user,
            path,
            profile,
            works=identity is not None and belongs_to(identity, user, administrator.account),
        )
    if identity.account != administrator.account:
        raise SettingsError(
            f"{_whose(profile)} belong to account {identity.account}, the administrator to {administrator.account}",
            hint="Use credentials of the same account (`--admin-profile`), or another profile.",
        )
    if identity.principal.kind is not PrincipalKind.USER:
        raise SettingsError(
            f"{_whose(profile)} are those of {identity.arn}, no IAM user: no access key can be made for it",
            hint=role_hint(identity.principal),
        )
    return Target(identity.principal.name, identity.principal.path, profile, works=True)


def _whose(profile: str) -> str:
    return f"the credentials of profile {profile}" if profile else "the credentials in use"
