"""Reads the account's managed policies: which may be the wanted ones, what they say, and said before. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.documents import document_from, tags_from
from zappa_iam_ext.aws.errors import DENIED, code_of, translated
from zappa_iam_ext.errors import AccountChanged
from zappa_iam_ext.plan import CurrentPolicy, DesiredState, in_family, numbered_part

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def family_arns(iam: IAMClient, desired: DesiredState, attached: Mapping[str, str]) -> Iterable[str]:
    """Return the ARNs of the policies that the wanted ones may be, under any path and in upper or lower case.

    Who may not list the account's policies looks at those that are attached, and at the names themselves.
    """
    names = {policy.name for policy in desired.policies}
    listed = _listed(iam)
    if listed is None:
        own = f"arn:{desired.partition}:iam::aws:"
        listed = {arn: name for arn, name in attached.items() if not arn.startswith(own)}
        listed |= {desired.policy_arn(name): name for name in {*names, *filter(None, [desired.base])}}
    return [arn for arn, name in sorted(listed.items()) if _may_be(name, desired.base, names)]


def _may_be(name: str, base: str, names: Iterable[str]) -> bool:
    if base and in_family(name, base):
        return True
    return any(name.lower() == wanted.lower() or numbered_part(name, wanted) for wanted in names)


def _listed(iam: IAMClient) -> dict[str, str] | None:
    """Return the account's own policies, names by ARN; None where that may not be asked."""
    with translated("iam:ListPolicies"):
        try:
            pages = iam.get_paginator("list_policies").paginate(Scope="Local")
            return {policy["Arn"]: policy["PolicyName"] for page in pages for policy in page["Policies"]}
        except ClientError as error:
            if code_of(error) in DENIED:
                return None
            raise


def managed_policy(iam: IAMClient, arn: str, tries: int = 3) -> CurrentPolicy | None:
    """Return a managed policy with its document; None where there is none. Raises as `current_state`.

    A default version that is deleted between two questions is asked for anew, so many times.
    """
    with translated("iam:GetPolicy"):
        try:
            policy = iam.get_policy(PolicyArn=arn)["Policy"]
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise
    version = policy["DefaultVersionId"]
    document = _version(iam, arn, version)
    if document is None and tries > 1:  # another is the default one by now
        return managed_policy(iam, arn, tries - 1)
    if document is None:
        raise AccountChanged(
            f"the policy {arn} changes while it is read", hint="Wait a moment, and try again."
        )
    with translated("iam:ListPolicyVersions"):
        pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn)
        versions = [v["VersionId"] for page in pages for v in page["Versions"]]
    return CurrentPolicy(
        arn,
        document,
        version,
        tuple(sorted(versions, key=_number)),
        tags_from(policy),
        holders=policy.get("AttachmentCount", 0),
        boundary_of=policy.get("PermissionsBoundaryUsageCount", 0),
    )


def _version(iam: IAMClient, arn: str, version: str) -> dict[str, object] | None:
    """Return what a version says; None where another run has deleted it meanwhile."""
    with translated("iam:GetPolicyVersion"):
        try:
            raw = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"].get("Document")
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise
    return document_from(raw)


def former_versions(iam: IAMClient, policy: CurrentPolicy) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield the versions of a policy that are not its default, each with its document."""
    for version in policy.versions:
        if version == policy.default_version:
            continue
        document = _version(iam, policy.arn, version)
        if document is not None:
            yield version, document


def _number(version: str) -> int:
    digits = version.lstrip("v").partition(".")[0]
    return int(digits) if digits.isdecimal() else 0
