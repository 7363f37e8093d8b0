"""Patterns found by their literal beginning: which of many may cover one, without looking at the others."""

from __future__ import annotations

from collections.abc import Iterable

from zappa_iam_ext.iam.patterns.glob import Glob


class PrefixIndex:
    """Patterns by their place in the order given; places without a pattern are never found."""

    __slots__ = ("_by_prefix", "_lengths", "_literals")

    def __init__(self, globs: Iterable[Glob | None]) -> None:
        self._literals: dict[str, list[int]] = {}
        self._by_prefix: dict[str, list[int]] = {}
        for place, glob in enumerate(globs):
            if glob is not None:
                group = self._by_prefix if glob.literal is None else self._literals
                group.setdefault(glob.prefix, []).append(place)
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix})

    def may_cover(self, narrower: Glob) -> list[int]:
        """Return the places of the patterns that may cover another, in order."""
        found = list(self._literals.get(narrower.prefix, ())) if narrower.literal is not None else []
        for length in self._lengths:
            if length > len(narrower.prefix):
                break
            found += self._by_prefix.get(narrower.prefix[:length], ())
        return sorted(found)
