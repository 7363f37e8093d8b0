"""IAM's patterns (``*`` and ``?``): matching, containment and overlap, exactly.

Matching is linear in the text for every wildcard of the pattern. Containment and overlap walk the product of the patterns' automata, whose sets of positions are
kept as bit masks; the walk is bounded, and `PatternTooComplex` says that the bound was reached.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import lru_cache

from zappa_iam_ext.errors import ZappaIamError

MAX_STATES = 20_000
ARN_PARTS = 6


class PatternTooComplex(ZappaIamError):
    """Two patterns are too entangled to be compared within bounds."""


class Wild(Enum):
    """The wildcards: a run of any characters, one character; inside a part of an ARN neither is a colon."""

    STAR = "*"
    ANY = "?"
    PART_STAR = "*:"
    PART_ANY = "?:"


Token = str | Wild
_REGEX = {Wild.ANY: "(?s:.)", Wild.PART_ANY: "[^:]"}
_RUN = {Wild.STAR: r"(?s:.)*", Wild.PART_STAR: "[^:]*"}
_STARS = frozenset({Wild.STAR, Wild.PART_STAR})
_OTHER = "\0"


class Glob:
    """A pattern, compiled. Two globs are equal when their tokens are."""

    __slots__ = ("_automaton", "_match", "literal", "prefix", "tokens")

    def __init__(self, tokens: Iterable[Token]) -> None:
        self.tokens = _collapsed(tokens)
        text = "".join(token for token in self.tokens if isinstance(token, str))
        wild = [index for index, token in enumerate(self.tokens) if isinstance(token, Wild)]
        self.literal = None if wild else text
        self.prefix = "".join(str(token) for token in self.tokens[: wild[0]]) if wild else text
        self._match: Callable[[str], object] | None = None
        self._automaton: Automaton | None = None

    def matches(self, text: str) -> bool:
        """Say whether the text is of the pattern."""
        if self.literal is not None:
            return text == self.literal
        if self._match is None:
            self._match = re.compile(_regex(self.tokens)).match
        return self._match(text) is not None

    @property
    def automaton(self) -> Automaton:
        """The pattern as an automaton over bit masks, made when first needed."""
        if self._automaton is None:
            self._automaton = Automaton(self.tokens)
        return self._automaton

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Glob) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def __repr__(self) -> str:
        return (
            f"Glob({''.join(token if isinstance(token, str) else token.value[0] for token in self.tokens)!r})"
        )


def text_tokens(text: str) -> list[Token]:
    """Return the tokens of a pattern over plain text."""
    wild: dict[str, Token] = {"*": Wild.STAR, "?": Wild.ANY}
    return [wild.get(character, character) for character in text]


def arn_tokens(tokens: Iterable[Token]) -> list[Token]:
    """Return the tokens of a Resource: an incomplete ARN completed, wildcards kept within their part.

    A star that ends a part reaches beyond the colon; one inside a part of the first five, and every question
    mark there, does not (IAM User Guide, IAM JSON policy elements: Resource).
    """
    tokens = list(tokens)
    if tokens[:4] != ["a", "r", "n", ":"]:
        return tokens
    for _ in range(ARN_PARTS - 1 - tokens.count(":")):
        tokens += [":", Wild.STAR]
    found = part_tokens(tokens)
    for index, token in enumerate(found):
        if token is Wild.PART_STAR and (index + 1 == len(found) or found[index + 1] == ":"):
            found[index] = Wild.STAR
    return found


def part_tokens(tokens: Sequence[Token]) -> list[Token]:
    """Return tokens whose wildcards stay within their part in the first five parts of an ARN."""
    part = {Wild.STAR: Wild.PART_STAR, Wild.ANY: Wild.PART_ANY}
    colons = 0
    found: list[Token] = []
    for token in tokens:
        colons += token == ":"  # noqa: S105  -- a token of a pattern
        found.append(part.get(token, token) if isinstance(token, Wild) and colons < ARN_PARTS - 1 else token)
    return found


@lru_cache(maxsize=16384)
def text_glob(text: str) -> Glob:
    """Return the pattern of plain text."""
    return Glob(text_tokens(text))


@lru_cache(maxsize=16384)
def arn_glob(text: str) -> Glob:
    """Return the pattern of an ARN, or of ``*``."""
    return Glob(arn_tokens(text_tokens(text)))


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


@lru_cache(maxsize=4096)
def _covers_rest(wider: tuple[Token, ...], narrower: tuple[Token, ...]) -> bool:
    return not some_word(Glob(narrower), (Glob(wider),), lambda matched: not matched[0])


def _fixed_length(tokens: Sequence[Token]) -> int:
    return next((index for index, token in enumerate(tokens) if isinstance(token, Wild)), len(tokens))


def _has_ends(tokens: Sequence[Token], wanted: Sequence[Token], start: int, end: int) -> bool:
    """Say whether tokens begin and end with what is fixed in ``wanted``, whose every text does."""
    if len(tokens) < start + end:
        return False
    return tokens[:start] == wanted[:start] and tokens[len(tokens) - end :] == wanted[len(wanted) - end :]


def overlaps(one: Glob, other: Glob) -> bool:
    """Say whether some text is of both patterns."""
    return some_word(one, (other,), lambda matched: matched[0])


def some_word(request: Glob, globs: Sequence[Glob], wanted: Callable[[tuple[bool, ...]], bool]) -> bool:
    """Say whether some text of ``request`` matches the globs in a way that is wanted.

    ``wanted`` is given, for one text, which of the globs match it. Raises `PatternTooComplex`.
    """
    machines = (request.automaton, *(glob.automaton for glob in globs))
    alphabet = [*sorted({letter for machine in machines for letter in machine.alphabet} | {":"}), _OTHER]
    start = tuple(machine.start for machine in machines)
    seen, queue = {start}, deque([start])
    while queue:
        state = queue.popleft()
        if state[0] & machines[0].accepting and wanted(
            tuple(
                bool(position & machine.accepting)
                for position, machine in zip(state[1:], machines[1:], strict=True)
            )
        ):
            return True
        for character in alphabet:
            following = tuple(
                machine.step(position, character) for position, machine in zip(state, machines, strict=True)
            )
            if following[0] and following not in seen:
                if len(seen) >= MAX_STATES:
                    raise PatternTooComplex(
                        "these patterns are too complex to compare", hint="Use fewer wildcards."
                    )
                seen.add(following)
                queue.append(following)
    return False


class Automaton:
    """A pattern as a set of positions, one bit each; bit ``n`` is set when ``n`` tokens are behind."""

    __slots__ = ("_any", "_letters", "_part_any", "_part_stars", "_stars", "accepting", "alphabet", "start")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._letters: dict[str, int] = {}
        self._any = self._part_any = self._stars = self._part_stars = 0
        for index, token in enumerate(tokens):
            self._add(token, 1 << index)
        self.alphabet = frozenset(self._letters)
        self.accepting = 1 << len(tokens)
        self.start = self._closed(1)

    def _add(self, token: Token, bit: int) -> None:
        if isinstance(token, str):
            self._letters[token] = self._letters.get(token, 0) | bit
        elif token is Wild.ANY:
            self._any |= bit
        elif token is Wild.PART_ANY:
            self._part_any |= bit
        elif token is Wild.STAR:
            self._stars |= bit
        else:
            self._part_stars |= bit

    def step(self, positions: int, character: str) -> int:
        """Return the positions after one more character."""
        moving = self._letters.get(character, 0) | self._any
        staying = self._stars
        if character != ":":
            moving |= self._part_any
            staying |= self._part_stars
        return self._closed(((positions & moving) << 1) | (positions & staying))

    def _closed(self, positions: int) -> int:
        stars = self._stars | self._part_stars
        while (more := positions | ((positions & stars) << 1)) != positions:
            positions = more
        return positions


def _collapsed(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Drop a star that follows the same star: it adds nothing."""
    kept: list[Token] = []
    for token in tokens:
        if not (kept and token in _STARS and kept[-1] is token):
            kept.append(token)
    return tuple(kept)


def _regex(tokens: Sequence[Token]) -> str:
    """Return a regular expression that never goes back over a star once what follows it was found."""
    pieces: list[tuple[str, str]] = [("", "")]
    for token in tokens:
        if token in _STARS:
            pieces.append((_RUN[token], ""))
        else:
            run, fixed = pieces[-1]
            pieces[-1] = (run, fixed + (re.escape(token) if isinstance(token, str) else _REGEX[token]))
    (_, first), *rest = pieces
    *middle, last = rest or [("", "")]
    found = "".join(f"(?>{run}?{fixed})" for run, fixed in middle)
    return f"{first}{found}{last[0]}{last[1]}\\Z"
