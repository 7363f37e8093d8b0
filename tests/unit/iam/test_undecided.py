"""Patterns that cannot be told apart within bounds: the answer is unknown and says why, and a command goes on."""

from __future__ import annotations

import json

import pytest

from zappa_iam_ext.iam import (
    AuthorizationRequest,
    Decision,
    PolicyDocument,
    PolicySet,
    compile_policies,
    evaluate,
)
from zappa_iam_ext.iam.findings import findings
from zappa_iam_ext.iam.synthesis.grants import compact
from zappa_iam_ext.render.evaluation import evaluation_json, evaluation_text

USER = "arn:aws:iam::123456789012:user/x"
ASKED = AuthorizationRequest(USER, "s3:GetObject", "arn:aws:s3:::*a*")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def by_length(longest: int) -> list[str]:
    """Patterns that together hold every name with an a: it stands last, or before one, two, ... other characters."""
    return [
        *(f"arn:aws:s3:::*a{'?' * each}" for each in range(longest)),
        f"arn:aws:s3:::*a{'?' * longest}*",
    ]


def denied_but(names):
    return PolicyDocument.parse(
        {
            "Version": "2012-10-17",
            "Statement": [EVERYTHING, {"Effect": "Deny", "Action": "s3:*", "NotResource": names}],
        }
    )


def test_what_is_covered_by_few_patterns_together_is_allowed():
    assert evaluate(PolicySet(identity=denied_but(by_length(4))), ASKED).decision is Decision.ALLOWED
    assert (
        evaluate(PolicySet(identity=denied_but(by_length(4)[1:])), ASKED).decision is Decision.EXPLICIT_DENY
    )


def test_what_many_cover_together_is_unknown_and_says_why():
    result = evaluate(PolicySet(identity=denied_but(by_length(24))), ASKED)
    assert result.decision is Decision.UNKNOWN
    assert "entangled" in result.undecided
    assert result.missing_context == ()
    assert result.undecided in evaluation_text(ASKED, result)
    assert json.loads(evaluation_json(ASKED, result))["undecided"] == result.undecided


def test_the_short_form_answers_alike():
    assert compile_policies(PolicySet(identity=denied_but(by_length(24)))).decide(ASKED) is Decision.UNKNOWN


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(
            {"Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::*b"},
            Decision.EXPLICIT_DENY,
            id="a deny that is seen at once is told",
        ),
        pytest.param(
            {"Effect": "Deny", "Action": "s3:Put*", "Resource": "arn:aws:s3:::*b"},
            Decision.UNKNOWN,
            id="a deny of another action is not",
        ),
    ],
)
def test_what_can_be_told_is_told_all_the_same(statement, expected):
    entangled = denied_but(by_length(24)).to_dict()
    entangled["Statement"].append(statement)
    assert evaluate(PolicySet(identity=entangled), ASKED).decision is expected


def test_a_known_answer_gives_no_reason():
    assert evaluate(PolicySet(identity=denied_but(by_length(2))), ASKED).undecided == ""


def test_lint_and_compact_go_on():
    document = denied_but(by_length(24))
    assert {finding.statement.document for finding in findings(document)} == {0}
    assert compact(document, limit=10).fits is False
