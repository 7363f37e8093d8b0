"""Three-valued logic: a key that nobody knows makes an answer unknown, in both directions."""

from __future__ import annotations

from enum import IntEnum


class Truth(IntEnum):
    """True, false, or not to be known; of two, the minimum is their ``and``, the maximum their ``or``."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2

    __hash__ = int.__hash__  # that of an enum is slow, and every decision asks for it

    @property
    def negated(self) -> Truth:
        """The opposite; of what is unknown it is unknown."""
        return _NEGATED[self]


FALSE, UNKNOWN, TRUE = Truth
_NEGATED = (TRUE, UNKNOWN, FALSE)
