"""What the documents of one principal allow together: not what they say, what is left of it.

A path is an Allow that some request can take: its condition may hold, no Deny is certain to stop it, a
permissions boundary lets it through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from zappa_iam_ext.iam.conditions.truth import Truth
from zappa_iam_ext.iam.conditions.variables import Values
from zappa_iam_ext.iam.definitions import ActionDefinition, action_definition
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.findings.located_statements import (
    EVERYTHING,
    LocatedStatement,
    can_name,
    located_statements,
    type_glob,
)
from zappa_iam_ext.iam.patterns.classes import PatternTooComplex, some_class
from zappa_iam_ext.iam.patterns.containment import surely_covers
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, is_pattern
from zappa_iam_ext.iam.patterns.pairing import pairs
from zappa_iam_ext.iam.patterns.tokens import ARN_PARTS
from zappa_iam_ext.iam.request import Layer


class Breadth(IntEnum):
    """How many resources of its type a pattern reaches: the principal itself, one by name, some, all."""

    OWN = 0
    ONE = 1
    SOME = 2
    ALL = 3


@dataclass(frozen=True, slots=True)
class AllowPath:
    """An Allow that lets an action through, the resources of it that count, and how far they reach."""

    located: LocatedStatement
    resources: tuple[str, ...]
    breadth: Breadth

    @property
    def certain(self) -> bool:
        """Whether no condition limits it."""
        return not self.located.statement.condition


@dataclass(frozen=True, slots=True)
class _Reading:
    """A statement for one question: the patterns it names, or the patterns it spares."""

    globs: tuple[Glob, ...]
    negated: bool

    def says(self, matched: Collection[Glob]) -> bool:
        hit = any(glob in matched for glob in self.globs)
        return hit != self.negated


class Effective:
    """The documents of one principal, and the boundary that limits it."""

    def __init__(self, documents: Sequence[PolicyDocument], boundary: Sequence[PolicyDocument] = ()) -> None:
        self.statements = located_statements(documents)
        self._boundary = located_statements(boundary, Layer.BOUNDARY)

    def administrator(self) -> LocatedStatement | None:
        """Return the statement that allows everything, when nothing takes anything of it away."""
        if self._boundary or any(located.denies for located in self.statements):
            return None
        return next((located for located in self.statements if _allows_everything(located)), None)

    def paths(self, action: str, context: Values | None = None) -> tuple[AllowPath, ...]:
        """Return the ways to do an action; condition keys that ``context`` does not hold may be anything."""
        known = action_definition(action)
        if known is None:
            return ()
        given = {key.lower(): values for key, values in (context or {}).items()}
        speaking = [located for located in self.statements if located.compiled.matches_action(action.lower())]
        limits = _limits((*speaking, *self._speaking_boundary(action)), known.name, given)
        bounds = self._bounds(known.name, given)
        found = []
        for located in speaking:
            if not located.denies and located.holds(known.name, given) is not Truth.FALSE:
                path = _path(located, known, limits, bounds)
                if path is not None:
                    found.append(path)
        return tuple(found)

    def _speaking_boundary(self, action: str) -> list[LocatedStatement]:
        return [located for located in self._boundary if located.compiled.matches_action(action.lower())]

    def _bounds(self, action: str, context: Values) -> list[_Reading] | None:
        if not self._boundary:
            return None
        return [
            _possible_reading(located)
            for located in self._speaking_boundary(action)
            if not located.denies and located.holds(action, context) is not Truth.FALSE
        ]


@lru_cache(maxsize=16384)
def breadth_of(resource: str, known: ActionDefinition) -> Breadth:
    """Return how many of the resources of an action a resource pattern reaches.

    One is named when the first part of its name that varies is written out: in ``stack/app-dev/*`` only the id that
    CloudFormation adds is left open.
    """
    parts = resource.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS or any(reaches_all(resource, kind.arn) for kind in known.resource_types):
        return Breadth.ALL
    if "${" in resource:
        return Breadth.OWN if resource.endswith("/${aws:username}") else Breadth.SOME
    named = not is_pattern(parts[-1]) or any(
        _written_out(parts[-1], kind.arn) for kind in known.resource_types
    )
    return Breadth.ONE if named else Breadth.SOME


@lru_cache(maxsize=16384)
def reaches_all(resource: str, arn: str) -> bool:
    """Say whether a pattern reaches every resource of a type, given the type's ARN, where it reaches any."""
    parts = resource.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS:
        return True
    service = arn.split(":")[2]
    if parts[2] != service and not is_pattern(service):
        return False  # a pattern of resources names its service
    return surely_covers(arn_glob(resource), _placed(arn, parts))


def _written_out(name: str, arn: str) -> bool:
    """Say whether a name that is a pattern has no wildcard where the names of a type first vary."""
    before, _, after = arn.split(":", ARN_PARTS - 1)[-1].partition("*")
    if not after or not name.startswith(before):
        return False
    first, delimiter, _ = name.removeprefix(before).partition(after[0])
    return bool(delimiter) and not is_pattern(first)


def _placed(arn: str, parts: Sequence[str]) -> Glob:
    """Return the ARN of a type in the partition, region and account of a pattern."""
    name = arn.split(":", ARN_PARTS - 1)[-1]
    service = arn.split(":")[2]
    return arn_glob(":".join(["arn", parts[1], service, parts[3], parts[4], name]))


def _allows_everything(located: LocatedStatement) -> bool:
    statement = located.statement
    return (
        not located.denies
        and any(action in EVERYTHING for action in statement.actions)
        and any(not resource.strip("*") for resource in statement.resources)
        and located.holds("iam:PassRole") is not Truth.FALSE
    )


def _limits(statements: Iterable[LocatedStatement], action: str, context: Values) -> list[_Reading]:
    """Return what is certainly denied: by a Deny whose condition must hold, on what it names for certain."""
    return [
        _certain_reading(located)
        for located in statements
        if located.denies and located.holds(action, context) is Truth.TRUE
    ]


def _certain_reading(located: LocatedStatement) -> _Reading:
    if located.compiled.negated:
        return _possible_reading(located)
    return _Reading(located.compiled.resources, negated=False)


def _possible_reading(located: LocatedStatement) -> _Reading:
    if located.compiled.negated:
        return _Reading(tuple(map(located.glob, located.statement.not_resources)), negated=True)
    return _Reading(tuple(map(located.glob, located.statement.resources)), negated=False)


def _path(
    located: LocatedStatement,
    known: ActionDefinition,
    limits: Sequence[_Reading],
    bounds: Sequence[_Reading] | None,
) -> AllowPath | None:
    if located.compiled.negated:
        readings = [("*", _possible_reading(located))]
    else:
        readings = [
            (resource, _Reading((located.glob(resource),), negated=False))
            for resource in located.statement.resources
        ]
    open_ones = tuple(resource for resource, reading in readings if _open(reading, known, limits, bounds))
    if not open_ones:
        return None
    return AllowPath(located, open_ones, max(breadth_of(resource, known) for resource in open_ones))


def _open(
    reading: _Reading, known: ActionDefinition, limits: Sequence[_Reading], bounds: Sequence[_Reading] | None
) -> bool:
    """Say whether some resource of the action is allowed, not denied, and within the bounds."""
    if not known.resource_types:
        matched = {
            glob for each in (reading, *limits, *(bounds or ())) for glob in each.globs if glob.matches("*")
        }
        return _passes(matched, reading, limits, bounds)
    given = None if bounds is None else tuple(bounds)
    return any(_open_in(kind.arn, reading, tuple(limits), given) for kind in known.resource_types)


def _open_in(
    arn: str, reading: _Reading, limits: tuple[_Reading, ...], bounds: tuple[_Reading, ...] | None
) -> bool:
    """Say it of one type of resources; too complex to say counts as yes."""
    try:
        return _open_in_type(arn, reading, limits, bounds)
    except PatternTooComplex:
        return True


@lru_cache(maxsize=4096)
def _open_in_type(
    arn: str, reading: _Reading, limits: tuple[_Reading, ...], bounds: tuple[_Reading, ...] | None
) -> bool:
    """Say it of one type; the patterns are only compared in full where the short way does not tell."""
    if not reading.negated and not any(can_name(glob, arn) for glob in reading.globs):
        return False
    near = [limit for limit in limits if limit.negated or any(can_name(glob, arn) for glob in limit.globs)]
    if any(_swallows(limit, reading) for limit in near):
        return False
    if not near and bounds is None and not reading.negated:
        return True
    request, wanted = _narrowed(type_glob(arn), reading)
    barred, within = _taken_together(near), _taken_together(bounds or ())
    unions = list(dict.fromkeys(each.globs for each in (*wanted, *barred, *within)))

    def passes(accepted: tuple[bool, ...]) -> bool:
        held = dict(zip(unions, accepted, strict=True))

        def says(each: _Reading) -> bool:
            return held[each.globs] != each.negated

        return (
            all(map(says, wanted))
            and not any(map(says, barred))
            and (bounds is None or any(map(says, within)))
        )

    return some_class(request, unions, passes)


def _narrowed(kind: Glob, reading: _Reading) -> tuple[Glob, list[_Reading]]:
    """Return the pattern that the resources are of, and what is still asked of them: where one holds the other, less."""
    if reading.negated or len(reading.globs) != 1:
        return kind, [reading]
    (glob,) = reading.globs
    if pairs(kind, glob):
        return glob, []
    return kind, [] if pairs(glob, kind) else [reading]


def _taken_together(readings: Iterable[_Reading]) -> list[_Reading]:
    """Return one reading for all that name resources, and those that name what they spare."""
    named = tuple(dict.fromkeys(glob for each in readings if not each.negated for glob in each.globs))
    together = [_Reading(named, negated=False)] if named else []
    return together + [each for each in dict.fromkeys(readings) if each.negated]


def _swallows(limit: _Reading, reading: _Reading) -> bool:
    """Say whether a Deny names all that an Allow names."""
    if limit.negated or reading.negated:
        return False
    return all(any(surely_covers(wide, glob) for wide in limit.globs) for glob in reading.globs)


def _passes(
    matched: Collection[Glob],
    reading: _Reading,
    limits: Sequence[_Reading],
    bounds: Sequence[_Reading] | None,
) -> bool:
    return (
        reading.says(matched)
        and not any(limit.says(matched) for limit in limits)
        and (bounds is None or any(bound.says(matched) for bound in bounds))
    )
