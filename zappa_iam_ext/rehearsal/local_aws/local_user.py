"""The IAM user that a rehearsal runs as: made on the local AWS by its root, and gone afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws

ADMINISTRATOR = PolicyDocument.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


@contextlib.contextmanager
def local_user(aws: LocalAws, name: str, documents: Iterable[PolicyDocument]) -> Iterator[tuple[str, str]]:
    """Make a user with these identity policies, yield its access key (id, secret), and remove it.

    Raises `LocalAwsError` when it cannot be made; a user of that name that exists already is left alone.
    """
    iam = aws.client("iam")
    try:
        iam.create_user(UserName=name)
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise LocalAwsError(
            f"the user {name} cannot be made in account {aws.account} of the local AWS: {code}",
            hint="Another rehearsal there? Give another --account, or leave --endpoint-url away.",
        ) from None
    try:
        yield _equip(iam, name, documents)
    finally:
        with contextlib.suppress(BotoCoreError, ClientError):
            _remove(iam, name)


def _equip(iam: Any, name: str, documents: Iterable[PolicyDocument]) -> tuple[str, str]:
    try:
        for number, document in enumerate(documents, 1):
            iam.put_user_policy(
                UserName=name, PolicyName=f"rehearsed-{number}", PolicyDocument=document.to_json()
            )
        made = iam.create_access_key(UserName=name)["AccessKey"]
    except (BotoCoreError, ClientError) as error:
        raise LocalAwsError(
            f"the local AWS does not take the policies of {name}: {type(error).__name__}",
            hint="`zappa-iam lint` says whether AWS would.",
        ) from None
    return made["AccessKeyId"], made["SecretAccessKey"]


def _remove(iam: Any, name: str) -> None:
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)
