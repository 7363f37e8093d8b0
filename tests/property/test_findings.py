"""Laws of findings, over generated documents: always an answer, the same in any order; a Deny opens no path."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from zappa_iam_ext.iam import Effect, PolicyDocument, Statement
from zappa_iam_ext.iam.findings import findings, rules

ESCALATION = "privilege-escalation/"
ADMINISTRATOR = ESCALATION + "administrator"
ACTIONS = (
    "*", "iam:*", "iam:PassRole", "iam:Put*", "iam:CreateAccessKey", "lambda:*", "lambda:CreateFunction", "lambda:Nothing",
    "nobody:Knows", "s3:GetObject", "s3:ListAllMyBuckets", "sts:AssumeRole", "cloudformation:CreateStack",
)  # fmt: skip
RESOURCES = (
    "*", "arn:aws:iam::123456789012:role/a", "arn:aws:iam::*:role/*", "arn:aws:iam::123456789012:user/${aws:username}",
    "arn:aws:lambda:*:*:function:a*b*", "arn:aws:s3:::b", "arn:aws:s3:::*a*b*/?*", "arn:aws:s3",
)  # fmt: skip
CONDITIONS = (
    {},
    {},
    {"StringEquals": {"iam:PassedToService": ("lambda.amazonaws.com",)}},
    {"StringNotEquals": {"iam:PermissionsBoundary": ("arn:aws:iam::123456789012:policy/b",)}},
    {"ForAllValues:StringLike": {"aws:TagKeys": ("a*",)}, "Null": {"s3:prefix": ("true",)}},
)


@st.composite
def statements(draw, effects=tuple(Effect)):
    def some(values):
        return tuple(draw(st.lists(st.sampled_from(values), min_size=1, max_size=3)))

    not_action, not_resource = (
        draw(st.booleans()) and draw(st.booleans()),
        draw(st.booleans()) and draw(st.booleans()),
    )
    actions, resources = some(ACTIONS), some(RESOURCES)
    return Statement(
        draw(st.sampled_from(effects)),
        () if not_action else actions,
        actions if not_action else (),
        () if not_resource else resources,
        resources if not_resource else (),
        draw(st.sampled_from(CONDITIONS)),
    )


documents = st.builds(
    lambda found, version: PolicyDocument(tuple(found), version),
    st.lists(statements(), min_size=1, max_size=4),
    st.sampled_from(["2012-10-17", "2008-10-17"]),
)
fair = settings(
    deadline=None,
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def paths(*held, boundary=()):
    """The open paths; an administrator has all of them."""
    found = {finding.id for finding in findings(held, boundary=boundary) if finding.id.startswith(ESCALATION)}
    return {rule.id for rule in rules().values() if rule.path} if ADMINISTRATOR in found else found


@fair
@given(st.lists(documents, min_size=1, max_size=2))
def test_there_is_always_an_answer_of_known_rules_and_places(held):
    for finding in findings(held):
        rule, where = rules()[finding.id], finding.statement
        assert (finding.kind, finding.severity in rule.severities) == (rule.kind, True)
        for ref in (where, *finding.also):
            statement = held[ref.document].statements[ref.index] if ref.index is not None else None
            assert statement is None or ref.sid == statement.sid
        assert finding.message
        assert finding.hint


@fair
@given(documents)
def test_the_order_of_the_statements_opens_and_closes_nothing(document):
    backwards = replace(document, statements=document.statements[::-1])
    assert paths(backwards) == paths(document)


@fair
@given(documents, statements(effects=(Effect.DENY,)))
def test_a_deny_opens_no_path(document, deny):
    assert paths(replace(document, statements=(*document.statements, deny))) <= paths(document)


@fair
@given(documents, statements(effects=(Effect.ALLOW,)))
def test_an_allow_closes_no_path(document, allow):
    assert paths(document) <= paths(replace(document, statements=(*document.statements, allow)))


@fair
@given(documents, documents)
def test_a_boundary_opens_no_path(document, boundary):
    assert paths(document, boundary=(boundary,)) <= paths(document)
