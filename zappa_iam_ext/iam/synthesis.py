"""From grants to the smallest readable document that gives exactly them; splitting, merging, shortening."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam.document import Condition, Effect, PolicyDocument, Statement
from zappa_iam_ext.iam.patterns import arn_glob, covers
from zappa_iam_ext.iam.tokens import ARN_PARTS

#: Characters that a customer managed policy may have, white space not counted (IAM and STS quotas).
MANAGED_POLICY_LIMIT = 6144


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource (a pattern, if need be), under conditions.

    ``purpose`` becomes the Sid of the statement that it ends up in: letters and digits.
    """

    action: str
    resource: str
    condition: Condition = field(default_factory=dict)
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Widening:
    """What shortening a document allows beyond what it allowed."""

    sid: str
    before: tuple[str, ...]
    after: str

    def __str__(self) -> str:
        return f"{self.sid or 'a statement'}: {', '.join(self.before)} became {self.after}"


@dataclass(frozen=True, slots=True)
class CompactResult:
    """A shortened document, and everything that it allows more."""

    document: PolicyDocument
    widenings: tuple[Widening, ...]


_FIXED = re.compile(r"[^*?]*")
_Condition = frozenset[tuple[str, str, tuple[str, ...]]]
_Frozen = tuple[str, str, _Condition, str]


def synthesize(grants: Iterable[Grant]) -> PolicyDocument:
    """Return a document that allows exactly these grants; the order they come in does not matter.

    Grants that another covers are dropped. Of one purpose and condition, actions with the very same
    resources share a statement: no statement allows a pair that was not granted.
    """
    kept = _without_covered(sorted(set(map(_frozen, grants))))
    groups: dict[tuple[str, _Condition], dict[str, set[str]]] = {}
    for action, resource, condition, purpose in kept:
        groups.setdefault((purpose, condition), {}).setdefault(action, set()).add(resource)
    statements = [
        (purpose, actions, resources, condition)
        for (purpose, condition), granted in groups.items()
        for actions, resources in _rectangles(granted)
    ]
    return PolicyDocument(_numbered(sorted(statements, key=_order)))


def _frozen(grant: Grant) -> _Frozen:
    condition = frozenset(
        (operator, key, tuple(sorted(set(values))))
        for operator, tests in grant.condition.items()
        for key, values in tests.items()
    )
    return grant.action, grant.resource, condition, re.sub(r"[^A-Za-z0-9]", "", grant.purpose)


def _without_covered(grants: Sequence[_Frozen]) -> list[_Frozen]:
    """Drop every grant that another of the same action covers: a wider resource, no condition or the same."""
    by_action: dict[str, list[_Frozen]] = {}
    for grant in grants:
        by_action.setdefault(grant[0].lower(), []).append(grant)
    kept: list[_Frozen] = []
    for group in by_action.values():
        for place, grant in enumerate(group):
            others = ((index, other) for index, other in enumerate(group) if index != place)
            if not any(_covers(other, grant, earlier=index < place) for index, other in others):
                kept.append(grant)
    return kept


def _covers(wider: _Frozen, narrower: _Frozen, *, earlier: bool) -> bool:
    if wider[2] and wider[2] != narrower[2]:
        return False
    if wider[1:3] == narrower[1:3]:
        return earlier
    if wider[1] == narrower[1]:
        return True
    return _may_cover(wider[1], narrower[1]) and covers(arn_glob(wider[1]), arn_glob(narrower[1]))


def _may_cover(wider: str, narrower: str) -> bool:
    """Say whether one complete ARN could cover another; told from the text alone, as most that could not can be."""
    if wider.count(":") < ARN_PARTS - 1:
        return True
    fixed = _FIXED.match(wider)
    start = fixed[0] if fixed else ""
    return narrower.startswith(start) and len(start) < len(wider)


