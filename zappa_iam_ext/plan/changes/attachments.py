"""Changes of who holds a policy: a user, or a group that the user is a member of. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.plan.changes.base import Change, Symbol, policy_name


@dataclass(frozen=True, slots=True)
class AttachUserPolicy(Change):
    """``iam:AttachUserPolicy``."""

    user: str
    arn: str

    def __str__(self) -> str:
        return f"attach {policy_name(self.arn)} to the user {self.user}"

    def call(self) -> Call:
        """Return ``iam:AttachUserPolicy``."""
        return Call("iam", "AttachUserPolicy", {"UserName": self.user, "PolicyArn": self.arn})


@dataclass(frozen=True, slots=True)
class DetachUserPolicy(Change):
    """``iam:DetachUserPolicy``: of a policy that we made and that is no longer needed."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    user: str
    arn: str

    def __str__(self) -> str:
        return f"detach {policy_name(self.arn)} from the user {self.user}: no longer needed"

    def call(self) -> Call:
        """Return ``iam:DetachUserPolicy``."""
        return Call("iam", "DetachUserPolicy", {"UserName": self.user, "PolicyArn": self.arn})


@dataclass(frozen=True, slots=True)
class CreateGroup(Change):
    """``iam:CreateGroup``. A group has no tags: its path says that it is ours."""

    group: str
    path: str

    def __str__(self) -> str:
        return f"create the group {self.group}"

    def call(self) -> Call:
        """Return ``iam:CreateGroup``."""
        return Call("iam", "CreateGroup", {"GroupName": self.group, "Path": self.path})


@dataclass(frozen=True, slots=True)
class AddUserToGroup(Change):
    """``iam:AddUserToGroup``."""

    user: str
    group: str

    def __str__(self) -> str:
        return f"add the user {self.user} to the group {self.group}"

    def call(self) -> Call:
        """Return ``iam:AddUserToGroup``."""
        return Call("iam", "AddUserToGroup", {"GroupName": self.group, "UserName": self.user})


@dataclass(frozen=True, slots=True)
class AttachGroupPolicy(Change):
    """``iam:AttachGroupPolicy``."""

    group: str
    arn: str

    def __str__(self) -> str:
        return f"attach {policy_name(self.arn)} to the group {self.group}"

    def call(self) -> Call:
        """Return ``iam:AttachGroupPolicy``."""
        return Call("iam", "AttachGroupPolicy", {"GroupName": self.group, "PolicyArn": self.arn})


@dataclass(frozen=True, slots=True)
class DetachGroupPolicy(Change):
    """``iam:DetachGroupPolicy``: of a policy that we made and that is no longer needed."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    group: str
    arn: str

    def __str__(self) -> str:
        return f"detach {policy_name(self.arn)} from the group {self.group}: no longer needed"

    def call(self) -> Call:
        """Return ``iam:DetachGroupPolicy``."""
        return Call("iam", "DetachGroupPolicy", {"GroupName": self.group, "PolicyArn": self.arn})


@dataclass(frozen=True, slots=True)
class RemoveUserFromGroup(Change):
    """``iam:RemoveUserFromGroup``: of a group of ours that is to be deleted."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    user: str
    group: str

    def __str__(self) -> str:
        return f"remove the user {self.user} from the group {self.group}"

    def call(self) -> Call:
        """Return ``iam:RemoveUserFromGroup``."""
        return Call("iam", "RemoveUserFromGroup", {"GroupName": self.group, "UserName": self.user})


@dataclass(frozen=True, slots=True)
class DeleteGroup(Change):
    """``iam:DeleteGroup``: one that we made and that has no members and no policies."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    group: str

    def __str__(self) -> str:
        return f"delete the group {self.group}"

    def call(self) -> Call:
        """Return ``iam:DeleteGroup``."""
        return Call("iam", "DeleteGroup", {"GroupName": self.group})
