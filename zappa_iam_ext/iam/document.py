"""Policy documents: their words, and reading and writing them.

What AWS would refuse as ``MalformedPolicyDocument`` is refused in `grammar`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

Condition = Mapping[str, Mapping[str, tuple[str, ...]]]
PrincipalElement = Mapping[str, tuple[str, ...]]


class Effect(StrEnum):
    """What a statement does to the requests it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


class PolicyKind(StrEnum):
    """Where a document is used; the grammar differs a little."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    SCP = "scp"
    RESOURCE = "resource"
    TRUST = "trust"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. Of ``actions`` and ``not_actions`` exactly one is given, likewise of resources.

    ``principals`` maps the kind (``AWS``, ``Service``, ...) to its values; everybody is ``{"*": ("*",)}``.
    """

    effect: Effect
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    condition: Condition = field(default_factory=dict)
    sid: str = ""
    principals: PrincipalElement | None = None
    not_principals: PrincipalElement | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the statement as IAM writes it."""
        written: dict[str, Any] = {"Sid": self.sid} if self.sid else {}
        written["Effect"] = str(self.effect)
        for name, element in (("Principal", self.principals), ("NotPrincipal", self.not_principals)):
            if element is not None:
                written[name] = (
                    "*" if "*" in element else {kind: _shortened(values) for kind, values in element.items()}
                )
        for name, values in self._elements().items():
            if values:
                written[name] = _shortened(values)
        if self.condition:
            written["Condition"] = {
                operator: {key: _shortened(values) for key, values in tests.items()}
                for operator, tests in self.condition.items()
            }
        return written

    def _elements(self) -> dict[str, tuple[str, ...]]:
        return {
            "Action": self.actions,
            "NotAction": self.not_actions,
            "Resource": self.resources,
            "NotResource": self.not_resources,
        }

    def meaning(self) -> object:
        """Return what the statement means: equal for equal statements, whatever their order and writing."""
        return (
            str(self.effect),
            frozenset(action.lower() for action in self.actions),
            frozenset(action.lower() for action in self.not_actions),
            frozenset(self.resources),
            frozenset(self.not_resources),
            frozenset(
                (operator.lower(), key.lower(), frozenset(values))
                for operator, tests in self.condition.items()
                for key, values in tests.items()
            ),
            _meaning(self.principals),
            _meaning(self.not_principals),
        )


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
    ) -> PolicyDocument:
        """Return the document of JSON text or of JSON already read.

        Raises `InvalidPolicyDocument`, with the JSON path and the rule broken, for what AWS would refuse.
        """
        from zappa_iam_ext.iam.grammar import read  # noqa: PLC0415  -- grammar builds documents

        return read(source, PolicyKind(kind))

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
        """Say whether both mean the same: order, case of actions and string or list do not matter."""
        mine = frozenset(statement.meaning() for statement in self.statements)
        return self.version == other.version and mine == frozenset(
            statement.meaning() for statement in other.statements
        )

    @property
    def size(self) -> int:
        """The number of characters as IAM counts them: without white space (IAM and STS quotas)."""
        return len("".join(self.to_json().split()))


def _shortened(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _meaning(element: PrincipalElement | None) -> object:
    return (
        None if element is None else frozenset((kind, frozenset(values)) for kind, values in element.items())
    )
