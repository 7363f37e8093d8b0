"""The size of a document while entries of its lists are replaced, without writing it again each time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from zappa_iam_ext.iam.document import PolicyDocument

#: The brackets around a list of two and more entries.
_BRACKETS = 2


class SizeTracker:
    """Counts characters as `PolicyDocument.size` does; ``total`` is that of the document with what was replaced."""

    def __init__(self, document: PolicyDocument) -> None:
        self.total = document.size
        self._statements = document.statements
        self._entries: dict[tuple[int, bool], Counter[str]] = {}

    def replace(self, statement: int, gone: Iterable[str], new: Iterable[str], *, of_actions: bool) -> None:
        """Replace entries of the Action, or the Resource, of a statement; one that is there twice is written once."""
        entries = self._of(statement, of_actions=of_actions)
        self.total -= _brackets(entries)
        for entry in gone:
            entries[entry] -= 1
            if not entries[entry]:
                del entries[entry]
                self.total -= _length(entry) + 1
        for entry in new:
            if entry not in entries:
                self.total += _length(entry) + 1
            entries[entry] += 1
        self.total += _brackets(entries)

    def _of(self, statement: int, *, of_actions: bool) -> Counter[str]:
        place = statement, of_actions
        if place not in self._entries:
            written = self._statements[statement]
            self._entries[place] = Counter(
                dict.fromkeys(written.actions if of_actions else written.resources, 1)
            )
        return self._entries[place]


def _brackets(entries: Counter[str]) -> int:
    return _BRACKETS if len(entries) > 1 else 0


@lru_cache(maxsize=65536)
def _length(entry: str) -> int:
    return len("".join(json.dumps(entry, ensure_ascii=False).split()))
