"""What a template of CloudFormation is made of: text that is of no account, resources that stay. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

_POLICY_VARIABLE = re.compile(r"\$\{")


class Located(Protocol):
    """What lies in an account of a partition."""

    @property
    def account(self) -> str:
        """The account's number."""
        ...

    @property
    def partition(self) -> str:
        """The partition."""
        ...


def anywhere(value: Any, of: Located) -> Any:
    """Return a value of a document with the account and the partition left to the stack."""
    if isinstance(value, str):
        return _text(value, of)
    if isinstance(value, Mapping):
        return {key: anywhere(item, of) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [anywhere(item, of) for item in value]
    return value


def _text(text: str, of: Located) -> Any:
    if text == of.account:
        return {"Ref": "AWS::AccountId"}
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or parts[1] != of.partition:  # noqa: PLR2004  -- an ARN has six parts
        return text
    parts = [_POLICY_VARIABLE.sub("${!", part) for part in parts]
    parts[1] = "${AWS::Partition}"
    if parts[4] == of.account:
        parts[4] = "${AWS::AccountId}"
    return {"Fn::Sub": ":".join(parts)}


def kept(kind: str, properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a resource of IAM that stays when its stack is deleted."""
    return {
        "Type": f"AWS::IAM::{kind}",
        **more,
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }
