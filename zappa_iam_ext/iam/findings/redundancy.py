"""Statements that shadow one another: said twice, said wider elsewhere, or taken away by a Deny."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from zappa_iam_ext.iam.findings.catalogue import found
from zappa_iam_ext.iam.findings.located_statements import EVERYTHING, LocatedStatement
from zappa_iam_ext.iam.findings.model import Finding, Severity
from zappa_iam_ext.iam.patterns.containment import surely_covers
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps
from zappa_iam_ext.iam.patterns.prefix_index import PrefixIndex


def redundancies(statements: Sequence[LocatedStatement]) -> Iterator[Finding]:
    """Yield what could be left out without changing what is allowed."""
    first: dict[object, LocatedStatement] = {}
    kept = []
    for located in statements:
        twin = first.setdefault((located.statement.meaning(), located.version), located)
        if twin is located:
            kept.append(located)
            continue
        told = f"it means the same as {twin.ref}"
        yield found("redundant/duplicate-statement", located.ref, told, also=[twin.ref])
    services = {located: _services(located) for located in kept}
    for located in kept:
        near = [
            other
            for other in kept
            if other is not located
            and _may_meet(services[other], services[located])
            and _condition_wider(other, located)
        ]
        yield from _shadowed(located, near)
        yield from _entries(located)


def _shadowed(located: LocatedStatement, near: Sequence[LocatedStatement]) -> Iterator[Finding]:
    by = _covering(located, [other for other in near if other.denies is located.denies])
    if by:
        told = f"all that it {located.verb} is said by {_listed(by)}"
        yield found("redundant/covered-statement", located.ref, told, also=[each.ref for each in by])
    if not located.denies:
        yield from _denied(located, [other for other in near if other.denies])


def _may_meet(one: frozenset[str], other: frozenset[str]) -> bool:
    """Say whether two statements speak of a service in common, given those of each: the rest need not be compared."""
    return not one or not other or not one.isdisjoint(other)


def _services(located: LocatedStatement) -> frozenset[str]:
    """Return the services that a statement names; none when it may speak of any."""
    names = frozenset(action.partition(":")[0].lower() for action in located.statement.actions)
    return frozenset() if any("*" in name for name in names) else names


def _denied(located: LocatedStatement, denies: Sequence[LocatedStatement]) -> Iterator[Finding]:
    by = _covering(located, denies)
    if by:
        told = f"all that it grants is denied by {_listed(by)}"
        yield found("no-effect/denied", located.ref, told, also=[each.ref for each in by])
        return
    dead: dict[str, LocatedStatement] = {}
    for action in located.statement.actions:
        deny = next((each for each in denies if _covers_action(each, action, located)), None)
        if deny is not None:
            dead[action] = deny
    if dead:
        told = f"{', '.join(dead)} of it is denied by {_listed(tuple(dict.fromkeys(dead.values())))}"
        refs = [each.ref for each in dict.fromkeys(dead.values())]
        yield found(
            "no-effect/denied", located.ref, told, severity=Severity.WARNING, actions=tuple(dead), also=refs
        )


def _covers_action(deny: LocatedStatement, action: str, located: LocatedStatement) -> bool:
    return _action_covered(deny, action) and _all_resources_covered(deny, located)


def _listed(statements: Sequence[LocatedStatement]) -> str:
    return " and ".join(str(located.ref) for located in statements)


def _condition_wider(wider: LocatedStatement, narrower: LocatedStatement) -> bool:
    """Say whether a statement matches whenever the other's condition holds: no condition, or the same."""
    if not wider.statement.condition:
        return True
    if wider.version != narrower.version:
        return False
    return _tests(wider) == _tests(narrower)


def _tests(located: LocatedStatement) -> frozenset[tuple[str, str, frozenset[str]]]:
    tests = located.statement.condition.items()
    return frozenset(
        (operator.lower(), key.lower(), frozenset(values))
        for operator, each in tests
        for key, values in each.items()
    )


