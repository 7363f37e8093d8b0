"""What documents allow and others do not: losses per action, resource and condition."""

from __future__ import annotations

import pytest

from zappa_iam_ext.plan.privileges import Held, covered, lost


def allow(action, resource="*", **condition):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def deny(action, resource="*", **condition):
    return {**allow(action, resource, **condition), "Effect": "Deny"}


def held(*statements, name="P"):
    return Held(name, {"Version": "2012-10-17", "Statement": list(statements)})


def spares(*actions, **more):
    condition = {"Condition": more} if more else {}
    return {"Effect": "Allow", "NotAction": list(actions), "Resource": "*", **condition}


def elsewhere(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "NotResource": list(resources)}


def passed_to(*services):
    return {"StringEquals": {"iam:PassedToService": list(services)}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([allow("s3:GetObject")], [allow("s3:GetObject")], [], id="the same"),
        pytest.param([allow("s3:GetObject")], [allow("S3:getobject")], [], id="case of actions"),
        pytest.param(
            [allow(["s3:GetObject", "s3:PutObject"])],
            [allow("s3:GetObject")],
            [("s3:PutObject", "*", "", False)],
            id="an action",
        ),
        pytest.param(
            [allow("s3:*")], [allow("s3:GetObject")], [("s3:*", "*", "", True)], id="part of a wildcard"
        ),
        pytest.param(
            [allow("s3:Get*", "arn:aws:s3:::b/*")], [allow("s3:*", "arn:aws:s3:::b*")], [], id="wider on both"
        ),
        pytest.param(
            [allow("s3:GetObject", "arn:aws:s3:::b/*")],
            [allow("s3:GetObject", "arn:aws:s3:::b/x*")],
            [("s3:GetObject", "arn:aws:s3:::b/*", "", True)],
            id="part of a resource",
        ),
        pytest.param(
            [allow("iam:PassRole", **passed_to("a", "b"))],
            [allow("iam:PassRole", **passed_to("a")), allow("iam:PassRole", **passed_to("b", "c"))],
            [],
            id="values of a condition by two statements together",
        ),
        pytest.param(
            [allow("iam:PassRole", **passed_to("a", "b"))],
            [allow("iam:PassRole", **passed_to("a"))],
            [("iam:PassRole", "*", "iam:PassedToService StringEquals b", True)],
            id="one value of a condition",
        ),
        pytest.param(
            [allow("iam:PassRole")],
            [allow("iam:PassRole", **passed_to("a"))],
            [("iam:PassRole", "*", "", True)],
            id="a condition where there was none",
        ),
        pytest.param(
            [allow("iam:PassRole", **passed_to("a"))],
            [allow("iam:PassRole")],
            [],
            id="no condition where there was one",
        ),
        pytest.param(
            [allow("s3:GetObject")],
            [allow("s3:GetObject"), deny("s3:GetO*", "arn:aws:s3:::x/*")],
            [("s3:GetObject", "*", "", True)],
            id="a new Deny on a part",
        ),
        pytest.param(
            [allow("s3:*"), deny("s3:Delete*")],
            [allow("s3:*"), deny("s3:Delete*")],
            [],
            id="a Deny that was there takes nothing",
        ),
        pytest.param([allow("s3:*"), deny("s3:Delete*")], [allow("s3:*")], [], id="a Deny that goes"),
        pytest.param(
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
            [allow("s3:*")],
            [("NotAction iam:*", "*", "", False)],
            id="all but some",
        ),
        pytest.param(
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
            [allow("*")],
            [],
            id="all but some, of everything",
        ),
        pytest.param([spares("iam:*", "s3:*")], [spares("S3:*")], [], id="all but fewer"),
        pytest.param(
            [spares("iam:*")],
            [spares("iam:*", "s3:*")],
            [("NotAction iam:*", "*", "", True)],
            id="all but more",
        ),
        pytest.param([spares("iam:*")], [spares("iam:Get*")], [], id="all but a part of it"),
        pytest.param(
            [spares("iam:*")],
            [spares("iam:*"), deny("s3:*")],
            [("NotAction iam:*", "*", "", True)],
            id="all but some, with a new Deny",
        ),
        pytest.param(
            [spares("iam:*")],
            [spares("iam:Get*", **passed_to("a"))],
            [("NotAction iam:*", "*", "", True)],
            id="all but some, under a condition",
        ),
        pytest.param(
            [elsewhere("s3:*", "arn:aws:s3:::a/*", "arn:aws:s3:::b/*")],
            [elsewhere(["s3:*", "sqs:*"], "arn:aws:s3:::a/*")],
            [],
            id="everywhere but in fewer places",
        ),
        pytest.param(
            [elsewhere("s3:*", "arn:aws:s3:::a/*")],
            [elsewhere("s3:*", "arn:aws:s3:::a*")],
            [("s3:*", "NotResource arn:aws:s3:::a/*", "", True)],
            id="everywhere but in more places",
        ),
        pytest.param(
            [elsewhere("s3:*", "arn:aws:s3:::a/*")],
            [allow("s3:*")],
            [],
            id="everywhere but in one place, then everywhere",
        ),
        pytest.param(
            [allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}")],
            [allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}")],
            [],
            id="a policy variable stays",
        ),
    ],
)
def test_lost(before, after, expected):
    found = [(p.action, p.resource, p.condition, p.partly) for p in lost([held(*before)], [held(*after)])]
    assert found == expected


def test_what_moves_to_another_document_is_not_lost():
    both = [held(allow("s3:A"), allow("s3:B"))]
    assert lost(both, [held(allow("s3:A")), held(allow("s3:B"), name="Q")]) == ()


def test_a_wildcard_is_covered_by_several_statements_together():
    parts = [allow("s3:GetObject", f"arn:aws:s3:::{start}") for start in ("a*", "b*")]
    assert covered(held(*parts).document, [held(allow("s3:GetObject", "arn:aws:s3:::*")).document])
    assert not covered(held(allow("s3:GetObject", "arn:aws:s3:::*")).document, [held(*parts).document])


def test_a_document_that_nobody_can_read_counts_as_lost():
    assert [p.action for p in lost([Held("P", {"nonsense": 1})], [held(allow("*"))])] == [
        "what the document says"
    ]
    assert lost([Held("P", {"nonsense": 1})], [Held("P", {"nonsense": 1})]) == ()
