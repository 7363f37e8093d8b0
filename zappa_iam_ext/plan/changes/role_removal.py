"""Changes that remove a role which we made. Pure."""

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
