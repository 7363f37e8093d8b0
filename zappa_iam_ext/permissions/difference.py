"""What one set of requirements needs more, and less, than another; what a policy grants beyond all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import Effect, PolicyDocument, Statement
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps
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


@dataclass(frozen=True, slots=True)
class Unneeded:
    """An action that a statement grants and that no requirement asks for."""

    action: str
    sid: str = ""


def difference(before: Iterable[Requirement], after: Iterable[Requirement]) -> Difference:
    """Return what changes from one set of requirements to another; action, resource and context identify one."""
    old = {_key(requirement): requirement for requirement in before}
    new = {_key(requirement): requirement for requirement in after}
    return Difference(
        added=tuple(requirement for key, requirement in new.items() if key not in old),
        removed=tuple(requirement for key, requirement in old.items() if key not in new),
    )


def unneeded(
    documents: Iterable[PolicyDocument],
    needed: Collection[tuple[str, str]],
    touches: Callable[[Glob, Glob], bool] = overlaps,
) -> tuple[Unneeded, ...]:
    """Return what the Allow statements of these documents name and no needed (action, resource) touches.

    ``touches`` says whether a statement's resource serves a needed one: by default any part of it in common.
    """
    wanted = [(action.lower(), arn_glob(resource)) for action, resource in needed]
    statements = (statement for document in documents for statement in document.statements)
    return tuple(
        dict.fromkeys(
            Unneeded(action, statement.sid or "")
            for statement in statements
            if statement.effect is Effect.ALLOW
            for action in _idle(statement, wanted, touches)
        )
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


def _idle(
    statement: Statement, wanted: Sequence[tuple[str, Glob]], touches: Callable[[Glob, Glob], bool]
) -> Iterator[str]:
    globs = [arn_glob(resource) for resource in statement.resources]
    for action in statement.actions:
        pattern = text_glob(action.lower())
        of_it = [resource for name, resource in wanted if pattern.matches(name)]
        if not any(touches(glob, resource) for resource in of_it for glob in globs):
            yield action
