"""A plan fits one screen however much it changes, and says how much that is."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from zappa_iam_ext.plan import AttachUserPolicy, Concern, CreatePolicy, Plan, Privilege
from zappa_iam_ext.plan.changes import CreatePolicyVersion, DeletePolicyVersion
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.plan import PlanContext, plans_text, totals

WORDS = st.one_of(st.text(max_size=120), st.sampled_from(["dev", "p" * 128, "\x1b[2J", "a\nb", "漢" * 60]))
DOCUMENT = {"Version": "2012-10-17", "Statement": []}
CHANGES = st.one_of(
    st.builds(lambda name: CreatePolicy(f"arn:{name}", name, "/", DOCUMENT, {}), WORDS),
    st.builds(AttachUserPolicy, WORDS, WORDS),
    st.builds(DeletePolicyVersion, WORDS, st.just("v1")),
    st.builds(lambda arn: CreatePolicyVersion(arn, DOCUMENT), WORDS),
)
PRIVILEGES = st.builds(
    Privilege,
    WORDS,
    WORDS,
    st.from_regex(r"[a-z]{1,12}:[A-Z][A-Za-z]{1,30}", fullmatch=True),
    WORDS,
    condition=st.sampled_from(["", "iam:PassedToService StringEquals lambda.amazonaws.com"]),
    partly=st.booleans(),
)
PLANS = st.builds(
    Plan,
    st.lists(CHANGES, max_size=30).map(tuple),
    st.lists(st.builds(Concern, WORDS, WORDS, WORDS), max_size=6).map(tuple),
    st.lists(PRIVILEGES, max_size=40).map(tuple),
    st.lists(PRIVILEGES, max_size=40).map(tuple),
    may_narrow=st.booleans(),
)
CONTEXTS = st.builds(
    PlanContext,
    WORDS,
    WORDS,
    WORDS,
    notes=st.lists(WORDS, max_size=5).map(tuple),
    findings=st.lists(WORDS, max_size=5).map(tuple),
    denied=st.lists(WORDS, max_size=5).map(tuple),
)


@settings(deadline=None, max_examples=60)
@given(PLANS, CONTEXTS, st.sampled_from([Style(), Style(unicode=True), Style(width=120)]))
def test_a_plan_fits_25_lines_and_ends_with_its_totals(plan, about, style):
    lines = plans_text([(plan, about)], style).split("\n")
    assert len(lines) <= 25
    assert all(len(line) <= style.columns for line in lines)
    assert not any(re.search(r"[\x00-\x1f\x7f]", line) for line in lines)
    if plan.changes:
        assert lines[-1] == totals(plan)
    else:
        assert ("Nothing is changed." if plan.unsafe else "No changes: nothing to do.") in lines
    if plan.narrowed:
        word = "permission" if len(plan.narrowed) == 1 else "permissions"
        assert any(f"loses {len(plan.narrowed)} {word}" in line for line in lines)


@settings(deadline=None, max_examples=30)
@given(PLANS, CONTEXTS)
def test_verbose_names_every_change_and_every_permission(plan, about):
    lines = plans_text([(plan, about)], verbose=True).split("\n")
    changes = [line for line in lines if re.match(r"  [-+~] ", line)]
    assert len(changes) == len(plan.changes)
    assert sum(line.startswith("    - ") for line in lines) == len(plan.narrowed)
    assert sum(line.startswith("    + ") for line in lines) == len(plan.widened)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(PLANS, CONTEXTS), min_size=1, max_size=3))
def test_several_plans_fit_too(entries):
    assert len(plans_text(entries).split("\n")) <= 25
