"""IAM's patterns (``*`` and ``?``): matching, containment and overlap, exactly.

Matching is linear in the text for every wildcard of the pattern. Containment and overlap walk the product of the
patterns' automata; the walk is bounded, and `PatternTooComplex` says that the bound was reached.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam.patterns.automaton import OTHER, Automaton
from zappa_iam_ext.iam.patterns.tokens import (
    ARN_PARTS,
    STARS,
    Token,
    Wild,
    arn_tokens,
    bounded_tokens,
    collapsed,
    text_tokens,
    units,
)

#: How many steps of single automata a comparison may take.
MAX_STEPS = 200_000


class PatternTooComplex(ZappaIamError):
    """Two patterns are too entangled to be compared within bounds."""


_STAR: tuple[Token, ...] = (Wild.STAR,)
_CROSSING = frozenset({Wild.STAR, Wild.ANY})
_REGEX = {Wild.ANY: "(?s:.)", Wild.PART_ANY: "[^:]"}
_RUN = {Wild.STAR: r"(?s:.)*", Wild.PART_STAR: "[^:]*"}


class Glob:
    """A pattern, compiled. Two globs are equal when their tokens are.

    ``prefix`` is the text before the first wildcard, ``rest`` what follows; ``literal`` is the whole text of a
    pattern without wildcards; ``open_end`` says that the rest is one star.
    """

    __slots__ = ("_automaton", "_match", "literal", "open_end", "prefix", "rest")

    def __init__(self, prefix: str, rest: tuple[Token, ...] = ()) -> None:
        self.prefix = prefix
        self.rest = rest
        self.literal = None if rest else prefix
        self.open_end = rest == _STAR
        self._match: Callable[[str], object] | None = None
        self._automaton: Automaton | None = None

    @classmethod
    def of(cls, tokens: Iterable[Token]) -> Glob:
        """Return the pattern of tokens."""
        kept = collapsed(tokens)
        wild = next((index for index, token in enumerate(kept) if isinstance(token, Wild)), len(kept))
        return cls("".join(str(token) for token in kept[:wild]), kept[wild:])

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The characters and wildcards."""
        return (*self.prefix, *self.rest)

    def matches(self, text: str) -> bool:
        """Say whether the text is of the pattern."""
        if not text.isascii():
            text = units(text)
        if self.literal is not None:
            return text == self.literal
        if not text.startswith(self.prefix):
            return False
        if self.open_end:
            return True
        if self._match is None:
            self._match = _matcher(self.tokens) or self.automaton.accepts
        return bool(self._match(text))

    def may_meet(self, other: Glob) -> bool:
        """Say whether two patterns can overlap, by their beginnings alone."""
        return self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix)

    @property
    def automaton(self) -> Automaton:
        """The pattern as an automaton over bit masks, made when first needed."""
        if self._automaton is None:
            self._automaton = Automaton(self.tokens)
        return self._automaton

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and self.prefix == other.prefix and self.rest == other.rest

    def __hash__(self) -> int:
        return hash(self.prefix)

    def __repr__(self) -> str:
        return (
            f"Glob({''.join(token if isinstance(token, str) else token.value[0] for token in self.tokens)!r})"
        )


@lru_cache(maxsize=16384)
def text_glob(text: str) -> Glob:
    """Return the pattern of plain text."""
    return _simple(text) or Glob.of(text_tokens(text))


@lru_cache(maxsize=16384)
def arn_glob(text: str) -> Glob:
    """Return the pattern of an ARN, or of ``*``."""
    whole = text.count(":") >= ARN_PARTS - 1 or not text.startswith("arn:")
    return (_simple(text) if whole else None) or Glob.of(arn_tokens(text_tokens(text)))


@lru_cache(maxsize=16384)
def bounded_glob(text: str) -> Glob:
    """Return the pattern of an ARN whose wildcards stand for no colon; a lone ``*`` is everything."""
    return Glob.of(bounded_tokens(text_tokens(text))) if text.startswith("arn:") else arn_glob(text)


def _simple(text: str) -> Glob | None:
    """Return the pattern of a text with no wildcard but a star at its end, which then reaches over everything."""
    beginning = text.rstrip("*")
    if is_pattern(beginning):
        return None
    return Glob(units(beginning), () if beginning == text else _STAR)


def is_pattern(text: str) -> bool:
    """Say whether a text holds a wildcard."""
    return "*" in text or "?" in text


