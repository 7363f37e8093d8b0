"""What the tokens of two patterns, paired one by one, tell of them: time in proportion to the lengths."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from zappa_iam_ext.iam.patterns.automaton import Automaton
from zappa_iam_ext.iam.patterns.glob import Glob
from zappa_iam_ext.iam.patterns.tokens import Token


def pairs(wider: Glob, narrower: Glob) -> bool:
    """Say whether each token of one pattern stands under a token of the other that covers it.

    If so one pattern covers the other; with ``?`` in the wider one it may cover it otherwise too.
    """
    return _walks(wider.automaton, wider.automaton.step_covering, narrower)


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
    return _walks(other.automaton, other.automaton.step_meeting, one)


def _goes_on(one: Glob, other: Glob) -> bool:
    """Say whether one pattern is a beginning that the other has, and then anything."""
    return one.open_end and other.prefix.startswith(one.prefix)


def _walks(machine: Automaton, step: Callable[[int, Token], int], glob: Glob) -> bool:
    """Say whether the tokens of a pattern lead an automaton, step by step, to its end."""
    positions = machine.start
    for token in glob.tokens:
        positions = step(positions, token)
        if not positions:
            return False
    return bool(positions & machine.accepting)
