"""Laws of joining what several kinds of evidence say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.check import Blocker, Evidence, Verdict
from zappa_iam_ext.check.joining import Says, Voice, join
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.model import Requirement

NEEDED = Requirement("s3:GetObject", "arn:aws:s3:::bucket/key")
BLOCKERS = st.none() | st.builds(
    Blocker, st.sampled_from(Layer), st.booleans(), st.sampled_from(["", "policy A", "policy B"])
)
VOICES = st.builds(
    Voice,
    st.sampled_from(Evidence),
    st.sampled_from(Says),
    st.none() | st.sampled_from(Layer),
    st.booleans(),
    st.sampled_from(["", "it depends on aws:SourceIp"]),
    BLOCKERS,
)


def denies_explicitly(voice: Voice) -> bool:
    return voice.says is Says.DENIED and voice.explicit


@given(st.lists(VOICES, max_size=6).flatmap(lambda heard: st.tuples(st.just(heard), st.permutations(heard))))
def test_the_order_of_answers_does_not_matter(orders):
    heard, other = orders
    assert join(NEEDED, heard) == join(NEEDED, other)


@given(st.lists(VOICES, max_size=6), VOICES)
def test_an_answer_given_twice_counts_once(heard, voice):
    assert join(NEEDED, [*heard, voice]) == join(NEEDED, [voice, *heard, voice])


@given(st.lists(VOICES, max_size=6))
def test_an_explicit_deny_is_never_turned_into_allowed(heard):
    if any(map(denies_explicitly, heard)):
        assert join(NEEDED, heard).verdict is not Verdict.ALLOWED


@given(st.lists(VOICES, max_size=6))
def test_an_explicit_deny_stands_unless_aws_itself_was_seen_to_allow_it(heard):
    seen = any(voice.evidence is Evidence.PROBE and voice.says is Says.ALLOWED for voice in heard)
    if any(map(denies_explicitly, heard)) and not seen:
        assert join(NEEDED, heard).verdict is Verdict.DENIED


@given(st.lists(VOICES, max_size=6))
def test_nothing_is_allowed_or_denied_that_no_voice_allows_or_denies(heard):
    says = {voice.says for voice in heard}
    verdict = join(NEEDED, heard).verdict
    assert verdict is not Verdict.ALLOWED or Says.ALLOWED in says
    assert verdict is not Verdict.DENIED or Says.DENIED in says


@given(st.lists(VOICES, max_size=6), VOICES)
def test_more_against_it_never_allows_and_more_for_it_never_denies(heard, voice):
    before, after = join(NEEDED, heard).verdict, join(NEEDED, [*heard, voice]).verdict
    if voice.says is Says.ALLOWED:
        assert not (before is not Verdict.DENIED and after is Verdict.DENIED)
    else:
        assert not (before is not Verdict.ALLOWED and after is Verdict.ALLOWED)
    if voice.says is Says.NOTHING:
        assert after is before


@given(st.lists(VOICES, max_size=6))
def test_a_denial_by_the_simulator_that_may_be_wrong_denies_nothing_and_leaves_nothing_allowed(heard):
    doubt = Voice(Evidence.SIMULATION, Says.DOUBTS, Layer.ORGANIZATION, why="denies it")
    before, after = join(NEEDED, heard).verdict, join(NEEDED, [*heard, doubt]).verdict
    seen = any(voice.evidence is Evidence.PROBE and voice.says is Says.ALLOWED for voice in heard)
    if before is Verdict.ALLOWED and not seen:
        assert after is Verdict.UNKNOWN
    else:
        assert after is before


@given(st.lists(VOICES, max_size=6))
def test_what_is_unknown_says_why(heard):
    joined = join(NEEDED, heard)
    told = any(voice.why for voice in heard) or not heard
    assert joined.verdict is not Verdict.UNKNOWN or joined.why or not told
