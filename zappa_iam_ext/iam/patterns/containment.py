"""Whether one pattern covers another, exactly.

A text of the one that is not of the other settles most of it, a pairing of their tokens the rest, but for patterns with
``?`` or with stars that stay within a part of an ARN: there a walk may be needed, and is bounded (see `classes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from zappa_iam_ext.iam.patterns.classes import PatternTooComplex, some_class
from zappa_iam_ext.iam.patterns.glob import Glob
from zappa_iam_ext.iam.patterns.pairing import pairs
from zappa_iam_ext.iam.patterns.tokens import Token, Wild

_ONLY_CROSSING_STARS = frozenset({Wild.STAR})
_ONE_CHARACTER = frozenset({Wild.ANY})


def covers(wider: Glob, narrower: Glob) -> bool:
    """Say whether every text of one pattern is of the other. Raises `PatternTooComplex`."""
    told = _told_at_once(wider, narrower)
    return _covers(wider, narrower) if told is None else told


@lru_cache(maxsize=65536)
def _covers(wider: Glob, narrower: Glob) -> bool:
    if pairs(wider, narrower):
        return True
    if {token for token in wider.rest if isinstance(token, Wild)} <= _ONLY_CROSSING_STARS:
        # A text with a letter of its own for each wildcard is only of such a pattern when the tokens pair.
        return False
    outer, inner = _without_common_ends(wider.tokens, narrower.tokens)
    if not outer:
        return False
    return not some_class(Glob.of(inner), ((Glob.of(outer),),), lambda matched: not matched[0])


def _told_at_once(wider: Glob, narrower: Glob) -> bool | None:
    """Say what the literal beginnings and some texts of a pattern tell; None when they do not."""
    if wider.literal is not None:
        return wider == narrower
    if not narrower.prefix.startswith(wider.prefix):
        return False
    if wider.open_end or wider == narrower:
        return True
    if not all(map(wider.matches, narrower.samples)):
        return False
    only_a_length = wider.rest[-1] is Wild.STAR and set(wider.rest[:-1]) <= _ONE_CHARACTER
    return True if narrower.literal is not None or only_a_length else None


def surely_covers(wider: Glob, narrower: Glob) -> bool:
    """Say whether one pattern covers another; too complex to say counts as no."""
    try:
        return covers(wider, narrower)
    except PatternTooComplex:
        return False


def _without_common_ends(
    outer: Sequence[Token], inner: Sequence[Token]
) -> tuple[Sequence[Token], Sequence[Token]]:
    """Return the tokens without what is fixed at both ends of the wider pattern: it decides nothing more.

    Every text of the narrower pattern is known to begin and end so; where its tokens do not, nothing is left out.
    """
    start = _fixed_length(outer)
    end = _fixed_length(outer[start:][::-1])
    same = inner[:start] == outer[:start] and inner[len(inner) - end :] == outer[len(outer) - end :]
    if len(inner) < start + end or not same:
        return outer, inner
    return outer[start : len(outer) - end], inner[start : len(inner) - end]


def _fixed_length(tokens: Sequence[Token]) -> int:
    return next((index for index, token in enumerate(tokens) if isinstance(token, Wild)), len(tokens))
