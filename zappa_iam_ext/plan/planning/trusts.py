"""Whom a role that is there trusts, beside whom it shall trust: joined, held against IAM's rules, compared. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam import PolicyDocument, Statement
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.iam.trust import refusals
from zappa_iam_ext.roles.trusts import TRUST_LIMIT

#: The unique id that IAM shows in place of a deleted user or role (IAM User Guide, "IAM identifiers").
_DELETED = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}")


def merged_trust(
    present: Mapping[str, Any], wanted: Mapping[str, Any], *, prune: bool
) -> dict[str, Any] | None:
    """Return the trust policy to write; None where the present one will do.

    What is trusted already stays unless ``prune`` is given: others may assume the role by it.
    """
    old, new = _statements(present), _statements(wanted)
    known = {statement.meaning() for statement in old}
    missing = [statement for statement in new if statement.meaning() not in known]
    kept = [] if prune else list(old)
    if not missing and (not prune or len(old) == len(new)):
        return None
    document = PolicyDocument((*kept, *(new if prune else missing)), kind=PolicyKind.TRUST)
    return document.to_dict()


def _statements(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    try:
        return PolicyDocument.parse(document, PolicyKind.TRUST, readable=False).statements
    except ZappaIamError:
        return ()


def unstorable(trust: Mapping[str, Any] | None) -> str:
    """Return why IAM would not store a trust policy; empty when it would, or nothing is written.

    IAM judges what was stored before its rule for shared providers only when the policy is written again, and refuses
    the id of a user or role that was deleted (IAM User Guide, "AWS JSON policy elements: Principal").
    """
    if trust is None:
        return ""
    document = PolicyDocument.parse(trust, PolicyKind.TRUST, readable=False)
    for refusal in refusals(document):
        return refusal.message
    deleted = [
        name
        for statement in document.statements
        for name in (statement.principals or {}).get("AWS", ())
        if _DELETED.fullmatch(name)
    ]
    if deleted:
        return f"{deleted[0]} stands for a user or a role that was deleted"
    return f"it has {document.size:,} characters of {TRUST_LIMIT:,}" if document.size > TRUST_LIMIT else ""


def otherwise_trusted(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return a user, role or account that both policies trust, the present one under other conditions.

    Of an identity provider several subjects are trusted side by side.
    """
    new = _trusted(wanted)
    for arn, conditions in _trusted(present).items():
        if arn in new and any(condition not in new[arn] for condition in conditions):
            return arn
    return ""


def _trusted(document: Mapping[str, Any]) -> dict[str, list[object]]:
    """Return under which conditions each principal of an account is trusted."""
    found: dict[str, list[object]] = {}
    for statement in _statements(document):
        for arn in (statement.principals or {}).get("AWS", ()):
            condition = {name: dict(tests) for name, tests in statement.condition.items()}
            found.setdefault(arn, []).append(condition)
    return found
