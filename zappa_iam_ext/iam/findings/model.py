"""What a finding is, and what the catalogue says of its rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How grave: an error should not go live, a warning should be mended, a note should be known."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """The higher, the graver."""
        return (Severity.NOTE, Severity.WARNING, Severity.ERROR).index(self)


class Kind(StrEnum):
    """What a finding is about: more power than meant, a document that does not do what it says, or only style."""

    SECURITY = "security"
    CORRECTNESS = "correctness"
    STYLE = "style"


@dataclass(frozen=True, slots=True, order=True)
class StatementRef:
    """Where a statement stands: document and index count from 0; index None means the whole document."""

    document: int = 0
    index: int | None = None
    sid: str = ""

    def __str__(self) -> str:
        if self.index is None:
            return "the document"
        return f"statement {self.index + 1}" + (f" ({self.sid})" if self.sid else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a document.

    ``id`` is stable and names a `Rule`. ``statement`` is where it is best mended, ``also`` names the other
    statements that take part. ``actions`` and ``resources`` are those concerned, as the document writes them.
    """

    id: str
    kind: Kind
    severity: Severity
    statement: StatementRef
    message: str
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    also: tuple[StatementRef, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class EscalationPath:
    """Actions that together give more than each: all of ``all``, and one of ``any`` when it is given.

    ``passes`` names the service that a role must be passed to. ``subjects`` are the actions whose reach makes the
    severity: ``severities`` maps names of `Breadth` to it, and a reach that is not there is no finding. ``context``
    holds condition keys as the escalation would send them; None means that the key is not sent.
    """

    all: tuple[str, ...]
    any: tuple[str, ...] = ()
    passes: str = ""
    subjects: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    context: Mapping[str, str | tuple[str, ...] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """An entry of the catalogue: what a finding of this id means, why it matters, how to mend it, who says so.

    ``severities`` are those that a finding of the rule can have, the gravest first.
    """

    id: str
    kind: Kind
    severities: tuple[Severity, ...]
    means: str
    why: str
    remediation: str
    source: str
    path: EscalationPath | None = None
