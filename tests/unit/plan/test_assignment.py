"""Which policy holds what a stage needs: nothing that another stage or project was given is taken away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.account import ACCOUNT, performed
from tests.support.documents import allow
from zappa_iam_ext.plan import (
    Consents,
    CurrentPolicy,
    CurrentState,
    DesiredState,
    Ownership,
    Quotas,
    StageKey,
    plan,
)
from zappa_iam_ext.plan.changes import TagPolicy
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.naming import in_family, own_names
from zappa_iam_ext.plan.privileges import Held, lost

BASE = "ZappaLambdaDeploymentPolicy"
DEV, PROD, OTHER = StageKey("hello", "dev"), StageKey("hello", "prod"), StageKey("shop", "dev")


NEEDS = {
    DEV: allow("s3:GetObject", "lambda:GetFunction"),
    PROD: allow("s3:GetObject", "sqs:SendMessage"),
    OTHER: allow("dynamodb:GetItem"),
}


def desired(*stages, **more):
    return DesiredState(ACCOUNT, "serverless", base=BASE, needs={key: NEEDS[key] for key in stages}, **more)


def apply(state, *stages, consents=None, **more):
    """Apply twice: the second time nothing is left to do."""
    made = plan(desired(*stages, **more), state, consents)
    assert not made.unsafe, made.concerns
    assert not made.takes_away, made.narrowed
    state = performed(state, made.changes)
    assert plan(desired(*stages, **more), state, consents).empty
    return state


def may(state, key):
    """Say whether the user holds all that a stage needs."""
    held = [Held(p.name, p.document) for p in state.policies.values() if state.holds(p.arn)]
    return not lost([Held("", NEEDS[key])], held)


def names(state):
    return {name: policy.ownership.stages for name, policy in state.policies.items()}


def policy(content, stages=None, *, ours=True, name=BASE, path="/", written=None, versions=("v1",)):
    tags = Ownership(ours, stages and frozenset(stages), (fingerprint(written or content),)).to_tags()
    arn = f"arn:aws:iam::{ACCOUNT}:policy{path}{name}"
    return CurrentPolicy(arn, content, versions[-1], versions, tags if ours else {}, holders=1)


def state(*policies, attached=True, **more):
    arns = tuple(each.arn for each in policies) if attached else ()
    return CurrentState(
        user_exists=True, policies={each.name: each for each in policies}, attached=arns, **more
    )


def test_the_first_stage_has_the_conventional_name_the_next_a_policy_of_its_own():
    now = apply(apply(apply(CurrentState(), DEV), PROD), OTHER)
    assert names(now) == {BASE: {DEV}, f"{BASE}-hello-prod": {PROD}, f"{BASE}-shop-dev": {OTHER}}
    assert all(may(now, key) for key in NEEDS)


def test_stages_given_together_share_one_policy():
    now = apply(CurrentState(), DEV, PROD)
    assert names(now) == {BASE: {DEV, PROD}}


def test_a_stage_joins_when_all_stages_are_given():
    now = apply(apply(CurrentState(), DEV), DEV, PROD)
    assert names(now) == {BASE: {DEV, PROD}}
    assert may(now, DEV)
    assert may(now, PROD)


def test_one_of_several_stages_only_adds():
    now = apply(CurrentState(), DEV, PROD)
    assert plan(desired(DEV), now).empty
    grown = replace(desired(DEV), needs={DEV: allow("ec2:DescribeVpcs")})
    made = plan(grown, now)
    assert made.narrowed == ()
    now = performed(now, made.changes)
    assert may(now, PROD)
    assert names(now) == {BASE: {DEV, PROD}}
    assert plan(grown, now).empty


def test_a_policy_without_stages_is_everybodys_and_only_grows():
    old = state(policy(allow("ec2:*")))
    now = apply(old, DEV)
    assert names(now) == {BASE: None}
    assert not lost([Held("", allow("ec2:*"))], [Held("", p.document) for p in now.policies.values()])


def test_a_policy_without_stages_that_the_user_does_not_hold_is_left_alone():
    now = apply(state(policy(allow("ec2:*")), attached=False), DEV)
    assert names(now) == {BASE: None, f"{BASE}-hello-dev": {DEV}}
    assert now.policies[BASE].document == allow("ec2:*")


def test_what_a_stage_no_longer_needs_is_a_loss_that_needs_consent():
    before = state(policy(allow("s3:*", "lambda:GetFunction"), {DEV}))
    made = plan(desired(DEV), before)
    assert made.takes_away
    assert [(p.action, p.partly) for p in made.narrowed] == [("s3:*", True)]
    assert made.to_json()["unsafe"] is True
    assert not plan(desired(DEV), before, Consents(prune=True)).takes_away


@pytest.mark.parametrize(
    ("there", "found"),
    [
        pytest.param(policy(allow("s3:*"), ours=False), BASE, id="somebody else's"),
        pytest.param(policy(allow("s3:*"), ours=False, path="/team/"), BASE, id="under a path"),
        pytest.param(policy(allow("s3:*"), ours=False, name=BASE.upper()), BASE.upper(), id="in capitals"),
    ],
)
def test_a_policy_of_the_name_that_is_not_ours_is_refused_or_taken_over_with_what_it_says(there, found):
    before = state(there, attached=False)
    made = plan(desired(DEV), before)
    assert made.concerns[0].subject == there.arn
    now = apply(before, DEV, consents=Consents(adopt=True))
    assert names(now) == {found: None}
    assert not lost([Held("", allow("s3:*"))], [Held("", now.policies[found].document)])
    pruned = plan(desired(DEV), before, Consents(adopt=True, prune=True))
    after = performed(before, pruned.changes)
    assert names(after) == {found: {DEV}}
    assert after.policies[found].document["Statement"][0]["Action"] == NEEDS[DEV]["Statement"][0]["Action"]


@pytest.mark.parametrize("written", [None, NEEDS[OTHER]], ids=["as we wrote it", "edited"])
def test_no_consent_takes_from_a_stage_that_is_not_asked_for(written):
    both = allow("s3:GetObject", "lambda:GetFunction", "sqs:SendMessage")
    before = state(policy(both, {DEV, PROD}, written=written))
    now = apply(before, DEV, OTHER, consents=Consents(adopt=True, prune=True, prune_versions=True))
    assert may(now, PROD)
    assert names(now)[BASE] >= {DEV, PROD}


def test_an_edit_by_hand_is_refused_or_kept():
    before = state(policy(allow("ec2:*"), {DEV}, written=NEEDS[DEV]))
    assert "edited" in plan(desired(DEV), before).concerns[0].reason
    now = apply(before, DEV, consents=Consents(adopt=True))
    assert names(now) == {BASE: {DEV}}
    assert now.policies[BASE].ownership.adopted
    assert may(now, DEV)
    assert plan(desired(DEV), now).empty, "the edit stays, also without the consent"
    whole = performed(now, plan(desired(DEV), now, Consents(adopt=True, prune=True)).changes).policies[BASE]
    assert (whole.document, whole.ownership.adopted) == (NEEDS[DEV], False)


@pytest.mark.parametrize("only_add", [False, True], ids=["one of its stages", "the gate, or a script"])
def test_an_edit_by_hand_is_not_made_ours_by_adding_to_it(only_add):
    stages = {DEV} if only_add else {DEV, PROD}
    before = state(policy(allow("ec2:*"), stages, written=NEEDS[DEV]))
    refused = plan(desired(DEV, only_add=only_add), before)
    assert [concern.kind for concern in refused.concerns] == ["drift"]
    assert "make the edit ours" in refused.concerns[0].reason
    taken = plan(desired(DEV, only_add=only_add), before, Consents(adopt=True))
    assert not taken.unsafe
    assert not performed(before, taken.changes).policies[BASE].edited


def test_an_edit_that_has_all_that_is_needed_stays_an_edit():
    before = state(policy(allow("*"), {DEV, PROD}, written=NEEDS[DEV]))
    assert plan(desired(DEV), before).empty
    adopted = performed(before, plan(desired(DEV), before, Consents(adopt=True)).changes)
    assert not adopted.policies[BASE].edited


def test_what_carries_no_fingerprint_is_no_edit():
    old = policy(allow("ec2:*"))
    old = replace(old, tags={"CreatedBy": "zappa-iam-ext"})
    assert not plan(desired(DEV), state(old)).unsafe


def test_a_run_that_stopped_between_the_tags_and_the_version_leaves_no_edit():
    old = replace(policy(allow("ec2:*")), tags={"CreatedBy": "zappa-iam-ext"})
    tagged, *_ = plan(desired(DEV), state(old)).changes
    stopped = performed(state(old), [tagged])
    assert isinstance(tagged, TagPolicy)
    assert may(apply(stopped, DEV), DEV)


@pytest.mark.parametrize("name", [f"{BASE}-hello-dev", f"{BASE}-2"], ids=["the stage's own", "a part"])
@pytest.mark.parametrize("base", [None, "somebody's", "held by nobody"])
def test_an_edit_that_was_adopted_is_found_again_under_whatever_name(name, base):
    edited = policy(
        allow("s3:GetObject", "lambda:GetFunction", "ec2:A"), {DEV}, name=name, written=NEEDS[DEV]
    )
    others = [policy(NEEDS[DEV], ours=base != "somebody's")] if base else []
    before = replace(state(edited, *others), attached=())
    now = apply(before, DEV, consents=Consents(adopt=True))
    assert now.holds(edited.arn)


def test_a_stage_that_joins_leaves_the_version_before_known():
    content = allow("s3:GetObject", "lambda:GetFunction", "sqs:SendMessage")
    there = policy(content, {DEV}, versions=("v1", "v2"))
    there = replace(there, tags=replace(there.ownership, previous="v1").to_tags())
    wide = DesiredState(ACCOUNT, "serverless", base=BASE, needs={DEV: content, PROD: content})
    joined = performed(state(there), plan(wide, state(there)).changes).policies[BASE]
    assert joined.ownership.stages == {DEV, PROD}
    assert joined.ownership.previous == "v1"
    assert not joined.edited


def test_a_policy_that_others_hold_loses_for_them_what_the_user_keeps_elsewhere():
    wide = replace(policy(allow("s3:GetObject", "lambda:GetFunction", "ec2:A"), {DEV}), holders=2)
    second = policy(allow("ec2:A"), {OTHER}, name=f"{BASE}-shop-dev")
    assert plan(desired(DEV), state(wide, second)).narrowed
    assert not plan(desired(DEV), state(replace(wide, holders=1), second)).narrowed


def test_a_version_that_says_what_is_wanted_is_used_again():
    there = policy(allow("s3:*", "lambda:*"), {DEV}, versions=("v1", "v2"))
    before = state(replace(there, former={"v1": NEEDS[DEV]}))
    made = plan(desired(DEV), before, Consents(prune=True))
    assert [type(change).__name__ for change in made.changes] == ["TagPolicy", "SetDefaultPolicyVersion"]


def test_ten_attached_policies_leave_room_only_in_a_group():
    full = CurrentState(
        user_exists=True, attached=tuple(f"arn:aws:iam::{ACCOUNT}:policy/p{n}" for n in range(10))
    )
    now = apply(full, DEV, group="deployers")
    assert now.group.attached == (f"arn:aws:iam::{ACCOUNT}:policy/{BASE}",)
    assert now.groups == ("deployers",)
    assert may(now, DEV)


def test_the_account_s_quota_decides():
    ten = tuple(f"arn:aws:iam::{ACCOUNT}:policy/p{n}" for n in range(10))
    raised = CurrentState(user_exists=True, attached=ten, quotas=Quotas(attached_to_user=20))
    assert may(apply(raised, DEV), DEV)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(StageKey("a-b", "c"), StageKey("a", "b-c"), id="the hyphen may be anywhere"),
        pytest.param(StageKey("Hello", "dev"), StageKey("hello", "dev"), id="names that differ by case"),
        pytest.param(StageKey("x" * 150, "a"), StageKey("x" * 150, "b"), id="names that are too long"),
        pytest.param(StageKey("a/b", "dev"), StageKey("a b", "dev"), id="characters IAM has not"),
    ],
)
def test_two_stages_never_share_a_policy_s_name(one, other):
    now = apply(CurrentState(), OTHER)
    for key in (one, other):
        wanted = DesiredState(ACCOUNT, "serverless", base=BASE, needs={key: allow(f"s3:{key.stage}")})
        now = performed(now, plan(wanted, now).changes)
        assert plan(wanted, now).empty
    assert len(now.policies) == 3
    assert len({name.lower() for name in now.policies}) == 3
    for name in now.policies:
        assert len(name) <= 125
        assert in_family(name, BASE)
    assert set(own_names(BASE, one)) != set(own_names(BASE, other))
