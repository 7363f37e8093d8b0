"""Two deployers of one stage: each has a policy of its own, and neither loses anything by the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.account import ACCOUNT, performed
from tests.unit.plan.test_assignment import BASE, DEV, OTHER, PROD, policy
from zappa_iam_ext.aws.self_inspection import role_reading_grant, self_inspection_grants
from zappa_iam_ext.iam import Effect, PolicyDocument, Statement
from zappa_iam_ext.plan import Consents, CurrentState, DesiredState, plan
from zappa_iam_ext.plan.changes import AttachRolePolicy, AttachUserPolicy, CreateRole
from zappa_iam_ext.plan.entities import named_deployers
from zappa_iam_ext.plan.naming import deployer_base, in_family
from zappa_iam_ext.plan.planning.deployers import beside, of_another
from zappa_iam_ext.plan.role_states import DesiredRole, DesiredRoles

EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/hello-dev-ZappaLambdaExecutionRole"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    },
}


def made_for(kind, name, *, action="s3:GetObject", path="/"):
    """Return a deployment policy as we write it: what is needed, and what lets the deployer look at itself."""
    own = self_inspection_grants("aws", ACCOUNT, name, path=path, role=kind == "role")
    needed = Statement(Effect.ALLOW, (action,), resources=("*",))
    passed = Statement(Effect.ALLOW, ("iam:PassRole",), resources=(EXECUTION,))
    return PolicyDocument((needed, passed, role_reading_grant("aws", EXECUTION), *own)).to_dict()


def wanted(kind, name, *stages, **more):
    roles = DesiredRoles(DesiredRole(name, TRUST)) if kind == "role" else None
    needs = {stage: made_for(kind, name) for stage in stages or (DEV,)}
    return DesiredState(ACCOUNT, name, base=BASE, needs=needs, roles=roles, **more)


def changes_of(made):
    """Return what a plan does with policies; the account in memory holds them by a user."""
    found = (each for each in made.changes if not isinstance(each, CreateRole))
    return [
        AttachUserPolicy(each.role, each.arn) if isinstance(each, AttachRolePolicy) else each
        for each in found
    ]


def applied(state, desired, consents=None):
    return performed(state, changes_of(plan(desired, state, consents)))


def seen_by(found, *names):
    """Return the account as the plan for another deployer sees it: these policies attached to it."""
    arns = tuple(found.policies[name].arn for name in names)
    held = {
        name: replace(each, holders=max(each.holders, int(name not in names)))
        for name, each in found.policies.items()
    }
    return CurrentState(user_exists=True, policies=held, attached=arns)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(("user", "serverless"), ("role", "hello-zappa-deployer"), id="a user, then a role"),
        pytest.param(("role", "hello-zappa-deployer"), ("user", "serverless"), id="a role, then a user"),
        pytest.param(("user", "serverless"), ("user", "ann"), id="a user, then another"),
        pytest.param(("user", "deployer"), ("role", "deployer"), id="a user and a role of the same name"),
        pytest.param(("role", "one"), ("role", "two"), id="a role, then another"),
    ],
)
def test_the_second_deployer_gets_a_policy_of_its_own_and_the_first_needs_none_anew(first, then):
    before = applied(CurrentState(user_exists=True), wanted(*first))
    seen = seen_by(before)
    made = plan(wanted(*then), seen)
    assert (made.narrowed, made.concerns) == ((), ())
    after = performed(seen, changes_of(made))
    own = f"{BASE}-{then[0]}-{then[1]}"
    assert set(after.policies) == {BASE, own}
    assert after.policies[BASE] == seen.policies[BASE]
    assert not changes_of(plan(wanted(*then), after))
    assert not changes_of(plan(wanted(*first), seen_by(after, BASE)))
    assert [f"the {first[0]} {first[1]} deploys hello/dev too, by {BASE}:" in told for told in beside(wanted(*then), after)] == [True]  # fmt: skip


@pytest.mark.parametrize("consents", [Consents(prune=True), Consents(adopt=True, prune=True)])
def test_no_consent_takes_the_policy_of_another_deployer(consents):
    seen = seen_by(applied(CurrentState(), wanted("user", "serverless")))
    made = plan(wanted("role", "deployer"), seen, consents)
    assert BASE in performed(seen, changes_of(made)).policies
    assert not any(getattr(change, "arn", "") == seen.policies[BASE].arn for change in made.changes)


def test_further_stages_of_the_second_deployer_join_its_own_policy():
    seen = seen_by(applied(CurrentState(), wanted("user", "serverless")))
    seen = applied(seen, wanted("role", "deployer"))
    after = applied(seen, wanted("role", "deployer", DEV, PROD))
    own = f"{BASE}-role-deployer"
    assert after.policies[own].ownership.stages == {DEV, PROD}
    assert not changes_of(plan(wanted("role", "deployer", DEV), after))
    alone = applied(after, wanted("role", "deployer", OTHER))
    assert alone.policies[f"{own}-shop-dev"].ownership.stages == {OTHER}


def test_a_policy_that_nobody_else_holds_is_written_for_the_new_deployer():
    left = policy(made_for("user", "serverless"), {DEV})
    current = CurrentState(user_exists=True, policies={BASE: replace(left, holders=0)})
    after = applied(current, wanted("role", "deployer"), Consents(prune=True))
    assert set(after.policies) == {BASE}
    assert named_deployers([after.policies[BASE].document]) == {"role/deployer"}


@pytest.mark.parametrize(
    ("document", "names"),
    [
        pytest.param(made_for("user", "ann"), {"user/ann"}, id="a user"),
        pytest.param(made_for("user", "ann", path="/team/"), {"user/ann"}, id="under a path"),
        pytest.param(made_for("role", "ci"), {"role/ci"}, id="a role, not the one that is passed"),
        pytest.param({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}, set(), id="nobody"),
        pytest.param({"Statement": "no statement"}, set(), id="no document"),
    ],
)  # fmt: skip
def test_a_policy_names_whom_it_lets_look_at_itself(document, names):
    assert named_deployers([document]) == names


@pytest.mark.parametrize(
    ("name", "holders", "attached", "another"),
    [
        pytest.param("serverless", 1, True, False, id="its own"),
        pytest.param("serverless", 2, True, False, id="its own, that others hold too"),
        pytest.param("SERVERLESS", 1, False, False, id="its own, held by others only: case does not count"),
        pytest.param("ann", 1, True, False, id="of a user who is gone, or renamed"),
        pytest.param("ann", 2, True, True, id="of another, held by both"),
        pytest.param("ann", 1, False, True, id="of another, who holds it"),
        pytest.param("ann", 0, False, False, id="of another, who holds it no more"),
    ],
)
def test_a_policy_is_another_deployers_while_that_one_holds_it(name, holders, attached, another):
    found = replace(policy(made_for("user", name), {DEV}), holders=holders)
    current = CurrentState(
        user_exists=True, policies={BASE: found}, attached=(found.arn,) if attached else ()
    )
    assert of_another((found,), wanted("user", "serverless"), current) is another


@pytest.mark.parametrize("base", [BASE, "b" * 110, "b" * 128])
@pytest.mark.parametrize("name", ["ci", "n" * 64])
def test_the_name_of_a_deployers_policy_fits_and_is_found_again(base, name):
    own = deployer_base(base, "role", name)
    assert len(own) <= 125
    assert in_family(own, base)
    assert own != deployer_base(base, "user", name)
