"""The releases of Zappa that the tables know. Each one's source is held against the table of calls."""

from __future__ import annotations

from functools import lru_cache

Version = tuple[int, ...]

#: Every release that the tables know and that PyPI has, oldest first. The only list of versions there is.
ZAPPA_VERSIONS = (
    "0.60.0", "0.60.1", "0.60.2",
    "0.61.0", "0.61.1", "0.61.2", "0.61.3", "0.61.4",
    "0.62.0", "0.62.1",
    "0.63.0",
)  # fmt: skip


@lru_cache(maxsize=64)
def parse_version(text: str) -> Version:
    """Return ``0.63.0`` as ``(0, 63, 0)``; what follows a number is left out."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def in_versions(since: str, until: str, version: Version) -> bool:
    """Say whether a version lies between two, both included; an empty one is no bound."""
    after = not since or version >= parse_version(since)
    return after and (not until or version <= parse_version(until))


class OfVersions:
    """A row that is true of the versions of Zappa from ``since`` to ``until``, both included; an empty one is no bound."""

    __slots__ = ()
    since: str
    until: str

    def in_version(self, version: Version) -> bool:
        """Say whether it is true of the Zappa of this version."""
        return in_versions(self.since, self.until, version)
