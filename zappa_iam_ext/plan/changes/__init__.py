"""The changes a plan can hold, by subject: frozen, readable, JSON-ready, each with its API call. Pure."""

from __future__ import annotations

from zappa_iam_ext.plan.changes.attachments import (
    AddUserToGroup,
    AttachGroupPolicy,
    AttachUserPolicy,
    CreateGroup,
    DeleteGroup,
    DetachGroupPolicy,
    DetachUserPolicy,
    RemoveUserFromGroup,
)
from zappa_iam_ext.plan.changes.base import Change, Symbol, policy_name
from zappa_iam_ext.plan.changes.policies import (
    CreatePolicy,
    CreatePolicyVersion,
    DeletePolicy,
    DeletePolicyVersion,
    SetDefaultPolicyVersion,
    TagPolicy,
    UntagPolicy,
)
from zappa_iam_ext.plan.changes.role_removal import (
    DeleteOpenIDConnectProvider,
    DeleteRole,
    DeleteRolePolicy,
    DeleteRoleProfile,
    UntagRole,
)
from zappa_iam_ext.plan.changes.roles import (
    AddClientIDToOpenIDConnectProvider,
    AttachRolePolicy,
    CreateOpenIDConnectProvider,
    CreateRole,
    DetachRolePolicy,
    PutRolePermissionsBoundary,
    PutRolePolicy,
    TagRole,
    UpdateAssumeRolePolicy,
    UpdateRole,
    WriteRoleProfile,
)
from zappa_iam_ext.plan.changes.users import (
    CreateAccessKey,
    CreateUser,
    DeleteAccessKey,
    DeleteUser,
    WriteProfile,
)

__all__ = [
    "AddClientIDToOpenIDConnectProvider",
    "AddUserToGroup",
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "Change",
    "CreateAccessKey",
    "CreateGroup",
    "CreateOpenIDConnectProvider",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateRole",
    "CreateUser",
    "DeleteAccessKey",
    "DeleteGroup",
    "DeleteOpenIDConnectProvider",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRole",
    "DeleteRolePolicy",
    "DeleteRoleProfile",
    "DeleteUser",
    "DetachGroupPolicy",
    "DetachRolePolicy",
    "DetachUserPolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "RemoveUserFromGroup",
    "SetDefaultPolicyVersion",
    "Symbol",
    "TagPolicy",
    "TagRole",
    "UntagPolicy",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "WriteProfile",
    "WriteRoleProfile",
    "policy_name",
]
