"""The classes into which other patterns divide the texts of one: a walk of the product of their automata, bounded.

What covers the pattern, or shares no text with it, is told before the walk and takes no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam.patterns.automaton import OTHER, Automaton
from zappa_iam_ext.iam.patterns.glob import Glob
from zappa_iam_ext.iam.patterns.pairing import overlaps, pairs

#: What one walk may cost: a unit for each step of an automaton, more for long ones.
MAX_COST = 100_000

Union = tuple[Glob, ...]
Classes = tuple[bool, ...]


class PatternTooComplex(ZappaIamError):
    """Patterns are too entangled to be compared within bounds."""


@dataclass(slots=True)
class Allowance:
    """What all walks within a block may cost together, and each; how many of them found no answer within bounds."""

    left: int
    each: int
    undecided: int = 0


_ALLOWANCE: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def allowance(cost: int, each: int = MAX_COST) -> Iterator[Allowance]:
    """Bound what all walks within the block cost together, and each of them; says how many found no answer."""
    given = Allowance(cost, min(each, MAX_COST))
    token = _ALLOWANCE.set(given)
    try:
        yield given
    finally:
        _ALLOWANCE.reset(token)


def some_class(request: Glob, unions: Sequence[Union], wanted: Callable[[Classes], bool]) -> bool:
    """Say whether some text of ``request`` is in a wanted way of the unions of patterns.

    ``wanted`` is given, for one text, which of the unions hold it; it is asked once for each such answer. Raises
    `PatternTooComplex`.
    """
    settled = [_settled(request, union) for union in unions]
    open_ones = [place for place, each in enumerate(settled) if each is None]
    asked: set[Classes] = set()

    def judged(matched: Sequence[bool]) -> bool:
        classes = list(settled)
        for place, each in zip(open_ones, matched, strict=True):
            classes[place] = each
        found = tuple(map(bool, classes))
        if found in asked:
            return False
        asked.add(found)
        return wanted(found)

    for text in request.samples:
        if judged([any(glob.matches(text) for glob in unions[place]) for place in open_ones]):
            return True
    if not open_ones or request.literal is not None:
        return False
    return _walk(request.automaton, [_machine(unions[place]) for place in open_ones], judged)


def some_word(request: Glob, globs: Sequence[Glob], wanted: Callable[[Classes], bool]) -> bool:
    """Say whether some text of ``request`` matches the globs in a way that is wanted. See `some_class`."""
    return some_class(request, [(glob,) for glob in globs], wanted)


def may_escape(request: Glob, union: Union) -> bool:
    """Say whether some text of a pattern is of none of the others; too complex to say counts as yes."""
    try:
        return some_class(request, (union,), lambda matched: not matched[0])
    except PatternTooComplex:
        return True


def _settled(request: Glob, union: Union) -> bool | None:
    """Say whether all or none of a pattern is of a union, as far as that is told without a walk."""
    near = [glob for glob in union if overlaps(glob, request)]
    if not near:
        return False
    return True if any(pairs(glob, request) for glob in near) else None


@lru_cache(maxsize=1024)
def _machine(union: Union) -> Automaton:
    return union[0].automaton if len(union) == 1 else Automaton(*(glob.tokens for glob in union))


def _walk(
    request: Automaton, machines: Sequence[Automaton], judged: Callable[[Sequence[bool]], bool]
) -> bool:
    every = (request, *machines)
    cost = sum(machine.cost for machine in every)
    start = tuple(machine.start for machine in every)
    seen, stack, spent = {start}, [start], 0
    while stack:
        state = stack.pop()
        positions = tuple(zip(state[1:], machines, strict=True))
        decided = all(not position or position & machine.settled for position, machine in positions)
        if (decided or state[0] & request.accepting) and judged(
            [position & machine.accepting != 0 for position, machine in positions]
        ):
            _spend(spent)
            return True
        if decided:
            continue
        letters = _letters(every, state)
        spent += len(letters) * cost
        if spent > _limit():
            _give_up()
        for letter in letters:
            following = tuple(
                machine.step(position, letter) if position else 0
                for position, machine in zip(state, every, strict=True)
            )
            if following[0] and following not in seen:
                seen.add(following)
                stack.append(following)
    _spend(spent)
    return False


def _limit() -> int:
    given = _ALLOWANCE.get()
    return MAX_COST if given is None else min(given.each, given.left)


def _spend(cost: int) -> None:
    given = _ALLOWANCE.get()
    if given is not None:
        given.left -= cost


def _give_up() -> None:
    given = _ALLOWANCE.get()
    if given is not None:
        given.left -= _limit()
        given.undecided += 1
    raise PatternTooComplex("these patterns are too complex to compare", hint="Use fewer wildcards.")


def _letters(machines: Sequence[Automaton], state: Sequence[int]) -> list[str]:
    """Return the characters that can make a difference in a state, and one that stands for all others."""
    letters, others = machines[0].following(state[0])
    if others:
        letters |= {":", OTHER}
        for machine, position in zip(machines[1:], state[1:], strict=True):
            letters |= machine.following(position)[0]
    return sorted(letters)
