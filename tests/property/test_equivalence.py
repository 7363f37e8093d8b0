"""Documents that are equivalent decide alike, and documents that are only written or divided otherwise are equivalent."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.iam import (
    AuthorizationRequest,
    Effect,
    PolicyDocument,
    PolicySet,
    Statement,
    compile_policies,
)
from zappa_iam_ext.iam.statement import PolicyKind

ACCOUNTS = ("111122223333", "444455556666")
USERS = tuple(f"arn:aws:iam::{account}:user/{name}" for account in ACCOUNTS for name in "ab")
WHO = (
    {"*": ("*",)},
    {"AWS": ("*",)},
    {"AWS": ("111122223333",)},
    {"AWS": ("arn:aws:iam::111122223333:root",)},
    {"AWS": ("arn:aws:iam::444455556666:root", USERS[0])},
    {"AWS": USERS[:2]},
)
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:*")
RESOURCES = ("arn:aws:s3:::b/x", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}")
CONDITIONS = (
    {},
    {"StringEquals": {"aws:PrincipalTag/t": ("x",)}},
    {"Bool": {"aws:SecureTransport": ("true",)}},
)
REQUESTS = [
    AuthorizationRequest(user, action, f"arn:aws:s3:::b/{name}", context)
    for user, action, name, context in product(
        USERS,
        ("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        ("x", "a", "*"),
        ({}, {"aws:PrincipalTag/t": "x", "aws:SecureTransport": "true"}),
    )
]


def some(values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def statements(draw):
    actions, resources, who = draw(some(ACTIONS)), draw(some(RESOURCES)), draw(st.sampled_from(WHO))
    left_out = draw(st.sampled_from(["", "", "", "actions", "resources", "principals"]))
    return Statement(
        draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.DENY])),
        () if left_out == "actions" else actions,
        actions if left_out == "actions" else (),
        () if left_out == "resources" else resources,
        resources if left_out == "resources" else (),
        draw(st.sampled_from(CONDITIONS)),
        principals=None if left_out == "principals" else who,
        not_principals=who if left_out == "principals" else None,
    )


documents = st.lists(statements(), min_size=1, max_size=3).map(
    lambda found: PolicyDocument(tuple(found), kind=PolicyKind.RESOURCE)
)
chances = st.integers(0, 10**9).map(random.Random)


def divided(chance, statement):
    """The same statement as several, each with some of its actions, resources and principals, some of them twice."""
    names = ("actions", "resources")
    pieces = [statement]
    for name in names:
        pieces = [
            replace(piece, **{name: part}) if part else piece
            for piece in pieces
            for part in halves(chance, getattr(piece, name))
        ]
    if statement.principals is not None:
        pieces = [
            replace(piece, principals={kind: part})
            for piece in pieces
            for kind, values in piece.principals.items()
            for part in halves(chance, values)
        ]
    return [*pieces, chance.choice(pieces)]


def halves(chance, values):
    values = list(values)
    chance.shuffle(values)
    place = chance.randrange(len(values)) if values else 0
    return [part for part in (tuple(values[:place]), tuple(values[place:])) if part] or [()]


def decisions(document):
    allow = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"}],
    }
    compiled = [compile_policies(PolicySet(identity=held, resource=document)) for held in ((), allow)]
    return [each.decide(request) for each in compiled for request in REQUESTS]


@given(documents, chances)
def test_a_document_divided_otherwise_is_equivalent_and_decides_alike(document, chance):
    pieces = [piece for statement in document.statements for piece in divided(chance, statement)]
    chance.shuffle(pieces)
    other = replace(document, statements=tuple(pieces))
    assert document.equivalent(other)
    assert other.equivalent(document)
    assert decisions(document) == decisions(other)


@given(documents, chances, statements())
def test_a_document_of_which_a_piece_was_changed_is_equivalent_only_if_it_decides_alike(
    document, chance, other
):
    pieces = [piece for statement in document.statements for piece in divided(chance, statement)]
    place = chance.randrange(len(pieces))
    changed = chance.choice(
        [(), (other,), (pieces[place],), (replace(pieces[place], condition=other.condition),)]
    )
    theirs = replace(document, statements=(*pieces[:place], *changed, *pieces[place + 1 :]))
    if theirs.statements and document.equivalent(theirs):
        assert decisions(document) == decisions(theirs)


@given(statements(), st.sampled_from(WHO), st.sampled_from(WHO))
def test_principals_that_are_the_same_decide_alike(statement, who, whom):
    """Whatever pair of principals counts as the same, in Principal and in NotPrincipal."""
    element = "principals" if statement.principals is not None else "not_principals"
    mine, theirs = (
        PolicyDocument((replace(statement, **{element: each}),), kind=PolicyKind.RESOURCE)
        for each in (who, whom)
    )
    if mine.equivalent(theirs):
        assert decisions(mine) == decisions(theirs)


@given(documents, documents)
def test_to_be_equivalent_is_mutual(one, other):
    assert one.equivalent(one)
    assert one.equivalent(other) == other.equivalent(one)
