"""Whether a document is the trust policy of a role: statements with a principal, and none with a resource but by mistake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.statement import PolicyKind

_PRINCIPALS = ("Principal", "NotPrincipal")
_RESOURCES = ("Resource", "NotResource")


def is_trust_policy(source: PolicyDocument | str | bytes | Mapping[str, Any]) -> bool:
    """Say whether a document, or its JSON text, is a trust policy. What cannot be read is none."""
    if isinstance(source, PolicyDocument):
        return source.kind is PolicyKind.TRUST
    if not isinstance(source, Mapping):
        try:
            text = source.decode("utf-8-sig") if isinstance(source, bytes) else source
            source = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            return False
    listed = source.get("Statement") if isinstance(source, Mapping) else None
    statements = listed if isinstance(listed, list) else [listed]
    read = [statement for statement in statements if isinstance(statement, Mapping)]
    if not any(name in statement for statement in read for name in _PRINCIPALS):
        return False
    return all(map(_assumes, read)) or not any(name in statement for statement in read for name in _RESOURCES)


def _assumes(statement: Mapping[str, Any]) -> bool:
    """Say whether a statement is about assuming a role alone: a resource in it is a mistake, which IAM refuses."""
    actions = statement.get("Action")
    listed = actions if isinstance(actions, list) else [actions]
    return bool(listed) and all(
        isinstance(action, str) and action.lower().startswith("sts:assumerole") for action in listed
    )
