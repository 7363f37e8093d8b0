"""What policy documents allow beyond what is needed: per action, resource and condition, statement by statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from zappa_iam_ext.iam import Effect, PolicyDocument, Statement
from zappa_iam_ext.iam.conditions.operators import parse_operator
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.findings.located_statements import can_name, expand
from zappa_iam_ext.iam.findings.model import StatementRef
from zappa_iam_ext.iam.patterns.classes import PatternTooComplex, some_word
from zappa_iam_ext.iam.patterns.containment import surely_covers
from zappa_iam_ext.iam.patterns.glob import Glob, arn_glob, is_pattern, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps
from zappa_iam_ext.permissions.model import Requirement

EVERYTHING = "*"
_NARROWING = frozenset({"text", "caseless", "like", "arn"})
"""The families of operators in which a condition of ours is written."""


class SurplusReason(StrEnum):
    """Why a grant is more than is needed."""

    NEVER = "never needed"
    WILDCARD = "wildcard"
    """Only some of the actions that a wildcard stands for are needed on this resource."""
    ELSEWHERE = "needed on other resources"
    WIDER = "wider resource"
    CONDITION = "missing condition"


@dataclass(frozen=True, slots=True)
class Surplus:
    """One action on one resource, as a statement writes them, that is allowed beyond what is needed.

    What a statement spares is written ``NotAction iam:*`` and ``NotResource arn:...``.

    ``needed`` is what of it is needed: for a wildcard the actions, for a resource the ARNs, for a condition each
    key with its values (``iam:PassedToService lambda.amazonaws.com``). ``known_actions`` is how many actions a
    wildcard stands for, 0 when nobody knows.
    """

    action: str
    resource: str
    reason: SurplusReason
    statement: StatementRef
    needed: tuple[str, ...] = ()
    known_actions: int = 0


@dataclass(frozen=True, slots=True)
class _Need:
    """A requirement as patterns."""

    requirement: Requirement
    action: str
    resource: Glob

    @property
    def restricted(self) -> tuple[str, ...]:
        """The condition keys that a statement for it should demand, sorted."""
        found = (key for key in self.requirement.restrict if key in self.requirement.context)
        return tuple(sorted(found))


def surplus(documents: Sequence[PolicyDocument], needed: Iterable[Requirement]) -> tuple[Surplus, ...]:
    """Return what the Allow statements of these documents grant and no requirement asks for.

    A Deny without a condition takes away what it surely covers. What a resource cannot be named for (an object's
    action on a bucket) grants nothing and is no surplus.
    """
    needs = tuple(_Need(item, item.action.lower(), arn_glob(item.resource)) for item in needed)
    denials = tuple(
        statement for document in documents for statement in document.statements if _is_plain_deny(statement)
    )
    return tuple(
        dict.fromkeys(
            found
            for number, document in enumerate(documents)
            for index, statement in enumerate(document.statements)
            if statement.effect is Effect.ALLOW
            for found in _of_statement(statement, StatementRef(number, index, statement.sid), needs, denials)
        )
    )


def _of_statement(
    statement: Statement, ref: StatementRef, needs: Sequence[_Need], denials: Sequence[Statement]
) -> Iterator[Surplus]:
    spared = [text_glob(each.lower()) for each in statement.not_actions]
    away = [arn_glob(each) for each in statement.not_resources]
    for action in statement.actions or (EVERYTHING,):
        pattern = text_glob(action.lower())
        of_action = [
            need
            for need in needs
            if pattern.matches(need.action)
            and not any(glob.matches(need.action) for glob in spared)
            and not any(surely_covers(glob, need.resource) for glob in away)
        ]
        for resource in statement.resources or (EVERYTHING,):
            if not any(_takes_away(denial, action, resource) for denial in denials):
                for found in _of_grant(action, resource, statement, ref, of_action):
                    yield _as_written(found, statement)


def _as_written(found: Surplus, statement: Statement) -> Surplus:
    """Return a grant with the elements that name what is not meant, where the statement has such."""
    action = f"NotAction {', '.join(statement.not_actions)}" if statement.not_actions else found.action
    resource = (
        f"NotResource {', '.join(statement.not_resources)}" if statement.not_resources else found.resource
    )
    return replace(found, action=action, resource=resource)


def _of_grant(
    action: str, resource: str, statement: Statement, ref: StatementRef, needs: Sequence[_Need]
) -> Iterator[Surplus]:
    """Yield what one action on one resource grants beyond; ``needs`` are those that the action serves."""
    if not needs:
        yield Surplus(action, resource, SurplusReason.NEVER, ref)
        return
    glob = arn_glob(resource)
    types = _types(action)
    if types and not any(can_name(glob, arn) for arn in types):
        return
    here = [need for need in needs if overlaps(need.resource, glob)]
    if not here:
        yield Surplus(action, resource, SurplusReason.ELSEWHERE, ref, _resources(needs))
        return
    if is_pattern(action):
        known, idle = _idle(action, glob, here)
        if idle:
            names = tuple(dict.fromkeys(need.requirement.action for need in here))
            yield Surplus(action, resource, SurplusReason.WILDCARD, ref, names, known)
    if _reaches_beyond(glob, here):
        yield Surplus(action, resource, SurplusReason.WIDER, ref, _resources(here))
    if lacking := _lacking_conditions(statement, here):
        yield Surplus(action, resource, SurplusReason.CONDITION, ref, lacking)


def _is_plain_deny(statement: Statement) -> bool:
    return statement.effect is Effect.DENY and not statement.condition and bool(statement.actions)


def _takes_away(denial: Statement, action: str, resource: str) -> bool:
    """Say whether a Deny surely covers all of a grant."""
    if not any(surely_covers(text_glob(each.lower()), text_glob(action.lower())) for each in denial.actions):
        return False
    return any(surely_covers(arn_glob(each), arn_glob(resource)) for each in denial.resources)


def _resources(needs: Iterable[_Need]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(need.requirement.resource for need in needs))


@lru_cache(maxsize=4096)
def _types(action: str) -> tuple[str, ...]:
    """Return the ARNs of the types of resources that an action by name can be limited to; none when it can be to none."""
    known = None if is_pattern(action) else action_definition(action)
    return tuple(each.arn for each in known.resource_types) if known else ()


def _idle(action: str, resource: Glob, here: Sequence[_Need]) -> tuple[int, bool]:
    """Return how many actions a wildcard grants on a resource, and whether one of them is not needed there.

    Those that cannot name the resource are not counted. 0 and yes where the actions are not known.
    """
    granted = [name for name in expand(action) if _can_be_on(name, resource)]
    wanted = {need.action for need in here}
    return len(granted), not granted or any(name.lower() not in wanted for name in granted)


def _can_be_on(action: str, resource: Glob) -> bool:
    types = _types(action)
    return resource.matches(EVERYTHING) if not types else any(can_name(resource, arn) for arn in types)


def _reaches_beyond(resource: Glob, needs: Sequence[_Need]) -> bool:
    """Say whether a resource names more than what is needed together; what is too complex to compare is not told."""
    globs = tuple(dict.fromkeys(need.resource for need in needs))
    if any(glob.matches(EVERYTHING) or surely_covers(glob, resource) for glob in globs):
        return False
    try:
        return some_word(resource, globs, lambda matched: not any(matched))
    except PatternTooComplex:
        return False


def _lacking_conditions(statement: Statement, needs: Sequence[_Need]) -> tuple[str, ...]:
    """Return the conditions under which alone a grant is needed and that the statement does not demand."""
    groups: dict[tuple[str, ...], dict[str, dict[str, None]]] = {}
    for need in needs:
        values = groups.setdefault(need.restricted, {key: {} for key in need.restricted})
        for key in need.restricted:
            given = need.requirement.context[key]
            values[key] |= dict.fromkeys((given,) if isinstance(given, str) else given)
    if any(all(_demands(statement, key, keys[key]) for key in keys) for keys in groups.values()):
        return ()
    return tuple(
        dict.fromkeys(
            f"{key} {' or '.join(values)}" for keys in groups.values() for key, values in keys.items()
        )
    )


def _demands(statement: Statement, key: str, values: Iterable[str]) -> bool:
    """Say whether a statement holds for no other values of a key than these."""
    wanted = [text_glob(value) for value in values]
    return any(
        all(any(surely_covers(glob, text_glob(value)) for glob in wanted) for value in given)
        for operator, tests in statement.condition.items()
        if _narrows(operator)
        for given in _values_of(tests, key)
    )


def _narrows(operator: str) -> bool:
    known = parse_operator(operator)
    return known is not None and not known.negated and known.family in _NARROWING


def _values_of(tests: Mapping[str, tuple[str, ...]], key: str) -> Iterator[tuple[str, ...]]:
    return (values for name, values in tests.items() if name.lower() == key.lower())
