"""What several kinds of evidence say of one requirement, joined to a verdict. Pure.

Which of them spoke first does not matter. An explicit deny is never outvoted by an ``allowed`` that is less than AWS's own
answer to the real call, and nothing is allowed on one voice where another denies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.check.model import Blocker, CheckedRequirement, Evidence, Verdict
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.model import Requirement

_CHEAPEST_FIRST = tuple(Evidence)


class Says(StrEnum):
    """What one kind of evidence says.

    ``doubts``: it denies, but need not be right about the real request. ``nothing``: it cannot tell.
    """

    ALLOWED = "allowed"
    DENIED = "denied"
    DOUBTS = "doubts"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Voice:
    """What one kind of evidence says of a requirement; ``why`` is what it hangs on where that is not settled."""

    evidence: Evidence
    says: Says
    layer: Layer | None = None
    explicit: bool = False
    why: str = ""
    blocker: Blocker | None = None


def voice_of(checked: CheckedRequirement) -> Voice:
    """Return the verdict that was found first as one voice among others."""
    says = {Verdict.ALLOWED: Says.ALLOWED, Verdict.DENIED: Says.DENIED, Verdict.UNKNOWN: Says.NOTHING}
    return Voice(
        checked.evidence,
        says[checked.verdict],
        checked.layer,
        checked.explicit,
        checked.why,
        checked.blocker,
    )


def join(requirement: Requirement, voices: Iterable[Voice]) -> CheckedRequirement:
    """Return the verdict on a requirement of all that was said about it; unknown when nothing was.

    AWS's own answer to a harmless call of that very kind (a probe) goes before what policies would make of it.
    """
    heard = sorted(set(voices), key=_order)
    allowed = [voice for voice in heard if voice.says is Says.ALLOWED]
    denied = [voice for voice in heard if voice.says is Says.DENIED]
    doubts = [voice for voice in heard if voice.says is Says.DOUBTS]
    explicit = [voice for voice in denied if voice.explicit]
    seen_allowed = [voice for voice in allowed if voice.evidence is Evidence.PROBE]
    seen_denied = [voice for voice in denied if voice.evidence is Evidence.PROBE]
    certain = seen_denied or explicit
    if seen_allowed:
        return (
            _contradicted(requirement, seen_allowed, certain)
            if certain
            else _allowed(requirement, seen_allowed)
        )
    if certain:
        return _denied(requirement, certain, denied, allowed)
    if allowed:
        against = denied or doubts
        return _contradicted(requirement, allowed, against) if against else _allowed(requirement, allowed)
    return _denied(requirement, denied, denied, ()) if denied else _unknown(requirement, heard, doubts)


def _order(voice: Voice) -> tuple[int, str, str, bool, str, str]:
    return (
        _CHEAPEST_FIRST.index(voice.evidence),
        str(voice.says),
        str(voice.layer or ""),
        voice.explicit,
        voice.why,
        str(voice.blocker),
    )


def _allowed(requirement: Requirement, allowed: Sequence[Voice]) -> CheckedRequirement:
    return CheckedRequirement(requirement, Verdict.ALLOWED, allowed[0].evidence)


def _denied(
    requirement: Requirement, deciding: Sequence[Voice], denied: Sequence[Voice], allowed: Sequence[Voice]
) -> CheckedRequirement:
    """Return the denial, with the policy that the voice that knows it best names."""
    first = deciding[0]
    against = f"{_words(allowed[0])} would allow it" if allowed else ""
    return CheckedRequirement(
        requirement,
        Verdict.DENIED,
        first.evidence,
        first.layer,
        first.explicit,
        why="; ".join(filter(None, (first.why, against))),
        blocker=_blocker(first, denied),
    )


def _blocker(first: Voice, denied: Sequence[Voice]) -> Blocker | None:
    named = [
        voice.blocker
        for voice in denied
        if voice.blocker and (voice.blocker.layer, voice.blocker.explicit) == (first.layer, first.explicit)
    ]
    return max(
        named, key=lambda known: (bool(known.policy), bool(known.statement), known.line > 0), default=None
    )


def _contradicted(
    requirement: Requirement, allowed: Sequence[Voice], against: Sequence[Voice]
) -> CheckedRequirement:
    """Return that nobody knows: one voice allows what another denies, each with its reason."""
    other = against[0]
    why = f"{_words(allowed[0])} would allow it, {_words(other)} {other.why or 'would deny it'}"
    return CheckedRequirement(requirement, Verdict.UNKNOWN, other.evidence, why=why, blocker=other.blocker)


def _unknown(requirement: Requirement, heard: Sequence[Voice], doubts: Sequence[Voice]) -> CheckedRequirement:
    speaking = doubts or heard
    why = "; ".join(dict.fromkeys(_reason(voice) for voice in heard if voice.why))
    first = speaking[0] if speaking else Voice(Evidence.POLICIES, Says.NOTHING)
    return CheckedRequirement(
        requirement,
        Verdict.UNKNOWN,
        first.evidence,
        why=why or "nothing could be asked",
        blocker=first.blocker,
    )


def _reason(voice: Voice) -> str:
    return f"{_words(voice)} {voice.why}" if voice.says is Says.DOUBTS else voice.why


def _words(voice: Voice) -> str:
    return {
        Evidence.OFFLINE: "the given policies",
        Evidence.POLICIES: "the policies that were read",
        Evidence.SIMULATION: "AWS's simulator",
        Evidence.PROBE: "AWS itself",
    }[voice.evidence]
