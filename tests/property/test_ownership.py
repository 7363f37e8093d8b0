"""Laws of ownership tags: what is written is read back, and fits what AWS lets a tag be."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.plan.ownership import (
    DOCUMENT_TAG,
    MAX_STAGE_TAGS,
    STAGES_TAG,
    Ownership,
    StageKey,
    read_ownership,
    stage_tags,
    surplus_tags,
)

VALUE = re.compile(r"[A-Za-z0-9 _.:/=+@-]{0,256}")
NAMES = st.one_of(st.from_regex(r"[a-zA-Z0-9_-]{1,30}", fullmatch=True), st.text(min_size=1, max_size=12))
KEYS = st.builds(StageKey, NAMES, NAMES)
OWNERSHIPS = st.builds(
    Ownership,
    ours=st.just(True),
    stages=st.one_of(st.none(), st.frozensets(KEYS, min_size=1, max_size=40)),
    documents=st.lists(st.from_regex(r"[0-9a-f]{32}", fullmatch=True), max_size=2).map(tuple),
    zappa=st.sampled_from(["", "0.60.2", "0.63.0"]),
    previous=st.sampled_from(["", "v4"]),
)


@given(OWNERSHIPS)
def test_what_is_written_is_read_back(ownership):
    assert read_ownership(ownership.to_tags()) == ownership


@given(OWNERSHIPS)
def test_every_tag_is_one_that_aws_takes(ownership):
    tags = ownership.to_tags()
    assert len(tags) <= 50
    assert all(VALUE.fullmatch(value) for value in tags.values())
    assert all(len(key) <= 128 and re.fullmatch(r"[A-Za-z0-9_.:/=+@-]+", key) for key in tags)


@given(st.frozensets(KEYS, max_size=20))
def test_the_same_stages_have_the_same_tags_in_any_order(keys):
    assert stage_tags(list(keys)) == stage_tags(sorted(keys, reverse=True))


@given(OWNERSHIPS, OWNERSHIPS)
def test_tags_of_before_that_are_no_longer_true_are_found(before, after):
    left = before.to_tags() | after.to_tags()
    for key in surplus_tags(left, after.to_tags()):
        del left[key]
    assert read_ownership(left) == after


@given(st.dictionaries(st.sampled_from([STAGES_TAG, f"{STAGES_TAG}-2", DOCUMENT_TAG]), st.text(max_size=40)))
def test_any_tags_are_read(tags):
    assert not read_ownership(tags).ours


@pytest.mark.parametrize(
    ("value", "stages"),
    [
        pytest.param(
            "hello/dev hello/prod", {StageKey("hello", "dev"), StageKey("hello", "prod")}, id="two stages"
        ),
        pytest.param("a=2Fb/dev", {StageKey("a/b", "dev")}, id="a slash in a name is written =2F"),
        pytest.param("", None, id="nothing: everybody's"),
        pytest.param("dev", None, id="no project: everybody's"),
        pytest.param("hello/dev a=ZZ/b", None, id="one that cannot be read makes it everybody's"),
        pytest.param("hello/=FF", None, id="bytes that are no text make it everybody's"),
    ],
)
def test_stages_are_read(value, stages):
    assert read_ownership({STAGES_TAG: value}).stages == stages


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([StageKey("a" * 300, "dev")], id="one name that no tag holds"),
        pytest.param(
            [StageKey("a" * 200, f"s{number}") for number in range(MAX_STAGE_TAGS + 1)], id="too many tags"
        ),
        pytest.param([StageKey("", "dev")], id="no project"),
    ],
)
def test_stages_that_no_tags_can_hold_are_refused(keys):
    with pytest.raises(ZappaIamError) as caught:
        stage_tags(keys)
    assert caught.value.hint
