"""Who else deploys a stage, and in which mode that was made."""

from __future__ import annotations

import pytest

from tests.unit.plan.test_assignment import BASE, DEV, NEEDS, OTHER, PROD, policy
from zappa_iam_ext.plan import Ownership
from zappa_iam_ext.plan.entities import Entity, elsewhere, holders

ARN = policy(NEEDS[DEV]).arn


def made_for(*names):
    """Return a deployment policy that lets these look at themselves."""
    statements = [
        {
            "Effect": "Allow",
            "Action": f"iam:ListAttached{name.partition('/')[0].title()}Policies",
            "Resource": f"arn:aws:iam::123456789012:{name}",
        }
        for name in names
    ]
    return policy({"Version": "2012-10-17", "Statement": statements}, {DEV, OTHER})


SERVICE = {"Statement": {"Principal": {"Service": "lambda.amazonaws.com"}}}
PERSON = {"Statement": [{"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]}
GITHUB = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
TOKENS = {"Statement": [{"Principal": "*"}, {"Principal": {"Federated": [GITHUB]}}]}


def role(name="ci", stages=(DEV,), *, trust=PERSON, ours=True, attached=()):
    return Entity("role", name, Ownership(ours, frozenset(stages)).to_tags(), attached, trust)


@pytest.mark.parametrize(
    ("entity", "mode"),
    [
        pytest.param(role(), "role", id="a role by its tags"),
        pytest.param(role(trust=TOKENS), "oidc", id="a role by tokens"),
        pytest.param(role(stages=(), ours=False, attached=(ARN,)), "role", id="a role by the policy that it holds"),
        pytest.param(Entity("user", "ann", attached=(ARN,)), "user", id="a user by the policy that it holds"),
        pytest.param(Entity("group", "team", attached=(ARN,), path="/zappa-iam-ext/"), "user", id="a group of ours"),
        pytest.param(Entity("group", "team", attached=(ARN,)), "", id="a group of others"),
        pytest.param(Entity("user", "bob", attached=(ARN,)), "", id="a user who was given it by hand"),
        pytest.param(role(trust=SERVICE), "", id="a role that functions run as"),
        pytest.param(role(stages=(PROD,)), "", id="a role of another stage"),
        pytest.param(role(ours=False), "", id="a role that only looks like ours"),
        pytest.param(role(name="me"), "", id="the one that is destroyed"),
        pytest.param(Entity("user", "me"), "", id="a user without a policy of ours"),
    ],
)  # fmt: skip
def test_who_deploys_a_stage_besides_is_found_with_its_mode(entity, mode):
    found = list(
        elsewhere([entity], [made_for("user/ann", "role/ci")], frozenset({DEV}), kind="role", name="me")
    )
    assert [each.entity.mode for each in found] == ([mode] if mode else [])
    assert all(each.stages == (DEV,) for each in found)


def test_a_user_of_the_roles_name_is_another():
    user = Entity("user", "me", attached=(ARN,))
    found = list(elsewhere([user], [made_for("user/me")], frozenset({DEV}), kind="role", name="me"))
    assert [str(each) for each in found] == ["the user me, which deploys hello/dev"]


def test_holders_are_told_by_policy():
    assert holders([role(attached=(ARN,)), Entity("user", "ann", attached=(ARN, "other"))]) == {
        ARN: ("the role ci", "the user ann"),
        "other": ("the user ann",),
    }
    assert BASE in ARN
