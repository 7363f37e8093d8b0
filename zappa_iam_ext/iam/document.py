"""Policy documents: read, written, compared.

What AWS would refuse as ``MalformedPolicyDocument`` is refused in `grammar`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from zappa_iam_ext.iam.equivalence import equivalent
from zappa_iam_ext.iam.grammar import read
from zappa_iam_ext.iam.statement import PolicyKind, Statement


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy document. ``version`` is ``2008-10-17`` when the text has none (IAM User Guide, Version)."""

    statements: tuple[Statement, ...]
    version: str = "2012-10-17"
    id: str = ""
    kind: PolicyKind = PolicyKind.IDENTITY

    @classmethod
    def parse(
        cls,
        source: str | bytes | Mapping[str, Any] | PolicyDocument,
        kind: PolicyKind | str = PolicyKind.IDENTITY,
        *,
        stored: bool = True,
        readable: bool = True,
    ) -> PolicyDocument:
        """Return the document of JSON text or of JSON already read.

        Raises `InvalidPolicyDocument`, with the JSON path and the rule broken, for what AWS would refuse to store;
        with ``stored`` False, for what it would refuse to evaluate. With ``readable`` False values of conditions that their
        operator cannot read are kept, for `findings` to tell.
        """
        if isinstance(source, PolicyDocument):
            return source
        statements, version, name = read(source, PolicyKind(kind), stored=stored, readable=readable)
        return cls(statements, version, name, PolicyKind(kind))

    @classmethod
    def from_json(cls, text: str | bytes, kind: PolicyKind | str = PolicyKind.IDENTITY) -> PolicyDocument:
        """Return the document of JSON text."""
        return cls.parse(text, kind)

    @classmethod
    def from_dict(
        cls, document: Mapping[str, Any], kind: PolicyKind | str = PolicyKind.IDENTITY
    ) -> PolicyDocument:
        """Return the document of JSON already read."""
        return cls.parse(document, kind)

    @classmethod
    def from_url_encoded(cls, text: str, kind: PolicyKind | str = PolicyKind.IDENTITY) -> PolicyDocument:
        """Return the document of the URL-encoded JSON in which IAM's API answers."""
        return cls.parse(unquote(text), kind)

    def to_dict(self) -> dict[str, Any]:
        """Return the document as JSON-ready data, elements in IAM's usual order."""
        head = {"Version": self.version} | ({"Id": self.id} if self.id else {})
        return {**head, "Statement": [statement.to_dict() for statement in self.statements]}

    def to_json(self, indent: int | None = None) -> str:
        """Return the document as JSON text."""
        separators = (",", ":") if indent is None else None
        return json.dumps(self.to_dict(), indent=indent, separators=separators, ensure_ascii=False)

    def equivalent(self, other: PolicyDocument) -> bool:
        """Say whether both mean the same.

        Order, case of actions, string or list, and whether a statement is written as one or divided do not matter; of
        principals an account's id and its root user's ARN are the same, in a resource policy ``*`` and
        ``{"AWS": "*"}`` too. Documents that mean the same by what their wildcards cover may be told apart.
        """
        return self.version == other.version and equivalent(
            self.statements, other.statements, (self.kind, other.kind)
        )

    @property
    def size(self) -> int:
        """The number of characters as IAM counts them."""
        return size_of(self.to_dict())


def size_of(document: Mapping[str, Any]) -> int:
    """Return the characters of a document that count towards IAM's quotas: all but white space (IAM and STS quotas)."""
    return len("".join(json.dumps(document, separators=(",", ":"), ensure_ascii=False).split()))


def as_list(value: Any) -> list[Any]:
    """Return what an element of a document says as a list: IAM lets a single entry stand without one."""
    return list(value) if isinstance(value, list | tuple) else [value]
