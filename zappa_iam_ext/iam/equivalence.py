"""Whether the statements of two documents mean the same, however they are written and divided.

A statement matches when one of its actions, one of its resources and one of its principals do: it says the same as a
statement for each combination of them. What is left out (NotAction, NotResource, NotPrincipal) belongs together and is
never divided. Sound, not complete: statements that mean the same by what their patterns cover are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import product

from zappa_iam_ext.iam.statement import PolicyKind, PrincipalElement, Statement

#: What stands for everybody in a Principal element.
_EVERYBODY = ("*", "*")
_ROOT = re.compile(r"arn:([^:]+):iam::([0-9]{12}):root")

#: What a group of combinations has in common, and the combinations of action, resource and principal under it.
_Meaning = dict[Hashable, set[tuple[Hashable, Hashable, Hashable]]]


def equivalent(
    mine: Sequence[Statement], theirs: Sequence[Statement], kinds: tuple[PolicyKind, PolicyKind]
) -> bool:
    """Say whether two lists of statements mean the same in policies of these kinds."""
    partitions = {partition for each in (*mine, *theirs) for partition in _partitions(each)}
    partition = partitions.pop() if len(partitions) == 1 else ""
    return _meaning(mine, kinds[0], partition) == _meaning(theirs, kinds[1], partition)


def _meaning(statements: Iterable[Statement], kind: PolicyKind, partition: str) -> _Meaning:
    found: _Meaning = {}
    for statement in statements:
        combinations = product(
            _parts((action.lower() for action in statement.actions), map(str.lower, statement.not_actions)),
            _parts(statement.resources, statement.not_resources),
            _principals(statement, kind, partition),
        )
        found.setdefault(_common(statement), set()).update(combinations)
    return found


def _common(statement: Statement) -> Hashable:
    """Return the effect and the condition."""
    return str(statement.effect), frozenset(
        (operator.lower(), key.lower(), frozenset(values))
        for operator, tests in statement.condition.items()
        for key, values in tests.items()
    )


def _parts(named: Iterable[str], left_out: Iterable[str]) -> Sequence[Hashable]:
    """Return what is named one by one, or what is left out as one."""
    spared = frozenset(left_out)
    return [spared] if spared else list(named) or [None]


def _principals(statement: Statement, kind: PolicyKind, partition: str) -> Sequence[Hashable]:
    if statement.not_principals is not None:
        return [frozenset(_entries(statement.not_principals, partition))]
    if statement.principals is None:
        return [None]
    entries = list(_entries(statement.principals, partition))
    if kind is PolicyKind.RESOURCE:
        # IAM User Guide, AWS JSON policy elements: Principal, "All principals": * and {"AWS": "*"} are equivalent.
        return [_EVERYBODY if entry == ("AWS", "*") else entry for entry in entries]
    return list(entries)


def _entries(element: PrincipalElement, partition: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each principal; the root user's ARN stands for the account's id.

    IAM User Guide, AWS JSON policy elements: Principal, "AWS account principals". ``partition`` is the one in which
    the document is used; empty when its ARNs do not tell.
    """
    for kind, names in element.items():
        for name in names:
            root = _ROOT.fullmatch(name) if kind == "AWS" else None
            yield kind, root[2] if root and root[1] == partition else name


def _partitions(statement: Statement) -> Iterator[str]:
    """Yield the partitions of the principals that are ARNs."""
    for element in (statement.principals, statement.not_principals):
        for names in (element or {}).values():
            for name in names:
                if name.startswith("arn:"):
                    yield name.split(":")[1]
