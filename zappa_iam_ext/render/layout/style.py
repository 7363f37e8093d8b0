"""How text is shown: the width, the marks and the colours, decided at the edge and given to every renderer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

WIDTH = 80
NARROWEST = 40
"""Columns below which lines no longer get shorter."""


class Mark(StrEnum):
    """What a line says at one look."""

    YES = "yes"
    NO = "no"
    WARNING = "warning"
    UNKNOWN = "unknown"


_UNICODE: Mapping[Mark, str] = {Mark.YES: "✓", Mark.NO: "✗", Mark.WARNING: "!", Mark.UNKNOWN: "?"}
_ASCII: Mapping[Mark, str] = {Mark.YES: "[ok]", Mark.NO: "[no]", Mark.WARNING: "[!]", Mark.UNKNOWN: "[?]"}
_COLOURS: Mapping[Mark, str] = {Mark.YES: "32", Mark.NO: "31", Mark.WARNING: "33", Mark.UNKNOWN: "33"}
_BOLD, _DIM = "1", "2"


@dataclass(frozen=True, slots=True)
class Style:
    """Columns of a line, and whether the place can show ``✓`` and ``…``, and colours.

    The default is what a file, a pipe or a CI log gets.
    """

    width: int = WIDTH
    unicode: bool = False
    colour: bool = False

    @property
    def columns(self) -> int:
        """How many columns a line has at most."""
        return max(self.width, NARROWEST)

    @property
    def ellipsis(self) -> str:
        """What stands for the rest of a text that was cut."""
        return "…" if self.unicode else "..."

    def mark(self, mark: Mark) -> str:
        """Return the sign of a mark, uncoloured."""
        return (_UNICODE if self.unicode else _ASCII)[mark]

    def painted(self, text: str, mark: Mark) -> str:
        """Return a text in the colour of a mark."""
        return self._in(text, _COLOURS[mark])

    def bold(self, text: str) -> str:
        """Return a text in bold."""
        return self._in(text, _BOLD)

    def dim(self, text: str) -> str:
        """Return a text that stands back."""
        return self._in(text, _DIM)

    def _in(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


PLAIN = Style()
