"""Conditions, three-valued: a key that nobody knows makes the answer unknown, in both directions.

IAM User Guide: "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or values",
"Single-valued vs. multivalued context keys", "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zappa_iam_ext.iam.conditions.operators import Operator, Qualifier
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.conditions.values import TEXTUAL, Matcher, matcher, token_matcher
from zappa_iam_ext.iam.conditions.variables import fill, has_variables, parse_template


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """What a condition came to, the keys that were needed and missing, and the test that failed."""

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


HOLDS, FAILS = ConditionResult(TRUE), ConditionResult(FALSE)


class ConditionTest:
    """One key of a condition, compiled: the operator, the key, the policy's values.

    ``ForAllValues`` takes an empty string for no value at all (IAM User Guide, "Single-valued vs. multivalued context
    keys"); for ``Null`` the key is there.
    ``meaning`` is equal for tests that always come to the same.
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

    def judge(self, context: Context) -> ConditionResult:
        """Return whether the test holds."""
        values = context.values.get(self.key)
        if values is None and context.is_unknown(self.key):
            return ConditionResult(self._when_unknown(), (self.name,))
        if self.operator.family == "null":
            return HOLDS if self._wants(absent=not values) else FAILS
        if not values:
            truth = TRUE if self._when_absent() else FALSE
            return ConditionResult(truth, () if values is not None else (self.name,))
        if self.operator.qualifier is Qualifier.ALL and not any(values):
            return HOLDS
        return self._compare(values, context)

    def _wants(self, *, absent: bool) -> bool:
        return any(value.lower() == ("true" if absent else "false") for value in self.values)

    def _when_unknown(self) -> Truth:
        """Only ``Null`` with both answers holds whether the key is there or not."""
        certain = self.operator.family == "null" and self._wants(absent=True) and self._wants(absent=False)
        return TRUE if certain else UNKNOWN

    def _when_absent(self) -> bool:
        """Of no values all are right and none is: the set operators come before ``IfExists``."""
        if self.operator.qualifier is not Qualifier.NONE:
            return self.operator.qualifier is Qualifier.ALL
        return self.operator.if_exists or self.operator.negated

    def _compare(self, values: tuple[str, ...], context: Context) -> ConditionResult:
        """Compare each value of the request with those of the policy.

        A variable without a value matches nothing, and voids a negated test: what cannot be resolved must not
        come out true.
        """
        matchers, missing, unsure, unresolved = self._matchers(context)
        operator = self.operator
        if operator.negated and unresolved:
            return ConditionResult(FALSE, missing)
        truths = [_match(value, matchers, negated=operator.negated, unsure=unsure) for value in values]
        some = operator.qualifier is Qualifier.ANY or (
            operator.qualifier is Qualifier.NONE and not operator.negated
        )
        truth = (max if some else min)(truths)
        return ConditionResult(truth, missing) if missing else _RESULTS[truth]

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


_RESULTS = {FALSE: FAILS, UNKNOWN: ConditionResult(UNKNOWN), TRUE: HOLDS}


def _match(value: str, matchers: Sequence[Matcher], *, negated: bool, unsure: bool) -> Truth:
    for matches in matchers:
        if matches(value):
            return FALSE if negated else TRUE
    if unsure:
        return UNKNOWN
    return TRUE if negated else FALSE


def judge(tests: Sequence[ConditionTest], context: Context) -> ConditionResult:
    """Return whether all tests of a condition block hold: false beats unknown beats true."""
    missing: list[str] = []
    worst, failed = TRUE, ""
    for test in tests:
        result = test.judge(context)
        missing += result.missing
        if result.truth < worst:
            worst, failed = result.truth, f"{test.operator.name} {test.name}"
    return ConditionResult(worst, tuple(dict.fromkeys(missing)), failed if worst is FALSE else "")


def holds(tests: Sequence[ConditionTest], context: Context) -> Truth:
    """Return the truth of a condition block, without its reasons."""
    worst = TRUE
    for test in tests:
        truth = test.judge(context).truth
        if not truth:
            return truth
        worst = min(worst, truth)
    return worst
