"""Changes of roles, of identity providers, and of a profile that assumes a role. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.plan.changes.base import Change, Symbol, policy_name, tag_list
from zappa_iam_ext.plan.documents import dumps
from zappa_iam_ext.plan.role_states import DEFAULT_SESSION
from zappa_iam_ext.roles.zappa_writes import INLINE_POLICY


@dataclass(frozen=True, slots=True)
class CreateRole(Change):
    """``iam:CreateRole``, with its permissions boundary from the first moment on."""

    role: str
    path: str
    trust: Mapping[str, Any]
    tags: Mapping[str, str]
    boundary: str = ""
    max_session: int = DEFAULT_SESSION
    description: str = ""

    def __str__(self) -> str:
        within = f" within the boundary {policy_name(self.boundary)}" if self.boundary else ""
        return f"create the role {self.role}{within}"

    def call(self) -> Call:
        """Return ``iam:CreateRole``."""
        parameters: dict[str, Any] = {
            "RoleName": self.role,
            "Path": self.path,
            "AssumeRolePolicyDocument": dumps(self.trust),
            "MaxSessionDuration": self.max_session,
            "Tags": tag_list(self.tags),
        }
        if self.boundary:
            parameters["PermissionsBoundary"] = self.boundary
        if self.description:
            parameters["Description"] = self.description
        return Call("iam", "CreateRole", parameters)


@dataclass(frozen=True, slots=True)
class TagRole(Change):
    """``iam:TagRole``: says whose the role is."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    role: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"tag the role {self.role}: for which stages"

    def call(self) -> Call:
        """Return ``iam:TagRole``."""
        return Call("iam", "TagRole", {"RoleName": self.role, "Tags": tag_list(self.tags)})


@dataclass(frozen=True, slots=True)
class UpdateRole(Change):
    """``iam:UpdateRole``: sessions of a role that is there may last longer."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    role: str
    max_session: int

    def __str__(self) -> str:
        return f"let a session of the role {self.role} last up to {self.max_session} seconds"

    def call(self) -> Call:
        """Return ``iam:UpdateRole``."""
        return Call("iam", "UpdateRole", {"RoleName": self.role, "MaxSessionDuration": self.max_session})


@dataclass(frozen=True, slots=True)
class UpdateAssumeRolePolicy(Change):
    """``iam:UpdateAssumeRolePolicy``: of a role that we made."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    role: str
    trust: Mapping[str, Any]

    def __str__(self) -> str:
        return f"change who may assume the role {self.role}"

    def call(self) -> Call:
        """Return ``iam:UpdateAssumeRolePolicy``."""
        parameters = {"RoleName": self.role, "PolicyDocument": dumps(self.trust)}
        return Call("iam", "UpdateAssumeRolePolicy", parameters)


@dataclass(frozen=True, slots=True)
class PutRolePermissionsBoundary(Change):
    """``iam:PutRolePermissionsBoundary``: of a role that was made without it; ``replaces`` is the one it had."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    role: str
    boundary: str
    replaces: str = ""

    def __str__(self) -> str:
        instead = f" instead of {policy_name(self.replaces)}" if self.replaces else ""
        return f"limit the role {self.role} by the boundary {policy_name(self.boundary)}{instead}"

    def call(self) -> Call:
        """Return ``iam:PutRolePermissionsBoundary``."""
        parameters = {"RoleName": self.role, "PermissionsBoundary": self.boundary}
        return Call("iam", "PutRolePermissionsBoundary", parameters)


@dataclass(frozen=True, slots=True)
class PutRolePolicy(Change):
    """``iam:PutRolePolicy``: an inline policy; the one that Zappa would write, so that Zappa finds it written."""

    role: str
    name: str
    document: Mapping[str, Any]

    def __str__(self) -> str:
        as_zappa = ", as Zappa would" if self.name == INLINE_POLICY else ""
        return f"write the policy {self.name} of the role {self.role}{as_zappa}"

    def call(self) -> Call:
        """Return ``iam:PutRolePolicy``."""
        parameters = {"RoleName": self.role, "PolicyName": self.name, "PolicyDocument": dumps(self.document)}
        return Call("iam", "PutRolePolicy", parameters)


@dataclass(frozen=True, slots=True)
class AttachRolePolicy(Change):
    """``iam:AttachRolePolicy``."""

    role: str
    arn: str

    def __str__(self) -> str:
        return f"attach {policy_name(self.arn)} to the role {self.role}"

    def call(self) -> Call:
        """Return ``iam:AttachRolePolicy``."""
        return Call("iam", "AttachRolePolicy", {"RoleName": self.role, "PolicyArn": self.arn})


@dataclass(frozen=True, slots=True)
class DetachRolePolicy(Change):
    """``iam:DetachRolePolicy``: of a policy that we made and that is no longer needed."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    role: str
    arn: str

    def __str__(self) -> str:
        return f"detach {policy_name(self.arn)} from the role {self.role}: no longer needed"

    def call(self) -> Call:
        """Return ``iam:DetachRolePolicy``."""
        return Call("iam", "DetachRolePolicy", {"RoleName": self.role, "PolicyArn": self.arn})


@dataclass(frozen=True, slots=True)
class CreateOpenIDConnectProvider(Change):
    """``iam:CreateOpenIDConnectProvider``, without a thumbprint: IAM gets the certificate itself."""

    arn: str
    url: str
    client_id: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"create the identity provider {self.url} for the audience {self.client_id}"

    def call(self) -> Call:
        """Return ``iam:CreateOpenIDConnectProvider``."""
        parameters = {"Url": self.url, "ClientIDList": [self.client_id], "Tags": tag_list(self.tags)}
        return Call("iam", "CreateOpenIDConnectProvider", parameters)


@dataclass(frozen=True, slots=True)
class AddClientIDToOpenIDConnectProvider(Change):
    """``iam:AddClientIDToOpenIDConnectProvider``: of a provider that is there already."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    arn: str
    client_id: str

    def __str__(self) -> str:
        return f"let the identity provider {self.arn.partition(':oidc-provider/')[2]} take the audience {self.client_id}"

    def call(self) -> Call:
        """Return ``iam:AddClientIDToOpenIDConnectProvider``."""
        parameters = {"OpenIDConnectProviderArn": self.arn, "ClientID": self.client_id}
        return Call("iam", "AddClientIDToOpenIDConnectProvider", parameters)


@dataclass(frozen=True, slots=True)
class WriteRoleProfile(Change):
    """Let a profile of the config file assume the role, with the credentials of another profile."""

    profile: str
    role_arn: str
    source_profile: str
    region: str | None = None
    overwrite: bool = False

    def __str__(self) -> str:
        return f"let the profile {self.profile} assume the role, from the profile {self.source_profile}"

    def call(self) -> None:
        """Return None: a file is written."""
