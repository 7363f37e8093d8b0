"""A policy is written only upon the version that was planned upon: IAM itself knows no such condition.

Before the write the default version is looked up. After it the numbers of the new versions tell whether another run
wrote something else in between: whoever came second makes the first one's version the default again, so that nothing of it
is lost, and plans anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.documents import document_from
from zappa_iam_ext.aws.errors import code_of
from zappa_iam_ext.errors import AccountChanged
from zappa_iam_ext.plan.changes import Change, CreatePolicyVersion, SetDefaultPolicyVersion
from zappa_iam_ext.plan.documents import dumps, same

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

_UNKNOWN_ACTION = frozenset({"InvalidAction", "NotImplemented", "UnknownOperationException"})
HINT = "Plan again: what somebody else wrote meanwhile is then taken into account."


@dataclass(slots=True)
class Written:
    """What AWS answered to the write."""

    answer: Any = None


@contextmanager
def unmoved(iam: IAMClient, change: Change) -> Iterator[Written]:
    """Raise `AccountChanged` when somebody else writes the policy of this change before it is made, or while it is."""
    written = Written()
    if not isinstance(change, CreatePolicyVersion | SetDefaultPolicyVersion) or not change.replaces:
        yield written
        return
    default, before = _versions(iam, change.arn)
    if default != change.replaces:
        raise AccountChanged(
            f"the policy {change.arn} has another default version ({default}) now", hint=HINT
        )
    yield written
    if not isinstance(change, CreatePolicyVersion) or written.answer is None:
        return
    mine = _number(written.answer["PolicyVersion"]["VersionId"])
    _, after = _versions(iam, change.arn)
    new = sorted(after - before)
    if new and new[0] < mine and not _says(iam, change, f"v{new[0]}"):
        make_default(iam, change.arn, f"v{new[0]}")
        raise AccountChanged(f"another run wrote the policy {change.arn} at the same time", hint=HINT)


def make_default(iam: IAMClient, arn: str, version: str) -> None:
    """Make a version of a policy the default one.

    An endpoint that does not know ``SetDefaultPolicyVersion`` (a local AWS) is given the document once more.
    """
    try:
        iam.set_default_policy_version(PolicyArn=arn, VersionId=version)
    except ClientError as error:
        if code_of(error) not in _UNKNOWN_ACTION:
            raise
        held = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        text = dumps(document_from(held.get("Document")))
        default, _ = _versions(iam, arn)
        if version != default:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version)
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)


def _says(iam: IAMClient, change: CreatePolicyVersion, version: str) -> bool:
    """Say whether a version says what was to be written: the answer was lost and botocore asked again, or it is of a like run."""
    held = iam.get_policy_version(PolicyArn=change.arn, VersionId=version)["PolicyVersion"]
    return same(document_from(held.get("Document")), change.document)


def _versions(iam: IAMClient, arn: str) -> tuple[str, set[int]]:
    """Return the default version, and the numbers of all."""
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn)
    versions = [version for page in pages for version in page["Versions"]]
    default = next(version["VersionId"] for version in versions if version["IsDefaultVersion"])
    return default, {_number(version["VersionId"]) for version in versions}


def _number(version: str) -> int:
    return int(version.lstrip("v").partition(".")[0])
