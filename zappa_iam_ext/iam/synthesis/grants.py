"""From grants to the smallest readable document that gives exactly them; splitting, merging, shortening."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zappa_iam_ext.iam.conditions.operators import parse_operator
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.patterns.containment import surely_covers
from zappa_iam_ext.iam.patterns.glob import arn_glob, is_pattern, text_glob
from zappa_iam_ext.iam.statement import Condition, Effect, Statement
from zappa_iam_ext.iam.synthesis.compaction import CompactResult, Widening, compact
from zappa_iam_ext.iam.synthesis.packing import MANAGED_POLICY_LIMIT, merge, renamed, split

__all__ = [
    "MANAGED_POLICY_LIMIT",
    "CompactResult",
    "Grant",
    "Widening",
    "compact",
    "merge",
    "split",
    "synthesize",
]


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource (a pattern, if need be), under conditions.

    ``purpose`` becomes the Sid of the statement that it ends up in: letters and digits.
    """

    action: str
    resource: str
    condition: Condition = field(default_factory=dict)
    purpose: str = ""


FrozenCondition = frozenset[tuple[str, str, tuple[str, ...]]]
_Frozen = tuple[str, str, FrozenCondition, str]


def synthesize(grants: Iterable[Grant]) -> PolicyDocument:
    """Return a document that allows exactly these grants; the order they come in does not matter.

    Grants that another covers are dropped. Of one purpose and condition, actions with the very same
    resources share a statement: no statement allows a pair that was not granted.
    """
    kept = _without_covered(sorted(set(map(_frozen, grants))))
    groups: dict[tuple[str, FrozenCondition], dict[str, set[str]]] = {}
    for action, resource, condition, purpose in kept:
        groups.setdefault((purpose, condition), {}).setdefault(action, set()).add(resource)
    found = [
        (purpose, actions, resources, condition)
        for (purpose, condition), granted in groups.items()
        for actions, resources in _rectangles(granted)
    ]
    return PolicyDocument(renamed(map(_statement, sorted(found, key=_order))))


def _frozen(grant: Grant) -> _Frozen:
    condition = frozenset(
        (operator, key, tuple(sorted(set(values))))
        for operator, tests in grant.condition.items()
        for key, values in tests.items()
    )
    return grant.action, grant.resource, condition, re.sub(r"[^A-Za-z0-9]", "", grant.purpose)


def _without_covered(grants: Sequence[_Frozen]) -> list[_Frozen]:
    """Drop every grant that another covers: a wider action and resource, and a condition that holds whenever its own does."""
    by_action: dict[str, list[tuple[int, _Frozen]]] = {}
    patterns: list[tuple[int, _Frozen]] = []
    for place, grant in enumerate(grants):
        if is_pattern(grant[0]):
            patterns.append((place, grant))
        else:
            by_action.setdefault(grant[0].lower(), []).append((place, grant))
    return [
        grant
        for place, grant in enumerate(grants)
        if not any(
            index != place and _covers(other, grant, earlier=index < place)
            for index, other in (*by_action.get(grant[0].lower(), ()), *patterns)
        )
    ]


def _covers(wider: _Frozen, narrower: _Frozen, *, earlier: bool) -> bool:
    """Say whether one grant makes another superfluous; of two that cover one another the earlier stays."""
    if not _within(narrower, wider):
        return False
    return earlier or not _within(wider, narrower)


def _within(narrower: _Frozen, wider: _Frozen) -> bool:
    if not implies(narrower[2], wider[2]):
        return False
    one, other = wider[0].lower(), narrower[0].lower()
    if one != other and not (is_pattern(one) and surely_covers(text_glob(one), text_glob(other))):
        return False
    if wider[1] == narrower[1]:
        return True
    return "${" not in wider[1] and surely_covers(arn_glob(wider[1]), arn_glob(narrower[1]))


def implies(condition: FrozenCondition, wider: FrozenCondition) -> bool:
    """Say whether one condition holds only where another does: each test of it is there, with no other values.

    Of a negated operator, which more values narrow, the values have to be the same.
    """
    return condition >= wider or all(
        any(
            (operator, key) == (known, name)
            and (values == listed or (set(values) <= set(listed) and _grows(operator)))
            for operator, key, values in condition
        )
        for known, name, listed in wider
    )


def _grows(operator: str) -> bool:
    parsed = parse_operator(operator)
    return parsed is not None and not parsed.negated


def _rectangles(granted: Mapping[str, set[str]]) -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the actions that have the very same resources, with these resources."""
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for action, resources in granted.items():
        by_resources.setdefault(tuple(sorted(resources)), []).append(action)
    for shared, actions in by_resources.items():
        yield tuple(sorted(actions)), shared


def _order(statement: tuple[str, tuple[str, ...], tuple[str, ...], FrozenCondition]) -> tuple[object, ...]:
    purpose, actions, resources, condition = statement
    return purpose, actions, resources, sorted(condition)


def _statement(found: tuple[str, tuple[str, ...], tuple[str, ...], FrozenCondition]) -> Statement:
    purpose, actions, resources, condition = found
    return Statement(
        Effect.ALLOW, actions=actions, resources=resources, condition=_thawed(condition), sid=purpose
    )


def _thawed(condition: FrozenCondition) -> Condition:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for operator, key, values in sorted(condition):
        found.setdefault(operator, {})[key] = values
    return found
