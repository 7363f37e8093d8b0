"""Where a session's credentials come from, and what to say when that source fails.

Programs, token files, prompts and endpoints raise whatever they like: a file that is gone, a program that prints no JSON,
a prompt that nobody can answer. All of it becomes one line that names the profile, the source and the next step.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from getpass import GetPassWarning
from shlex import quote
from typing import Any

from botocore import exceptions as boto

from zappa_iam_ext.aws.credentials.failed_source import beginning, gave_nothing_usable, reason, told_of
from zappa_iam_ext.aws.credentials.key_text import key_text_problem
from zappa_iam_ext.aws.credentials.providers import Provider
from zappa_iam_ext.aws.credentials.waiting import limit_programs
from zappa_iam_ext.aws.errors import code_of, scrub
from zappa_iam_ext.errors import CredentialSourceError, NoCredentials

_SIGNED_OUT = (
    boto.SSOError,
    boto.TokenRetrievalError,
    boto.NoAuthTokenError,
)
#: Of `aws login`; older releases of botocore have none.
_LOGIN = getattr(boto, "LoginError", ())
_LOUD = ("botocore.credentials", "botocore.tokens", "botocore.utils")
_GIVING = frozenset({Provider.PROCESS, Provider.CONTAINER, Provider.INSTANCE})
"""What gives credentials as text that nobody has looked at."""
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")


def require_credentials(session: Any) -> None:
    """Let the session fetch its credentials now, if it has any; raise `CredentialSourceError` when their source fails.

    Raises `NoCredentials` for a session that finds none at all. Half a key is left for its first call to complain about.
    """
    with _quiet(), _without_prompt():
        try:
            limit_programs(session)
            credentials = session.get_credentials()
            frozen = credentials.get_frozen_credentials() if credentials is not None else None
        except boto.PartialCredentialsError as error:
            raise _incomplete_role(session, error) from None
        except (boto.NoCredentialsError, boto.ConfigParseError):
            raise
        except Exception as error:  # noqa: BLE001  -- whatever a program, a file or an endpoint makes of it
            raise _failure(session, error) from None
    if credentials is None:
        raise _nobody(session)
    if credentials.method in _GIVING:
        _require_usable(session, frozen)


def _incomplete_role(session: Any, error: boto.PartialCredentialsError) -> Exception:
    """Return the error for a role that nobody is named to assume; half a key is told by its own words."""
    if error.kwargs.get("provider") != Provider.ASSUME_ROLE:
        return error
    return CredentialSourceError(
        f"profile {session.profile_name} has role_arn, and neither source_profile nor credential_source",
        hint="Name who assumes the role: `source_profile = NAME` in the profile.",
    )


def _nobody(session: Any) -> NoCredentials:
    """Return the error for a session without credentials: its profile has none, or nothing was named and nothing found."""
    try:
        named = session.profile_name in session.available_profiles
    except boto.BotoCoreError:
        named = False
    if named:
        return NoCredentials(
            f"profile {session.profile_name} has no credentials: neither an access key nor another source",
            hint=f"Add them (`aws configure --profile {quote(session.profile_name)}`), or name another profile (`--profile`).",
        )
    return NoCredentials(
        "there are no AWS credentials: no profile is named, and neither the environment nor this machine has any",
        hint="Name a profile (`--profile`, AWS_PROFILE, Zappa's profile_name).",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep botocore from logging a traceback beside the error that we tell."""
    levels = {name: logging.getLogger(name).level for name in _LOUD}
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@contextmanager
def _without_prompt() -> Iterator[None]:
    """Fail where a secret would be asked for without a terminal, instead of reading it from a pipe."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        yield


def _failure(session: Any, error: Exception) -> CredentialSourceError:
    profiles = _profiles(session)
    named = session.profile_name
    profile = beginning(named, profiles, error)
    source = _source(profiles.get(profile, {}))
    whose = (
        f"profile {named}" if profile == named else f"profile {named} begins with profile {profile}, which"
    )
    if isinstance(error, GetPassWarning | EOFError):
        return CredentialSourceError(
            f"profile {named} asks for an MFA code, and there is no terminal",
            hint="Run it at a terminal, or give it temporary credentials that were made with MFA "
            "(`aws sts get-session-token`).",
        )
    if signed_out := _signed_out(whose, quote(profile), source, error):
        return signed_out
    told = told_of(source, error)
    begun = _whose(named, profiles) if profile == named else f"profile {named} begins with profile {profile}"
    return CredentialSourceError(f"{begun}: {told.what} failed: {reason(error)}", hint=told.hint)


def _signed_out(
    whose: str, profile: str, source: Mapping[str, str], error: Exception
) -> CredentialSourceError | None:
    """Return the error for a sign-in that has ended, or that gives nothing; ``profile`` is quoted for a shell."""
    if isinstance(error, boto.MissingDependencyException):
        return CredentialSourceError(
            f"{whose} needs botocore's crt extra", hint="pip install 'botocore[crt]'"
        )
    if isinstance(error, _SIGNED_OUT):
        return CredentialSourceError(
            f"{whose} is signed out of SSO: {reason(error)}",
            hint=f"Sign in: `aws sso login --profile {profile}`.",
        )
    if isinstance(error, _LOGIN):
        return CredentialSourceError(
            f"{whose} is signed out: {reason(error)}", hint=f"Sign in: `aws login --profile {profile}`."
        )
    if isinstance(error, boto.ClientError) and code_of(error) == "ForbiddenException":
        return CredentialSourceError(
            f"{whose}: the permission set {scrub(source.get('sso_role_name', ''))} in account"
            f" {scrub(source.get('sso_account_id', ''))} is not assigned to who is signed in",
            hint="Have it assigned in IAM Identity Center, or correct sso_role_name and sso_account_id.",
        )
    return None


def _require_usable(session: Any, frozen: Any) -> None:
    """Raise `CredentialSourceError` for credentials whose text no key has: AWS would blame something else."""
    token = {} if not frozen.token else {"session token": frozen.token}
    values = {"access key id": frozen.access_key, "secret access key": frozen.secret_key, **token}
    temporary = isinstance(frozen.access_key, str) and frozen.access_key.startswith("ASIA")
    problem = gave_nothing_usable(
        values, lambda name, text: key_text_problem(text, is_id=name == "access key id"), temporary=temporary
    )
    if problem:
        profile, profiles = session.profile_name, _profiles(session)
        told = told_of(_source(profiles.get(profile, {})), ValueError())
        raise CredentialSourceError(
            f"{_whose(profile, profiles)}: {told.what} cannot be used: {problem}", hint=told.hint
        )


def _whose(profile: str, profiles: Mapping[str, Mapping[str, str]]) -> str:
    """Return whose credentials they are: boto3 calls the profile default, also where there is none."""
    return f"profile {profile}" if profile in profiles else "no profile is named"


def _profiles(session: Any) -> Mapping[str, Mapping[str, str]]:
    """Return the settings of all profiles, as botocore has read them."""
    try:
        found: Mapping[str, Mapping[str, str]] = session._session.full_config["profiles"]  # noqa: SLF001  -- boto3 has no other way to them
    except (boto.BotoCoreError, LookupError):
        return {}
    return found


def _source(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return a profile's settings, and the container's endpoint and the token file if the environment names one."""
    if "role_arn" in settings:  # which comes first in botocore's chain
        return settings
    endpoint = next((os.environ[name] for name in _CONTAINER if os.environ.get(name)), "")
    token = os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
    return {"container": endpoint} | ({"web_identity_token_file": token} if token else {}) | dict(settings)