def _covering(located: LocatedStatement, wider: Sequence[LocatedStatement]) -> tuple[LocatedStatement, ...]:
    """Return the statements that cover every action of a statement on all its resources; none if some is left."""
    statement = located.statement
    if statement.not_actions:
        whole = next((each for each in wider if _left_out_covered(each, located)), None)
        return (whole,) if whole else ()
    by: dict[LocatedStatement, None] = {}
    for action in statement.actions:
        each = next((each for each in wider if _covers_action(each, action, located)), None)
        if each is None:
            return ()
        by[each] = None
    return tuple(by)


def _left_out_covered(wider: LocatedStatement, located: LocatedStatement) -> bool:
    spared = wider.statement.not_actions
    every = any(action in EVERYTHING for action in wider.statement.actions) or (
        bool(spared)
        and all(
            any(surely_covers(_text(mine), _text(theirs)) for mine in located.statement.not_actions)
            for theirs in spared
        )
    )
    return every and _all_resources_covered(wider, located)


def _action_covered(wider: LocatedStatement, action: str) -> bool:
    if wider.statement.not_actions:
        return not any(overlaps(_text(spared), _text(action)) for spared in wider.statement.not_actions)
    return any(surely_covers(_text(each), _text(action)) for each in wider.statement.actions)


def _all_resources_covered(wider: LocatedStatement, located: LocatedStatement) -> bool:
    mine, theirs = located.statement, wider.statement
    if mine.not_resources:
        return any(not each.strip("*") for each in theirs.resources) or (
            bool(theirs.not_resources)
            and all(
                any(surely_covers(arn_glob(m), arn_glob(t)) for m in mine.not_resources)
                for t in theirs.not_resources
            )
        )
    return all(_resource_covered(wider, resource, located) for resource in mine.resources)


def _resource_covered(wider: LocatedStatement, resource: str, located: LocatedStatement) -> bool:
    if wider.statement.not_resources:
        asked = located.glob(resource)
        return not any(overlaps(wider.glob(spared), asked) for spared in wider.statement.not_resources)
    asked = located.glob(resource)
    return any(
        each == resource if "${" in each else surely_covers(arn_glob(each), asked)
        for each in wider.statement.resources
    )


def _entries(located: LocatedStatement) -> Iterator[Finding]:
    """Tell entries of one list that another entry of the same list covers."""
    statement = located.statement
    actions = _inner(statement.actions, _text, _text)
    resources = _inner(
        statement.resources, lambda wide: None if "${" in wide else arn_glob(wide), located.glob
    )
    if actions:
        told = ", ".join(f"{narrow} is part of {wide}" for narrow, wide in actions.items())
        yield found("redundant/covered-entry", located.ref, told, actions=tuple(actions))
    if resources:
        told = ", ".join(f"{narrow} is part of {wide}" for narrow, wide in resources.items())
        yield found("redundant/covered-entry", located.ref, told, resources=tuple(resources))


def _inner(
    entries: Sequence[str], wide: Callable[[str], Glob | None], narrow: Callable[[str], Glob]
) -> dict[str, str]:
    """Return each entry that another covers, with that other; of two that cover one another the later one.

    ``wide`` returns what an entry covers for certain (None: only itself), ``narrow`` what it may stand for.
    """
    sure, possible = list(map(wide, entries)), list(map(narrow, entries))
    index = PrefixIndex(sure)
    first: dict[str, int] = {}
    found_inside: dict[str, str] = {}
    for place, entry in enumerate(entries):
        if first.setdefault(entry, place) < place:
            found_inside[entry] = entry
            continue
        for other in index.may_cover(possible[place]):
            if (
                other != place
                and _is_within(possible[place], sure[other])
                and (other < place or not _is_within(possible[other], sure[place]))
            ):
                found_inside[entry] = entries[other]
                break
    return found_inside


def _is_within(narrow: Glob, wide: Glob | None) -> bool:
    return wide is not None and surely_covers(wide, narrow)


@lru_cache(maxsize=16384)
def _text(action: str) -> Glob:
    return text_glob(action.lower())
