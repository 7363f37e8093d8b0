"""When AWS refuses a change because it is made already: a lost answer, or another run that was quicker.

Each rule is for one kind of change and one error code: it asks IAM whether what was wanted is so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.documents import document_from, tags_from
from zappa_iam_ext.aws.errors import code_of
from zappa_iam_ext.errors import AccountChanged
from zappa_iam_ext.plan.changes import (
    Change,
    CreateGroup,
    CreateOpenIDConnectProvider,
    CreatePolicy,
    CreatePolicyVersion,
    CreateRole,
    CreateUser,
    DeleteAccessKey,
    DeleteGroup,
    DeleteOpenIDConnectProvider,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DeleteRolePolicy,
    DeleteUser,
    DetachGroupPolicy,
    DetachRolePolicy,
    DetachUserPolicy,
    RemoveUserFromGroup,
)
from zappa_iam_ext.plan.documents import same
from zappa_iam_ext.plan.ownership import read_ownership

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def already_so(iam: IAMClient, change: Change, code: str) -> bool:
    """Say whether the change is made, though AWS answered with this error code."""
    rule = _RULES.get((type(change), code))
    if rule is None:
        return False
    try:
        return rule(iam, change)
    except ClientError as error:
        if code_of(error) == "NoSuchEntity":
            return False
        raise


def name_taken(change: Change) -> AccountChanged:
    """Return what to tell when AWS has something else by the name that a change is to make."""
    if isinstance(change, CreateRole):
        return AccountChanged(
            f"could not {change}: there is one by that name already, that we did not see when we planned",
            hint="IAM's names are unique whatever their path, and upper and lower case do not differ."
            " `aws iam list-roles` tells how it is spelt: say so in role_name of the stage, or choose another.",
        )
    return AccountChanged(
        f"could not {change}: there is one by that name already, that we did not see when we planned",
        hint="IAM's names are unique whatever their path, and upper and lower case do not differ. If planning again does"
        " not find it, allow iam:ListPolicies and iam:ListUsers, or choose another name (iam_ext.policy, iam_ext.user).",
    )


def _policy_says(iam: IAMClient, change: Any) -> bool:
    """Say whether the policy's default version says what the change writes."""
    version = iam.get_policy(PolicyArn=change.arn)["Policy"]["DefaultVersionId"]
    answer = iam.get_policy_version(PolicyArn=change.arn, VersionId=version)["PolicyVersion"]
    return same(document_from(answer.get("Document")), change.document)


def _user_is_there(iam: IAMClient, change: Any) -> bool:
    return bool(iam.get_user(UserName=change.user)["User"]["UserName"] == change.user)


def _group_is_there(iam: IAMClient, change: Any) -> bool:
    return bool(iam.get_group(GroupName=change.group, MaxItems=1)["Group"]["Path"] == change.path)


def _role_is_there(iam: IAMClient, change: Any) -> bool:
    """Say whether the role is the one that was to be made: its trust, its boundary, our tag."""
    role: Any = iam.get_role(RoleName=change.role)["Role"]
    tags = tags_from(role)
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    trust = document_from(role.get("AssumeRolePolicyDocument"))
    return read_ownership(tags).ours and boundary == change.boundary and same(trust, change.trust)


def _provider_is_there(iam: IAMClient, change: Any) -> bool:
    answer = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=change.arn)
    return change.client_id in answer.get("ClientIDList", ())


def _gone(_: IAMClient, __: Change) -> bool:
    return True


_Rule = Callable[["IAMClient", Any], bool]
_DELETIONS = (
    DeleteAccessKey,
    DeleteGroup,
    DeleteOpenIDConnectProvider,
    DeletePolicy,
    DeletePolicyVersion,
    DeleteRole,
    DeleteRolePolicy,
    DeleteUser,
    DetachGroupPolicy,
    DetachRolePolicy,
    DetachUserPolicy,
    RemoveUserFromGroup,
)
_RULES: Mapping[tuple[type[Change], str], _Rule] = {
    (CreateUser, "EntityAlreadyExists"): _user_is_there,
    (CreateGroup, "EntityAlreadyExists"): _group_is_there,
    (CreateOpenIDConnectProvider, "EntityAlreadyExists"): _provider_is_there,
    (CreatePolicy, "EntityAlreadyExists"): _policy_says,
    (CreateRole, "EntityAlreadyExists"): _role_is_there,
    (CreatePolicyVersion, "LimitExceeded"): _policy_says,
    **{(kind, "NoSuchEntity"): _gone for kind in _DELETIONS},
}
