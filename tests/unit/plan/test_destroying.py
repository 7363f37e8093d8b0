"""What destroying a stage removes, what stays, and what a rollback returns to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.account import ACCOUNT, performed
from tests.support.documents import allow
from tests.support.plans import kinds
from tests.unit.plan.test_assignment import BASE, DEV, NEEDS, OTHER, PROD, apply, policy, state
from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.plan import CurrentGroup, CurrentKey, CurrentState, Ownership, plan
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.planning.destroying import destroy_plan
from zappa_iam_ext.plan.planning.destroying_roles import RoleDestruction
from zappa_iam_ext.plan.planning.rollback import previous_version, rollback_plan
from zappa_iam_ext.plan.role_states import CurrentProvider, CurrentRole, CurrentRoles

USER = "serverless"
OURS = {"user_tags": {"CreatedBy": "zappa-iam-ext"}}


def destroyed(current, *stages, **more):
    return destroy_plan(USER, current, frozenset(stages), **more)


def test_all_versions_go_before_the_policy_and_the_user_last():
    mine = policy(NEEDS[DEV], {DEV}, versions=("v1", "v2", "v3"))
    made = destroyed(state(mine, **OURS), DEV)
    assert kinds(made.plan) == [
        "DetachUserPolicy",
        "DeletePolicyVersion",
        "DeletePolicyVersion",
        "DeletePolicy",
        "DeleteUser",
    ]
    assert made.stays == ()
    assert made.plan.narrowed


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        pytest.param(state(policy(NEEDS[DEV])), "no tag tells for which stages", id="everybody's"),
        pytest.param(state(policy(NEEDS[DEV], {DEV, PROD})), "hello/prod hold it too", id="shared"),
        pytest.param(
            state(replace(policy(NEEDS[DEV], {DEV}), boundary_of=3)),
            "permissions boundary of 3",
            id="a boundary",
        ),
    ],
)
def test_a_policy_that_anyone_else_may_need_stays(current, reason):
    made = destroyed(current, DEV)
    assert not {"DeletePolicy", "DetachUserPolicy", "DeletePolicyVersion"} & set(kinds(made.plan))
    assert any(reason in each for each in made.stays)


@pytest.mark.parametrize(
    ("holders", "told", "reason"),
    [
        pytest.param((), (), "1 other users, groups or roles hold it", id="nobody knows who"),
        pytest.param(("the user serverless", "the role ci"), (), "the role ci holds it too", id="known"),
        pytest.param(("the role ci",), ("the role ci",), "the role ci holds it too", id="told anyhow"),
    ],
)
def test_a_policy_that_others_hold_is_taken_from_the_user_only(holders, told, reason):
    mine = replace(policy(NEEDS[DEV], {DEV}), holders=2)
    current = state(mine, **OURS)
    made = destroyed(current, DEV, holders=dict.fromkeys([mine.arn] if holders else [], holders), told=told)
    assert kinds(made.plan) == ["DetachUserPolicy", "DeleteUser"]
    assert made.stays == (f"the policy {BASE}: {reason}",)
    after = replace(performed(current, made.plan.changes), user_exists=False)
    again = destroyed(after, DEV, holders={mine.arn: ("the role ci",)}, told=("the role ci",))
    assert again.plan.empty
    assert again.stays == ()


@pytest.mark.parametrize("stages", [{DEV}, {DEV, PROD}])
def test_a_policy_that_only_others_hold_is_left_with_its_tags(stages):
    theirs = policy(NEEDS[DEV], stages)
    made = destroyed(state(theirs, attached=False, **OURS), DEV)
    assert kinds(made.plan) == ["DeleteUser"]
    assert made.stays == (f"the policy {BASE}: 1 other users, groups or roles hold it",)


def test_a_policy_that_others_share_no_longer_names_the_stage():
    current = state(policy(NEEDS[DEV], {DEV, PROD}))
    after = performed(current, destroyed(current, DEV).plan.changes)
    assert after.policies[BASE].ownership.stages == {PROD}
    assert destroyed(after, DEV).plan.empty


def test_policies_of_other_stages_and_of_others_are_not_looked_at():
    current = state(policy(NEEDS[OTHER], {OTHER}), policy(NEEDS[DEV], ours=False, name=f"{BASE}-hello-dev"))
    made = destroyed(current, DEV)
    assert made.plan.empty


KEY = CurrentKey("AKIA1", active=True)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        pytest.param({"user_tags": {}}, "we did not make it", id="not ours"),
        pytest.param({"user_inline": ("own",)}, "inline policies", id="inline policies"),
        pytest.param({"groups": ("team",)}, "member of groups", id="groups"),
        pytest.param({"keys": (KEY,)}, "AKIA1", id="a key"),
        pytest.param(
            {
                "keys": (KEY, CurrentKey("AKIA2", active=True)),
                "profile_key": "AKIA1",
                "delete_keys": ("AKIA1",),
            },
            "AKIA2",
            id="a key that is not the profile's",
        ),
    ],
)
def test_a_user_that_something_is_left_of_stays(more, reason):
    asked = {"delete_keys": more.pop("delete_keys")} if "delete_keys" in more else {}
    made = destroyed(state(policy(NEEDS[DEV], {DEV}), **{**OURS, **more}), DEV, **asked)
    assert "DeleteUser" not in kinds(made.plan)
    assert "DeleteAccessKey" not in kinds(made.plan)
    assert reason in made.stays[-1]


def test_other_policies_keep_the_user():
    current = state(policy(NEEDS[DEV], {DEV}), **OURS)
    current = replace(current, attached=(*current.attached, "arn:aws:iam::aws:policy/ReadOnlyAccess"))
    assert "1 other policies" in destroyed(current, DEV).stays[-1]


def test_the_key_of_the_profile_goes_when_it_may():
    current = state(policy(NEEDS[DEV], {DEV}), **OURS, keys=(KEY,), profile_key="AKIA1")
    assert kinds(destroyed(current, DEV, delete_keys=("AKIA1",)).plan)[-2:] == [
        "DeleteAccessKey",
        "DeleteUser",
    ]


def test_a_group_of_ours_goes_with_its_last_policy():
    full = CurrentState(
        user_exists=True, attached=tuple(f"arn:aws:iam::{ACCOUNT}:policy/p{n}" for n in range(10)), **OURS
    )
    now = apply(full, DEV, group="deployers")
    made = destroyed(now, DEV)
    assert kinds(made.plan) == ["DetachGroupPolicy", "DeletePolicy", "RemoveUserFromGroup", "DeleteGroup"]


def test_a_group_of_others_stays():
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{BASE}"
    group = CurrentGroup("team", "/", (arn,), (USER, "somebody"))
    current = state(policy(NEEDS[DEV], {DEV}), attached=False, group=group, groups=("team",))
    made = destroyed(current, DEV)
    assert made.plan.empty
    assert "hold it" in made.stays[0]


def test_no_user_is_no_reason():
    made = destroyed(CurrentState(), DEV)
    assert made.plan.empty
    assert made.stays == ()


def _written(*contents):
    versions = tuple(f"v{number}" for number in range(1, len(contents) + 1))
    former = dict(zip(versions[:-1], contents[:-1], strict=True))
    return replace(policy(contents[-1], {DEV}, versions=versions), former=former)


def test_a_rollback_returns_to_the_version_before_and_says_what_is_lost():
    current = state(_written(allow("s3:A"), NEEDS[DEV]))
    made = rollback_plan(current, frozenset({DEV}))
    assert kinds(made) == ["TagPolicy", "SetDefaultPolicyVersion"]
    assert made.takes_away
    assert {each.action for each in made.narrowed} == {"s3:GetObject", "lambda:GetFunction"}
    after = performed(current, made.changes)
    assert after.policies[BASE].document == allow("s3:A")
    assert not after.policies[BASE].edited
    assert rollback_plan(after, frozenset({DEV})).empty, "once more returns no further"


@pytest.mark.parametrize("done", range(5))
def test_a_rollback_that_stopped_anywhere_is_finished_by_another(done):
    """Of two policies one is back already, or says only that it will be."""
    first = _tagged(allow("s3:A"), allow("s3:B"), NEEDS[DEV])
    second = replace(_tagged(allow("s3:C"), allow("s3:D")), arn=f"{first.arn}-2")
    current = state(first, second)
    whole = rollback_plan(current, frozenset({DEV}), may_narrow=True)
    stopped = performed(current, whole.changes[:done])
    after = performed(stopped, rollback_plan(stopped, frozenset({DEV}), may_narrow=True).changes)
    said = {name: policy.document for name, policy in after.policies.items()}
    assert said == {first.name: allow("s3:A"), second.name: allow("s3:C")}


def test_the_version_that_the_tags_name_is_returned_to():
    there = _written(allow("s3:A"), allow("s3:B"), NEEDS[DEV])
    tags = Ownership(True, frozenset({DEV}), (), previous="v1").to_tags()
    assert previous_version(replace(there, tags=tags)) == "v1"
    assert previous_version(there) == "v2"


def test_there_may_be_nothing_to_return_to():
    with pytest.raises(ZappaIamError, match="no version to return to"):
        rollback_plan(state(_written(NEEDS[DEV])), frozenset({DEV}))
    with pytest.raises(ZappaIamError):
        rollback_plan(state(_written(allow("s3:A"), NEEDS[DEV])), frozenset({OTHER}))


NEWER = NEEDS[DEV]
FOREIGN = allow("s3:*")


def _tagged(*contents, stages=(DEV,), previous="v1", wrote=None, gone=()):
    """A policy whose newest version is the default one; ``wrote`` are the documents that its tags know as ours."""
    told = tuple(map(fingerprint, contents[-1:] if wrote is None else wrote))
    tags = Ownership(True, frozenset(stages), told, previous=previous).to_tags()
    there = _written(*contents)
    former = {version: content for version, content in there.former.items() if version not in gone}
    versions = tuple(version for version in there.versions if version not in gone)
    return replace(there, former=former, versions=versions, tags=tags)


@pytest.mark.parametrize(
    ("there", "kind", "adopted"),
    [
        pytest.param(_tagged(allow("s3:A"), NEWER), None, True, id="what the tags name"),
        pytest.param(_tagged(FOREIGN, NEWER), None, True, id="what somebody wrote and gave to us (--adopt)"),
        pytest.param(
            _tagged(allow("s3:A"), FOREIGN, wrote=(NEWER,)), "drift", True, id="an edit would be replaced"
        ),
        pytest.param(
            _tagged(FOREIGN, NEWER, previous=""), "not-owned", True, id="a version that no tag knows"
        ),
        pytest.param(
            _tagged(allow("s3:A"), NEWER, previous="", wrote=(allow("s3:A"), NEWER)),
            None,
            True,
            id="an older one that we wrote",
        ),
        pytest.param(
            _tagged(allow("s3:A"), NEWER, stages=(DEV, PROD)),
            "consent",
            False,
            id="another stage would lose, whatever is consented to",
        ),
        pytest.param(
            _tagged(allow("s3:GetObject", "lambda:GetFunction", "s3:A"), NEWER, stages=(DEV, PROD)),
            None,
            True,
            id="another stage loses nothing",
        ),
    ],
)
def test_a_rollback_is_refused_where(there, kind, adopted):
    made = rollback_plan(state(there), frozenset({DEV}), may_narrow=True)
    assert [concern.kind for concern in made.concerns] == ([kind] if kind else [])
    assert rollback_plan(state(there), frozenset({DEV}), may_narrow=True, adopt=True).unsafe is not adopted


def test_the_version_before_the_last_change_is_returned_to_and_no_other():
    there = _tagged(allow("s3:A"), allow("s3:B"), NEWER, previous="v2", gone=("v2",))
    assert previous_version(there) == ""
    with pytest.raises(ZappaIamError, match="v2 of ZappaLambdaDeploymentPolicy is not there"):
        rollback_plan(state(there), frozenset({DEV}))
    with pytest.raises(ZappaIamError, match="no policy names these stages"):
        rollback_plan(CurrentState(), frozenset({DEV}))


def test_a_plan_after_a_rollback_leads_forward_again():
    current = state(_written(allow("s3:A"), NEEDS[DEV]))
    after = performed(current, rollback_plan(current, frozenset({DEV})).changes)
    from tests.unit.plan.test_assignment import desired

    again = plan(desired(DEV), after, None)
    assert "SetDefaultPolicyVersion" in kinds(again)


LIMIT = policy(allow("s3:*"), {DEV}, name="hello-dev-ZappaLambdaExecutionRole-Boundary")


def role(*stages, **more):
    tags = Ownership(True, frozenset(stages)).to_tags() if stages else {}
    given = {"trust": {}, "boundary": LIMIT.arn, "tags": tags, "inline": {"zappa-permissions": {}}} | more
    return CurrentRole("run", f"arn:aws:iam::{ACCOUNT}:role/run", **given)


def with_role(made, limit=None):
    limit = limit or replace(LIMIT, holders=0, boundary_of=1)
    return replace(state(), roles=CurrentRoles(execution={"run": made}, limits={limit.name: limit}))


def test_an_execution_role_that_no_function_runs_as_goes_with_its_boundary():
    made = destroyed(with_role(role(DEV)), DEV, idle={"run": ""})
    assert kinds(made.plan) == ["DeleteRolePolicy", "DeleteRole", "DeletePolicy"]


def test_an_execution_role_that_functions_of_two_stages_run_as_goes_with_the_last_of_them():
    def shared(*stages):
        limit = policy(NEEDS[DEV], set(stages), name="run-Boundary")
        made = role(*stages, boundary=limit.arn)
        return with_role(made, replace(limit, holders=0, boundary_of=1))

    first = destroyed(shared(DEV, PROD), DEV, idle={"run": ""})
    assert first.stays[-1] == "the execution role run and its boundary: functions of hello/prod run as it too"
    assert kinds(first.plan) == ["TagPolicy", "TagRole"]
    last = destroyed(shared(PROD), PROD, idle={"run": ""})
    assert kinds(last.plan) == ["DeleteRolePolicy", "DeleteRole", "DeletePolicy"]


@pytest.mark.parametrize(
    ("made", "idle", "told"),
    [
        pytest.param(role(DEV), {"run": "the function hello-dev runs as it"}, "runs as it", id="in use"),
        pytest.param(role(DEV), {}, "not known", id="nobody knows"),
        pytest.param(role(DEV, attached={"arn:x": {}}), {"run": ""}, "did not attach", id="with policies"),
        pytest.param(role(), {"run": ""}, "", id="not ours"),
    ],
)
def test_an_execution_role_stays(made, idle, told):
    found = destroyed(with_role(made), DEV, idle=idle)
    assert found.plan.empty
    assert told in " ".join(found.stays)


def test_a_boundary_that_bounds_others_stays():
    shared = replace(LIMIT, holders=0, boundary_of=2)
    found = destroyed(with_role(role(DEV), shared), DEV, idle={"run": ""})
    assert kinds(found.plan) == ["DeleteRolePolicy", "DeleteRole"]


def test_a_boundary_whose_role_is_gone_already_goes():
    """Whoever was stopped between the two finds it again."""
    left = replace(LIMIT, holders=0, boundary_of=0)
    current = replace(state(), roles=CurrentRoles(limits={left.name: left}))
    assert kinds(destroyed(current, DEV).plan) == ["DeletePolicy"]
    assert destroyed(current, PROD).plan.empty


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param(
            {"inline": {"theirs": {}}}, "inline policies that we did not write (theirs)", id="inline"
        ),
        pytest.param({"instance_profiles": ("web",)}, "in the instance profile web", id="instance profile"),
    ],
)
def test_an_execution_role_that_somebody_gave_something_stays(more, told):
    found = destroyed(with_role(role(DEV, **more)), DEV, idle={"run": ""})
    assert found.plan.empty
    assert told in " ".join(found.stays)


ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/deployer"
ISSUER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
TAGGED = {"CreatedBy": "zappa-iam-ext"}
OURS_ALONE = CurrentProvider(ISSUER, TAGGED, ("deployer",))
PROFILE = {"role_arn": ROLE_ARN, "source_profile": "admin", "region": "us-east-1"}


def deployer(*stages, **more):
    tags = Ownership(True, frozenset(stages)).to_tags() if stages else {}
    return CurrentRole("deployer", ROLE_ARN, **{"trust": {}, "tags": tags, **more})


def by_role(made, *policies, providers=(OURS_ALONE,), attached=(), **more):
    there = CurrentRoles(deployer=made, providers=providers, **more)
    current = state(*policies)
    held = (*current.attached, *attached)
    return replace(current, user_exists=made is not None, attached=held if made else (), roles=there)


def role_destroyed(current, *stages, mode="oidc", delete_profile=False):
    wanted = RoleDestruction(
        "deployer",
        ROLE_ARN,
        frozenset(stages),
        mode == "oidc",
        {"serverless": current.roles.profile},
        delete_profile,
    )
    return destroy_plan("deployer", current, frozenset(stages), role=wanted)


def test_a_role_goes_after_its_policies_and_its_provider():
    """The trust of the role names the provider: whoever is stopped in between finds it again."""
    made = role_destroyed(by_role(deployer(DEV), policy(NEEDS[DEV], {DEV}, versions=("v1", "v2"))), DEV)
    assert kinds(made.plan) == [
        "DetachRolePolicy",
        "DeletePolicyVersion",
        "DeletePolicy",
        "DeleteOpenIDConnectProvider",
        "DeleteRole",
    ]
    assert made.stays == ()


def test_what_is_left_when_the_role_is_gone_already_goes_too():
    current = replace(
        by_role(None, profile=PROFILE), policies={BASE: replace(policy(NEEDS[DEV], {DEV}), holders=0)}
    )
    made = role_destroyed(current, DEV, delete_profile=True)
    assert kinds(made.plan) == ["DeletePolicy", "DeleteOpenIDConnectProvider", "DeleteRoleProfile"]


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        pytest.param(CurrentProvider(ISSUER, {}, ("deployer",)), "did not make it", id="without our tag"),
        pytest.param(CurrentProvider(ISSUER, TAGGED, ("deployer", "ci")), "the trust of ci", id="shared"),
        pytest.param(CurrentProvider(ISSUER, TAGGED, None), "iam:ListRoles", id="nobody could tell"),
    ],
)
def test_a_provider_of_others_is_never_deleted(provider, told):
    made = role_destroyed(by_role(deployer(DEV), providers=(provider,)), DEV)
    assert kinds(made.plan) == ["DeleteRole"]
    assert told in " ".join(made.stays)


def test_in_mode_role_no_provider_is_deleted():
    made = role_destroyed(by_role(deployer(DEV)), DEV, mode="role")
    assert kinds(made.plan) == ["DeleteRole"]
    assert "`--mode oidc`" in " ".join(made.stays)


@pytest.mark.parametrize(
    ("made", "attached", "told"),
    [
        pytest.param(deployer(), (), "we did not make it", id="not ours"),
        pytest.param(deployer(tags=TAGGED), (), "no tag tells for which stages", id="everybody's"),
        pytest.param(deployer(OTHER), (), "deploy as it too", id="of another stage alone"),
        pytest.param(deployer(DEV), ("arn:aws:iam::aws:policy/X",), "1 other policies (X)", id="a policy"),
        pytest.param(deployer(DEV, inline={"theirs": {}}), (), "inline policies", id="an inline policy"),
        pytest.param(
            deployer(DEV, instance_profiles=("web",)), (), "instance profile web", id="instance profile"
        ),
    ],
)
def test_a_role_that_somebody_else_may_need_stays_with_its_provider_and_its_profile(made, attached, told):
    current = by_role(made, policy(NEEDS[DEV], {DEV}), attached=attached, profile=PROFILE)
    found = role_destroyed(current, DEV, delete_profile=True)
    assert kinds(found.plan) == ["DetachRolePolicy", "DeletePolicy"]
    said = " ".join(found.stays)
    assert told in said
    assert "the trust of deployer names it" in said
    assert "the profile serverless: the role stays" in said


def test_a_role_of_another_stage_too_no_longer_names_this_one():
    tags = Ownership(True, frozenset({DEV, PROD})).to_tags()
    found = role_destroyed(by_role(deployer(DEV, PROD)), DEV)
    assert kinds(found.plan) == ["TagRole"]
    assert found.plan.changes[0].tags == {**tags, "zappa-iam-ext:stages": "hello/prod"}
    assert "hello/prod deploy as it too" in " ".join(found.stays)


@pytest.mark.parametrize(
    ("settings", "asked", "goes", "told"),
    [
        pytest.param(PROFILE, True, True, "", id="asked for"),
        pytest.param(PROFILE, False, False, "`--delete-profile`", id="not asked for"),
        pytest.param({**PROFILE, "output": "json"}, True, False, "(output)", id="says more"),
        pytest.param({**PROFILE, "role_arn": f"{ROLE_ARN}2"}, True, False, "", id="of another role"),
        pytest.param({}, True, False, "", id="none"),
    ],
)
def test_the_profile_that_assumes_the_role_goes_when_asked(settings, asked, goes, told):
    found = role_destroyed(by_role(deployer(DEV), providers=(), profile=settings), DEV, delete_profile=asked)
    assert ("DeleteRoleProfile" in kinds(found.plan)) is goes
    assert told in " ".join(found.stays)


def test_the_boundary_of_a_deploying_role_goes_with_it_when_it_is_ours():
    limit = replace(LIMIT, holders=0, boundary_of=1)
    made = role_destroyed(
        by_role(deployer(DEV, boundary=limit.arn), providers=(), limits={limit.name: limit}), DEV
    )
    assert kinds(made.plan) == ["DeleteRole", "DeletePolicy"]
    shared = {limit.name: replace(limit, boundary_of=2)}
    made = role_destroyed(by_role(deployer(DEV, boundary=limit.arn), providers=(), limits=shared), DEV)
    assert kinds(made.plan) == ["DeleteRole"]
