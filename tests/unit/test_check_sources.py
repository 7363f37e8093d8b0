"""A denial names the policy that denies, the statement and its line, as far as documents tell."""

from __future__ import annotations

import json

import pytest

from tests.support.stages import stage
from zappa_iam_ext.check import Blocker, Source, Sources, Verdict, check
from zappa_iam_ext.iam import Layer, PolicySet
from zappa_iam_ext.iam.positions import statement_lines
from zappa_iam_ext.permissions.model import Requirement

ACCOUNT = "123456789012"
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/TeamBoundary"
SOURCES = (
    "user jane / inline policy own",
    "user jane / managed policy Deploys",
    "group team / inline policy limits",
)


def text(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def deny(action, **more):
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def blocker(own=(ALL,), managed=(ALL,), group=(ALL,), boundary=None, given=True):
    texts = [text(*own), text(*managed)], [text(*group)], [text(*boundary)] if boundary else []
    policies = PolicySet(identity=texts[0], group=texts[1], boundary=texts[2])
    known = [*texts[0], *texts[1]]
    sources = Sources(
        tuple(Source(words, statement_lines(each)[0]) for words, each in zip(SOURCES, known, strict=True)),
        tuple(Source(BOUNDARY, statement_lines(each)[0]) for each in texts[2]),
    )
    needed = (Requirement("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/r", {}),)
    report = check(
        stage(),
        (),
        needed,
        policies,
        f"arn:aws:iam::{ACCOUNT}:user/jane",
        sources=sources if given else Sources(),
    )
    (result,) = report.results
    assert result.verdict is (Verdict.DENIED if result.layer else Verdict.ALLOWED)
    return result.blocker


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        pytest.param({}, None, id="what is allowed has none"),
        pytest.param({"own": [deny("s3:*")], "managed": [deny("s3:*")], "group": [deny("s3:*")]}, None, id="what nothing allows has none"),
        pytest.param({"own": [ALL, deny("iam:PassRole")]}, Blocker(Layer.IDENTITY, explicit=True, policy=SOURCES[0], statement="statement 2", line=9), id="a Deny of the user's own, by its position"),
        pytest.param({"managed": [deny("iam:*", Sid="NoRoles")]}, Blocker(Layer.IDENTITY, explicit=True, policy=SOURCES[1], statement="NoRoles", line=4), id="a Deny of a managed policy, by its Sid"),
        pytest.param({"group": [ALL, ALL, deny("*")]}, Blocker(Layer.IDENTITY, explicit=True, policy=SOURCES[2], statement="statement 3", line=14), id="a Deny of a group's policy"),
        pytest.param({"boundary": [{**ALL, "Action": "s3:*"}]}, Blocker(Layer.BOUNDARY, policy=BOUNDARY), id="a boundary that does not allow it"),
        pytest.param({"boundary": [ALL, deny("iam:*")]}, Blocker(Layer.BOUNDARY, explicit=True, policy=BOUNDARY, statement="statement 2", line=9), id="a Deny of a boundary"),
        pytest.param({"own": [deny("iam:*")], "given": False}, Blocker(Layer.IDENTITY, explicit=True, statement="statement 1"), id="documents whose source nobody knows"),
    ],
)  # fmt: skip
def test_the_policy_that_blocks_is_named(policies, expected):
    assert blocker(**policies) == expected
