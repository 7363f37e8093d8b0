"""What one set of requirements needs more, and less, than another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zappa_iam_ext.permissions.model import Requirement

Key = tuple[str, str, tuple[tuple[str, object], ...]]


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


def _key(requirement: Requirement) -> Key:
    return requirement.action, requirement.resource, tuple(sorted(requirement.context.items()))
