"""What documents allow and others do not: per action, resource and condition. Pure.

A grant counts as kept only when all of it is: of a wildcard every action and resource that it covers, of a condition
every request that it lets pass. What cannot be compared within bounds counts as lost, so that it is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import (
    AuthorizationRequest,
    CompiledPolicySet,
    Decision,
    Effect,
    PolicyDocument,
    PolicySet,
    Statement,
    compile_policies,
)
from zappa_iam_ext.iam.conditions.operators import parse_operator
from zappa_iam_ext.iam.patterns.containment import surely_covers
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps
from zappa_iam_ext.iam.synthesis.grants import FrozenCondition, implies

#: Whoever asks: what is compared are the documents.
SOMEBODY = "arn:aws:iam::123456789012:user/somebody"
UNREADABLE = "what the document says"
#: Into so many a condition with several values is divided; beyond that it is compared as a whole.
MAX_COMBINATIONS = 64


@dataclass(frozen=True, slots=True, order=True)
class Privilege:
    """One action on one resource under a condition, as a statement writes them; ``NotAction ...`` for what is spared.

    ``condition`` is written as text (``iam:PassedToService = lambda.amazonaws.com``), empty for none. ``partly`` says
    that some of it stays. ``sid`` and ``policy`` name the statement, ``effect`` is ``Deny`` for what is newly forbidden.
    """

    policy: str
    sid: str
    action: str
    resource: str
    condition: str = ""
    partly: bool = False
    effect: str = "Allow"

    def to_json(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Held:
    """A policy by name and its document: JSON as IAM keeps it."""

    policy: str
    document: Mapping[str, Any]


def lost(before: Sequence[Held], after: Sequence[Held]) -> tuple[Privilege, ...]:
    """Return what the documents of before allow and those of after do not, in the order of the statements."""
    return tuple(dict.fromkeys(_lost(before, after)))


def covered(needed: Mapping[str, Any], held: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether documents allow all that another does."""
    return not any(_lost((Held("", needed),), tuple(Held("", document) for document in held)))


def _lost(before: Sequence[Held], after: Sequence[Held]) -> Iterator[Privilege]:
    kept = _Kept(tuple(_statements(after)), frozenset(_meanings(before, Effect.DENY)))
    known = frozenset() if kept.denials else frozenset(_meanings(after, Effect.ALLOW))
    for held in before:
        statements = _read(held.document)
        if statements is None:
            if held not in after:
                yield Privilege(held.policy, "", UNREADABLE, "")
            continue
        for statement in statements:
            if statement.effect is Effect.ALLOW and statement.meaning() not in known:
                yield from _of_statement(statement, held.policy, kept)


def _of_statement(statement: Statement, policy: str, kept: _Kept) -> Iterator[Privilege]:
    if statement.not_actions or statement.not_resources:
        if not kept.spares_no_more(statement):
            partly = any(_alike(each, statement) for _, each in kept.allows)
            yield Privilege(policy, statement.sid, *_spared(statement), _words(_frozen(statement)), partly)
        return
    for action, resource in product(statement.actions, statement.resources):
        for condition in _divided(_frozen(statement)):
            if not kept.covers(action, resource, condition):
                partly = kept.meets(action, resource)
                yield Privilege(policy, statement.sid, action, resource, _words(condition), partly)


def _spared(statement: Statement) -> tuple[str, str]:
    action = (
        f"NotAction {', '.join(statement.not_actions)}"
        if statement.not_actions
        else ", ".join(statement.actions)
    )
    resource = ", ".join(statement.resources)
    return (
        action,
        f"NotResource {', '.join(statement.not_resources)}" if statement.not_resources else resource,
    )


