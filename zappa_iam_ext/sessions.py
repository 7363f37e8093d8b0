"""Credentials as Zappa would choose them, as a boto3 session. No call to AWS is made here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.aws.deadline import TIME_LIMIT
from zappa_iam_ext.errors import AwsUnavailable, CredentialsError

_ENVIRONMENT = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """The AWS options of a command line: profile, region, endpoint. Empty means: as the stage says.

    ``timeout`` is how many seconds a check may ask AWS in all.
    """

    profile: str = ""
    region: str = ""
    endpoint_url: str = ""
    timeout: float = TIME_LIMIT


def open_session(profile: str | None, region: str | None) -> Any:
    """Return a boto3 session with Zappa's precedence: the profile, else the environment, else boto3's chain.

    Raises `CredentialsError` when the profile does not exist or its file cannot be read
    (``core.py``, ``load_credentials``).
    """
    import boto3
    from botocore.exceptions import ProfileNotFound

    from zappa_iam_ext.aws.errors import translated

    with translated():
        try:
            if profile:
                return boto3.Session(profile_name=profile, region_name=region)
            if all(os.environ.get(name) for name in _ENVIRONMENT):
                return boto3.Session(region_name=os.environ.get("AWS_DEFAULT_REGION") or region)
            return boto3.Session(region_name=region)
        except ProfileNotFound as error:
            missing = profile or os.environ.get("AWS_PROFILE", "")
            raise CredentialsError(
                f"there is no profile {missing!r} in the AWS credentials or config file",
                hint=f"Make it with `zappa-iam apply --admin-profile PROFILE`, or with `aws configure --profile {missing}`.",
            ) from error


def open_client(session: Any, service: str, options: AwsOptions, *, config: Any = None) -> Any:
    """Return a client of the session, at the endpoint that the command line names, if it does.

    ``config`` is a botocore Config, which goes before the session's own.

    Raises `CredentialsError` when the profile holds half a key, `CredentialSourceError` when the source of its
    credentials fails, `AwsUnavailable` for an endpoint that is none.
    """
    from zappa_iam_ext.aws.credential_sources import require_credentials
    from zappa_iam_ext.aws.errors import translated

    with translated():
        require_credentials(session)
        try:
            return session.client(service, endpoint_url=options.endpoint_url or None, config=config)
        except ValueError as error:
            if "endpoint" not in str(error):
                raise
            raise AwsUnavailable(
                f"{str(error)[:200]}", hint="An endpoint is a URL, such as http://127.0.0.1:4566."
            ) from error
