"""When two policy documents mean the same, what several say together, and how IAM counts their size. Pure.

Works on the JSON itself, so that a document somebody else wrote, however odd, can be compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from zappa_iam_ext.iam import Effect, PolicyDocument, Statement
from zappa_iam_ext.iam.document import as_list, size_of
from zappa_iam_ext.iam.statement import named_apart

_NAMES_NOTHING = frozenset({"Id", "Sid"})
_CASELESS = frozenset({"Action", "NotAction"})
_OLD_VERSION = "2008-10-17"


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both documents say the same, regardless of order, of Sids, and of one value or a list of one."""
    return _canonical(one) == _canonical(other)


def fingerprint(document: Mapping[str, Any]) -> str:
    """Return 32 hexadecimal digits that are equal for documents that say the same."""
    return hashlib.sha256(_canonical(document).encode()).hexdigest()[:32]


def size(document: Mapping[str, Any]) -> int:
    """Return the characters that count towards IAM's quota, as every command counts them."""
    return size_of(document)


def dumps(document: Mapping[str, Any]) -> str:
    """Return the document as compact JSON, its statements in the order given."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def merged(documents: Iterable[Mapping[str, Any]], *, allows_only: bool = False) -> dict[str, Any]:
    """Return one document that says what several say, each thing once, with Sids that differ."""
    found: dict[object, Statement] = {}
    for document in documents:
        for statement in PolicyDocument.parse(document, readable=False).statements:
            if statement.effect is Effect.ALLOW or not allows_only:
                found.setdefault(statement.meaning(), statement)
    return PolicyDocument(tuple(named_apart(found.values()))).to_dict()


def _canonical(document: Mapping[str, Any]) -> str:
    statements = {_text(_statement(statement)) for statement in as_list(document.get("Statement", []))}
    rest = {k: v for k, v in document.items() if k not in _NAMES_NOTHING | {"Statement"}}
    return _text({"Version": _OLD_VERSION, **rest, "Statement": sorted(statements)})


def _statement(statement: Any) -> Any:
    if not isinstance(statement, Mapping):
        return statement
    return {name: _element(name, value) for name, value in statement.items() if name not in _NAMES_NOTHING}


def _element(name: str, value: Any) -> Any:
    if name == "Condition" and isinstance(value, Mapping):
        return {operator.lower(): _block(block) for operator, block in value.items()}
    if name in {"Principal", "NotPrincipal"} and isinstance(value, Mapping):
        return {kind: _values(listed) for kind, listed in value.items()}
    return _values(value, caseless=name in _CASELESS) if name != "Effect" else value


def _block(block: Any) -> Any:
    if not isinstance(block, Mapping):
        return block
    return {key.lower(): _values(values) for key, values in block.items()}


def _values(value: Any, *, caseless: bool = False) -> list[str]:
    texts = (v if isinstance(v, str) else _text(v) for v in as_list(value))
    return sorted({text.lower() if caseless else text for text in texts})


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
