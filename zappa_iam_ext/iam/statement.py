"""One statement of a policy document: its words, and how IAM writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

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
    RCP = "rcp"
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


def _shortened(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _meaning(element: PrincipalElement | None) -> object:
    return (
        None if element is None else frozenset((kind, frozenset(values)) for kind, values in element.items())
    )


def named_apart(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield the statements with Sids that differ: IAM refuses a document in which two are the same."""
    taken: set[str] = set()
    for statement in statements:
        sid, number = statement.sid, 2
        while sid and sid in taken:
            sid, number = f"{statement.sid}{number}", number + 1
        taken.add(sid)
        yield replace(statement, sid=sid)
