"""Statements found by the action and the resource of a request, without looking at the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from zappa_iam_ext.iam.conditions.evaluate import Context
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, Truth
from zappa_iam_ext.iam.evaluation.compiled import CompiledStatement
from zappa_iam_ext.iam.patterns.glob import Glob

#: Decisions kept for an index before all are forgotten.
MAX_REMEMBERED = 65_536
#: Literal beginnings of patterns are looked up by their length, in at most this many lengths.
MAX_LENGTHS = 12


class IndexedVerdict(NamedTuple):
    """What the statements of one layer say of a concrete request, as far as action and resource decide it.

    ``open`` are the statements whose conditions or variables could still change ``allows`` and ``denies``.
    """

    allows: Truth
    denies: Truth
    open: tuple[CompiledStatement, ...] = ()


_SETTLED = {
    (allows, denies): IndexedVerdict(allows, denies) for allows in (FALSE, TRUE) for denies in (FALSE, TRUE)
}


class StatementIndex:
    """The statements of one layer."""

    __slots__ = ("_broad", "_by_action", "_by_name", "_by_service", "_remembered", "statements")

    def __init__(self, statements: Iterable[CompiledStatement]) -> None:
        self.statements = tuple(statements)
        self._by_name: dict[str, list[CompiledStatement]] = {}
        self._by_service: dict[str, list[CompiledStatement]] = {}
        self._broad: list[CompiledStatement] = []
        self._by_action: dict[str, ResourceIndex] = {}
        self._remembered: dict[tuple[str, str], IndexedVerdict] = {}
        for statement in self.statements:
            self._add(statement)

    def _add(self, statement: CompiledStatement) -> None:
        if statement.not_actions:
            self._broad.append(statement)
        for glob in statement.actions:
            if glob.literal is not None:
                self._by_name.setdefault(glob.literal, []).append(statement)
                continue
            service, colon, _ = glob.prefix.partition(":")
            (self._by_service.setdefault(service, []) if colon else self._broad).append(statement)

    def verdict(self, action: str, resource: str) -> IndexedVerdict:
        """Return what the layer says of an action (lower case) on a concrete resource."""
        found = self._remembered.get((action, resource))
        if found is None:
            found = _pruned(self.about(action).candidates(resource))
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[action, resource] = found
        return found

    def about(self, action: str) -> ResourceIndex:
        """Return the statements that are about an action, given in lower case."""
        found = self._by_action.get(action)
        if found is None:
            if len(self._by_action) >= MAX_REMEMBERED:
                self._by_action.clear()
            found = self._by_action[action] = ResourceIndex(self._about(action))
        return found

    def _about(self, action: str) -> Iterator[CompiledStatement]:
        yield from self._by_name.get(action, ())
        wild = (*self._by_service.get(action.partition(":")[0], ()), *self._broad)
        yield from (statement for statement in wild if statement.matches_action(action))


class ResourceIndex:
    """Statements about one action, by the literal beginning of their resources."""

    __slots__ = ("_always", "_by_name", "_by_prefix", "_lengths", "statements")

    def __init__(self, statements: Iterable[CompiledStatement]) -> None:
        self.statements = tuple(dict.fromkeys(statements))
        everything = [item for item in self.statements if item.for_everything]
        others = [item for item in self.statements if not item.for_everything]
        self._always = [
            *_distinct(everything),
            *(item for item in others if item.negated or item.templates),
        ]
        self._by_name: dict[str, list[CompiledStatement]] = {}
        open_ended: list[tuple[Glob, CompiledStatement]] = []
        for statement in others:
            if statement.negated or statement.templates:
                continue
            for glob in statement.resources:
                if glob.literal is None:
                    open_ended.append((glob, statement))
                else:
                    self._by_name.setdefault(glob.literal, []).append(statement)
        self._by_prefix = _by_prefix(open_ended)
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix})

    def candidates(self, resource: str) -> Iterator[CompiledStatement]:
        """Yield the statements whose resources match, or may match once their variables are filled."""
        for statement in self._always:
            if not statement.negated or statement.templates or statement.touches(resource, _NOTHING):
                yield statement
        yield from self._by_name.get(resource, ())
        for length in self._lengths:
            for glob, statement in self._by_prefix.get(resource[:length], ()):
                if glob.matches(resource):
                    yield statement


_NOTHING = Context({})


def _by_prefix(
    globs: Sequence[tuple[Glob, CompiledStatement]],
) -> dict[str, list[tuple[Glob, CompiledStatement]]]:
    """Return patterns by their literal beginning, cut so that there are few lengths to look up."""
    stride = 1
    while len({len(glob.prefix) // stride for glob, _ in globs}) > MAX_LENGTHS:
        stride *= 2
    found: dict[str, list[tuple[Glob, CompiledStatement]]] = {}
    for glob, statement in globs:
        prefix = glob.prefix[: len(glob.prefix) // stride * stride]
        found.setdefault(prefix, []).append((glob, statement))
    return found


def _distinct(statements: Iterable[CompiledStatement]) -> Iterator[CompiledStatement]:
    """Drop statements about the same resources that could never decide otherwise than one before them.

    A statement of a resource policy names principals and is always kept.
    """
    seen = set()
    for statement in statements:
        meaning = (statement.denies, statement.condition)
        if meaning not in seen or statement.names_principals:
            seen.add(meaning)
            yield statement


def _pruned(candidates: Iterable[CompiledStatement]) -> IndexedVerdict:
    """Keep of the statements that match a resource only those that can still matter."""
    allows = denies = FALSE
    undecided: dict[object, CompiledStatement] = {}
    for statement in candidates:
        if not statement.fixed:
            key = statement if statement.templates else (statement.denies, statement.condition)
            undecided[key] = statement
        elif statement.denies:
            denies = TRUE
        else:
            allows = TRUE
    if denies or not undecided:
        return _SETTLED[allows, denies]
    return IndexedVerdict(
        allows, denies, tuple(item for item in undecided.values() if item.denies or not allows)
    )
