"""Keeps the text of policies that a client reads: botocore turns it into data, and its lines are lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_KEPT = "PolicyText"
_WHERE = ("PolicyDocument",), ("PolicyVersion", "Document")


def keep_texts(iam: Any) -> None:
    """Let the answers of a client keep the text of the policy they hold, beside the data, for `text_of`."""
    iam.meta.events.register_first("after-call.iam", _keep, unique_id="zappa-iam-policy-text")


def text_of(answer: Mapping[str, Any]) -> str:
    """Return the text of the policy of an answer; empty where it was not kept."""
    return str(answer.get(_KEPT, ""))


def _keep(parsed: dict[str, Any], **_: Any) -> None:
    for place in _WHERE:
        value: Any = parsed
        for name in place:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str):
            parsed[_KEPT] = unquote(value)
