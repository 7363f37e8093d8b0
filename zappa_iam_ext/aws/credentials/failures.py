"""Where a session's credentials come from, and what to say when that source fails.

Programs, token files, prompts and endpoints raise whatever they like: a file that is gone, a program that prints no JSON,
a prompt that nobody can answer. All of it becomes one line that names the profile, the source and the next step.
"""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from getpass import GetPassWarning
from typing import Any

from botocore import exceptions as boto

from zappa_iam_ext.aws.errors import code_of, scrub
from zappa_iam_ext.errors import CredentialSourceError, NoCredentials

_SIGNED_OUT = (
    boto.SSOError,
    boto.TokenRetrievalError,
    boto.NoAuthTokenError,
)
#: Of `aws login`; older releases of botocore have none.
_LOGIN = getattr(boto, "LoginError", ())
_SECRET_OPTION = re.compile(
    r"((?:(?<=\s)-p[ =]+|(?<=\s)--?[\w-]*(?:pass|secret|token|pin)[\w-]*[ =]+|\b\w*(?:pass|secret|token|key)\w*=))"
    r"(\"[^\"]*\"|'[^']*'|\S+)",
    re.IGNORECASE,
)
_LOUD = ("botocore.credentials", "botocore.tokens", "botocore.utils")
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")


def require_credentials(session: Any) -> None:
    """Let the session fetch its credentials now, if it has any; raise `CredentialSourceError` when their source fails.

    Raises `NoCredentials` for a session that finds none at all. Half a key is left for its first call to complain about.
    """
    with _quiet(), _without_prompt():
        try:
            credentials = session.get_credentials()
            if credentials is not None:
                credentials.get_frozen_credentials()
        except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.ConfigParseError):
            raise
        except Exception as error:  # noqa: BLE001  -- whatever a program, a file or an endpoint makes of it
            raise _failure(session, error) from None
    if credentials is None:
        raise _nobody(session)


def _nobody(session: Any) -> NoCredentials:
    """Return the error for a session without credentials: its profile has none, or nothing was named and nothing found."""
    try:
        named = session.profile_name in session.available_profiles
    except boto.BotoCoreError:
        named = False
    if named:
        return NoCredentials(
            f"profile {session.profile_name} has no credentials: neither an access key nor another source",
            hint=f"Add them (`aws configure --profile {session.profile_name}`), or name another profile (`--profile`).",
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
    profile = session.profile_name
    source = _source(session)
    if isinstance(error, GetPassWarning | EOFError):
        return CredentialSourceError(
            f"profile {profile} asks for an MFA code, and there is no terminal",
            hint="Run it at a terminal, or give it temporary credentials that were made with MFA "
            "(`aws sts get-session-token`).",
        )
    if isinstance(error, boto.MissingDependencyException):
        return CredentialSourceError(
            f"profile {profile} needs botocore's crt extra", hint="pip install 'botocore[crt]'"
        )
    if isinstance(error, _SIGNED_OUT):
        return CredentialSourceError(
            f"profile {profile} is signed out of SSO: {_reason(error)}",
            hint=f"Sign in: `aws sso login --profile {profile}`.",
        )
    if isinstance(error, _LOGIN):
        return CredentialSourceError(
            f"profile {profile} is signed out: {_reason(error)}",
            hint=f"Sign in: `aws login --profile {profile}`.",
        )
    if isinstance(error, boto.ClientError) and code_of(error) == "ForbiddenException":
        return CredentialSourceError(
            f"profile {profile}: the permission set {scrub(source.get('sso_role_name', ''))} in account"
            f" {scrub(source.get('sso_account_id', ''))} is not assigned to who is signed in",
            hint="Have it assigned in IAM Identity Center, or correct sso_role_name and sso_account_id.",
        )
    what, hint = _told(source)
    return CredentialSourceError(f"profile {profile}: {what} failed: {_reason(error)}", hint=hint)


def _source(session: Any) -> Mapping[str, str]:
    """Return the profile's settings, and the container's endpoint if the environment names one."""
    try:
        found = dict(session._session.get_scoped_config())  # noqa: SLF001  -- boto3 has no other way to the profile
    except boto.BotoCoreError:
        found = {}
    endpoint = next((os.environ[name] for name in _CONTAINER if os.environ.get(name)), "")
    token = os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
    return {"container": endpoint} | ({"web_identity_token_file": token} if token else {}) | found


def _told(source: Mapping[str, str]) -> tuple[str, str]:
    """Return what the source is and what to try."""
    if line := source.get("credential_process"):
        told = scrub(masked(line))
        by_hand = told if told == line else "its line is in the config file"
        return f"its credential_process ({told})", f"Run it by hand: {by_hand}"
    if "sso_account_id" in source or "sso_role_name" in source:
        return "its sign-in by SSO", "`aws configure sso` writes what belongs into such a profile."
    if file := source.get("web_identity_token_file"):
        return f"its web identity token ({scrub(file)})", "Is the token file there, and not too old?"
    if base := source.get("source_profile"):
        return f"assuming its role by profile {scrub(base)}", f"Does profile {scrub(base)} work by itself?"
    if endpoint := source.get("container"):
        return f"the container's credentials ({scrub(endpoint)})", "Is this the container that has the role?"
    return "its credential source", "`aws sts get-caller-identity` with this profile shows it."


def masked(line: str) -> str:
    """Return a command line without what stands behind an option for a password, a secret or a token."""
    return _SECRET_OPTION.sub(r"\1***", line)


def _reason(error: Exception) -> str:
    """Return what went wrong in one line: a missing file by its name, never a Python class alone."""
    if isinstance(error, FileNotFoundError):
        return f"there is no {scrub(str(error.filename))}"
    if isinstance(error, ValueError | AttributeError | TypeError) and not isinstance(
        error, boto.BotoCoreError
    ):
        return "it gave no credentials in JSON"
    text = scrub(str(error)).rstrip(": ")
    return text or type(error).__name__
