"""Patterns as one automaton whose set of positions is one integer: a bit for each token that is behind."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.iam.patterns.tokens import Token, Wild

#: Stands for every character that no pattern names.
OTHER = ""
#: A step takes longer the more tokens there are: one unit more for every so many.
_TOKENS_PER_UNIT = 1024


class Automaton:
    """Accepts the texts of any of its patterns.

    Bit ``n`` of a set of positions is set when the tokens before the ``n``-th may be behind; 0 is a dead end. Each
    pattern has a bit for each of its tokens and one for its end. No two stars may stand side by side. At a position of
    ``settled`` all that follows is accepted.
    """

    __slots__ = (
        "_any", "_begin", "_begins", "_colons", "_letters", "_part_any", "_part_stars", "_stars", "_wild", "accepting", "cost",
        "settled", "start",
    )  # fmt: skip

    def __init__(self, *patterns: Sequence[Token]) -> None:
        self._letters: dict[str, int] = {}
        self._begins: list[int] = []
        self._any = self._part_any = self._stars = self._part_stars = self.settled = self.accepting = 0
        begin = 0
        for tokens in patterns:
            begin |= 1 << len(self._begins)
            self._add_pattern(tokens)
        self._begin = begin
        self._colons = self._letters.get(":", 0)
        self._wild = self._any | self._part_any | self._stars | self._part_stars
        self.cost = 1 + len(self._begins) // _TOKENS_PER_UNIT
        self.start = self._kept(begin, 0)

    def _add_pattern(self, tokens: Sequence[Token]) -> None:
        begin = len(self._begins)
        for index, token in enumerate(tokens, begin):
            self._add(token, 1 << index)
        self._begins += [begin] * (len(tokens) + 1)
        end = 1 << (begin + len(tokens))
        self.accepting |= end
        if tokens and tokens[-1] is Wild.STAR:
            self.settled |= end >> 1

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
        """Say whether the text is of a pattern."""
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
        return self._kept(((positions & moving) << 1) | (positions & staying), positions)

    def step_covering(self, positions: int, token: Token) -> int:
        """Return the positions that cover one more token of another pattern: whatever it stands for is theirs."""
        if isinstance(token, str):
            return self.step(positions, token)
        if token is Wild.STAR:
            return self._kept(positions & self._stars, positions)
        if token is Wild.PART_STAR:
            return self._kept(positions & (self._stars | self._part_stars), positions)
        moving, staying = self._any, self._stars
        if token is Wild.PART_ANY:
            moving |= self._part_any
            staying |= self._part_stars
        return self._kept(((positions & moving) << 1) | (positions & staying), positions)

    def step_meeting(self, positions: int, token: Token) -> int:
        """Return the positions that meet one more token of another pattern. For an automaton of one pattern."""
        if isinstance(token, str):
            return self.step(positions, token)
        everywhere = self.accepting - 1
        if token is Wild.STAR:
            return positions and (everywhere | self.accepting) & -(positions & -positions)
        if token is Wild.PART_STAR:
            passable = everywhere & ~self._colons
            return (((positions & passable) + passable) ^ passable) | positions
        stars = self._stars | self._part_stars
        moving = everywhere & ~stars
        if token is Wild.PART_ANY:
            moving &= ~self._colons
        return self._kept(((positions & moving) << 1) | (positions & stars), positions)

    def following(self, positions: int) -> tuple[set[str], bool]:
        """Return the letters that lead on from these positions, and whether other characters do."""
        letters = {letter for letter, places in self._letters.items() if positions & places}
        return letters, bool(positions & self._wild)

    def _kept(self, positions: int, before: int) -> int:
        """Return the positions with those behind a star, and without those that can no longer matter.

        Whatever leads on from before a star that crosses parts leads on from the star itself; a pattern whose last
        star is reached accepts all that follows.
        """
        positions |= (positions & (self._stars | self._part_stars)) << 1
        reached = positions & self.settled
        if reached:
            bit = reached & -reached
            return bit | bit << 1
        fresh = positions & self._stars & ~before
        while fresh:
            bit = 1 << (fresh.bit_length() - 1)
            fresh ^= bit
            behind = bit - (1 << self._begins[bit.bit_length() - 1])
            positions &= ~behind
            fresh &= ~behind
        return positions
