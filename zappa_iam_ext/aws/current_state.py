"""Reads the current state: the user, its policies and keys, and the profile. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.documents import document_from
from zappa_iam_ext.aws.errors import code_of, translated
from zappa_iam_ext.plan import CurrentKey, CurrentPolicy, CurrentState, DesiredState, numbered_part

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

    from zappa_iam_ext.aws.credentials_file import CredentialsFile


def current_state(
    iam: IAMClient, desired: DesiredState, credentials: CredentialsFile | None = None
) -> CurrentState:
    """Return the current state of what ``desired`` names.

    Raises `AccessDenied`, `CredentialsError` or `AwsUnavailable` when it cannot be read, and
    `CredentialsFileError` when the credentials file cannot.
    """
    attached: Mapping[str, str] = {}
    keys: tuple[CurrentKey, ...] = ()
    exists = _user_exists(iam, desired.user)
    if exists:
        attached = dict(_attached(iam, desired.user))
        keys = tuple(_keys(iam, desired.user))
    names = {policy.name: desired.policy_arn(policy.name) for policy in desired.policies}
    for arn, name in attached.items():
        if any(
            numbered_part(name, wanted)
            for wanted in names
            if not arn.startswith(f"arn:{desired.partition}:iam::aws:")
        ):
            names.setdefault(name, arn)
    found = {name: _policy(iam, arn) for name, arn in names.items()}
    return CurrentState(
        user_exists=exists,
        policies={name: policy for name, policy in found.items() if policy},
        attached=tuple(attached),
        keys=keys,
        profile_key=credentials.access_key_id(desired.profile) if credentials and desired.profile else None,
    )


def _user_exists(iam: IAMClient, user: str) -> bool:
    with translated("iam:GetUser"):
        try:
            iam.get_user(UserName=user)
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return False
            raise
        return True


def _attached(iam: IAMClient, user: str) -> Iterator[tuple[str, str]]:
    with translated("iam:ListAttachedUserPolicies"):
        for page in iam.get_paginator("list_attached_user_policies").paginate(UserName=user):
            for policy in page["AttachedPolicies"]:
                yield policy["PolicyArn"], policy["PolicyName"]


def _keys(iam: IAMClient, user: str) -> Iterator[CurrentKey]:
    with translated("iam:ListAccessKeys"):
        for page in iam.get_paginator("list_access_keys").paginate(UserName=user):
            for key in page["AccessKeyMetadata"]:
                yield CurrentKey(key["AccessKeyId"], key["Status"] == "Active")


def _policy(iam: IAMClient, arn: str) -> CurrentPolicy | None:
    with translated("iam:GetPolicy"):
        try:
            policy = iam.get_policy(PolicyArn=arn)["Policy"]
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise
    with translated("iam:GetPolicyVersion"):
        version = policy["DefaultVersionId"]
        raw = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"].get("Document")
    with translated("iam:ListPolicyVersions"):
        pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn)
        versions = [v["VersionId"] for page in pages for v in page["Versions"]]
    tags = {tag["Key"]: tag["Value"] for tag in policy.get("Tags", [])}
    return CurrentPolicy(arn, document_from(raw), version, tuple(sorted(versions, key=_number)), tags)


def _number(version: str) -> int:
    digits = version.lstrip("v").partition(".")[0]
    return int(digits) if digits.isdecimal() else 0
