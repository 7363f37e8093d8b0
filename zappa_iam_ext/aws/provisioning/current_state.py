"""Reads the current state: the user, its policies and keys, and the profile. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.documents import tags_from
from zappa_iam_ext.aws.errors import DENIED, code_of, translated
from zappa_iam_ext.aws.provisioning.current_roles import attached_to_role, with_current_roles
from zappa_iam_ext.aws.provisioning.managed_policies import family_arns, former_versions, managed_policy
from zappa_iam_ext.aws.provisioning.removal.roles import with_roles_to_destroy
from zappa_iam_ext.aws.provisioning.user_keys import told_keys
from zappa_iam_ext.plan import (
    CurrentGroup,
    CurrentKey,
    CurrentState,
    DesiredState,
    Plan,
    Quotas,
)
from zappa_iam_ext.plan.changes import CreatePolicyVersion

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_iam.type_defs import UserTypeDef

    from zappa_iam_ext.aws.profile_files import ProfileFiles

#: The fields of `Quotas` by the names that GetAccountSummary has for them.
_QUOTAS = {
    "AttachedPoliciesPerUserQuota": "attached_to_user",
    "AttachedPoliciesPerGroupQuota": "attached_to_group",
    "AttachedPoliciesPerRoleQuota": "attached_to_role",
    "VersionsPerPolicyQuota": "policy_versions",
    "PolicySizeQuota": "policy_size",
    "AccessKeysPerUserQuota": "access_keys",
    "GroupsPerUserQuota": "groups",
    "Policies": "policies",
    "PoliciesQuota": "policies_quota",
}


def current_state(
    iam: IAMClient, desired: DesiredState, credentials: ProfileFiles | None = None
) -> CurrentState:
    """Return the current state of what ``desired`` names.

    Raises `AccessDenied`, `CredentialsProblem` or `AwsUnavailable` when it cannot be read, and
    `CredentialsFileError` when the credentials file cannot.
    """
    if desired.roles is not None:
        return with_current_roles(iam, desired, _without_roles(iam, desired, credentials), credentials)
    return _without_roles(iam, desired, credentials)


def _without_roles(iam: IAMClient, desired: DesiredState, credentials: ProfileFiles | None) -> CurrentState:
    # The profile first: a key that another run writes into it meanwhile is then among the user's keys.
    profile_key = credentials.held_key(desired.profile) if credentials and desired.profile else None
    attached: Mapping[str, str] = {}
    keys: tuple[CurrentKey, ...] = ()
    groups: tuple[str, ...] = ()
    if desired.roles is not None and desired.roles.deployer is not None:
        return _of_role(iam, desired)
    user = _user(iam, desired.user)
    if user is not None:
        attached = dict(_attached(iam, desired.user))
        keys = tuple(_keys(iam, desired.user))
        if desired.profile and len(keys) >= Quotas().access_keys and profile_key not in _working(keys):
            keys = tuple(told_keys(iam, desired.user, keys))
        groups = tuple(_groups(iam, desired.user)) if desired.group else ()
    found = (managed_policy(iam, arn) for arn in family_arns(iam, desired, attached))
    return CurrentState(
        user_exists=user is not None,
        policies={policy.name: policy for policy in found if policy},
        attached=tuple(attached),
        keys=keys,
        profile_key=profile_key,
        quotas=_quotas(iam),
        groups=groups,
        group=_group(iam, desired.group) if desired.group else None,
        user_tags=tags_from(user or {}),
        user_boundary=user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "") if user else "",
    )


def _of_role(iam: IAMClient, desired: DesiredState) -> CurrentState:
    """Return the state of the policies of a role that deploys; the role itself is read beside."""
    attached = dict(attached_to_role(iam, desired.user))
    found = (managed_policy(iam, arn) for arn in family_arns(iam, desired, attached))
    quotas = _quotas(iam)
    return CurrentState(
        user_exists=True,
        policies={policy.name: policy for policy in found if policy},
        attached=tuple(attached),
        quotas=replace(quotas, attached_to_user=quotas.attached_to_role),
    )


def state_to_destroy(
    iam: IAMClient, desired: DesiredState, credentials: ProfileFiles | None = None
) -> CurrentState:
    """Return the current state with all that may keep a user, a role or a group from being deleted."""
    found = current_state(iam, desired, credentials)
    found = with_roles_to_destroy(iam, desired, found, credentials)
    by_role = desired.roles is not None and desired.roles.deployer is not None
    if found.user_exists and not by_role:
        found = replace(
            found,
            groups=tuple(_groups(iam, desired.user)),
            user_inline=tuple(_names(iam, "user", desired.user)),
        )
    if found.group is None:
        return found
    return replace(found, group=replace(found.group, inline=tuple(_names(iam, "group", found.group.name))))


def with_former_versions(iam: IAMClient, current: CurrentState, plan: Plan) -> CurrentState:
    """Return the state with the other versions of the policies that a plan writes anew: one may say what is wanted."""
    arns = {change.arn for change in plan.changes if isinstance(change, CreatePolicyVersion)}
    return _with_versions_of(iam, current, arns)


def with_all_versions(iam: IAMClient, current: CurrentState) -> CurrentState:
    """Return the state with the other versions of every policy of ours."""
    return _with_versions_of(iam, current, {each.arn for each in current.policies.values() if each.ours})


def _with_versions_of(iam: IAMClient, current: CurrentState, arns: Collection[str]) -> CurrentState:
    policies = {
        name: replace(policy, former=dict(former_versions(iam, policy))) if policy.arn in arns else policy
        for name, policy in current.policies.items()
    }
    return replace(current, policies=policies)


def find_user(iam: IAMClient, name: str) -> tuple[str, str] | None:
    """Return the name and the path of the user that IAM takes for this one; None when there is none.

    Names that differ by upper and lower case only are the same to IAM. Who may not list the users finds only the exact one.
    """
    user = _user(iam, name)
    if user is not None:
        return user["UserName"], user["Path"]
    with translated("iam:ListUsers"):
        try:
            for page in iam.get_paginator("list_users").paginate():
                for each in page["Users"]:
                    if each["UserName"].lower() == name.lower():
                        return each["UserName"], each["Path"]
        except ClientError as error:
            if code_of(error) not in DENIED:
                raise
    return None


def _user(iam: IAMClient, user: str) -> UserTypeDef | None:
    with translated("iam:GetUser"):
        try:
            return iam.get_user(UserName=user)["User"]
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise


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


def _working(keys: Iterable[CurrentKey]) -> frozenset[str]:
    return frozenset(key.access_key_id for key in keys if key.active)


def _groups(iam: IAMClient, user: str) -> Iterator[str]:
    with translated("iam:ListGroupsForUser"):
        for page in iam.get_paginator("list_groups_for_user").paginate(UserName=user):
            yield from (group["GroupName"] for group in page["Groups"])


def _names(iam: IAMClient, kind: str, name: str) -> Iterator[str]:
    """Yield the names of the inline policies of a user or a group."""
    with translated(f"iam:List{kind.title()}Policies"):
        pages: Any = (
            iam.get_paginator("list_user_policies").paginate(UserName=name)
            if kind == "user"
            else iam.get_paginator("list_group_policies").paginate(GroupName=name)
        )
        for page in pages:
            yield from page["PolicyNames"]


def _group(iam: IAMClient, name: str) -> CurrentGroup | None:
    with translated("iam:GetGroup"):
        try:
            pages = list(iam.get_paginator("get_group").paginate(GroupName=name))
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise
    with translated("iam:ListAttachedGroupPolicies"):
        attached = iam.get_paginator("list_attached_group_policies").paginate(GroupName=name)
        arns = tuple(policy["PolicyArn"] for page in attached for policy in page["AttachedPolicies"])
    members = tuple(user["UserName"] for page in pages for user in page["Users"])
    group = pages[0]["Group"]
    return CurrentGroup(group["GroupName"], group["Path"], arns, members)


def _quotas(iam: IAMClient) -> Quotas:
    """Return the account's quotas; the defaults where they may not be asked, or where the answer lacks one."""
    with translated("iam:GetAccountSummary"):
        try:
            summary = iam.get_account_summary()["SummaryMap"]
        except ClientError as error:
            if code_of(error) in DENIED:
                return Quotas()
            raise
    known = {field: summary.get(name) for name, field in _QUOTAS.items()}  # type: ignore[call-overload]
    return Quotas(**{field: value for field, value in known.items() if isinstance(value, int) and value > 0})
