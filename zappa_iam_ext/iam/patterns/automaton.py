"""A pattern as an automaton whose set of positions is one integer: a bit for each token that is behind."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.iam.patterns.tokens import Token, Wild

#: Stands for every character that no pattern names.
OTHER = ""


class Automaton:
    """Bit ``n`` of a set of positions is set when the first ``n`` tokens may be behind; 0 is a dead end."""

    __slots__ = ("_any", "_letters", "_part_any", "_part_stars", "_stars", "_tokens", "accepting", "start")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._letters: dict[str, int] = {}
        self._any = self._part_any = self._stars = self._part_stars = 0
        for index, token in enumerate(tokens):
            self._add(token, 1 << index)
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

    def accepts(self, text: str) -> bool:
        """Say whether the text is of the pattern."""
        positions = self.start
        for character in text:
            positions = self.step(positions, character)
            if not positions:
                return False
        return bool(positions & self.accepting)

    def step(self, positions: int, character: str) -> int:
        """Return the positions after one more character."""
        moving = self._letters.get(character, 0) | self._any
        staying = self._stars
        if character != ":":
            moving |= self._part_any
            staying |= self._part_stars
        return self._closed(((positions & moving) << 1) | (positions & staying))

    def following(self, positions: int) -> tuple[set[str], bool]:
        """Return the letters that lead on from these positions, and whether other characters do."""
        letters: set[str] = set()
        others = False
        while positions:
            index = (positions & -positions).bit_length() - 1
            positions &= positions - 1
            token = self._tokens[index] if index < len(self._tokens) else None
            if isinstance(token, str):
                letters.add(token)
            elif token is not None:
                others = True
        return letters, others

    def _closed(self, positions: int) -> int:
        stars = self._stars | self._part_stars
        while (more := positions | ((positions & stars) << 1)) != positions:
            positions = more
        return positions
