"""Changes of customer managed policies. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.plan.changes.base import Change, Symbol, policy_name, tag_list
from zappa_iam_ext.plan.documents import dumps

DESCRIPTION = "What a Zappa deployment may do. Written by zappa-iam-ext."


@dataclass(frozen=True, slots=True)
class CreatePolicy(Change):
    """``iam:CreatePolicy``."""

    arn: str
    name: str
    path: str
    document: Mapping[str, Any]
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"create the policy {self.name}"

    def call(self) -> Call:
        """Return ``iam:CreatePolicy``."""
        parameters = {
            "PolicyName": self.name,
            "Path": self.path,
            "PolicyDocument": dumps(self.document),
            "Description": DESCRIPTION,
            "Tags": tag_list(self.tags),
        }
        return Call("iam", "CreatePolicy", parameters)


@dataclass(frozen=True, slots=True)
class CreatePolicyVersion(Change):
    """``iam:CreatePolicyVersion``, set as default; ``replaces`` is the default version that was planned upon."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    arn: str
    document: Mapping[str, Any]
    replaces: str = ""

    def __str__(self) -> str:
        return f"write a new version of the policy {policy_name(self.arn)}"

    def call(self) -> Call:
        """Return ``iam:CreatePolicyVersion``."""
        parameters = {"PolicyArn": self.arn, "PolicyDocument": dumps(self.document), "SetAsDefault": True}
        return Call("iam", "CreatePolicyVersion", parameters)


@dataclass(frozen=True, slots=True)
class SetDefaultPolicyVersion(Change):
    """``iam:SetDefaultPolicyVersion``: a version that is there already says what is wanted."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    arn: str
    version: str
    replaces: str = ""

    def __str__(self) -> str:
        return f"make version {self.version} of the policy {policy_name(self.arn)} the default one"

    def call(self) -> Call:
        """Return ``iam:SetDefaultPolicyVersion``."""
        return Call("iam", "SetDefaultPolicyVersion", {"PolicyArn": self.arn, "VersionId": self.version})


@dataclass(frozen=True, slots=True)
class DeletePolicyVersion(Change):
    """``iam:DeletePolicyVersion``: makes room for a new one; never the default version."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    arn: str
    version: str

    def __str__(self) -> str:
        return f"delete the version {self.version} of the policy {policy_name(self.arn)}"

    def call(self) -> Call:
        """Return ``iam:DeletePolicyVersion``."""
        return Call("iam", "DeletePolicyVersion", {"PolicyArn": self.arn, "VersionId": self.version})


@dataclass(frozen=True, slots=True)
class DeletePolicy(Change):
    """``iam:DeletePolicy``: attached to nobody, and only the default version is left."""

    symbol: ClassVar[Symbol] = Symbol.REMOVE
    arn: str

    def __str__(self) -> str:
        return f"delete the policy {policy_name(self.arn)}"

    def call(self) -> Call:
        """Return ``iam:DeletePolicy``."""
        return Call("iam", "DeletePolicy", {"PolicyArn": self.arn})


@dataclass(frozen=True, slots=True)
class TagPolicy(Change):
    """``iam:TagPolicy``: says whose the policy is and what we write."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    arn: str
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"tag the policy {policy_name(self.arn)}: for which stages, and what is written"

    def call(self) -> Call:
        """Return ``iam:TagPolicy``."""
        return Call("iam", "TagPolicy", {"PolicyArn": self.arn, "Tags": tag_list(self.tags)})


@dataclass(frozen=True, slots=True)
class UntagPolicy(Change):
    """``iam:UntagPolicy``: of tags of ours that are no longer true."""

    symbol: ClassVar[Symbol] = Symbol.CHANGE
    arn: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"take tags that are no longer true from the policy {policy_name(self.arn)}"

    def call(self) -> Call:
        """Return ``iam:UntagPolicy``."""
        return Call("iam", "UntagPolicy", {"PolicyArn": self.arn, "TagKeys": list(self.keys)})
