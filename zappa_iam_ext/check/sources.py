"""Where the documents of a check come from, so that a denial can name the policy, the statement and its line. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from zappa_iam_ext.check.model import Blocker
from zappa_iam_ext.iam import Decision, EvaluationResult, Layer
from zappa_iam_ext.iam.request import Match


@dataclass(frozen=True, slots=True)
class Source:
    """Where one document comes from, in words or as an ARN; ``lines`` of its statements, counted from 1, if known."""

    words: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of a policy set's documents in their order: ``identity`` with the groups' behind, and ``boundary``."""

    identity: tuple[Source, ...] = ()
    boundary: tuple[Source, ...] = ()

    def blocker(self, result: EvaluationResult) -> Blocker | None:
        """Return the policy that denies; None where it is merely that nothing allows it.

        Of several Denies the first is told. A boundary blocks as a whole: none of its statements does.
        """
        layer = result.layer or Layer.IDENTITY
        if result.decision is Decision.EXPLICIT_DENY:
            match = next((match for match in result.matched if match.layer is layer), None)
            return self._of_statement(match) if match else Blocker(layer, explicit=True)
        if result.decision is Decision.IMPLICIT_DENY and layer is not Layer.IDENTITY:
            only = self.boundary[0].words if layer is Layer.BOUNDARY and len(self.boundary) == 1 else ""
            return Blocker(layer, policy=only)
        return None

    def _of_statement(self, match: Match) -> Blocker:
        known = {Layer.IDENTITY: self.identity, Layer.BOUNDARY: self.boundary}.get(match.layer, ())
        source = known[match.document] if match.document < len(known) else _UNKNOWN
        return Blocker(
            match.layer,
            explicit=True,
            policy=source.words,
            statement=match.statement.sid or f"statement {match.index + 1}",
            line=source.lines[match.index] if match.index < len(source.lines) else 0,
        )


_UNKNOWN = Source("")
NO_SOURCES = Sources()
