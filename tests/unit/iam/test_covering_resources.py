"""What synthesis rules out from the beginnings alone is ruled out by the long way too, and nothing else is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.iam.patterns.containment import covers, surely_covers
from zappa_iam_ext.iam.patterns.glob import arn_glob
from zappa_iam_ext.iam.synthesis.grants import Grant, synthesize

RULE = "arn:aws:events:us-east-1:123456789012:rule/"
RESOURCES = [
    "*",
    "arn:aws:events",
    "arn:aws:events:us-east-1:123456789012:rule",
    RULE + "a",
    RULE + "ab",
    RULE + "a*",
    RULE + "?b",
    RULE + "${aws:username}",
    RULE.replace("us-east-1", "*") + "a",
    "arn:aws:s3:::bucket/key",
    "arn:aws:s3:::bucket/*",
]


@pytest.mark.parametrize("wider", RESOURCES)
@pytest.mark.parametrize("narrower", RESOURCES)
def test_the_short_way_says_what_the_long_way_says(wider, narrower):
    asked = arn_glob(wider), arn_glob(narrower)
    assert surely_covers(*asked) is covers(*asked)


@given(*[st.text("ab*?:/", max_size=6).map(lambda tail: RULE + tail)] * 2)
def test_the_short_way_agrees_on_generated_resources(wider, narrower):
    asked = arn_glob(wider), arn_glob(narrower)
    assert surely_covers(*asked) is covers(*asked)


def test_many_resources_of_one_action_take_no_minute():
    grants = [Grant("events:PutRule", f"{RULE}hello-dev-a-long-name-{number:03}") for number in range(200)]
    begun = time.process_time()
    (statement,) = synthesize(grants).statements
    assert time.process_time() - begun < 5
    assert len(statement.resources) == 200
