"""A grant whose condition holds only where another's does says nothing new; one that may hold elsewhere stays."""

from __future__ import annotations

import pytest

from zappa_iam_ext.iam.synthesis import Grant, synthesize

KEY = "iam:PassedToService"
TWO = {"StringEquals": {KEY: ("events.amazonaws.com", "lambda.amazonaws.com")}}
ONE = {"StringEquals": {KEY: ("events.amazonaws.com",)}}


@pytest.mark.parametrize(
    ("one", "other", "statements"),
    [
        pytest.param(TWO, ONE, 1, id="fewer values of the same key"),
        pytest.param({}, ONE, 1, id="no condition at all"),
        pytest.param(TWO, {"StringEquals": {KEY: ("s3.amazonaws.com",)}}, 2, id="another value"),
        pytest.param(TWO, {"StringLike": ONE["StringEquals"]}, 2, id="another operator"),
        pytest.param(
            {"StringNotEquals": TWO["StringEquals"]},
            {"StringNotEquals": ONE["StringEquals"]},
            2,
            id="a negated operator narrows with more values",
        ),
        pytest.param(
            TWO, {**ONE, "Bool": {"aws:SecureTransport": ("true",)}}, 1, id="one more test narrows further"
        ),
        pytest.param({**TWO, "Bool": {"aws:SecureTransport": ("true",)}}, ONE, 2, id="one test less"),
    ],
)
def test_of_two_grants(one, other, statements):
    role = "arn:aws:iam::123456789012:role/own"
    grants = [
        Grant("iam:PassRole", role, purpose="Pass", condition=one),
        Grant("iam:PassRole", role, purpose="Pass", condition=other),
    ]
    assert len(synthesize(grants).statements) == statements
    assert synthesize(grants) == synthesize(reversed(grants))
