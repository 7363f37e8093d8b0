"""Policies, simulator and probe say something each: the table of what becomes of it."""

from __future__ import annotations

import pytest

from zappa_iam_ext.check import Blocker, CheckedRequirement, Evidence, Verdict
from zappa_iam_ext.check.joining import Says, Voice, join, voice_of
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.model import Requirement

NEEDED = Requirement("s3:GetObject", "arn:aws:s3:::bucket/key")
READ, SIMULATED, PROBED = Evidence.POLICIES, Evidence.SIMULATION, Evidence.PROBE
YES, NO, DOUBT, NOTHING = Says.ALLOWED, Says.DENIED, Says.DOUBTS, Says.NOTHING


def explicit(evidence):
    return Voice(
        evidence, NO, Layer.IDENTITY, explicit=True, blocker=Blocker(Layer.IDENTITY, True, "policy X")
    )


@pytest.mark.parametrize(
    ("voices", "verdict", "evidence", "why"),
    [
        pytest.param([], Verdict.UNKNOWN, READ, "nothing could be asked", id="nothing was said"),
        pytest.param([Voice(READ, YES), Voice(SIMULATED, YES)], Verdict.ALLOWED, READ, "", id="the cheapest that allows is named"),
        pytest.param([Voice(READ, NOTHING, why="unread"), Voice(SIMULATED, YES)], Verdict.ALLOWED, SIMULATED, "", id="what could not be read is simulated"),
        pytest.param([Voice(READ, NOTHING, why="unread"), Voice(SIMULATED, NO, Layer.BOUNDARY)], Verdict.DENIED, SIMULATED, "", id="a certain denial of the simulator denies"),
        pytest.param([Voice(READ, NO, Layer.IDENTITY), Voice(SIMULATED, YES)], Verdict.UNKNOWN, READ,
            "AWS's simulator would allow it, the policies that were read would deny it", id="evaluator and simulator contradict each other"),
        pytest.param([Voice(READ, YES), Voice(SIMULATED, NO, Layer.IDENTITY)], Verdict.UNKNOWN, SIMULATED,
            "the policies that were read would allow it, AWS's simulator would deny it", id="and the other way round"),
        pytest.param([explicit(READ), Voice(SIMULATED, YES)], Verdict.DENIED, READ, "AWS's simulator would allow it", id="an explicit deny is not outvoted"),
        pytest.param([Voice(READ, YES), explicit(SIMULATED)], Verdict.DENIED, SIMULATED, "the policies that were read would allow it", id="nor is the simulator's"),
        pytest.param([Voice(READ, YES), Voice(SIMULATED, DOUBT, Layer.ORGANIZATION, why="denies it by the organization")], Verdict.UNKNOWN, SIMULATED,
            "the policies that were read would allow it, AWS's simulator denies it by the organization", id="a denial by the organization alone is open"),
        pytest.param([Voice(READ, YES), Voice(SIMULATED, DOUBT, Layer.ORGANIZATION), Voice(PROBED, YES)], Verdict.ALLOWED, PROBED, "", id="until a probe allows it"),
        pytest.param([Voice(READ, YES), Voice(SIMULATED, DOUBT, Layer.ORGANIZATION), Voice(PROBED, NO, Layer.ORGANIZATION, explicit=True)], Verdict.DENIED, PROBED,
            "the policies that were read would allow it", id="or denies it"),
        pytest.param([Voice(READ, NO, Layer.IDENTITY), Voice(PROBED, YES)], Verdict.ALLOWED, PROBED, "", id="what AWS did goes before what policies would make of it"),
        pytest.param([explicit(READ), Voice(PROBED, YES)], Verdict.UNKNOWN, READ, "AWS itself would allow it, the policies that were read would deny it", id="but an explicit deny is not outvoted even by it"),
        pytest.param([Voice(READ, NOTHING, why="unread"), Voice(SIMULATED, NOTHING, why="refused")], Verdict.UNKNOWN, READ, "unread; refused", id="every reason is told"),
    ],
)  # fmt: skip
def test_joined(voices, verdict, evidence, why):
    joined = join(NEEDED, voices)
    assert (joined.verdict, joined.evidence, joined.why) == (verdict, evidence, why)


def test_the_voice_that_knows_the_policy_best_names_it():
    vague = Voice(READ, NO, Layer.IDENTITY, explicit=True, blocker=Blocker(Layer.IDENTITY, True))
    joined = join(NEEDED, [vague, explicit(SIMULATED)])
    assert joined.blocker == Blocker(Layer.IDENTITY, True, "policy X")
    assert joined.evidence is READ


@pytest.mark.parametrize("verdict", Verdict)
def test_one_verdict_alone_stays_as_it_is(verdict):
    layer = Layer.IDENTITY if verdict is Verdict.DENIED else None
    alone = CheckedRequirement(
        NEEDED, verdict, READ, layer, why="because" if verdict is Verdict.UNKNOWN else ""
    )
    assert join(NEEDED, [voice_of(alone)]) == alone
