"""Conditions, three-valued: a key that nobody knows makes the answer unknown, in both directions.

IAM User Guide: "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or values",
"Single-valued vs. multivalued context keys", "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from zappa_iam_ext.iam.conditions.operators import Operator, Qualifier
from zappa_iam_ext.iam.conditions.values import TEXTUAL, Matcher, matcher, token_matcher
from zappa_iam_ext.iam.conditions.variables import fill, has_variables, parse_template


class Truth(Enum):
    """True, false, or not to be known."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a condition came to, and the keys that were needed and missing."""

    truth: Truth
    missing: tuple[str, ...] = ()
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """The condition keys of a request, names in lower case; ``unknown`` None means every key not given is unknown."""

    values: Mapping[str, tuple[str, ...]]
    unknown: frozenset[str] | None = frozenset()

    def is_unknown(self, key: str) -> bool:
        """Say whether a key may have a value that we do not know."""
        return key not in self.values and (self.unknown is None or key in self.unknown)


TRUE, FALSE = Outcome(Truth.TRUE), Outcome(Truth.FALSE)


class ConditionTest:
    """One key of a condition, compiled: the operator, the key, the policy's values.

    ``ForAllValues`` takes an empty string for no value at all (IAM User Guide, "Single-valued vs. multivalued context
    keys"); for ``Null`` the key is there.
    ``meaning`` is equal for tests that always have the same outcome.
    """

    __slots__ = ("_fixed", "_templates", "key", "meaning", "name", "operator", "values")

    def __init__(self, operator: Operator, name: str, values: tuple[str, ...], *, variables: bool) -> None:
        self.operator, self.name, self.values = operator, name, values
        self.key = name.lower()
        self.meaning = (operator, self.key, frozenset(values), variables)
        filled = variables and operator.family in TEXTUAL
        self._templates = tuple(
            template
            for value in values
            if filled and "${" in value and has_variables(template := parse_template(value))
        )
        self._fixed: tuple[Matcher, ...] | None = None

    def judge(self, context: Context) -> Outcome:
        """Return whether the test holds."""
        values = context.values.get(self.key)
        if values is None and context.is_unknown(self.key):
            return Outcome(self._when_unknown(), (self.name,))
        if self.operator.family == "null":
            return TRUE if self._wants(absent=not values) else FALSE
        if not values:
            truth = Truth.TRUE if self._when_absent() else Truth.FALSE
            return Outcome(truth, () if values is not None else (self.name,))
        if self.operator.qualifier is Qualifier.ALL and not any(values):
            return TRUE
        return self._compare(values, context)

    def _wants(self, *, absent: bool) -> bool:
        return any(value.lower() == ("true" if absent else "false") for value in self.values)

    def _when_unknown(self) -> Truth:
        """Only ``Null`` with both answers holds whether the key is there or not."""
        certain = self.operator.family == "null" and self._wants(absent=True) and self._wants(absent=False)
        return Truth.TRUE if certain else Truth.UNKNOWN

    def _when_absent(self) -> bool:
        """Of no values all are right and none is: the set operators come before ``IfExists``."""
        if self.operator.qualifier is not Qualifier.NONE:
            return self.operator.qualifier is Qualifier.ALL
        return self.operator.if_exists or self.operator.negated

    def _compare(self, values: tuple[str, ...], context: Context) -> Outcome:
        """Compare each value of the request with those of the policy.

        A variable without a value matches nothing, and voids a negated test: what cannot be resolved must not
        come out true.
        """
        matchers, missing, unsure, unresolved = self._matchers(context)
        operator = self.operator
        if operator.negated and unresolved:
            return Outcome(Truth.FALSE, missing)
        truths = [_match(value, matchers, negated=operator.negated, unsure=unsure) for value in values]
        some = operator.qualifier is Qualifier.ANY or (
            operator.qualifier is Qualifier.NONE and not operator.negated
        )
        truth = Truth((max if some else min)(truths))
        return Outcome(truth, missing) if missing else _OUTCOMES[truth]

    def _matchers(self, context: Context) -> tuple[tuple[Matcher, ...], tuple[str, ...], bool, bool]:
        """Return the matchers, the variables that had no value, and whether one is unknown, one without value."""
        fixed = self._fixed_matchers()
        if not self._templates:
            return fixed, (), False, False
        found: list[Matcher] = []
        missing: list[str] = []
        unsure = unresolved = False
        for template in self._templates:
            filled = fill(template, context.values, context.unknown)
            missing += filled.missing
            unsure = unsure or filled.unknown
            unresolved = unresolved or filled.tokens is None
            if filled.tokens is not None and not filled.unknown:
                found.append(token_matcher(self.operator.family, filled.tokens))
        return (*fixed, *found), tuple(missing), unsure, unresolved

    def _fixed_matchers(self) -> tuple[Matcher, ...]:
        """Return the matchers of the values without variables, made when first needed."""
        if self._fixed is None:
            family, variables = self.operator.family, self.meaning[3]
            self._fixed = tuple(
                found for value in self.values if (found := _fixed(family, value, variables=variables))
            )
        return self._fixed


def _fixed(family: str, value: str, *, variables: bool) -> Matcher | None:
    if not (variables and family in TEXTUAL and "${" in value):
        return matcher(family, value)
    template = parse_template(value)
    if has_variables(template):
        return None
    return token_matcher(family, [token for part in template if isinstance(part, tuple) for token in part])


_OUTCOMES = {Truth.TRUE: TRUE, Truth.FALSE: FALSE, Truth.UNKNOWN: Outcome(Truth.UNKNOWN)}


def _match(value: str, matchers: Sequence[Matcher], *, negated: bool, unsure: bool) -> int:
    for matches in matchers:
        if matches(value):
            return Truth.FALSE.value if negated else Truth.TRUE.value
    if unsure:
        return Truth.UNKNOWN.value
    return Truth.TRUE.value if negated else Truth.FALSE.value


def judge(tests: Sequence[ConditionTest], context: Context) -> Outcome:
    """Return whether all tests of a condition block hold: false beats unknown beats true."""
    missing: list[str] = []
    worst, failed = Truth.TRUE, ""
    for test in tests:
        outcome = test.judge(context)
        missing += outcome.missing
        if outcome.truth.value < worst.value:
            worst, failed = outcome.truth, f"{test.operator.name} {test.name}"
    return Outcome(worst, tuple(dict.fromkeys(missing)), failed if worst is Truth.FALSE else "")


def holds(tests: Sequence[ConditionTest], context: Context) -> int:
    """Return the truth of a condition block as a number, without its reasons."""
    worst = Truth.TRUE.value
    for test in tests:
        truth = test.judge(context).truth.value
        if not truth:
            return truth
        worst = min(worst, truth)
    return worst
