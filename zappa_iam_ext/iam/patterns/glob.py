"""IAM's patterns (``*`` and ``?``), compiled. Matching is linear in the text for every wildcard of the pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby

from zappa_iam_ext.iam.patterns.automaton import Automaton
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

_STAR: tuple[Token, ...] = (Wild.STAR,)
_CROSSING = frozenset({Wild.STAR, Wild.ANY})
_REGEX = {Wild.ANY: "(?s:.)", Wild.PART_ANY: "[^:]"}
_RUN = {Wild.STAR: r"(?s:.)*", Wild.PART_STAR: "[^:]*"}
#: A character that no policy holds (the grammar refuses it): it stands for all that a pattern does not name.
_UNNAMED = "\0"
#: What the wildcards of a pattern become in its samples: enough to tell most patterns that do not cover another.
_SAMPLES: tuple[dict[Token, str], ...] = (
    {Wild.STAR: _UNNAMED, Wild.ANY: _UNNAMED, Wild.PART_STAR: _UNNAMED, Wild.PART_ANY: _UNNAMED},
    {Wild.STAR: "", Wild.ANY: _UNNAMED, Wild.PART_STAR: "", Wild.PART_ANY: _UNNAMED},
    {Wild.STAR: ":", Wild.ANY: ":", Wild.PART_STAR: "", Wild.PART_ANY: _UNNAMED},
    {Wild.STAR: "\0:\0", Wild.ANY: _UNNAMED, Wild.PART_STAR: "\0\0", Wild.PART_ANY: _UNNAMED},
)


class Glob:
    """A pattern, compiled. Two globs are equal when their tokens are.

    ``prefix`` is the text before the first wildcard, ``rest`` what follows; ``literal`` is the whole text of a
    pattern without wildcards; ``open_end`` says that the rest is one star.
    """

    __slots__ = ("_automaton", "_hash", "_match", "_samples", "literal", "open_end", "prefix", "rest")

    def __init__(self, prefix: str, rest: tuple[Token, ...] = ()) -> None:
        self.prefix = prefix
        self.rest = rest
        self.literal = None if rest else prefix
        self.open_end = rest == _STAR
        self._match: Callable[[str], object] | None = None
        self._automaton: Automaton | None = None
        self._samples: tuple[str, ...] | None = None
        self._hash: int | None = None

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

    @property
    def samples(self) -> tuple[str, ...]:
        """Some texts of the pattern, made when first needed; of a pattern without wildcards the only one."""
        if self._samples is None:
            self._samples = tuple(
                dict.fromkeys(
                    self.prefix + "".join(chosen.get(token) or _letter(token) for token in self.rest)
                    for chosen in _SAMPLES
                )
            )
        return self._samples

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Glob) and self.prefix == other.prefix and self.rest == other.rest
        )

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.prefix, self.rest))
        return self._hash

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


def _letter(token: Token) -> str:
    return token if isinstance(token, str) else ""


def _matcher(tokens: Sequence[Token]) -> Callable[[str], object] | None:
    """Return a regular expression that never goes back over a star once what follows it was found.

    None where going back may be needed: a star within a part of an ARN behind a wildcard that crosses parts.
    """
    crossing = next((index for index, token in enumerate(tokens) if token in _CROSSING), len(tokens))
    if Wild.PART_STAR in tokens[crossing:]:
        return None
    pieces: list[tuple[str, list[str]]] = [("", [])]
    for token, run in groupby(tokens):
        if token in STARS and isinstance(token, Wild):
            pieces.append((_RUN[token], []))
        else:
            times = len(list(run))
            one = re.escape(token) if isinstance(token, str) else _REGEX[token]
            pieces[-1][1].append(one if times == 1 else f"{one}{{{times}}}")
    (_, first), *rest = pieces
    *middle, last = rest or [("", [])]
    found = "".join(f"(?>{run}?{''.join(fixed)})" for run, fixed in middle)
    return re.compile(f"{''.join(first)}{found}{last[0]}{''.join(last[1])}\\Z").match
