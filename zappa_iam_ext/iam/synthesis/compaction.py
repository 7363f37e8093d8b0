"""Shortening a document with wildcards, as far as needed and no further; whatever it then allows more is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from zappa_iam_ext.iam.definitions import action_definition, action_names, is_known_service
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.patterns.glob import is_pattern, text_glob
from zappa_iam_ext.iam.patterns.tokens import ARN_PARTS
from zappa_iam_ext.iam.statement import Effect, Statement
from zappa_iam_ext.iam.synthesis.packing import MANAGED_POLICY_LIMIT, renamed
from zappa_iam_ext.iam.synthesis.sizes import SizeTracker

_VERB = re.compile(r"[A-Za-z0-9-]+:[A-Z][a-z]+")
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Widening:
    """What shortening a document allows beyond what it allowed.

    ``before`` became ``after`` in the statement ``sid``; ``allows`` is a statement that covers all that this adds, and
    ``added`` names the actions that AWS has under a pattern of actions today and that were not granted.
    """

    sid: str
    before: tuple[str, ...]
    after: str
    allows: Statement = field(default_factory=lambda: Statement(Effect.ALLOW))
    added: tuple[str, ...] = ()

    def __str__(self) -> str:
        more = ""
        if self.added:
            rest = len(self.added) - _SHOWN
            more = f", which adds {', '.join(self.added[:_SHOWN])}" + (
                f" and {rest} more" if rest > 0 else ""
            )
        return f"{self.sid or 'a statement'}: {', '.join(self.before)} became {self.after}{more}"


@dataclass(frozen=True, slots=True)
class CompactResult:
    """A shortened document, everything that it allows more, and whether it now fits the limit."""

    document: PolicyDocument
    widenings: tuple[Widening, ...]
    fits: bool = True


@dataclass(frozen=True, slots=True)
class _Step:
    """One possible shortening: entries of one statement that one pattern can take the place of."""

    statement: int
    of_actions: bool
    before: tuple[str, ...]
    after: str

    @property
    def saving(self) -> int:
        return sum(len(entry) + len('"",') for entry in self.before) - len(self.after)


def compact(document: PolicyDocument, limit: int = MANAGED_POLICY_LIMIT) -> CompactResult:
    """Shorten a document until it fits ``limit``; what it then allows more is told, widening by widening.

    First what widens nothing: statements that differ in one element only share one. Then actions that begin alike,
    where the pattern adds none that writes (``lambda:GetFunction*``), then resources that begin alike, then the other
    actions; of each those that save most first, and none that turns out not to be needed. A Deny, NotAction and NotResource are left alone: wider, they would take away or give without saying what.
    """
    if document.size <= limit:
        return CompactResult(document, ())
    shorter = replace(document, statements=renamed(_joined(document.statements)))
    steps = sorted(_steps(shorter), key=lambda step: (_danger(step), -step.saving, step.before))
    taken = _needed(shorter, steps, limit)
    result = _with(shorter, taken)
    widenings = tuple(_widening(result, step) for step in taken)
    return CompactResult(result, widenings, result.size <= limit)


def _needed(document: PolicyDocument, steps: Sequence[_Step], limit: int) -> list[_Step]:
    """Return the first steps that together suffice, without those that turn out not to be needed."""
    size = SizeTracker(document)
    taken: list[_Step] = []
    for step in steps:
        if size.total <= limit:
            break
        size.replace(step.statement, step.before, (step.after,), of_actions=step.of_actions)
        taken.append(step)
    dropped: set[int] = set()
    for step in reversed(taken):
        size.replace(step.statement, (step.after,), step.before, of_actions=step.of_actions)
        if size.total <= limit:
            dropped.add(id(step))
        else:
            size.replace(step.statement, step.before, (step.after,), of_actions=step.of_actions)
    return [step for step in taken if id(step) not in dropped]


def _joined(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Join statements that differ only in their actions, then those that differ only in their resources."""
    by_rest: dict[object, Statement] = {}
    for place, written in enumerate(statements):
        one = replace(written, actions=_both(written.actions), resources=_both(written.resources))
        key = replace(one, actions=()).meaning() if one.actions else place
        known = by_rest.get(key)
        by_rest[key] = replace(known, actions=_both(known.actions, one.actions)) if known else one
    by_actions: dict[object, Statement] = {}
    for place, one in enumerate(by_rest.values()):
        key = replace(one, resources=()).meaning() if one.resources else place
        known = by_actions.get(key)
        by_actions[key] = replace(known, resources=_both(known.resources, one.resources)) if known else one
    return tuple(by_actions.values())


