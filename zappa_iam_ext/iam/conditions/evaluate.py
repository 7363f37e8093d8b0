"""Conditions, three-valued: a key that nobody knows makes the answer unknown, in both directions.

IAM User Guide: "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or values",
"Single-valued vs. multivalued context keys", "IAM policy elements: Variables and tags". Where real AWS was seen to do
otherwise (``tests/cases/observed/conditions.json``), that decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from zappa_iam_ext.iam.conditions.operators import Operator, Qualifier
from zappa_iam_ext.iam.conditions.partly_known import truth_among
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.conditions.values import TEXTUAL, Matcher, comparable, matcher, token_matcher
from zappa_iam_ext.iam.conditions.variables import Template, Values, fill, has_variables, parse_template


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """What a condition came to, the keys that were needed and missing, and the test that failed."""

    truth: Truth
    missing: tuple[str, ...] = ()
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """The condition keys of a request, names in lower case; ``unknown`` None means every key not given is unknown.

    A key that AWS sends as a list maps to a tuple, any other to a string, one that is surely absent to None.
    ``forms`` holds the patterns that the value of an unknown key is known to be of.
    """

    values: Values
    unknown: frozenset[str] | None = frozenset()
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def is_unknown(self, key: str) -> bool:
        """Say whether a key may have a value that we do not know."""
        return key not in self.values and (self.unknown is None or key in self.unknown)


class _Special(Enum):
    """Values of a policy that are no matchers: one that hangs on an unknown key, one that ends the comparison."""

    UNKNOWN = 0
    ENDS = 1


#: What a comparison may come to, as bits.
_IS_FALSE, _IS_TRUE, _ENDS = 1, 2, 4
_TRUTHS = {_IS_FALSE: FALSE, _IS_TRUE: TRUE, _IS_FALSE | _IS_TRUE: UNKNOWN}
HOLDS, FAILS = ConditionResult(TRUE), ConditionResult(FALSE)
_RESULTS = {FALSE: FAILS, UNKNOWN: ConditionResult(UNKNOWN), TRUE: HOLDS}
_Wanted = Matcher | _Special | Template


class ConditionTest:
    """One key of a condition, compiled: the operator, the key, the policy's values.

    ``denies`` is the effect of its statement: what ends a comparison makes an Allow fail and a Deny hold.
    ``meaning`` is equal for tests of one effect that always come to the same.
    """

    __slots__ = (
        "_fixed",
        "_may_end",
        "_template",
        "denies",
        "key",
        "meaning",
        "name",
        "operator",
        "values",
        "variables",
    )

    def __init__(
        self, operator: Operator, name: str, values: tuple[str, ...], *, variables: bool, denies: bool
    ) -> None:
        self.operator, self.name, self.values, self.denies = operator, name, values, denies
        self.key = name.lower()
        self.variables = variables and operator.family in TEXTUAL
        ordered = operator.family == "arn" and len(values) > 1
        self.meaning = (operator, self.key, values if ordered else frozenset(values), variables)
        self._fixed: tuple[_Wanted, ...] | None = None
        self._template = self.variables and any(
            "${" in value and has_variables(parse_template(value)) for value in values
        )
        self._may_end = (
            denies
            and operator.family == "arn"
            and (self._template or _Special.ENDS in map(self._compiled, values))
        )

    def judge(self, context: Context) -> ConditionResult:
        """Return whether the test holds."""
        given = context.values.get(self.key)
        qualifier = self.operator.qualifier
        if given is None:
            return self._when_not_given(context)
        if self.operator.family == "null":
            return HOLDS if self._wants(absent=not given and not isinstance(given, str)) else FAILS
        if isinstance(given, str):
            return self._compare((given,), context)
        if qualifier is Qualifier.NONE:
            return FAILS
        if not given:
            return HOLDS if qualifier is Qualifier.ALL else FAILS
        return self._compare(given, context)

    def _judge_form(self, patterns: tuple[str, ...], context: Context) -> ConditionResult:
        """Return whether the test holds for a value of which only the patterns are known."""
        operator = self.operator
        if operator.family == "null":
            return HOLDS if self._wants(absent=False) else FAILS
        if operator.family not in TEXTUAL:
            return self._compare(patterns[:1], context)
        truth = UNKNOWN
        wanted = self._wanted(context)[0]
        if wanted and not self._template and _Special.ENDS not in wanted:
            truth = truth_among(operator.family, self.values, patterns, negated=operator.negated)
        return ConditionResult(truth, (self.name,) if truth is UNKNOWN else ())

    def ends(self, context: Context) -> bool:
        """Say whether the comparison of a Deny may end at a value that is no ARN."""
        given = context.values.get(self.key)
        if not self._may_end or given == () or (given is None and not context.is_unknown(self.key)):
            return False
        if given is None:
            return True
        if not isinstance(given, str) and self.operator.qualifier is Qualifier.NONE:
            return False
        wanted = self._wanted(context)[0]
        return any(
            self._outcome(value, wanted) & _ENDS for value in ((given,) if isinstance(given, str) else given)
        )

    def _wants(self, *, absent: bool) -> bool:
        return any((value.lower() == "true") == absent for value in self.values)

    def _when_not_given(self, context: Context) -> ConditionResult:
        """Only ``Null`` with both answers holds whether the key is there or not."""
        null = self.operator.family == "null"
        if context.is_unknown(self.key):
            if self.key in context.forms:
                return self._judge_form(context.forms[self.key], context)
            certain = null and self._wants(absent=True) and self._wants(absent=False)
            return ConditionResult(TRUE if certain else UNKNOWN, (self.name,))
        if null:
            return HOLDS if self._wants(absent=True) else FAILS
        truth = TRUE if self._when_absent() else FALSE
        return ConditionResult(truth, () if self.key in context.values else (self.name,))

    def _when_absent(self) -> bool:
        """Of no values all are right and none is: the set operators come before ``IfExists``."""
        if self.operator.qualifier is not Qualifier.NONE:
            return self.operator.qualifier is Qualifier.ALL
        return self.operator.if_exists or self.operator.negated

    def _compare(self, values: tuple[str, ...], context: Context) -> ConditionResult:
        """Compare the values of the request, in order, each with those of the policy."""
        wanted, missing = self._wanted(context)
        operator = self.operator
        some = operator.qualifier is Qualifier.ANY or (
            operator.qualifier is Qualifier.NONE and not operator.negated
        )
        decisive = _IS_TRUE if some else _IS_FALSE
        found = 0
        for value in values:
            outcome = self._outcome(value, wanted)
            if outcome & _ENDS:
                found |= _IS_TRUE if self.denies else _IS_FALSE
            found |= outcome & decisive
            if not outcome & (_IS_TRUE | _IS_FALSE) & ~decisive:
                break
        else:
            found |= (_IS_TRUE | _IS_FALSE) & ~decisive
        truth = _TRUTHS[found]
        return ConditionResult(truth, missing) if missing else _RESULTS[truth]

    def _outcome(self, value: str, wanted: Sequence[_Wanted]) -> int:
        """Return what the comparison of one value with those of the policy, in their order, may come to."""
        operator = self.operator
        if not comparable(operator.family, value):
            return _IS_FALSE
        matched, unmatched = (_IS_FALSE, _IS_TRUE) if operator.negated else (_IS_TRUE, _IS_FALSE)
        found = 0
        for each in wanted:
            if each is _Special.UNKNOWN:
                found |= matched | _ENDS if operator.family == "arn" else matched
            elif each is _Special.ENDS:
                return found | _ENDS
            elif each(value):  # type: ignore[operator]
                return found | matched
        return found | unmatched

    def _wanted(self, context: Context) -> tuple[Sequence[_Wanted], tuple[str, ...]]:
        """Return what the policy's values match, for one request, and the variables that had no value."""
        fixed = self._fixed
        if fixed is None:
            fixed = self._fixed = tuple(map(self._compiled, self.values))
        if not self._template:
            return fixed, ()
        found: list[_Wanted] = []
        missing: list[str] = []
        for each in fixed:
            if not isinstance(each, tuple):
                found.append(each)
                continue
            filled = fill(each, context.values, context.unknown)
            missing += filled.missing
            if filled.unknown:
                found.append(_Special.UNKNOWN)
            elif filled.tokens is not None:
                found.append(token_matcher(self.operator.family, filled.tokens) or _Special.ENDS)
        return found, tuple(missing)

    def _compiled(self, value: str) -> _Wanted:
        """Return what a value of the policy matches; its template when it must be filled for each request."""
        family = self.operator.family
        if not (self.variables and "${" in value):
            return matcher(family, value) or _Special.ENDS
        template = parse_template(value)
        if has_variables(template):
            return template
        tokens = [token for part in template if isinstance(part, tuple) for token in part]
        return token_matcher(family, tokens) or _Special.ENDS


def judge(tests: Sequence[ConditionTest], context: Context) -> ConditionResult:
    """Return whether all tests of a condition block hold: false beats unknown beats true.

    Which test AWS looks at first is not known: beside one that ends the comparison, no other makes a Deny surely false.
    """
    missing: list[str] = []
    worst, failed = TRUE, ""
    for test in tests:
        result = test.judge(context)
        missing += result.missing
        if result.truth < worst:
            worst, failed = result.truth, f"{test.operator.name} {test.name}"
    if worst is FALSE and any(test.ends(context) for test in tests):
        worst = UNKNOWN
    return ConditionResult(worst, tuple(dict.fromkeys(missing)), failed if worst is FALSE else "")


def holds(tests: Sequence[ConditionTest], context: Context) -> Truth:
    """Return the truth of a condition block, without its reasons."""
    worst = TRUE
    for test in tests:
        truth = test.judge(context).truth
        if not truth:
            return UNKNOWN if any(other.ends(context) for other in tests) else FALSE
        worst = min(worst, truth)
    return worst
