"""Which policy denies: the simulator's names, and bisection."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.recorded_simulator import CALLS
from zappa_iam_ext.check.simulation.blocking import Candidate, bisect, blocker_of, candidates, fitting
from zappa_iam_ext.check.simulation.words import InlinePolicy, MatchedStatement, Position
from zappa_iam_ext.iam import Layer, Principal
from zappa_iam_ext.iam.positions import statement_ending_at

JANE = Principal.parse("arn:aws:iam::123456789012:user/jane")
OWN = "arn:aws:iam::123456789012:policy"
AWS = "arn:aws:iam::aws:policy"


@pytest.mark.parametrize(
    ("source", "arn", "simulated", "without"),
    [
        pytest.param("user jane / inline policy own", "", "user_jane_own", (InlinePolicy("user", "jane", "own"),), id="inline: all three names"),
        pytest.param("group team_a / inline policy b_c", "", "group_team_a_b_c", (InlinePolicy("group", "team_a", "b_c"),), id="a group's"),
        pytest.param("role ci / inline policy own: iam:GetRolePolicy is denied", "", "role_ci_own", (InlinePolicy("role", "ci", "own"),), id="what could not be read"),
        pytest.param("user jane / managed policy Deploys", f"{OWN}/team/Deploys", "Deploys", (f"{OWN}/Deploys",), id="a customer's policy without its path"),
        pytest.param("group team / managed policy ReadOnlyAccess", f"{AWS}/ReadOnlyAccess", "ReadOnlyAccess", (f"{AWS}/ReadOnlyAccess",), id="AWS's own by its ARN"),
        pytest.param("user jane / managed policy X: iam:GetPolicy is denied", "", "X", (f"{OWN}/X", f"{AWS}/X"), id="whose it is, is not known"),
    ],
)  # fmt: skip
def test_a_policy_is_left_out_by(source, arn, simulated, without):
    (found,) = candidates([(source, arn, "")], JANE)
    assert (found.simulated, found.without) == (simulated, without)
    assert found.source == source.partition(":")[0]


def test_what_names_no_policy_is_none():
    assert candidates([("the groups of user jane: iam:ListGroupsForUser is denied", "", "")], JANE) == ()


def test_a_managed_policy_attached_twice_is_one():
    twice = [
        ("user jane / managed policy X", f"{OWN}/X", ""),
        ("group team / managed policy X", f"{OWN}/X", ""),
    ]
    assert len(candidates(twice, JANE)) == 1


def test_a_name_that_could_be_of_several_fits_each():
    known = candidates(
        [
            ("user jane / managed policy ReadOnlyAccess", f"{AWS}/ReadOnlyAccess", ""),
            ("user jane / managed policy ReadOnlyAccess", f"{OWN}/ReadOnlyAccess", ""),
            ("user jane / managed policy Other", f"{OWN}/Other", ""),
        ],
        JANE,
    )
    assert len(fitting(MatchedStatement("ReadOnlyAccess"), known)) == 2
    assert len(fitting(MatchedStatement("Other"), known)) == 1
    assert fitting(MatchedStatement("Other", "Permissions Boundary Policy"), known) == ()


@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), max_size=5)))
)
def test_bisection_finds_a_policy_that_denies_with_log2_questions(drawn):
    number, denying = drawn
    known = [Candidate(f"policy {each}", str(each), (f"arn:{each}",)) for each in range(number)]
    asked = []

    def flips(without):
        asked.append(without)
        return all(f"arn:{each}" in without for each in denying)

    found = bisect(known, flips)
    if denying:
        assert found in {known[each] for each in denying}
        assert len(asked) <= math.ceil(math.log2(number)) + 1
    else:
        assert found is not None or number == 0


def test_a_deny_that_is_in_none_of_them_is_not_pinned_on_one():
    assert bisect([Candidate("a", "a", ("arn:a",))], lambda _: False) is None
    assert bisect([], lambda _: True) is None


def test_a_question_that_is_not_answered_ends_the_search():
    known = [Candidate(name, name, (name,)) for name in "abcd"]
    answers = iter([True, None])
    assert bisect(known, lambda _: next(answers)) is None


@pytest.mark.parametrize(
    ("matched", "policy", "layer"),
    [
        pytest.param([MatchedStatement("Deploys")], "the policy Deploys", Layer.IDENTITY, id="a managed policy by its bare name"),
        pytest.param([MatchedStatement("group_a_b")], "the inline policy group_a_b (group_NAME_POLICY)", Layer.IDENTITY, id="an inline one as the simulator calls it"),
        pytest.param([MatchedStatement("Limit", "Permissions Boundary Policy")], "the permissions boundary Limit", Layer.BOUNDARY, id="the boundary"),
        pytest.param([MatchedStatement("b"), MatchedStatement("a")], "the policy a", Layer.IDENTITY, id="of several the same whatever their order"),
        pytest.param([], "", Layer.IDENTITY, id="no statement"),
    ],
)  # fmt: skip
def test_the_blocker_in_words(matched, policy, layer):
    found = blocker_of(matched, None)
    assert (found.policy, found.layer, found.explicit) == (policy, layer, True)


def test_the_blocker_is_named_as_it_is_read_where_it_is_known():
    named = Candidate("group team / inline policy own", "group_team_own", ())
    matched = [MatchedStatement("another"), MatchedStatement("group_team_own")]
    assert blocker_of(matched, named).policy == "group team / inline policy own"


RECORDED = [
    (call["id"], call["params"]["PolicyInputList"], matched)
    for call in CALLS
    if "response" in call and "PolicyInputList" in call["params"]
    for result in call["response"]["EvaluationResults"]
    for matched in result["MatchedStatements"]
    if matched["SourcePolicyId"].startswith("PolicyInputList.")
]


@pytest.mark.parametrize(("name", "texts", "matched"), RECORDED, ids=[name for name, _, _ in RECORDED])
def test_every_recorded_position_is_the_end_of_a_statement_and_begins_behind_the_token_before_it(
    name, texts, matched
):
    text = texts[int(matched["SourcePolicyId"].partition(".")[2]) - 1]
    start, end = matched["StartPosition"], matched["EndPosition"]
    number, line = statement_ending_at(text, end["Line"], end["Column"])
    statements = json.loads(text)["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    assert 0 <= number < len(statements), name
    assert start["Line"] <= line <= end["Line"]
    if start["Line"] == end["Line"]:
        shown = text.splitlines()[line - 1][start["Column"] - 1 : end["Column"] - 1].strip(" ,")
        assert json.loads(shown if shown.startswith("{") else "{" + shown) == statements[number]


PRETTY = json.dumps({"Statement": [{"Effect": "Allow"}, {"Effect": "Deny"}]}, indent=2)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_every_kind_of_line_end_counts_once(ends):
    text = PRETTY.replace("\n", ends)
    assert statement_ending_at(text, 5, 6) == (0, 3)
    assert statement_ending_at(text, 8, 6) == (1, 6)


@pytest.mark.parametrize("place", [(0, 1), (1, 1), (5, 5), (99, 1)], ids=str)
def test_a_place_at_which_no_statement_ends_is_none(place):
    assert statement_ending_at(PRETTY, *place) is None
    assert statement_ending_at("no JSON", *place) is None


def test_the_text_of_the_policy_tells_the_statement_and_its_line():
    named = Candidate("user jane / inline policy own", "user_jane_own", (), PRETTY)
    matched = [MatchedStatement("user_jane_own", start=Position(5, 6), end=Position(8, 6))]
    found = blocker_of(matched, named)
    assert (found.policy, found.statement, found.line) == (named.source, "statement 2", 6)
