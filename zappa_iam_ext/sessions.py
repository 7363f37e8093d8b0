"""Credentials as Zappa would choose them, as a boto3 session. No call to AWS is made here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from zappa_iam_ext.aws.asking.deadline import TIME_LIMIT
from zappa_iam_ext.aws.credentials.choice import KEY_VARIABLES, PROFILE_SETTING, SessionChoice, choose
from zappa_iam_ext.aws.credentials.machine import require_sound
from zappa_iam_ext.errors import AwsUnavailable, NoCredentials


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """The AWS options of a command line: profile, region, endpoint. Empty means: as the stage says.

    ``timeout`` is how many seconds a check may ask AWS in all, ``evidence`` how far it goes: ``policies``, ``simulation``,
    ``probe``, ``all``; empty: the policies, and the simulator where some could not be read.
    """

    profile: str = ""
    region: str = ""
    endpoint_url: str = ""
    timeout: float = TIME_LIMIT
    evidence: str = ""

    def choice(self, profile_name: str | None = "") -> SessionChoice:
        """Return whose session it is, for a stage's ``profile_name``: the option wins over it."""
        if self.profile:
            return choose(self.profile, os.environ, "--profile")
        return choose(profile_name, os.environ)


def open_session(profile: str | None, region: str | None, named_by: str = PROFILE_SETTING) -> Any:
    """Return a boto3 session with Zappa's precedence: the profile, else the environment, else boto3's chain.

    ``region`` is the one to use; without one the session has what is configured. ``named_by`` is the setting or option that
    names the profile. Raises `NoCredentials` when there is no such profile, `CredentialSourceError` for what cannot work,
    `CredentialsProblem` when a file cannot be read (``core.py``, ``load_credentials``).
    """
    from zappa_iam_ext.aws.errors import translated

    choice = choose(profile, os.environ, named_by)
    require_sound(choice)
    with translated():
        return _boto_session(choice, region)


def _boto_session(choice: SessionChoice, region: str | None) -> Any:
    """Open the session in Zappa's own way: the environment's keys are given by name, ``AWS_SECURITY_TOKEN`` is not read."""
    import boto3
    from botocore.exceptions import ProfileNotFound

    try:
        if choice.environment_keys:
            key_id, secret = (os.environ[name] for name in KEY_VARIABLES)
            token = os.environ.get("AWS_SESSION_TOKEN") or None
            return boto3.Session(key_id, secret, token, region_name=region or None)
        return boto3.Session(
            profile_name=choice.profile if choice.explicit else None, region_name=region or None
        )
    except ProfileNotFound as error:  # a profile that its own files do not show us
        raise NoCredentials(
            f"there is no profile {choice.settings_of!r} in the AWS credentials or config file ({choice.named_by})",
            hint=f"Make it with `aws configure --profile {choice.settings_of}`.",
        ) from error


def open_client(session: Any, service: str, options: AwsOptions, *, config: Any = None) -> Any:
    """Return a client of the session, at the endpoint that the command line names, if it does.

    ``config`` is a botocore Config, which goes before the session's own.

    Raises `CredentialsProblem` when the profile holds half a key, `CredentialSourceError` when the source of its
    credentials fails, `AwsUnavailable` for an endpoint that is none.
    """
    from zappa_iam_ext.aws.credentials.failures import require_credentials
    from zappa_iam_ext.aws.errors import translated

    with translated():
        require_credentials(session)
        try:
            client = session.client(service, endpoint_url=options.endpoint_url or None, config=config)
            _require_port(client.meta.endpoint_url)
        except ValueError as error:
            if not any(word in str(error) for word in ("endpoint", "Port", "IPv6")):
                raise
            raise AwsUnavailable(
                f"{str(error)[:200]}", hint="An endpoint is a URL, such as http://127.0.0.1:4566."
            ) from error
    return client


def _require_port(url: str) -> None:
    """Raise `ValueError` for a URL whose port is no number, which botocore meets at the first call only."""
    _ = urlsplit(url).port
