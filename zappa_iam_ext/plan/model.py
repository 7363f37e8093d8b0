"""A plan: its changes in the order in which they are made, and what makes it unsafe. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from zappa_iam_ext.plan.changes import Change
from zappa_iam_ext.plan.privileges import Privilege


class ConcernKind(StrEnum):
    """What is wrong: it is somebody else's, somebody edited it, or it wants a consent that nobody gave."""

    NOT_OWNED = "not-owned"
    DRIFT = "drift"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Concern:
    """Why a plan is unsafe: what it would touch that is not ours to change."""

    subject: str
    reason: str
    hint: str
    kind: ConcernKind = ConcernKind.NOT_OWNED


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes in the order in which they are made, and what makes them unsafe.

    ``narrowed`` is what somebody loses by them, ``widened`` what the user gains; ``may_narrow`` says that losses are
    consented to.
    """

    changes: tuple[Change, ...] = ()
    concerns: tuple[Concern, ...] = ()
    narrowed: tuple[Privilege, ...] = ()
    widened: tuple[Privilege, ...] = ()
    may_narrow: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.changes

    @property
    def unsafe(self) -> bool:
        """Whether applying it would change what somebody else made or edited."""
        return bool(self.concerns)

    @property
    def takes_away(self) -> bool:
        """Whether somebody would lose permissions without anybody's consent."""
        return bool(self.narrowed) and not self.may_narrow

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON: each change with its name and its fields. It never holds a secret."""
        return {
            "changes": [change.to_json() for change in self.changes],
            "concerns": [asdict(concern) for concern in self.concerns],
            "narrowed": [privilege.to_json() for privilege in self.narrowed],
            "widened": [privilege.to_json() for privilege in self.widened],
            "may_narrow": self.may_narrow,
            "unsafe": self.unsafe or self.takes_away,
        }
