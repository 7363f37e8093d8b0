"""What the tokens of two patterns, paired one by one, tell of them: time in proportion to the lengths."""

from __future__ import annotations

from functools import lru_cache

from zappa_iam_ext.iam.patterns.glob import Glob


def pairs(wider: Glob, narrower: Glob) -> bool:
    """Say whether each token of one pattern stands under a token of the other that covers it.

    If so one pattern covers the other; with ``?`` in the wider one it may cover it otherwise too.
    """
    machine = wider.automaton
    positions = machine.start
    for token in narrower.tokens:
        positions = machine.step_covering(positions, token)
        if not positions:
            return False
    return bool(positions & machine.accepting)


@lru_cache(maxsize=65536)
def overlaps(one: Glob, other: Glob) -> bool:
    """Say whether some text is of both patterns."""
    if one.literal is not None:
        return other.matches(one.literal)
    if other.literal is not None:
        return one.matches(other.literal)
    if not one.may_meet(other):
        return False
    if _goes_on(one, other) or _goes_on(other, one):
        return True
    machine = other.automaton
    positions = machine.start
    for token in one.tokens:
        positions = machine.step_meeting(positions, token)
        if not positions:
            return False
    return bool(positions & machine.accepting)


def _goes_on(one: Glob, other: Glob) -> bool:
    """Say whether one pattern is a beginning that the other has, and then anything."""
    return one.open_end and other.prefix.startswith(one.prefix)
