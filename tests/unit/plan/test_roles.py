"""Roles in a plan: what is made, what is left alone, what is refused; nothing is deleted and made again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.plans import kinds
from tests.support.service_definitions import operation, unknown_names
from zappa_iam_ext.permissions.model import Call
from zappa_iam_ext.plan import Consents, CurrentState, DesiredState, StageKey, plan
from zappa_iam_ext.plan.changes import (
    AddClientIDToOpenIDConnectProvider,
    AttachRolePolicy,
    CreateOpenIDConnectProvider,
    CreatePolicyVersion,
    CreateRole,
    DetachRolePolicy,
    PutRolePermissionsBoundary,
    PutRolePolicy,
    TagPolicy,
    TagRole,
    UpdateAssumeRolePolicy,
    WriteRoleProfile,
)
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.ownership import Ownership, read_ownership
from zappa_iam_ext.plan.role_states import (
    CurrentRole,
    CurrentRoles,
    DesiredExecutionRole,
    DesiredProvider,
    DesiredRole,
    DesiredRoles,
    RoleProfile,
)
from zappa_iam_ext.plan.states import CurrentPolicy
from zappa_iam_ext.roles.trusts import principals_trust

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}:"
DEV, PROD = StageKey("hello", "dev"), StageKey("hello", "prod")
OURS = Ownership(True, frozenset({DEV})).to_tags()
TRUST = principals_trust([f"{IAM}user/ann"])
OTHER_TRUST = principals_trust([f"{IAM}user/bob"])
SERVICE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def document(action="logs:PutLogEvents"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


BOUNDARY = f"{IAM}policy/run-Boundary"
RUN = DesiredExecutionRole(DEV, "run", "/", SERVICE, "zappa-permissions", document(), BOUNDARY, document())
PROVIDER = DesiredProvider(f"{IAM}oidc-provider/gitlab.com", "https://gitlab.com", "https://gitlab.com")
PROFILE = RoleProfile("serverless", f"{IAM}role/deployer", "ann", "us-east-1")
DEPLOYER = DesiredRole("deployer", TRUST)


def trusting(principal, action):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action}],
    }


def desired(roles, *stages):
    needs = {stage: document(f"s3:Get{stage.stage}") for stage in stages or (DEV,)}
    return DesiredState(ACCOUNT, "deployer", base="Deployment", needs=needs, zappa="0.63.0", roles=roles)


def made(roles, there=None, *, consents=None, stages=(DEV,), **state):
    current = CurrentState(user_exists=True, roles=there, **state)
    return plan(desired(roles, *stages), current, consents)


def role(name="deployer", trust=TRUST, tags=OURS, **more):
    return CurrentRole(name, f"{IAM}role/{name}", trust, tags=tags, **more)


def limit(said=None, tags=None, boundary_of=1):
    return CurrentPolicy(BOUNDARY, said or document(), "v1", ("v1",), tags or {}, boundary_of=boundary_of)


def test_from_nothing_what_others_refer_to_comes_first():
    planned = made(DesiredRoles(DEPLOYER, PROVIDER, (RUN,), PROFILE))
    assert kinds(planned) == [
        "CreatePolicy",
        "CreateRole",
        "PutRolePolicy",
        "CreateOpenIDConnectProvider",
        "CreateRole",
        "CreatePolicy",
        "AttachRolePolicy",
        "WriteRoleProfile",
    ]
    run, deployer = (change for change in planned.changes if isinstance(change, CreateRole))
    assert (run.boundary, deployer.boundary, deployer.max_session) == (BOUNDARY, "", 3600)
    assert not planned.unsafe


def test_an_execution_role_of_two_stages_carries_the_tags_of_both():
    """So that neither is destroyed for the other, and applying one of them changes nothing back."""
    both, run = (Ownership(True, frozenset(keys)).to_tags() for keys in ((DEV, PROD), (PROD,)))
    held = {"inline": {"zappa-permissions": document()}, "boundary": BOUNDARY}
    written = Ownership(True, frozenset({PROD}), (fingerprint(document()),)).to_tags()

    def planned(wanted, role_tags, limit_tags):
        present = role("run", tags=role_tags, **held)
        there = CurrentRoles(execution={"run": present}, limits={"run-Boundary": limit(tags=limit_tags)})
        found = made(DesiredRoles(execution=(wanted,)), there)
        return [each for each in found.changes if isinstance(each, TagRole | TagPolicy)]

    joined = planned(RUN, run, written)
    assert [read_ownership(each.tags).stages for each in joined] == [{DEV, PROD}] * 2
    of_both = {**written, **both}
    assert planned(RUN, both, of_both) == []
    assert planned(replace(RUN, further=(PROD,)), both, of_both) == []


@pytest.mark.parametrize(
    ("said", "tagged", "actions"),
    [
        pytest.param(
            "ec2:RunInstances", {DEV, PROD}, {"logs:PutLogEvents", "ec2:RunInstances"}, id="it grows"
        ),
        pytest.param("logs:*", {DEV, PROD}, None, id="it allows all already"),
        pytest.param("logs:PutLogEvents", {PROD}, None, id="one more stage"),
    ],
)
def test_a_boundary_keeps_what_it_allows_to_stages_that_are_not_asked_for(said, tagged, actions):
    written = Ownership(True, frozenset(tagged), (fingerprint(document(said)),)).to_tags()
    run = role("run", SERVICE, boundary=BOUNDARY, inline={"zappa-permissions": document()})
    there = CurrentRoles(execution={"run": run}, limits={"run-Boundary": limit(document(said), written)})
    planned = made(DesiredRoles(execution=(RUN,)), there, consents=Consents(prune=True))
    versions = [each for each in planned.changes if isinstance(each, CreatePolicyVersion)]
    assert [{each["Action"] for each in version.document["Statement"]} for version in versions] == (
        [actions] if actions else []
    )
    assert planned.narrowed == ()


def test_a_user_that_deploys_has_a_bounded_execution_role_too():
    planned = plan(replace(desired(DesiredRoles(execution=(RUN,))), user="serverless"), CurrentState())
    assert kinds(planned)[:4] == ["CreatePolicy", "CreateRole", "PutRolePolicy", "CreateUser"]


def test_what_is_there_is_left_alone():
    there = CurrentRoles(
        role(),
        {"run": role("run", SERVICE, boundary=BOUNDARY, inline={"zappa-permissions": document()})},
        {"run-Boundary": limit()},
        ("https://gitlab.com",),
        {"role_arn": PROFILE.role_arn, "source_profile": "ann"},
    )
    planned = made(DesiredRoles(DEPLOYER, PROVIDER, (RUN,), PROFILE), there)
    assert kinds(planned) == ["CreatePolicy", "AttachRolePolicy"]


@pytest.mark.parametrize(
    ("there", "changes", "concern"),
    [
        pytest.param(role(tags={}), ["TagRole"], "does not carry our tag", id="somebody else's role"),
        pytest.param(role(trust=OTHER_TRUST), ["UpdateAssumeRolePolicy"], "", id="one principal more"),
        pytest.param(
            role(trust=principals_trust([f"{IAM}user/ann"], mfa=True)),
            ["UpdateAssumeRolePolicy"],
            "under other conditions",
            id="the same principal under another condition",
        ),
        pytest.param(
            role(trust={"Statement": "none"}), ["UpdateAssumeRolePolicy"], "", id="an unreadable trust"
        ),
        pytest.param(
            role(tags=Ownership(True, frozenset({PROD})).to_tags()), ["TagRole"], "", id="of another stage"
        ),
        pytest.param(role(max_session=7200), ["CreatePolicy"], "", id="longer sessions stay"),
        pytest.param(
            role(
                trust=trusting(
                    {"Federated": f"{IAM}oidc-provider/gitlab.com"}, "sts:AssumeRoleWithWebIdentity"
                )
            ),
            ["UpdateAssumeRolePolicy"],
            "must evaluate",
            id="a trust of before IAM's rule for shared providers",
        ),
        pytest.param(
            role(trust=trusting({"AWS": "AIDAEXAMPLEEXAMPLE123"}, "sts:AssumeRole")),
            ["UpdateAssumeRolePolicy"],
            "was deleted",
            id="a user that was deleted",
        ),
        pytest.param(
            role(trust=trusting({"AWS": [f"{IAM}role/{'r' * 60}{n}" for n in range(25)]}, "sts:AssumeRole")),
            ["UpdateAssumeRolePolicy"],
            "of 2,048",
            id="too long with what is trusted already",
        ),
    ],
)
def test_a_role_in_place(there, changes, concern):
    planned = made(DesiredRoles(DEPLOYER), CurrentRoles(there))
    assert kinds(planned)[: len(changes)] == changes
    assert [concern in each.reason for each in planned.concerns] == ([True] if concern else [])


def test_trust_is_added_and_only_replaced_when_asked():
    (added,) = (
        c
        for c in made(DesiredRoles(DEPLOYER), CurrentRoles(role(trust=OTHER_TRUST))).changes
        if isinstance(c, UpdateAssumeRolePolicy)
    )
    assert [each["Principal"]["AWS"] for each in added.trust["Statement"]] == [
        f"{IAM}user/bob",
        f"{IAM}user/ann",
    ]
    pruned = made(
        DesiredRoles(DEPLOYER), CurrentRoles(role(trust=OTHER_TRUST)), consents=Consents(prune=True)
    )
    (replaced,) = (c for c in pruned.changes if isinstance(c, UpdateAssumeRolePolicy))
    assert [each["Principal"]["AWS"] for each in replaced.trust["Statement"]] == [f"{IAM}user/ann"]
    same = made(DesiredRoles(DEPLOYER), CurrentRoles(role()), consents=Consents(prune=True))
    assert "UpdateAssumeRolePolicy" not in kinds(same)


def test_a_provider_is_given_the_audience_and_never_replaced():
    planned = made(DesiredRoles(DEPLOYER, PROVIDER), CurrentRoles(role(), provider=("other",)))
    assert planned.changes[0] == AddClientIDToOpenIDConnectProvider(PROVIDER.arn, "https://gitlab.com")


@pytest.mark.parametrize(
    ("there", "consents", "wanted", "lost"),
    [
        pytest.param(role("run", SERVICE, {}), None, [], [], id="zappa's own stays"),
        pytest.param(
            role("run", SERVICE, {}, inline={"zappa-permissions": document("ec2:*")}),
            Consents(adopt=True),
            ["CreatePolicy", "PutRolePermissionsBoundary"],
            ["ec2:*"],
            id="adopted, with a loss",
        ),
        pytest.param(
            role("run", SERVICE, {}, attached={"Other": document()}),
            Consents(adopt=True),
            ["CreatePolicy", "PutRolePermissionsBoundary"],
            [],
            id="adopted, without a loss",
        ),
        pytest.param(
            role("run", SERVICE, boundary=f"{IAM}policy/Former"),
            None,
            ["CreatePolicy", "PutRolePermissionsBoundary", "PutRolePolicy"],
            [],
            id="ours, half made",
        ),
    ],
)
def test_an_execution_role_in_place(there, consents, wanted, lost):
    planned = made(
        DesiredRoles(DEPLOYER, execution=(RUN,)), CurrentRoles(role(), {"run": there}), consents=consents
    )
    assert kinds(planned)[:-2] == wanted
    assert [privilege.action for privilege in planned.narrowed] == lost
    assert planned.takes_away is bool(lost)


def test_a_boundary_is_widened_freely_and_narrowed_only_when_asked():
    run = role("run", SERVICE, boundary=BOUNDARY, inline={"zappa-permissions": document()})
    ours = Ownership(True, frozenset({DEV})).to_tags()
    there = CurrentRoles(role(), {"run": run}, {"run-Boundary": limit(document("ec2:RunInstances"), ours)})
    planned = made(DesiredRoles(DEPLOYER, execution=(RUN,)), there, consents=Consents(adopt=True))
    assert "CreatePolicyVersion" in kinds(planned)
    assert [privilege.action for privilege in planned.narrowed] == ["ec2:RunInstances"]
    assert made(DesiredRoles(DEPLOYER, execution=(RUN,)), there).unsafe


def test_a_profile_with_other_credentials_is_refused_unless_it_may_be_overwritten():
    roles, there = (
        DesiredRoles(DEPLOYER, profile=PROFILE),
        CurrentRoles(role(), profile={"aws_access_key_id": "AKIA"}),
    )
    assert [each.subject for each in made(roles, there).concerns] == ["profile serverless"]
    forced = made(roles, there, consents=Consents(overwrite_profile=True))
    assert forced.concerns == ()
    assert forced.changes[-1] == WriteRoleProfile(
        "serverless", PROFILE.role_arn, "ann", "us-east-1", overwrite=True
    )


def test_a_part_that_is_no_longer_wanted_is_taken_from_the_role():
    tags = Ownership(True, frozenset({DEV}), ("x",)).to_tags()
    head = CurrentPolicy(f"{IAM}policy/Deployment", document("s3:Getdev"), "v1", ("v1",), tags)
    part = CurrentPolicy(f"{IAM}policy/Deployment-2", document("s3:Getdev"), "v1", ("v1",), tags)
    planned = made(
        DesiredRoles(DEPLOYER),
        CurrentRoles(role()),
        policies={"Deployment": head, "Deployment-2": part},
        attached=(head.arn, part.arn),
        consents=Consents(adopt=True, prune=True),
    )
    assert DetachRolePolicy("deployer", part.arn) in planned.changes


def test_what_is_wanted_of_roles_survives_a_plan_file():
    roles = DesiredRoles(DEPLOYER, PROVIDER, (RUN,), PROFILE)
    assert DesiredRoles.from_json(json.loads(json.dumps(roles.to_json()))) == roles
    assert DesiredRoles.from_json(json.loads(json.dumps(DesiredRoles().to_json()))) == DesiredRoles()


CHANGES = [
    CreateRole("r", "/", TRUST, OURS, BOUNDARY, 7200, "told"),
    TagRole("r", OURS),
    UpdateAssumeRolePolicy("r", TRUST),
    PutRolePermissionsBoundary("r", BOUNDARY, f"{IAM}policy/Former"),
    PutRolePermissionsBoundary("r", BOUNDARY),
    PutRolePolicy("r", "p", document()),
    AttachRolePolicy("r", BOUNDARY),
    DetachRolePolicy("r", BOUNDARY),
    CreateOpenIDConnectProvider(PROVIDER.arn, PROVIDER.url, "a", OURS),
    AddClientIDToOpenIDConnectProvider(PROVIDER.arn, "a"),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: type(change).__name__)
def test_every_change_names_a_call_that_aws_has_and_says_what_it_does(change):
    call = change.call()
    model = operation(call.service, call.operation)
    assert list(unknown_names(model.input_shape, call.parameters)) == []
    assert set(model.input_shape.required_members) <= set(call.parameters)
    assert len(str(change)) > 10
    assert "ThumbprintList" not in call.parameters
    json.dumps(change.to_json())


def test_a_profile_is_written_by_no_call():
    change = WriteRoleProfile("serverless", PROFILE.role_arn, "ann")
    assert change.call() is None
    assert "serverless" in str(change)


def test_sessions_become_longer_and_never_shorter():
    longer = replace(DEPLOYER, max_session=7200)
    (change, *_) = made(DesiredRoles(longer), CurrentRoles(role())).changes
    assert change.call() == Call("iam", "UpdateRole", {"RoleName": "deployer", "MaxSessionDuration": 7200})
    assert "UpdateRole" not in kinds(made(DesiredRoles(longer), CurrentRoles(role(max_session=9000))))
    pruned = made(DesiredRoles(DEPLOYER), CurrentRoles(role(max_session=9000)), consents=Consents(prune=True))
    assert "UpdateRole" not in kinds(pruned)
