"""Accounts on the local AWS with users and roles that hold many policies."""

from __future__ import annotations

import json
from typing import Any

from tests.support.documents import allow, document
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws

TRUST = document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
Key = tuple[str, str, str]


def policy(aws: LocalAws, name: str, held: Any = None, versions: int = 1, path: str = "/") -> str:
    """Make a managed policy, the last of so many versions being the default; return its ARN."""
    iam = aws.client("iam")
    text = json.dumps(held or allow("s3:ListBucket"))
    arn = iam.create_policy(PolicyName=name, PolicyDocument=text, Path=path)["Policy"]["Arn"]
    for _ in range(versions - 1):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    return arn


def user(aws: LocalAws, name: str, *, attached: int = 0, groups: int = 0, each: int = 0, denied: tuple[str, ...] = (), versions: int = 1) -> Key:  # fmt: skip
    """Make an administrator by an inline policy, who is denied some actions and holds more policies; return a key."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(_own(denied)))
    for number in range(attached):
        arn = policy(aws, f"{name}-{number}", versions=versions)
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
    for group in (f"{name}-group-{number}" for number in range(groups)):
        iam.create_group(GroupName=group)
        iam.add_user_to_group(GroupName=group, UserName=name)
        for number in range(each):
            iam.attach_group_policy(
                GroupName=group, PolicyArn=policy(aws, f"{group}-{number}", versions=versions)
            )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"], ""


def role(aws: LocalAws, name: str, *, attached: int = 0, denied: tuple[str, ...] = (), versions: int = 1, boundary: str = "") -> Key:  # fmt: skip
    """Make a role likewise; return the key of a session of it."""
    iam = aws.client("iam")
    more = {"PermissionsBoundary": boundary} if boundary else {}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(_own(denied)))
    for number in range(attached):
        iam.attach_role_policy(RoleName=name, PolicyArn=policy(aws, f"{name}-{number}", versions=versions))
    key = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="ci")["Credentials"]
    return key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]


def _own(denied: tuple[str, ...]) -> Any:
    refused = [{"Effect": "Deny", "Action": list(denied), "Resource": "*"}] if denied else []
    return document(ALL, *refused)


def session(key: Key, region: str = "us-east-1") -> Any:
    """Return a boto3 session of a key."""
    import boto3

    return boto3.Session(key[0], key[1], key[2] or None, region_name=region)
