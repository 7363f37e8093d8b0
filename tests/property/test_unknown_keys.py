"""What is said without a key is said with every value that it may have, a list and none: each small case, all of them."""

from __future__ import annotations

import itertools

import pytest

from tests.support.documents import document
from zappa_iam_ext.iam import AuthorizationRequest, PolicySet, compile_policies

USER = "arn:aws:iam::111122223333:user/alice"
NEWS, OLD = "arn:aws:sns:eu-west-1:111122223333:news", "arn:aws:sns:eu-west-1:111122223333:old"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
GIVEN = [None, "x", "", "a:b", NEWS, (), ("x",), (NEWS, OLD)]
WANTED = ["x", "${v}", "${v, 'x'}", "*", NEWS, "arn:aws:sns:eu-west-1:111122223333:${v}"]
LISTS = [*([each] for each in WANTED), *(list(pair) for pair in itertools.permutations(WANTED, 2))]
OPERATORS = [
    "StringEquals",
    "StringNotLike",
    "StringEqualsIgnoreCaseIfExists",
    "ArnLike",
    "ArnNotEquals",
    "Null",
]
SETS = [f"{qualifier}:{name}" for qualifier in ("ForAnyValue", "ForAllValues") for name in OPERATORS[:-1]]


def held(compiled, resource, context):
    """Ask with each choice of keys hidden; return how many claims were no ``unknown``."""

    def ask(hidden) -> str:
        shown = {key: value for key, value in context.items() if key not in hidden}
        return str(
            compiled.decide(AuthorizationRequest(USER, "s3:GetObject", resource, shown, frozenset(hidden)))
        )

    truth, certain = ask(()), 0
    for count in range(1, len(context) + 1):
        for hidden in itertools.combinations(context, count):
            claim = ask(hidden)
            assert claim in {"unknown", truth} or (claim, truth) == ("implicitDeny", "explicitDeny"), hidden
            certain += claim != "unknown"
    return certain


def compiled_with(effect, **elements):
    """An Allow with the elements, or a Deny with them beside an Allow of everything."""
    one = {"Effect": effect, "Action": "*", **elements}
    return compile_policies(
        PolicySet(
            identity=document(EVERYTHING),
            session=document(one) if effect == "Allow" else document(EVERYTHING, one),
        )
    )


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("operator", [*OPERATORS, *SETS])
def test_a_condition(operator, effect):
    certain = 0
    for wanted in LISTS:
        compiled = compiled_with(effect, Resource="*", Condition={operator: {"k": wanted}})
        for of_k, of_v in itertools.product(GIVEN, GIVEN):
            certain += held(compiled, "arn:aws:s3:::x", {"k": of_k, "v": of_v})
    assert certain > 0


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("operator", ["StringEquals", "ArnLike", "Null"])
def test_two_conditions(operator, effect):
    certain = 0
    for wanted, other in itertools.product(LISTS[:6], LISTS[:6]):
        conditions = {operator: {"k": wanted}, "ArnNotLike": {"v": other}}
        compiled = compiled_with(effect, Resource="*", Condition=conditions)
        for of_k, of_v in itertools.product(GIVEN, GIVEN):
            certain += held(compiled, "arn:aws:s3:::x", {"k": of_k, "v": of_v})
    assert certain > 0


RESOURCES = ["arn:aws:s3:::x", "arn:aws:s3:::code/x", "arn:aws:s3:::a:x", "arn:aws:s3:eu-west-1::x"]
TEMPLATES = [
    "arn:aws:s3:::${v}", "arn:aws:s3:::${v}x", "arn:aws:${v}:*x", "arn:aws:${v}", "arn:aws:${v}:::x",
    "arn:aws:s3:${v}:x", "arn:aws:s3:::${v, 'x'}", "arn:aws:s3:::${v}*${w}",
]  # fmt: skip
FILLED = [None, "", "x", "s3", "s3::", "s3:::code/", "aws:s3::", ":", "a:", ("x",), ()]


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("element", ["Resource", "NotResource"])
def test_a_resource(element, effect):
    certain = 0
    for template, resource in itertools.product(TEMPLATES, RESOURCES):
        compiled = compiled_with(effect, **{element: [template, "arn:aws:sqs:*:*:*"]})
        for of_v, of_w in itertools.product(FILLED, FILLED[:4]):
            certain += held(compiled, resource, {"v": of_v, "w": of_w})
    assert certain > 0
