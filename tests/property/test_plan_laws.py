"""Laws of plans over generated accounts: applying converges, and takes nothing from any other stage."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.account import ACCOUNT, performed
from zappa_iam_ext.errors import QuotaExceeded
from zappa_iam_ext.plan import (
    Consents,
    CurrentGroup,
    CurrentKey,
    CurrentPolicy,
    CurrentState,
    DesiredState,
    Ownership,
    Quotas,
    StageKey,
    plan,
)
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.planning.destroying import destroy_plan
from zappa_iam_ext.plan.planning.destroying_roles import RoleDestruction
from zappa_iam_ext.plan.privileges import Held, lost
from zappa_iam_ext.plan.role_states import CurrentProvider, CurrentRole, CurrentRoles

BASE = "Deploy"
EXAMPLES = int(os.environ.get("ZAPPA_IAM_EXT_EXAMPLES", "40"))
"""So many accounts for each law; `make faults` takes more."""
KEYS = [StageKey(project, stage) for project in ("hello", "Shop") for stage in ("dev", "prod")]
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:*", "lambda:Get*", "lambda:GetFunction", "iam:PassRole"]
RESOURCES = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/x*", "arn:aws:lambda:us-east-1:*:function:hello-*"]
CONDITIONS = [
    {},
    {"StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com", "events.amazonaws.com"]}},
    {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
]


def _statement(effect, actions, resources, condition):
    statement = {"Effect": effect, "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def statements(effect="Allow"):
    return st.builds(
        _statement,
        st.just(effect),
        st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3, unique=True),
        st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2, unique=True),
        st.sampled_from(CONDITIONS),
    )


DOCUMENTS = st.lists(statements(), min_size=1, max_size=3).map(
    lambda found: {"Version": "2012-10-17", "Statement": found}
)
WITH_DENIES = st.builds(
    lambda allows, denies: {"Version": "2012-10-17", "Statement": [*allows, *denies]},
    st.lists(statements(), min_size=1, max_size=2),
    st.lists(statements("Deny"), max_size=1),
)
NAMES = [BASE, BASE.lower(), f"{BASE}-2", f"{BASE}-hello-dev", f"{BASE}-shop-prod", f"{BASE}-hello-dev-2"]


@st.composite
def policies(draw):
    """Policies of ours, of others, edited, without stages, under paths, with five versions; names as IAM has them."""
    found = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique_by=str.lower, max_size=4)):
        document, ours = draw(WITH_DENIES), draw(st.booleans())
        stages = draw(st.one_of(st.none(), st.frozensets(st.sampled_from(KEYS), min_size=1)))
        written = document if draw(st.booleans()) else draw(DOCUMENTS)
        arn = f"arn:aws:iam::{ACCOUNT}:policy{draw(st.sampled_from(['/', '/team/']))}{name}"
        versions = draw(st.sampled_from([("v1",), ("v2", "v3", "v4", "v5", "v6")]))
        found[name] = CurrentPolicy(
            arn,
            document,
            versions[-1],
            versions,
            Ownership(True, stages, (fingerprint(written),)).to_tags() if ours else {"Team": "x"},
            former={version: draw(DOCUMENTS) for version in versions[:-1]},
            holders=draw(st.integers(0, 2)),
            boundary_of=draw(st.integers(0, 1)),
        )
    return found


@st.composite
def accounts(draw):
    found = draw(policies())
    exists = draw(st.booleans())
    attached = [arn for arn in (p.arn for p in found.values()) if exists and draw(st.booleans())]
    foreign = [f"arn:aws:iam::aws:policy/P{n}" for n in range(draw(st.sampled_from([0, 0, 9])))]
    group = draw(st.one_of(st.none(), st.just(CurrentGroup("team", "/zappa-iam-ext/"))))
    for policy in found.values():  # what is attached to the user counts as one holder
        found[policy.name] = replace(policy, holders=policy.holders + (policy.arn in attached))
    return CurrentState(
        user_exists=exists,
        policies=found,
        attached=(*attached, *foreign) if exists else (),
        keys=draw(st.sampled_from([(), (CurrentKey("AKIA1", active=True),)])) if exists else (),
        quotas=draw(st.sampled_from([Quotas(), Quotas(attached_to_user=20)])),
        group=group,
        groups=draw(st.sampled_from([(), ("team",)])) if group and exists else (),
    )


ASKED = st.dictionaries(st.sampled_from(KEYS), DOCUMENTS, min_size=1)
CONSENTS = st.builds(Consents, *[st.booleans()] * 4)


def desired(needs, group=""):
    return DesiredState(ACCOUNT, "serverless", base=BASE, needs=needs, group=group, zappa="0.63.0")


def all_held(state):
    return [Held(p.name, p.document) for p in state.policies.values() if state.holds(p.arn)]


def planned(wanted, state, consents):
    """Return the plan; None where it is refused for whatever reason."""
    try:
        made = plan(wanted, state, consents)
    except QuotaExceeded:
        return None
    return None if made.unsafe or made.takes_away else made


@settings(max_examples=EXAMPLES, deadline=None)
@given(accounts(), ASKED, CONSENTS, st.sampled_from(["", "team"]))
def test_after_applying_nothing_is_left_to_do_and_every_stage_that_was_asked_for_has_what_it_needs(
    state, needs, consents, group
):
    wanted = desired(needs, group)
    made = planned(wanted, state, consents)
    if made is None:
        return
    after = performed(state, made.changes)
    assert plan(wanted, after, consents).changes == ()
    assert not plan(wanted, after, replace(consents, prune=False)).takes_away
    denied = any(s["Effect"] == "Deny" for p in all_held(after) for s in p.document["Statement"])
    if not denied:
        for need in needs.values():
            assert not lost([Held("", need)], all_held(after))


@settings(max_examples=EXAMPLES, deadline=None)
@given(accounts(), ASKED, st.booleans(), st.sampled_from(["", "team"]))
def test_without_consent_nobody_loses_anything(state, needs, adopt, group):
    """Neither the user, nor whoever else holds one of the policies, nor whoever is bounded by one."""
    made = planned(desired(needs, group), state, Consents(adopt=adopt, prune_versions=True))
    if made is None:
        return
    after = performed(state, made.changes)
    assert lost(all_held(state), all_held(after)) == ()
    for name, policy in state.policies.items():
        held_by_others = policy.holders > (policy.arn in state.attached) or policy.boundary_of
        if held_by_others:
            assert (
                lost([Held(name, policy.document)], [Held(name, p.document) for p in [after.policies[name]]])
                == ()
            )


@settings(max_examples=EXAMPLES, deadline=None)
@given(accounts(), ASKED, st.booleans(), st.sampled_from(["", "team"]))
def test_with_every_consent_only_what_is_of_the_given_stages_alone_is_narrowed(state, needs, adopt, group):
    """What names another stage says at least what it said, and is held by whom it was; so does what names none, unless adopted.

    The parts of a policy are held together, and so is what they say: a Deny may move from one to another.
    """
    made = planned(desired(needs, group), state, Consents(adopt=adopt, prune=True, prune_versions=True))
    if made is None:
        return
    after = performed(state, made.changes)
    for name, policy in state.policies.items():
        named = policy.ownership.stages
        if (adopt and named is None) or (policy.ours and named is not None and named <= needs.keys()):
            continue
        now = after.policies[name]
        parts = {
            n
            for n, each in state.policies.items()
            if policy.ours and each.ours and each.ownership.stages == named
        }
        said = [
            [Held(n, found.policies[n].document) for n in sorted(parts | {name})] for found in (state, after)
        ]
        assert lost(*said) == ()
        if state.holds(policy.arn) and not after.holds(policy.arn):  # what a part said stands in another one
            held = [Held(n, each.document) for n, each in after.policies.items() if after.holds(each.arn)]
            assert lost([Held(name, policy.document)], held) == ()
        assert not policy.ours or named is None or (now.ownership.stages or frozenset()) >= named


@settings(max_examples=EXAMPLES, deadline=None)
@given(accounts(), ASKED, CONSENTS)
def test_what_is_not_ours_is_never_written_without_adopting_and_never_deleted(state, needs, consents):
    made = planned(desired(needs), state, consents)
    if made is None:
        return
    after = performed(state, made.changes)
    for name, policy in state.policies.items():
        assert name in after.policies
        if not policy.ours and not consents.adopt:
            assert after.policies[name].document == policy.document
            assert after.policies[name].tags == policy.tags
            assert after.policies[name].versions == policy.versions


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.tuples(st.frozensets(st.sampled_from(KEYS), min_size=1), DOCUMENTS), min_size=1, max_size=6)
)
def test_whatever_is_applied_in_whatever_order_no_other_stage_is_denied_what_it_was_given(rounds):
    state, given_to = CurrentState(), {}
    for keys, document in rounds:
        wanted = desired(dict.fromkeys(keys, document))
        made = planned(wanted, state, Consents(prune=True, prune_versions=True))
        assert made is not None
        state = performed(state, made.changes)
        given_to |= dict.fromkeys(keys, document)
        for need in given_to.values():
            assert not lost([Held("", need)], all_held(state))


ROLE = f"arn:aws:iam::{ACCOUNT}:role/serverless"
ISSUER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"
MINE = {"CreatedBy": "zappa-iam-ext"}
STAGES = st.frozensets(st.sampled_from(KEYS), min_size=1)


@st.composite
def roles(draw):
    """A deploying role or none, an identity provider or none; ours and others', trusted by others or not."""
    tags = draw(st.one_of(st.just({}), st.just(MINE), STAGES.map(lambda s: Ownership(True, s).to_tags())))
    inline = draw(st.sampled_from([{}, {}, {"theirs": {}}]))
    profiles = draw(st.sampled_from([(), (), ("web",)]))
    role = CurrentRole("serverless", ROLE, {}, tags=tags, inline=inline, instance_profiles=profiles)
    trusted_by = draw(st.sampled_from([None, (), ("serverless",), ("serverless", "other"), ("other",)]))
    provider = CurrentProvider(ISSUER, draw(st.sampled_from([MINE, {}])), trusted_by)
    return CurrentRoles(
        deployer=draw(st.sampled_from([role, role, None])),
        providers=draw(st.sampled_from([(), (provider,)])),
        profile=draw(st.sampled_from([{}, {"role_arn": ROLE, "source_profile": "x"}])),
    )