def covers(wider: Glob, narrower: Glob) -> bool:
    """Say whether every text of one pattern is of the other."""
    if narrower.literal is not None:
        return wider.matches(narrower.literal)
    start = _fixed_length(wider.tokens)
    end = _fixed_length(wider.tokens[start:][::-1])
    if not _has_ends(narrower.tokens, wider.tokens, start, end):
        return False
    # What both begin and end with decides nothing more.
    outer, inner = (tokens[start : len(tokens) - end] for tokens in (wider.tokens, narrower.tokens))
    if outer == (Wild.STAR,):
        return True
    return bool(outer) and _covers_rest(outer, inner)


@lru_cache(maxsize=65536)
def surely_covers(wider: Glob, narrower: Glob) -> bool:
    """Say whether one pattern covers another; too complex to say counts as no.

    Most that could not cover are told from their literal beginnings alone.
    """
    if wider.literal is not None or not narrower.prefix.startswith(wider.prefix):
        return wider == narrower
    try:
        return covers(wider, narrower)
    except PatternTooComplex:
        return False


@lru_cache(maxsize=4096)
def _covers_rest(wider: tuple[Token, ...], narrower: tuple[Token, ...]) -> bool:
    return not some_word(Glob.of(narrower), (Glob.of(wider),), lambda matched: not matched[0])


def _fixed_length(tokens: Sequence[Token]) -> int:
    return next((index for index, token in enumerate(tokens) if isinstance(token, Wild)), len(tokens))


def _has_ends(tokens: Sequence[Token], wanted: Sequence[Token], start: int, end: int) -> bool:
    """Say whether tokens begin and end with what is fixed in ``wanted``, whose every text does."""
    if len(tokens) < start + end:
        return False
    return tokens[:start] == wanted[:start] and tokens[len(tokens) - end :] == wanted[len(wanted) - end :]


def overlaps(one: Glob, other: Glob) -> bool:
    """Say whether some text is of both patterns."""
    return one.may_meet(other) and some_word(one, (other,), lambda matched: matched[0])


def some_word(request: Glob, globs: Sequence[Glob], wanted: Callable[[tuple[bool, ...]], bool]) -> bool:
    """Say whether some text of ``request`` matches the globs in a way that is wanted.

    ``wanted`` is given, for one text, which of the globs match it; it is asked once for each such answer. Raises
    `PatternTooComplex`.
    """
    machines = (request.automaton, *(glob.automaton for glob in globs))
    asked: set[tuple[bool, ...]] = set()
    start = tuple(machine.start for machine in machines)
    seen, queue, steps = {start}, deque([start]), 0
    while queue:
        state = queue.popleft()
        if state[0] & machines[0].accepting:
            matched = tuple(
                position & machine.accepting != 0
                for position, machine in zip(state[1:], machines[1:], strict=True)
            )
            if matched not in asked and wanted(matched):
                return True
            asked.add(matched)
        letters = _letters(machines, state)
        steps += len(letters) * len(machines)
        if steps > MAX_STEPS:
            raise PatternTooComplex("these patterns are too complex to compare", hint="Use fewer wildcards.")
        for letter in letters:
            following = tuple(
                machine.step(position, letter) if position else 0
                for position, machine in zip(state, machines, strict=True)
            )
            if following[0] and following not in seen:
                seen.add(following)
                queue.append(following)
    return False


def _letters(machines: Sequence[Automaton], state: Sequence[int]) -> list[str]:
    """Return the characters that can make a difference in a state, and one that stands for all others."""
    letters, others = machines[0].following(state[0])
    if others:
        letters |= {":", OTHER}
        for machine, position in zip(machines[1:], state[1:], strict=True):
            letters |= machine.following(position)[0]
    return sorted(letters)


def _matcher(tokens: Sequence[Token]) -> Callable[[str], object] | None:
    """Return a regular expression that never goes back over a star once what follows it was found.

    None where going back may be needed: a star within a part of an ARN behind a wildcard that crosses parts.
    """
    crossing = next((index for index, token in enumerate(tokens) if token in _CROSSING), len(tokens))
    if Wild.PART_STAR in tokens[crossing:]:
        return None
    pieces: list[tuple[str, str]] = [("", "")]
    for token in tokens:
        if token in STARS and isinstance(token, Wild):
            pieces.append((_RUN[token], ""))
        else:
            run, fixed = pieces[-1]
            pieces[-1] = (run, fixed + (re.escape(token) if isinstance(token, str) else _REGEX[token]))
    (_, first), *rest = pieces
    *middle, last = rest or [("", "")]
    found = "".join(f"(?>{run}?{fixed})" for run, fixed in middle)
    return re.compile(f"{first}{found}{last[0]}{last[1]}\\Z").match
