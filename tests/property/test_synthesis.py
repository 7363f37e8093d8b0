"""Laws of synthesis, merging, splitting and shortening, over generated grants and documents."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import (
    AuthorizationRequest,
    Decision,
    Effect,
    PolicyDocument,
    PolicySet,
    Statement,
    compile_policies,
)
from zappa_iam_ext.iam.synthesis.grants import Grant, compact, merge, split, synthesize

WHO = "arn:aws:iam::123456789012:user/serverless"
ACTIONS = (
    "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:GetPolicy", "lambda:CreateFunction", "lambda:get*",
    "s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:PassRole", "lambda:GETFUNCTION",
)  # fmt: skip
RESOURCES = (
    "*", "arn:aws:lambda:us-east-1:123456789012:function:a", "arn:aws:lambda:us-east-1:123456789012:function:ab",
    "arn:aws:lambda:us-east-1:123456789012:function:*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/**",
    "arn:aws:s3:::b/?", "arn:aws:s3:::b/${aws:username}/x", "arn:aws:s3:::b/${aws:username}/y", "arn:aws:s3:::b/${*}",
)  # fmt: skip
CONDITIONS = (
    {},
    {"StringEquals": {"iam:PassedToService": ("lambda.amazonaws.com",)}},
    {"StringEquals": {"iam:PassedToService": ("lambda.amazonaws.com", "events.amazonaws.com")}},
    {"Bool": {"aws:SecureTransport": ("true",)}},
)
ASKED = (
    *(each for each in RESOURCES if "*" not in each and "?" not in each and "$" not in each),
    "arn:aws:lambda:us-east-1:123456789012:function:b", "arn:aws:lambda:eu-west-1:123456789012:function:a",
    "arn:aws:s3:::b/k", "arn:aws:s3:::b/kk", "arn:aws:s3:::b/serverless/x", "arn:aws:s3:::b/serverless/y", "arn:aws:s3:::b/*",
    "arn:aws:s3:::c", "*",
)  # fmt: skip
CONTEXTS = (
    {},
    {"iam:PassedToService": "lambda.amazonaws.com", "aws:SecureTransport": "true"},
    {"iam:PassedToService": "events.amazonaws.com", "aws:SecureTransport": "false"},
)
REQUESTS = [
    AuthorizationRequest(WHO, action, resource, context)
    for action in (
        "lambda:GetFunction",
        "lambda:GetFunctionConcurrency",
        "s3:GetObject",
        "s3:ListBucket",
        "iam:PassRole",
    )
    for resource in ASKED
    for context in (CONTEXTS[:1] if "*" in resource else CONTEXTS)
]

grants = st.lists(
    st.builds(
        Grant,
        st.sampled_from(ACTIONS),
        st.sampled_from(RESOURCES),
        st.sampled_from(CONDITIONS),
        st.sampled_from(["", "Read", "Read2", "Write it", "R"]),
    ),
    min_size=1,
    max_size=12,
)


def lists(values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=4).map(tuple)


@st.composite
def statements(draw):
    """Any statement: Allow and Deny, with Action or NotAction, Resource or NotResource."""
    negated = draw(st.sampled_from(["", "", "", "actions", "resources"]))
    actions, resources = draw(lists(ACTIONS)), draw(lists(RESOURCES))
    return Statement(
        draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.DENY])),
        actions=() if negated == "actions" else actions,
        not_actions=actions if negated == "actions" else (),
        resources=() if negated == "resources" else resources,
        not_resources=resources if negated == "resources" else (),
        condition=draw(st.sampled_from(CONDITIONS)),
        sid=draw(st.sampled_from(["", "A", "B"])),
    )


@st.composite
def documents(draw):
    found = draw(st.lists(statements(), min_size=1, max_size=6))
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]))
    return PolicyDocument(
        tuple(replace(each, sid=f"{each.sid}{n}" if each.sid else "") for n, each in enumerate(found)),
        version,
    )


def decisions(*held):
    compiled = compile_policies(PolicySet(identity=held))
    return [compiled.decide(request) for request in REQUESTS]


def allowed(*held):
    return [decision is Decision.ALLOWED for decision in decisions(*held)]


def one_by_one(given_grants):
    """The same grants with nothing grouped or dropped: a statement for each."""
    return PolicyDocument(
        tuple(
            Statement(Effect.ALLOW, (grant.action,), (), (grant.resource,), (), grant.condition)
            for grant in given_grants
        )
    )


def written(document):
    """What is written can be read, and reading it again gives the same."""
    assert PolicyDocument.parse(document.to_json()) == replace(
        document, kind=PolicyDocument.parse(document.to_json()).kind
    )
    return document


fair = settings(
    deadline=None,
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


@fair
@given(grants)
def test_a_synthesised_document_allows_exactly_its_grants(wanted):
    assert allowed(written(synthesize(wanted))) == allowed(one_by_one(wanted))


@fair
@given(grants, st.randoms(use_true_random=False))
def test_the_order_of_grants_and_their_number_do_not_matter(wanted, chance: random.Random):
    shuffled = [*wanted, *chance.sample(wanted, len(wanted))]
    chance.shuffle(shuffled)
    assert synthesize(shuffled) == synthesize(wanted)


@fair
@given(grants)
def test_to_synthesise_what_was_synthesised_changes_nothing(wanted):
    first = synthesize(replace(grant, purpose="") for grant in wanted)
    again = [
        Grant(action, resource, statement.condition)
        for statement in first.statements
        for action in statement.actions
        for resource in statement.resources
    ]
    assert synthesize(again) == first


@fair
@given(grants)
def test_no_grant_is_written_that_another_covers(wanted):
    made = synthesize(wanted)
    for place, statement in enumerate(made.statements):
        rest = made.statements[:place] + made.statements[place + 1 :]
        assert len(statement.actions) * len(statement.resources) <= len(wanted)
        assert statement.meaning() not in {other.meaning() for other in rest}


@fair
@given(st.lists(documents(), min_size=1, max_size=3))
def test_merged_documents_say_what_each_said(several):
    assert decisions(written(merge(several))) == decisions(*several)


@fair
@given(documents(), st.integers(500, 1200))  # no single action and resource is longer than 500
def test_split_documents_say_together_what_one_said_and_each_fits(document, limit):
    parts = split(document, limit)
    assert [part.size for part in parts if part.size > limit] == []
    assert decisions(*map(written, parts)) == decisions(document)
    assert {part.version for part in parts} == {document.version}


@fair
@given(documents())
def test_a_document_that_fits_is_not_split(document):
    assert split(document, document.size) == (document,)


@fair
@given(documents(), st.integers(120, 900))
def test_shortening_never_narrows_and_tells_every_widening(document, limit):
    result = compact(document, limit)
    before, after = decisions(document), decisions(written(result.document))
    told = [
        each is Decision.ALLOWED
        for each in decisions(
            replace(document, statements=tuple(replace(each.allows, sid="") for each in result.widenings))
        )
    ]
    for request, had, has, widened in zip(REQUESTS, before, after, told, strict=True):
        assert not (had is Decision.ALLOWED and has is not Decision.ALLOWED)
        assert (had is Decision.EXPLICIT_DENY) == (has is Decision.EXPLICIT_DENY)
        concrete = "*" not in request.resource  # a pattern can be allowed by two statements together
        assert widened or not (concrete and has is Decision.ALLOWED and had is not Decision.ALLOWED)


@fair
@given(documents(), st.integers(120, 900))
def test_shortening_goes_no_further_than_needed(document, limit):
    result = compact(document, limit)
    assert result.fits is (result.document.size <= limit)
    if document.size <= limit:
        assert result.document == document
    if result.fits:
        assert [each for each in result.widenings if _without(result.document, each).size <= limit] == []
    if not result.widenings and result.fits:
        assert decisions(result.document) == decisions(document)


def _without(document, widening):
    """The document with one widening undone."""

    def undone(statement):
        allows = replace(widening.allows, actions=statement.actions, resources=statement.resources)
        if allows != statement:
            return statement
        if widening.allows.resources == statement.resources and widening.after in statement.actions:
            kept = [each for each in statement.actions if each != widening.after]
            return replace(statement, actions=(*kept, *widening.before))
        if widening.allows.actions == statement.actions and widening.after in statement.resources:
            kept = [each for each in statement.resources if each != widening.after]
            return replace(statement, resources=(*kept, *widening.before))
        return statement

    return replace(document, statements=tuple(map(undone, document.statements)))


def test_what_can_be_written_shorter_is_not_widened():
    several = [Statement(Effect.ALLOW, (action,), (), (RESOURCES[1],)) for action in ACTIONS[:4]]
    document = PolicyDocument(tuple(several))
    result = compact(document, document.size - 100)
    assert (result.widenings, result.fits, len(result.document.statements)) == ((), True, 1)
    assert decisions(result.document) == decisions(document)


def test_of_two_shortenings_that_are_not_both_needed_one_is_done():
    statements_of = [
        Statement(
            Effect.ALLOW,
            ("s3:DeleteObject", "s3:DeleteObjectTagging"),
            (),
            (RESOURCES[1],),
            sid="One",
        ),
        Statement(
            Effect.ALLOW,
            ("s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"),
            (),
            (RESOURCES[5],),
            sid="Two",
        ),
    ]
    document = PolicyDocument(tuple(statements_of))
    result = compact(document, document.size - 1)
    (only,) = result.widenings
    assert (only.sid, only.after) == ("Two", "s3:PutObject*")
    assert "s3:PutObjectLegalHold" in only.added
    assert str(only).startswith(
        "Two: s3:PutObject, s3:PutObjectAcl, s3:PutObjectTagging became s3:PutObject*, which adds "
    )
    assert result.document.statements[0] == statements_of[0]


@pytest.mark.parametrize(
    ("needed", "after"),
    [
        pytest.param(1, ["lambda:GetAccountSetting*"], id="first what adds no action that writes"),
        pytest.param(
            60,
            ["lambda:GetAccountSetting*", "arn:aws:lambda:us-east-1:123456789012:function:a*"],
            id="then resources",
        ),
    ],
)
def test_the_least_grave_shortening_is_done_first(needed, after):
    names = (
        "lambda:GetAccountSettings",
        "lambda:GetAccountSetting",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionUrlConfig",
    )
    document = PolicyDocument((Statement(Effect.ALLOW, names, (), RESOURCES[1:3]),))
    assert [widening.after for widening in compact(document, document.size - needed).widenings] == after


def test_what_cannot_be_made_to_fit_says_so():
    result = compact(synthesize([Grant("s3:GetObject", "arn:aws:s3:::" + "b" * 200)]), 100)
    assert (result.fits, result.widenings) == (False, ())


def test_a_deny_is_never_shortened():
    deny = Statement(
        Effect.DENY, ("lambda:GetFunction", "lambda:GetFunctionConfiguration"), (), (RESOURCES[1],)
    )
    result = compact(PolicyDocument((deny,)), 10)
    assert (result.document.statements, result.fits) == ((deny,), False)


def test_stages_that_need_the_same_share_a_statement():
    stages = [
        synthesize(
            [
                Grant(
                    "lambda:GetFunction",
                    f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
                    purpose="Use",
                )
            ]
        )
        for name in ("dev", "production")
    ]
    (statement,) = merge(stages).statements
    assert (statement.sid, len(statement.resources)) == ("Use", 2)


def test_a_piece_that_cannot_fit_is_refused_with_the_rule():
    with pytest.raises(InvalidPolicyDocument) as refused:
        split(synthesize([Grant("s3:GetObject", "arn:aws:s3:::" + "b" * 200)]), 100)
    assert refused.value.rule == "size"
    assert refused.value.hint
