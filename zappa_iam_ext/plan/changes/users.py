"""Changes of users and of their access keys. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.plan.changes.base import Change, Symbol, tag_list


@dataclass(frozen=True, slots=True)
class CreateUser(Change):
    """``iam:CreateUser``."""

    user: str
    path: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"create the IAM user {self.user}"

    def call(self) -> Call:
        """Return ``iam:CreateUser``."""
        parameters = {"UserName": self.user, "Path": self.path, "Tags": tag_list(self.tags)}
        return Call("iam", "CreateUser", parameters)


@dataclass(frozen=True, slots=True)
class DeleteUser(Change):
    """``iam:DeleteUser``: one that we made, without policies, groups and keys."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    user: str

    def __str__(self) -> str:
        return f"delete the IAM user {self.user}"

    def call(self) -> Call:
        """Return ``iam:DeleteUser``."""
        return Call("iam", "DeleteUser", {"UserName": self.user})


@dataclass(frozen=True, slots=True)
class CreateAccessKey(Change):
    """``iam:CreateAccessKey``; ``existing`` are the ids that were there before."""

    user: str
    existing: tuple[str, ...] = ()

    def __str__(self) -> str:
        others = (
            f" beside {', '.join(self.existing)}, which the profile does not hold" if self.existing else ""
        )
        return f"create an access key for the user {self.user}{others}"

    def call(self) -> Call:
        """Return ``iam:CreateAccessKey``."""
        return Call("iam", "CreateAccessKey", {"UserName": self.user})


@dataclass(frozen=True, slots=True)
class DeleteAccessKey(Change):
    """``iam:DeleteAccessKey``: of a key that we made."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    user: str
    access_key_id: str

    def __str__(self) -> str:
        return f"delete the access key {self.access_key_id} of the user {self.user}"

    def call(self) -> Call:
        """Return ``iam:DeleteAccessKey``."""
        return Call("iam", "DeleteAccessKey", {"UserName": self.user, "AccessKeyId": self.access_key_id})


@dataclass(frozen=True, slots=True)
class WriteProfile(Change):
    """Write the new access key into the profile of the credentials file, and the region into the config file."""

    profile: str
    region: str | None = None
    overwrite: bool = False

    def __str__(self) -> str:
        return f"write the access key into the profile {self.profile}"

    def call(self) -> None:
        """Return None: files are written."""