@st.composite
def with_a_role(draw):
    """An account in which a role deploys; what is attached to it counts as one holder."""
    state, there = draw(accounts()), draw(roles())
    attached = state.attached if there.deployer else ()
    found = {
        name: policy
        if there.deployer
        else replace(policy, holders=policy.holders - (policy.arn in state.attached))
        for name, policy in state.policies.items()
    }
    exists = there.deployer is not None
    return replace(
        state,
        user_exists=exists,
        attached=attached,
        policies=found,
        keys=(),
        group=None,
        groups=(),
        roles=there,
    )


def destruction(state, stages, role):
    profiles = {"serverless": state.roles.profile} if role else {}
    wanted = RoleDestruction("serverless", ROLE, stages, True, profiles, True) if role else None
    keys = (state.profile_key,) if state.profile_key else ()
    return destroy_plan("serverless", state, stages, delete_keys=keys, role=wanted).plan


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.one_of(accounts(), with_a_role()), STAGES)
def test_after_destroying_nothing_of_another_stage_is_denied_and_nothing_of_others_is_gone(state, stages):
    """Also not to whoever else holds a policy, or is bounded by one; and a second time there is nothing to do."""
    role = state.roles is not None
    after = performed(state, destruction(state, stages, role).changes)
    for name, policy in state.policies.items():
        named = policy.ownership.stages
        theirs = not policy.ours or named is None or bool(named - stages)
        mine = policy.arn in state.attached
        others = policy.holders > mine
        if not theirs and not others and not policy.boundary_of:
            continue
        assert after.policies[name].document == policy.document
        if not theirs and others and not policy.boundary_of:
            assert not after.holds(policy.arn), "whoever deploys loses what was made for these stages only"
            assert after.policies[name].ownership == policy.ownership
            continue
        assert after.holds(policy.arn) == state.holds(policy.arn)
        if not policy.ours or named is None or (others and not mine):
            assert after.policies[name] == policy
        elif named - stages:
            assert after.policies[name].ownership.stages == named - stages
    assert destruction(after, stages, role).empty


