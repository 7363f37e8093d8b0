"""The tests of a trust policy's conditions that keep somebody out, and what is found of a statement. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.iam.conditions.operators import Operator, Qualifier, parse_operator
from zappa_iam_ext.iam.statement import Statement

_TEXTS = frozenset({"text", "caseless", "like"})


class Fault(StrEnum):
    """What is wrong with a statement that IAM stores."""

    OPEN = "open"
    TENANT = "tenant"
    NOBODY = "nobody"
    AUDIENCE = "audience"


@dataclass(frozen=True, slots=True)
class Openness:
    """A statement of a trust policy that lets in others than meant: ``told`` says how."""

    index: int
    fault: Fault
    told: str


@dataclass(frozen=True, slots=True)
class KeyTest:
    """One key of a condition, with its operator, and what it is compared with.

    ``claim`` is what follows the issuer in the key, in lower case; empty for a key that is none of the issuer's.
    """

    operator: Operator
    key: str
    claim: str
    values: tuple[str, ...]

    @property
    def literal(self) -> bool:
        """Whether the operator takes stars for stars."""
        return self.operator.family in {"text", "caseless"}


def binding_tests(
    statement: Statement, *, always: Collection[str], prefix: str = "", families: Collection[str] = _TEXTS
) -> Iterator[KeyTest]:
    """Yield the tests that keep out a request which lacks the key or has another value.

    ``IfExists`` and ``ForAllValues`` hold without the key, unless it is ``always`` there: a subject is in every token
    (OpenID Connect Core, 2). ``prefix`` is the issuer with a colon.
    """
    for name, tests in statement.condition.items():
        operator = parse_operator(name)
        if operator is None or operator.negated or operator.family not in families:
            continue
        for key, values in tests.items():
            claim = _claim(key.lower(), prefix.lower())
            there = (claim or key.lower()) in always
            if there or not (operator.if_exists or operator.qualifier is Qualifier.ALL):
                yield KeyTest(operator, key, claim, tuple(values))


def is_closed(test: KeyTest) -> bool:
    """Say whether every value that is tested for leaves something out."""
    return test.literal or all(value.strip("*?") for value in test.values)


def _claim(key: str, prefix: str) -> str:
    if prefix and key.startswith(prefix):
        return key[len(prefix) :]
    return key if key == "sts:rolesessionname" else ""
