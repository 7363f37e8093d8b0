"""Verdicts as the page shows them: a tone, a mark and a word; never by colour alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.render.formats.model import Item, Level, Outcome, Summary


class Tone(StrEnum):
    """How grave it is, gravest first: the class of the element, which gives the colour."""

    DENIED = "denied"
    CAUTION = "caution"
    UNKNOWN = "unknown"
    HARMLESS = "harmless"
    ALLOWED = "allowed"


RANK = {tone: place for place, tone in enumerate(Tone)}
_MARKS = {
    Tone.DENIED: "✗",
    Tone.CAUTION: "!",
    Tone.UNKNOWN: "?",
    Tone.HARMLESS: "·",
    Tone.ALLOWED: "✓",
}
_WORDS = {
    Tone.DENIED: "denied",
    Tone.CAUTION: "warning",
    Tone.UNKNOWN: "cannot tell",
    Tone.HARMLESS: "harmless",
    Tone.ALLOWED: "allowed",
}
_OF_FINDINGS = {Tone.DENIED: "error", Tone.CAUTION: "warning", Tone.HARMLESS: "note"}
_OF_SUMMARIES = {Tone.DENIED: "failed", Tone.UNKNOWN: "cannot tell", Tone.ALLOWED: "passed"}
_OF_RULES = {
    "not-allowed": "denied",
    "access-denied": "denied",
    "missing-permission-refused": "denied, refused at deploy",
    "missing-permission-unnoticed": "denied, goes unnoticed",
    "missing-permission-harmless": "denied, harmless",
    "missing-permission-at-times": "denied, needed at times",
    "permission-not-allowed": "needed, not allowed",
    "permission-no-longer-needed": "no longer needed",
    "permission-surplus": "more than needed",
    "plan-change": "change",
    "execution-role-rewritten": "written by Zappa",
    "plan-unsafe": "unsafe",
    "plan-takes-away": "taken away",
    "plan-gains": "given",
    "not-rehearsed": "not rehearsed",
}
_ONLY_FAILED = frozenset({"denied"})
_OWN_MARKS = {"plan-gains": "+", "plan-takes-away": "−", "plan-change": "+", "execution-role-rewritten": "+"}  # noqa: RUF001  -- a minus sign


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one item is shown as."""

    tone: Tone
    word: str
    mark: str


def verdict_of(item: Item) -> Verdict:
    """Return the verdict of an item: its outcome and level, in the words of its rule."""
    tone = _tone(item.outcome, item.level)
    words = _WORDS if item.origin else {**_WORDS, **_OF_FINDINGS}
    word = _OF_RULES.get(item.rule.id, words[tone])
    if item.outcome is Outcome.PASSED and word in _ONLY_FAILED:
        word = words[tone]
    return Verdict(tone, word, _OWN_MARKS.get(item.rule.id, _MARKS[tone]))


def verdict_of_summary(summary: Summary) -> Verdict:
    """Return how a stage stands, as a verdict."""
    outcome = Outcome.PASSED if summary.passed else Outcome.FAILED
    tone = _tone(outcome, Level.NOTE if summary.passed else summary.level)
    if tone is Tone.CAUTION:
        tone = Tone.UNKNOWN
    return Verdict(tone, _OF_SUMMARIES.get(tone, _WORDS[tone]), _MARKS[tone])


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest of some verdicts; the first of equally grave ones."""
    return min(verdicts, key=lambda verdict: RANK[verdict.tone])


def _tone(outcome: Outcome, level: Level) -> Tone:
    if outcome is Outcome.UNDECIDED:
        return Tone.UNKNOWN
    if outcome is Outcome.PASSED:
        return Tone.CAUTION if level is Level.WARNING else Tone.ALLOWED
    return {Level.ERROR: Tone.DENIED, Level.WARNING: Tone.CAUTION, Level.NOTE: Tone.HARMLESS}[level]