def _rectangles(granted: Mapping[str, set[str]]) -> Iterable[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the actions that have the very same resources, with these resources."""
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for action, resources in granted.items():
        by_resources.setdefault(tuple(sorted(resources)), []).append(action)
    for shared, actions in by_resources.items():
        yield tuple(sorted(actions)), shared


def _order(statement: tuple[str, tuple[str, ...], tuple[str, ...], _Condition]) -> tuple[object, ...]:
    purpose, actions, resources, condition = statement
    return purpose, actions, resources, sorted(condition)


def _numbered(
    found: Sequence[
        tuple[str, tuple[str, ...], tuple[str, ...], frozenset[tuple[str, str, tuple[str, ...]]]]
    ],
) -> tuple[Statement, ...]:
    total: dict[str, int] = {}
    for purpose, *_ in found:
        total[purpose] = total.get(purpose, 0) + 1
    seen: dict[str, int] = {}
    statements = []
    for purpose, actions, resources, condition in found:
        seen[purpose] = seen.get(purpose, 0) + 1
        number = str(seen[purpose]) if total[purpose] > 1 and seen[purpose] > 1 else ""
        statements.append(
            Statement(
                Effect.ALLOW,
                actions,
                (),
                resources,
                (),
                _thawed(condition),
                f"{purpose}{number}" if purpose else "",
            )
        )
    return tuple(statements)


def _thawed(condition: _Condition) -> Condition:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for operator, key, values in sorted(condition):
        found.setdefault(operator, {})[key] = values
    return found


def merge(documents: Iterable[PolicyDocument]) -> PolicyDocument:
    """Return one document that says what all say; statements that mean the same are written once."""
    statements: dict[object, Statement] = {}
    for document in documents:
        for statement in document.statements:
            statements.setdefault(statement.meaning(), statement)
    return PolicyDocument(_renamed(statements.values()))


def _renamed(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the statements with a number at each Sid that is used again: a document may use each only once."""
    used: set[str] = set()
    found = []
    for statement in statements:
        sid, number = statement.sid, 2
        while sid and sid in used:
            sid, number = f"{statement.sid}{number}", number + 1
        used.add(sid)
        found.append(replace(statement, sid=sid))
    return tuple(found)


def split(document: PolicyDocument, limit: int = MANAGED_POLICY_LIMIT) -> tuple[PolicyDocument, ...]:
    """Return documents that each fit ``limit`` characters and together say the same, in order.

    A statement that alone is too long is split by its resources, then by its actions. Raises
    `InvalidPolicyDocument` when even that does not fit.
    """
    parts: list[list[Statement]] = [[]]
    for statement in document.statements:
        for piece in _pieces(statement, limit):
            if parts[-1] and PolicyDocument((*parts[-1], piece)).size > limit:
                parts.append([])
            parts[-1].append(piece)
    return tuple(PolicyDocument(_renamed(part), document.version) for part in parts)


def _pieces(statement: Statement, limit: int) -> list[Statement]:
    if PolicyDocument((statement,)).size <= limit:
        return [statement]
    halves = _halved(statement)
    if halves:
        return [piece for half in halves for piece in _pieces(half, limit)]
    raise InvalidPolicyDocument(f"a single action and resource exceed {limit} characters", rule="size")


def compact(document: PolicyDocument, limit: int = MANAGED_POLICY_LIMIT) -> CompactResult:
    """Shorten a document with wildcards until it fits; what it then allows more is told, widening by widening.

    First the actions of one statement that begin alike (``lambda:Get*``), then resources of one statement.
    """
    widenings: list[Widening] = []
    statements = list(document.statements)
    for shorten in (_shorter_actions, _shorter_resources):
        for place in sorted(
            range(len(statements)), key=lambda index: -PolicyDocument((statements[index],)).size
        ):
            if PolicyDocument(tuple(statements)).size <= limit:
                break
            statements[place], told = shorten(statements[place])
            widenings += told
    return CompactResult(PolicyDocument(tuple(statements), document.version), tuple(widenings))


def _halved(statement: Statement) -> tuple[Statement, ...]:
    """Return two statements that say what one says, or nothing when it has one resource and one action."""
    resources, actions = statement.resources, statement.actions
    if len(resources) > 1:
        half = len(resources) // 2
        return replace(statement, resources=resources[:half]), replace(statement, resources=resources[half:])
    if len(actions) > 1:
        half = len(actions) // 2
        return replace(statement, actions=actions[:half]), replace(statement, actions=actions[half:])
    return ()


_VERB = re.compile(r"([a-z0-9-]+:)([A-Z][a-z]+)")


def _shorter_actions(statement: Statement) -> tuple[Statement, list[Widening]]:
    groups: dict[str, list[str]] = {}
    for action in statement.actions:
        verb = _VERB.match(action)
        groups.setdefault(verb[0] if verb else action, []).append(action)
    told = [
        Widening(statement.sid, tuple(names), f"{verb}*") for verb, names in groups.items() if len(names) > 1
    ]
    actions = tuple(sorted(f"{verb}*" if len(names) > 1 else names[0] for verb, names in groups.items()))
    return replace(statement, actions=actions), told


def _shorter_resources(statement: Statement) -> tuple[Statement, list[Widening]]:
    groups: dict[str, list[str]] = {}
    for resource in statement.resources:
        groups.setdefault(":".join(resource.split(":")[:5]), []).append(resource)
    shortened = []
    told = []
    for names in groups.values():
        if len(names) == 1:
            shortened += names
            continue
        wide = f"{_common(names)}*"
        shortened.append(wide)
        told.append(Widening(statement.sid, tuple(names), wide))
    return replace(statement, resources=tuple(sorted(shortened))), told


def _common(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    length = next(
        (index for index, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    return first[:length].rstrip("*")
