"""Credentials as Zappa would choose them, as a boto3 session. No call to AWS is made here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.errors import CredentialsError

_ENVIRONMENT = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """The AWS options of a command line: profile, region, endpoint. Empty means: as the stage says."""

    profile: str = ""
    region: str = ""
    endpoint_url: str = ""


def open_session(profile: str | None, region: str | None) -> Any:
    """Return a boto3 session with Zappa's precedence: the profile, else the environment, else boto3's chain.

    Raises `CredentialsError` when the profile does not exist (``core.py``, ``load_credentials``).
    """
    import boto3  # noqa: PLC0415  -- half a second that offline commands need not spend
    from botocore.exceptions import PartialCredentialsError, ProfileNotFound  # noqa: PLC0415

    try:
        if profile:
            return boto3.Session(profile_name=profile, region_name=region)
        if all(os.environ.get(name) for name in _ENVIRONMENT):
            return boto3.Session(region_name=os.environ.get("AWS_DEFAULT_REGION") or region)
        return boto3.Session(region_name=region)
    except ProfileNotFound as error:
        raise CredentialsError(
            f"there is no profile {profile!r} in the AWS credentials or config file",
            hint=f"Make it with `zappa-iam apply --admin-profile PROFILE`, or with `aws configure --profile {profile}`.",
        ) from error
    except PartialCredentialsError as error:
        raise CredentialsError(
            f"the credentials of profile {profile!r} are incomplete",
            hint="A profile needs both aws_access_key_id and aws_secret_access_key.",
        ) from error


def open_client(session: Any, service: str, options: AwsOptions) -> Any:
    """Return a client of the session, at the endpoint that the command line names, if it does."""
    return session.client(service, endpoint_url=options.endpoint_url or None)