@dataclass(frozen=True)
class _Kept:
    """What the documents of after allow. ``known_denials`` are the meanings of the Denies of before."""

    statements: tuple[Statement, ...]
    known_denials: frozenset[object]

    @cached_property
    def denials(self) -> tuple[Statement, ...]:
        """The new Denies, as if without a condition: that one may apply is enough to look at it."""
        return tuple(
            replace(statement, condition={})
            for statement in self.statements
            if statement.effect is Effect.DENY and statement.meaning() not in self.known_denials
        )

    @cached_property
    def allows(self) -> tuple[tuple[FrozenCondition, Statement], ...]:
        """The Allows, each with its condition."""
        return tuple((_frozen(each), each) for each in self.statements if each.effect is Effect.ALLOW)

    @cached_property
    def _compiled(self) -> dict[FrozenCondition, CompiledPolicySet]:
        return {}

    def everything(self, condition: FrozenCondition) -> bool:
        """Say whether any action on any resource is allowed under a condition."""
        return self.covers("*", "*", condition)

    def spares_no_more(self, statement: Statement) -> bool:
        """Say whether a statement that spares actions or resources is allowed: one allows as much, or all is allowed."""
        condition = _frozen(statement)
        if self.everything(condition):
            return True
        near = (each for own, each in self.allows if implies(condition, own))
        return not self.denials and any(_as_wide(each, statement) for each in near)

    def covers(self, action: str, resource: str, condition: FrozenCondition) -> bool:
        """Say whether all of a grant is allowed: by one statement, or by several together."""
        asked, on = text_glob(action.lower()), arn_glob(resource)
        near = [
            allow for allow in self.allows if implies(condition, allow[0]) and _meets(allow[1], asked, on)
        ]
        if not near:
            return False
        if not self.denials and any(_contains(each, asked, resource, on) for _, each in near):
            return True
        request = AuthorizationRequest(SOMEBODY, action, resource)
        return self._policies(condition).decide(request) is Decision.ALLOWED

    def meets(self, action: str, resource: str) -> bool:
        """Say whether some of a grant is allowed, under whatever condition."""
        asked, on = text_glob(action.lower()), arn_glob(resource)
        return any(_meets(each, asked, on) for _, each in self.allows)

    def _policies(self, condition: FrozenCondition) -> CompiledPolicySet:
        """Return the statements that hold wherever a condition does, without their own."""
        if condition not in self._compiled:
            holding = (
                replace(each, condition={}, sid="") for own, each in self.allows if implies(condition, own)
            )
            document = PolicyDocument((*holding, *(replace(each, sid="") for each in self.denials)))
            self._compiled[condition] = compile_policies(PolicySet(identity=(document,)))
        return self._compiled[condition]


def _meets(statement: Statement, action: Glob, resource: Glob) -> bool:
    if statement.actions and not any(overlaps(text_glob(each.lower()), action) for each in statement.actions):
        return False
    return not statement.resources or any(overlaps(arn_glob(each), resource) for each in statement.resources)


def _contains(statement: Statement, action: Glob, resource: str, on: Glob) -> bool:
    if not any(surely_covers(text_glob(each.lower()), action) for each in statement.actions):
        return False
    return any(
        each == resource or ("${" not in each and surely_covers(arn_glob(each), on))
        for each in statement.resources
    )


def _alike(one: Statement, other: Statement) -> bool:
    """Say whether both spare something of the same kind, so that some of one is in the other."""
    return bool(one.not_actions and other.not_actions) or bool(one.not_resources and other.not_resources)


def _as_wide(one: Statement, other: Statement) -> bool:
    """Say whether a statement surely reaches every action and resource that another does, whatever each spares."""
    return _reaches(
        (one.actions, one.not_actions),
        (other.actions, other.not_actions),
        lambda text: text_glob(text.lower()),
    ) and _reaches((one.resources, one.not_resources), (other.resources, other.not_resources), arn_glob)


_Element = tuple[Sequence[str], Sequence[str]]
"""The patterns of an element, and those of its contrary."""


def _reaches(one: _Element, other: _Element, glob: Callable[[str], Glob]) -> bool:
    named, spared = one
    if spared:  # it must spare no more than the other does
        return bool(other[1]) and _each_within(spared, other[1], glob)
    return "*" in named if other[1] else _each_within(other[0], named, glob)


def _each_within(inner: Sequence[str], outer: Sequence[str], glob: Callable[[str], Glob]) -> bool:
    return all(
        any(one == each or ("${" not in one and surely_covers(glob(one), glob(each))) for one in outer)
        for each in inner
    )


def _read(document: Mapping[str, Any]) -> tuple[Statement, ...] | None:
    try:
        return PolicyDocument.parse(document, stored=False, readable=False).statements
    except InvalidPolicyDocument:
        return None


def _statements(documents: Iterable[Held]) -> Iterator[Statement]:
    for held in documents:
        yield from _read(held.document) or ()


def _meanings(documents: Iterable[Held], effect: Effect) -> Iterator[object]:
    return (statement.meaning() for statement in _statements(documents) if statement.effect is effect)


def _frozen(statement: Statement) -> FrozenCondition:
    return frozenset(
        (operator, key, tuple(sorted(set(values))))
        for operator, tests in statement.condition.items()
        for key, values in tests.items()
    )


def _divided(condition: FrozenCondition) -> Iterator[FrozenCondition]:
    """Yield a condition for each combination of values that any of would do, so that each is compared alone."""
    tests = sorted(condition)
    choices = [
        [(operator, key, (value,)) for value in values] if _any_of(operator) else [(operator, key, values)]
        for operator, key, values in tests
    ]
    number = 1
    for choice in choices:
        number *= len(choice)
    if number > MAX_COMBINATIONS:
        yield condition
    else:
        yield from (frozenset(combination) for combination in product(*choices))


def _any_of(operator: str) -> bool:
    """Say whether one of the values is enough for the operator; of sets of values that is not so."""
    parsed = parse_operator(operator)
    return parsed is not None and not parsed.negated and ":" not in operator


def _words(condition: FrozenCondition) -> str:
    return "; ".join(f"{key} {operator} {' | '.join(values)}" for operator, key, values in sorted(condition))
