"""What one set of requirements needs more, and less, than another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, Version, parse_version

Key = tuple[str, str, tuple[tuple[str, object], ...]]
_VERSION = re.compile(r"v?([0-9]{1,6})\.([0-9]{1,6})(?:\.([0-9]{1,6}))?")


@dataclass(frozen=True, slots=True)
class Difference:
    """Requirements that only the second set has, and that only the first had."""

    added: tuple[Requirement, ...]
    removed: tuple[Requirement, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def difference(before: Iterable[Requirement], after: Iterable[Requirement]) -> Difference:
    """Return what changes from one set of requirements to another; action, resource and context identify one."""
    old = {_key(requirement): requirement for requirement in before}
    new = {_key(requirement): requirement for requirement in after}
    return Difference(
        added=tuple(requirement for key, requirement in new.items() if key not in old),
        removed=tuple(requirement for key, requirement in old.items() if key not in new),
    )


def known_version(text: str, installed: str) -> str:
    """Return the version that is meant: ``0.62`` is the newest 0.62; raise `SettingsError` for one we do not know.

    Known are the releases that the tables know, and the installed one.
    """
    found = _VERSION.fullmatch(text.strip())
    given = tuple(int(number) for number in found.groups() if number) if found else ()
    known: set[Version] = {parse_version(version) for version in (*ZAPPA_VERSIONS, installed)}
    meant = max((version for version in known if given and version[: len(given)] == given), default=None)
    if meant is None:
        raise SettingsError(
            f"{text[:40]!r} is no version of Zappa that is known here",
            hint=f"Known are {_dotted(min(known))} to {_dotted(max(known))}, such as {ZAPPA_VERSIONS[-2]}.",
        )
    return _dotted(meant)


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _key(requirement: Requirement) -> Key:
    return requirement.action, requirement.resource, tuple(sorted(requirement.context.items()))