@settings(max_examples=EXAMPLES, deadline=None)
@given(with_a_role(), STAGES)
def test_a_role_or_a_provider_goes_only_when_it_is_ours_and_nobody_else_has_to_do_with_it(state, stages):
    made = destruction(state, stages, role=True)
    after = performed(state, made.changes)
    role, left = state.roles.deployer, after.roles.deployer
    if role is not None and left is None:
        named = Ownership(True, stages).stages
        told = {tag for tag in role.tags.values() if "/" in tag}
        assert role.ours
        assert told
        assert all(word in map(str, named) for tag in told for word in tag.split())
        assert not role.inline
        assert not role.instance_profiles
    elif role is not None and not role.ours:
        assert left == role
    for provider in state.roles.providers:
        if provider not in after.roles.providers:
            assert provider.ours
            assert set(provider.trusted_by) <= ({"serverless"} if left is None else set())


@settings(max_examples=EXAMPLES, deadline=None)
@given(with_a_role(), STAGES, st.integers(0, 12))
def test_a_destruction_that_stops_anywhere_converges_when_it_is_made_again(state, stages, number):
    whole = performed(state, destruction(state, stages, role=True).changes)
    stopped = performed(state, destruction(state, stages, role=True).changes[:number])
    assert performed(stopped, destruction(stopped, stages, role=True).changes) == whole
