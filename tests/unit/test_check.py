"""From requirements and policies to a verdict each, and to the exit code of the whole."""

from __future__ import annotations

import pytest

from tests.support.stages import stage
from zappa_iam_ext.check import Verdict, check
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.permissions.model import Requirement

USER = "arn:aws:iam::123456789012:user/serverless"
CREATE = Requirement("lambda:CreateFunction", "arn:aws:lambda:us-east-1:123456789012:function:hello-dev")


def report(statements, requirements=(CREATE,), unreadable=()):
    document = {"Version": "2012-10-17", "Statement": statements}
    return check(stage(), (), requirements, PolicySet(identity=document), USER, unreadable=unreadable)


ALLOW = {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "*"}
VPC_ONLY = {**DENY, "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}
OTHER = {**ALLOW, "Action": "s3:*"}


@pytest.mark.parametrize(
    ("statements", "unreadable", "verdict", "why", "codes"),
    [
        pytest.param([ALLOW], (), Verdict.ALLOWED, "", (0, 0), id="what a policy allows is allowed"),
        pytest.param([OTHER], (), Verdict.DENIED, "", (1, 1), id="what no policy allows is denied"),
        pytest.param([ALLOW, DENY], (), Verdict.DENIED, "", (1, 1), id="a deny wins"),
        pytest.param(
            [ALLOW, VPC_ONLY],
            (),
            Verdict.UNKNOWN,
            "it depends on aws:SourceVpc",
            (0, 3),
            id="a key that only the request carries leaves it open",
        ),
        pytest.param(
            [ALLOW],
            ("policy Team",),
            Verdict.UNKNOWN,
            "a policy could not be read",
            (0, 3),
            id="with a policy unread nothing is called allowed",
        ),
        pytest.param(
            [DENY], ("policy Team",), Verdict.DENIED, "", (1, 1), id="a deny is certain, whatever is unread"
        ),
    ],
)
def test_a_verdict_and_its_exit_code(statements, unreadable, verdict, why, codes):
    found = report(statements, unreadable=unreadable)
    (result,) = found.results
    assert (result.verdict, result.why) == (verdict, why)
    assert (found.exit_code(), found.exit_code(strict=True)) == codes


def test_a_gate_that_checked_nothing_does_not_open():
    assert report([ALLOW], requirements=()).exit_code() == 2
