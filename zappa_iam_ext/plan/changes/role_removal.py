"""Changes that remove a role which we made, and what is there for it alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.plan.changes.base import Change, Symbol


@dataclass(frozen=True, slots=True)
class DeleteRolePolicy(Change):
    """``iam:DeleteRolePolicy``: an inline policy goes before its role."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    role: str
    name: str

    def __str__(self) -> str:
        return f"delete the policy {self.name} of the role {self.role}"

    def call(self) -> Call:
        """Return ``iam:DeleteRolePolicy``."""
        return Call("iam", "DeleteRolePolicy", {"RoleName": self.role, "PolicyName": self.name})


@dataclass(frozen=True, slots=True)
class DeleteRole(Change):
    """``iam:DeleteRole``: one that we made and that nothing runs as."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    role: str

    def __str__(self) -> str:
        return f"delete the role {self.role}"

    def call(self) -> Call:
        """Return ``iam:DeleteRole``."""
        return Call("iam", "DeleteRole", {"RoleName": self.role})


@dataclass(frozen=True, slots=True)
class UntagRole(Change):
    """``iam:UntagRole``: tags of ours that are no longer true."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    role: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"take tags off the role {self.role}: {', '.join(self.keys)}"

    def call(self) -> Call:
        """Return ``iam:UntagRole``."""
        return Call("iam", "UntagRole", {"RoleName": self.role, "TagKeys": list(self.keys)})


@dataclass(frozen=True, slots=True)
class DeleteOpenIDConnectProvider(Change):
    """``iam:DeleteOpenIDConnectProvider``: one that we made and that no role trusts but one that goes."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    arn: str

    def __str__(self) -> str:
        return f"delete the identity provider {self.arn.partition(':oidc-provider/')[2]}"

    def call(self) -> Call:
        """Return ``iam:DeleteOpenIDConnectProvider``."""
        return Call("iam", "DeleteOpenIDConnectProvider", {"OpenIDConnectProviderArn": self.arn})


@dataclass(frozen=True, slots=True)
class DeleteRoleProfile(Change):
    """Take the section out of the config file by which a profile assumes a role that goes."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    profile: str
    role_arn: str

    def __str__(self) -> str:
        return f"take the profile {self.profile} out of the config file"

    def call(self) -> None:
        """Return None: a file is written."""
