"""Reads the roles that are wanted, their boundaries, the identity provider and the profile. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.documents import document_from, tags_from
from zappa_iam_ext.aws.errors import code_of, translated
from zappa_iam_ext.aws.provisioning.managed_policies import managed_policy
from zappa_iam_ext.plan.role_states import CurrentRole, CurrentRoles
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredState

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

    from zappa_iam_ext.aws.profile_files import ProfileFiles


def with_current_roles(
    iam: IAMClient,
    desired: DesiredState,
    current: CurrentState,
    credentials: ProfileFiles | None,
) -> CurrentState:
    """Return the state with what there is of the wanted roles; raise as `current_state`."""
    roles = desired.roles
    assert roles is not None  # noqa: S101
    deployer = _role(iam, roles.deployer.name) if roles.deployer else None
    execution = {role.name: _role(iam, role.name, in_full=True) for role in roles.execution}
    limits = {
        policy.name: policy
        for role in roles.execution
        if role.limit and (policy := managed_policy(iam, role.boundary)) is not None
    }
    return replace(
        current,
        user_exists=deployer is not None if roles.deployer else current.user_exists,
        roles=CurrentRoles(
            deployer=deployer,
            execution={name: role for name, role in execution.items() if role is not None},
            limits=limits,
            provider=_client_ids(iam, roles.provider.arn) if roles.provider else None,
            profile=credentials.sources(roles.profile.profile) if credentials and roles.profile else {},
        ),
    )


def execution_role(iam: IAMClient, name: str) -> CurrentRole | None:
    """Return an execution role as it is, without what its policies say; None when there is none."""
    return _role(iam, name)


def role_in_full(iam: IAMClient, name: str) -> CurrentRole | None:
    """Return a role with what its policies say; None when there is none."""
    return _role(iam, name, in_full=True)


def policy_document(iam: IAMClient, arn: str) -> Mapping[str, Any] | None:
    """Return what a managed policy says; None where there is none."""
    with translated("iam:GetPolicy"):
        try:
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise
    with translated("iam:GetPolicyVersion"):
        raw: Any = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"].get("Document")
    return document_from(raw)


def attached_to_role(iam: IAMClient, role: str) -> Iterator[tuple[str, str]]:
    """Yield the managed policies attached to a role, ARN and name; none where there is no such role."""
    with translated("iam:ListAttachedRolePolicies"):
        try:
            for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
                for policy in page["AttachedPolicies"]:
                    yield policy["PolicyArn"], policy["PolicyName"]
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise


def _role(iam: IAMClient, name: str, *, in_full: bool = False) -> CurrentRole | None:
    with translated("iam:GetRole"):
        try:
            role: Any = iam.get_role(RoleName=name)["Role"]
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise
    return CurrentRole(
        name=role["RoleName"],
        arn=role["Arn"],
        trust=document_from(role.get("AssumeRolePolicyDocument")),
        boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        max_session=role.get("MaxSessionDuration", 3600),
        tags=tags_from(role),
        inline=dict(inline_policies(iam, name)) if in_full else {},
        attached=dict(_attached(iam, name)) if in_full else {},
    )


def inline_policies(iam: IAMClient, role: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the inline policies of a role, each with its name."""
    with translated("iam:ListRolePolicies"):
        pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
        names = [name for page in pages for name in page["PolicyNames"]]
    with translated("iam:GetRolePolicy"):
        for name in names:
            raw: Any = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            yield name, document_from(raw)


def _attached(iam: IAMClient, role: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for arn, name in attached_to_role(iam, role):
        policy = managed_policy(iam, arn)
        if policy is not None:
            yield name, policy.document


def _client_ids(iam: IAMClient, arn: str) -> tuple[str, ...] | None:
    """Return the audiences that an identity provider takes; None when there is no provider of that very ARN."""
    with translated("iam:GetOpenIDConnectProvider"):
        try:
            answer = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise
    return tuple(answer.get("ClientIDList", ()))


def role_and_boundary(
    iam: IAMClient, name: str, boundary: str = ""
) -> tuple[CurrentRole | None, CurrentPolicy | None]:
    """Return the role and the policy of the ARN ``boundary``; None for what there is not.

    Raises `AccessDenied`, `CredentialsProblem` or `AwsUnavailable` when it cannot be read.
    """
    role = role_in_full(iam, name)
    return role, managed_policy(iam, boundary) if boundary else None
