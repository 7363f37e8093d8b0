"""Several documents as one, one as several: what they allow together stays exactly the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam.conditions.variables import VARIABLES_SINCE
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.statement import Statement

#: Characters that a customer managed policy may have, white space not counted (IAM and STS quotas).
MANAGED_POLICY_LIMIT = 6144


def merge(documents: Iterable[PolicyDocument]) -> PolicyDocument:
    """Return one document that says what all say.

    Statements that mean the same are written once; those that differ only in their resources share one. The version
    is that with policy variables: ``${`` of an older document, where it is plain text, is written so that it stays text.
    """
    merged: dict[object, Statement] = {}
    for document in documents:
        for statement in document.statements:
            one = statement if document.version == VARIABLES_SINCE else _as_text(statement)
            key = replace(one, resources=()).meaning() if one.resources else one.meaning()
            known = merged.get(key)
            merged[key] = one if known is None else _joined(known, one)
    return PolicyDocument(renamed(merged.values()))


def _joined(one: Statement, other: Statement) -> Statement:
    return replace(one, resources=tuple(dict.fromkeys((*one.resources, *other.resources))))


def _as_text(statement: Statement) -> Statement:
    """Return a statement whose ``${`` stays text where variables are known (``${$}`` is a dollar sign)."""

    def text(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(value.replace("${", "${$}{") for value in values)

    return replace(
        statement,
        resources=text(statement.resources),
        not_resources=text(statement.not_resources),
        condition={
            operator: {key: text(values) for key, values in tests.items()}
            for operator, tests in statement.condition.items()
        },
    )


def renamed(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the statements with a number at each Sid that is used again: a document may use each only once."""
    used: set[str] = set()
    found = []
    for statement in statements:
        sid, number = statement.sid, 2
        while sid and sid in used:
            sid, number = f"{statement.sid}{number}", number + 1
        used.add(sid)
        found.append(replace(statement, sid=sid))
    return tuple(found)


def split(document: PolicyDocument, limit: int = MANAGED_POLICY_LIMIT) -> tuple[PolicyDocument, ...]:
    """Return documents that each fit ``limit`` characters and together say the same.

    A document that fits is returned as it is. Each statement goes into the first document with room for it; one that
    alone is too long is split by its resources, then by its actions. Raises `InvalidPolicyDocument` when even that
    does not fit.
    """
    if document.size <= limit:
        return (document,)
    parts: list[PolicyDocument] = []
    for statement in document.statements:
        for piece in _pieces(document, statement, limit):
            _place(parts, replace(document, statements=(piece,)), limit)
    return tuple(parts)


def _place(parts: list[PolicyDocument], piece: PolicyDocument, limit: int) -> None:
    for place, part in enumerate(parts):
        joined = replace(part, statements=renamed((*part.statements, *piece.statements)))
        if joined.size <= limit:
            parts[place] = joined
            return
    parts.append(piece)


def _pieces(document: PolicyDocument, statement: Statement, limit: int) -> list[Statement]:
    if replace(document, statements=(statement,)).size <= limit:
        return [statement]
    halves = _halved(statement)
    if halves:
        return [piece for half in halves for piece in _pieces(document, half, limit)]
    raise InvalidPolicyDocument(
        f"a single action and resource exceed {limit} characters",
        rule="size",
        hint="Shorten the names, or the condition, of the statement.",
    )


def _halved(statement: Statement) -> tuple[Statement, ...]:
    """Return two statements that say what one says, or nothing when it has one resource and one action."""
    resources, actions = statement.resources, statement.actions
    if len(resources) > 1:
        half = len(resources) // 2
        return replace(statement, resources=resources[:half]), replace(statement, resources=resources[half:])
    if len(actions) > 1:
        half = len(actions) // 2
        return replace(statement, actions=actions[:half]), replace(statement, actions=actions[half:])
    return ()