def _both(one: tuple[str, ...], other: tuple[str, ...] = ()) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _steps(document: PolicyDocument) -> Iterator[_Step]:
    for place, statement in enumerate(document.statements):
        if statement.effect is not Effect.ALLOW:
            continue
        for names in _alike(statement.actions, _verb):
            yield _Step(place, of_actions=True, before=names, after=f"{_common(names)}*")
        for names in _alike(statement.resources, _place_of):
            yield _Step(place, of_actions=False, before=names, after=f"{_common(names)}*")


def _danger(step: _Step) -> int:
    """Return how grave a step is: it adds reading, it adds resources, it adds writing."""
    if not step.of_actions:
        return 1
    known = map(action_definition, _added(step))
    service = step.after.partition(":")[0]
    reads = is_known_service(service) and all(each is not None and not each.writes for each in known)
    return 0 if reads else 2


def _alike(entries: Sequence[str], start: Callable[[str], str]) -> Iterator[tuple[str, ...]]:
    """Yield groups of two and more entries that begin alike."""
    known = sorted((begin, entry) for entry in entries if (begin := start(entry)))
    for _, group in groupby(known, key=lambda pair: pair[0]):
        names = tuple(entry for _, entry in group)
        if len(names) > 1:
            yield names


def _verb(action: str) -> str:
    found = _VERB.match(action)
    return found[0] if found else ""


def _place_of(resource: str) -> str:
    """Return the first five parts of a complete ARN: partition, service, region, account."""
    parts = resource.split(":", ARN_PARTS - 1)
    return ":".join(parts[:-1]) if len(parts) == ARN_PARTS else ""


def _common(names: Sequence[str]) -> str:
    """Return the beginning that all names share, never half a variable."""
    first, last = min(names), max(names)
    pairs = enumerate(zip(first, last, strict=False))
    length = next((index for index, (one, other) in pairs if one != other), min(len(first), len(last)))
    shared = first[:length]
    if shared.rpartition("${")[1] and "}" not in shared.rpartition("${")[2]:
        shared = shared.rpartition("${")[0]
    return shared.rstrip("*$")


def _with(document: PolicyDocument, steps: Sequence[_Step]) -> PolicyDocument:
    statements = list(document.statements)
    for step in steps:
        statement = statements[step.statement]
        if step.of_actions:
            statements[step.statement] = replace(statement, actions=_replaced(statement.actions, step))
        else:
            statements[step.statement] = replace(statement, resources=_replaced(statement.resources, step))
    return replace(document, statements=tuple(statements))


def _replaced(entries: Sequence[str], step: _Step) -> tuple[str, ...]:
    gone = frozenset(step.before)
    return tuple(sorted({*(entry for entry in entries if entry not in gone), step.after}))


def _widening(result: PolicyDocument, step: _Step) -> Widening:
    statement = result.statements[step.statement]
    if step.of_actions:
        allows, added = replace(statement, actions=(step.after,)), _added(step)
    else:
        allows, added = replace(statement, resources=(step.after,)), ()
    return Widening(statement.sid, step.before, step.after, allows, added)


def _added(step: _Step) -> tuple[str, ...]:
    """Return the actions that AWS has today under a pattern and that were not named before."""
    service = step.after.partition(":")[0]
    if not is_known_service(service):
        return ()
    glob = text_glob(step.after.lower())
    named = {entry.lower() for entry in step.before if not is_pattern(entry)}
    known = (f"{service}:{name}" for name in action_names(service))
    return tuple(each for each in known if glob.matches(each.lower()) and each.lower() not in named)
