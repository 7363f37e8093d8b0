"""Provisioning on a real local AWS with IAM enforced, and what happens when any call of it fails."""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import replace
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.support.documents import allow
from tests.support.world import POLICY, World
from zappa_iam_ext.aws.identity import caller
from zappa_iam_ext.aws.principal_policies import principal_policies, self_inspection_grants
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.provisioning.current_state import current_state
from zappa_iam_ext.aws.provisioning.provisioner import Provisioner, wait_until_accepted
from zappa_iam_ext.errors import AccountChanged, CredentialsFileError, ProvisioningError, UnsafePlan
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, evaluate
from zappa_iam_ext.plan import Consents, DesiredPolicy
from zappa_iam_ext.plan import plan as make_plan

pytestmark = [pytest.mark.aws, pytest.mark.usefixtures("at_a_desk")]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def endpoint(running_aws):
    return running_aws.endpoint


@pytest.fixture
def world(endpoint, tmp_path):
    return World(endpoint, tmp_path)


def test_the_whole_way_and_a_second_time_changes_nothing(world, monkeypatch, capfd):
    made = world.apply()
    assert [type(c).__name__ for c in made] == [
        "CreateUser",
        "CreatePolicy",
        "AttachUserPolicy",
        "CreateAccessKey",
        "WriteProfile",
    ]
    assert world.steps == list(made)
    before = (
        world.files.path.read_bytes(),
        json.dumps(world.iam.get_account_authorization_details(), default=str),
    )
    assert world.plan().empty
    assert world.apply() == ()
    after = (
        world.files.path.read_bytes(),
        json.dumps(world.iam.get_account_authorization_details(), default=str),
    )
    assert "serverless" in before[1]
    assert json.loads(after[1])["UserDetailList"] == json.loads(before[1])["UserDetailList"]
    assert after[0] == before[0]

    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(world.files.path))
    session = botocore.session.Session(profile="serverless")
    sts = session.create_client("sts", region_name="us-east-1", endpoint_url=world.endpoint)
    identity = wait_until_accepted(sts)
    assert str(identity.principal) == f"arn:aws:iam::{world.account}:user/serverless"
    assert identity.account == world.account
    assert caller(sts) == identity
    functions = session.create_client("lambda", region_name="us-east-1", endpoint_url=world.endpoint)
    assert functions.list_functions()["Functions"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        session.create_client("iam", region_name="us-east-1", endpoint_url=world.endpoint).list_users()
    secret = session.get_credentials().secret_key
    shown = "".join(capfd.readouterr()) + repr(made) + repr(world.steps) + json.dumps(world.plan().to_json())
    assert secret not in shown


def test_a_new_document_becomes_the_default_version_and_the_sixth_replaces_the_oldest(world):
    world.apply()
    for number in range(7):
        world.desired = replace(world.desired, policies=(DesiredPolicy(POLICY, allow(f"s3:Get{number}")),))
        world.apply()
        assert world.plan().empty
    versions = world.iam.list_policy_versions(PolicyArn=world.desired.policy_arn(POLICY))["Versions"]
    assert sorted(v["VersionId"] for v in versions) == ["v4", "v5", "v6", "v7", "v8"]
    assert len(world.keys()) == 1


def test_a_policy_edited_by_hand_is_left_alone_until_adopted(world):
    world.apply()
    arn = world.desired.policy_arn(POLICY)
    edited = json.dumps(allow("ec2:*"))
    world.iam.create_policy_version(PolicyArn=arn, PolicyDocument=edited, SetAsDefault=True)
    with pytest.raises(UnsafePlan, match="somebody edited"):
        world.apply()
    assert world.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    world.apply(world.plan(adopt=True))
    assert world.plan().empty


def test_a_policy_somebody_else_made_is_left_alone_until_adopted(world):
    world.iam.create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("ec2:*")))
    with pytest.raises(UnsafePlan, match="does not carry our tag"):
        world.apply()
    assert world.keys() == []
    world.apply(world.plan(adopt=True))
    assert world.plan().empty


def test_an_existing_user_is_used_as_it_is_and_surplus_parts_are_detached(world):
    world.iam.create_user(UserName="serverless")
    first, second = DesiredPolicy(POLICY, allow("s3:A")), DesiredPolicy(f"{POLICY}-2", allow("s3:B"))
    world.desired = replace(world.desired, policies=(first, second))
    world.apply()
    world.desired = replace(world.desired, policies=(first,))
    assert [type(c).__name__ for c in world.apply()] == ["DetachUserPolicy"]
    attached = world.iam.list_attached_user_policies(UserName="serverless")["AttachedPolicies"]
    assert [p["PolicyName"] for p in attached] == [POLICY]
    assert world.iam.list_user_tags(UserName="serverless")["Tags"] == []


def test_an_unwritable_home_is_met_before_anything_is_created(world):
    world.files.path.parent.write_text("a file where the folder should be")
    plan = make_plan(world.desired, current_state(world.iam, world.desired))
    with pytest.raises(CredentialsFileError):
        world.apply(plan)
    assert world.steps == []
    assert world.iam.list_users()["Users"] == []


def test_when_the_profile_cannot_be_written_the_key_is_deleted_again(world, monkeypatch):
    def fail(*_args, **_kwargs):
        raise CredentialsFileError("disk full", hint="make room")

    monkeypatch.setattr(ProfileFiles, "write_key", fail)
    with pytest.raises(ProvisioningError, match="disk full") as caught:
        world.apply()
    assert len(caught.value.done) == 4
    assert "apply again" in caught.value.hint
    assert world.keys() == []
    monkeypatch.undo()
    world.apply()
    assert world.plan().empty
    assert len(world.keys()) == 1


@pytest.mark.parametrize("moment", ["on_step", "write"])
def test_control_c_between_making_and_storing_a_key_leaves_no_orphan(world, monkeypatch, moment):
    def interrupt(*_args, **_kwargs):
        raise KeyboardInterrupt

    if moment == "write":
        monkeypatch.setattr(ProfileFiles, "write_key", interrupt)
    plan = world.plan()
    provisioner = Provisioner(world.iam, world.files)
    if moment == "on_step":
        provisioner.on_step = lambda change: interrupt() if change is plan.changes[-1] else None
    with pytest.raises(KeyboardInterrupt):
        provisioner.apply(plan)
    assert world.keys() == []


class Saboteur:
    """Lets the n-th call to AWS fail in one of four ways; counts the calls otherwise."""

    def __init__(self, iam, number, way):
        self.number, self.way, self.count = number, way, 0
        self.iam = iam
        iam.meta.events.register_first("before-call.iam", self.before)
        iam.meta.events.register_first("after-call.iam", self.after)

    def remove(self):
        self.iam.meta.events.unregister("before-call.iam", self.before)
        self.iam.meta.events.unregister("after-call.iam", self.after)

    def before(self, **_kwargs):
        self.count += 1
        if self.count != self.number or self.way == "answer lost":
            return None
        if self.way == "no connection":
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")
        status, code = {"denied": (403, "AccessDenied"), "server error": (500, "ServiceFailure")}[self.way]
        answer = type("Answer", (), {"status_code": status, "headers": {}, "content": b"", "text": ""})()
        return answer, {
            "Error": {"Code": code, "Message": "sabotage"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }

    def after(self, **_kwargs):
        if self.count == self.number and self.way == "answer lost":
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")


def update(world):
    """Lead the world to where an update with all kinds of changes is due."""
    world.desired = replace(world.desired, policies=(DesiredPolicy(POLICY, allow("s3:A")),))
    wanted = replace(world.desired, profile=None)
    world.apply(make_plan(wanted, current_state(world.iam, wanted), Consents(prune=True)))
    for number in range(4):
        world.desired = replace(world.desired, policies=(DesiredPolicy(POLICY, allow(f"s3:B{number}")),))
        wanted = replace(world.desired, profile=None)
        world.apply(make_plan(wanted, current_state(world.iam, wanted), Consents(prune=True)))
    world.desired = replace(
        world.desired,
        policies=(DesiredPolicy(POLICY, allow("s3:C")), DesiredPolicy(f"{POLICY}-2", allow("s3:D"))),
    )


@pytest.mark.parametrize("way", ["denied", "server error", "no connection", "answer lost"])
@pytest.mark.parametrize("start", ["nothing there", "update"])
def test_whichever_call_fails_a_second_apply_converges_and_no_key_is_orphaned(endpoint, tmp_path, way, start):
    for number in itertools.count(1):
        world = World(endpoint, tmp_path / str(number))
        if start == "update":
            update(world)
        plan = world.plan()
        saboteur = Saboteur(world.iam, number, way)
        try:
            world.apply(plan)
        except ProvisioningError as error:
            failed = error
        else:
            failed = None
        calls = saboteur.count
        saboteur.remove()
        if failed is None:
            assert number > calls, "the sabotage must be noticed"
            break
        stored = world.files.access_key_id("serverless")
        assert world.keys() == ([stored] if stored else []), f"call {number} left an orphan"
        assert "apply again" in failed.hint
        world.apply()
        assert world.plan().empty
        assert world.keys() == [world.files.access_key_id("serverless")]
    assert number > 4


@pytest.mark.parametrize("meanwhile", ["the same", "something else"])
def test_a_version_that_came_in_between_is_only_in_the_way_when_it_says_something_else(world, meanwhile):
    """A lost answer that botocore asks for again makes two versions; so does a like run at the same time."""
    world.apply()
    world.desired = replace(world.desired, policies=(DesiredPolicy(POLICY, allow("s3:Get*")),))
    planned = world.plan()
    arn = f"arn:aws:iam::{world.account}:policy/{POLICY}"
    text = json.dumps(allow("s3:Get*" if meanwhile == "the same" else "sqs:*"))
    create = world.iam.create_policy_version

    def between(**parameters):
        create(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
        return create(**parameters)

    world.iam.create_policy_version = between
    if meanwhile == "the same":
        world.apply(planned)
        world.iam.create_policy_version = create
        assert world.plan().empty
    else:
        with pytest.raises(AccountChanged):
            world.apply(planned)
        version = world.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        held = world.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        assert held == allow("sqs:*"), "the first one's is in force"


def test_what_iam_shows_late_is_waited_for(world):
    waited, late = [], {"AttachUserPolicy": 2, "CreateAccessKey": 1}

    def not_yet(model, **_kwargs):
        if late.get(model.name, 0):
            late[model.name] -= 1
            answer = type("Answer", (), {"status_code": 404, "headers": {}, "content": b"", "text": ""})()
            return answer, {"Error": {"Code": "NoSuchEntity"}, "ResponseMetadata": {"HTTPStatusCode": 404}}
        return None

    world.iam.meta.events.register_first("before-call.iam", not_yet)
    Provisioner(world.iam, world.files, sleep=waited.append).apply(world.plan())
    assert waited == [0.5, 1.0, 0.5]
    assert world.plan().empty


def held_world(world, statements=()):
    """Make a user with a policy of every kind, and return a client with its own key."""
    extra = [statement.to_dict() for statement in statements]
    iam, account = world.iam, world.account
    iam.create_policy(PolicyName="Limit", PolicyDocument=json.dumps(allow("s3:*", "sqs:*", "iam:*")))
    iam.create_policy(PolicyName="Attached", PolicyDocument=json.dumps(allow("s3:GetObject")))
    iam.create_policy(
        PolicyName="ByGroup", Path="/team/", PolicyDocument=json.dumps(allow("sqs:SendMessage"))
    )
    boundary = f"arn:aws:iam::{account}:policy/Limit"
    iam.create_user(UserName="serverless", PermissionsBoundary=boundary)
    iam.put_user_policy(
        UserName="serverless",
        PolicyName="Own",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [*allow("sns:Publish")["Statement"], *extra]}
        ),
    )
    iam.attach_user_policy(UserName="serverless", PolicyArn=f"arn:aws:iam::{account}:policy/Attached")
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="serverless")
    iam.put_group_policy(
        GroupName="team", PolicyName="Inline", PolicyDocument=json.dumps(allow("sqs:ListQueues"))
    )
    iam.attach_group_policy(GroupName="team", PolicyArn=f"arn:aws:iam::{account}:policy/team/ByGroup")
    key = iam.create_access_key(UserName="serverless")["AccessKey"]
    return world.client("iam", key["AccessKeyId"], key["SecretAccessKey"]), caller(
        world.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    )


def test_every_policy_that_binds_a_user_is_found_and_named(world):
    grants = self_inspection_grants("aws", world.account, "serverless")
    own, identity = held_world(world, grants)
    for iam in (world.iam, own):
        found = principal_policies(iam, identity.principal)
        assert found.complete
        assert [(policy.source, policy.layer) for policy in found.held] == [
            (f"user serverless / permissions boundary arn:aws:iam::{world.account}:policy/Limit", "boundary"),
            ("user serverless / inline policy Own", "identity"),
            ("user serverless / managed policy Attached", "identity"),
            ("group team / inline policy Inline", "group"),
            ("group team / managed policy ByGroup", "group"),
        ]
        assert found.held[4].document == PolicyDocument.parse(allow("sqs:SendMessage"))
        for action, expected in [
            ("s3:GetObject", Decision.ALLOWED),
            ("sqs:SendMessage", Decision.ALLOWED),
            ("sqs:ListQueues", Decision.ALLOWED),
            ("sns:Publish", Decision.IMPLICIT_DENY),
            ("s3:PutObject", Decision.IMPLICIT_DENY),
        ]:
            request = AuthorizationRequest(identity.principal, action, "arn:aws:s3:::b/k")
            assert evaluate(found.policies, request).decision is expected, action


@pytest.mark.parametrize("sid", ["ReadOwnUser", "ReadGroupPolicies", "ReadManagedPolicies"])
def test_what_may_not_be_read_is_named(world, sid):
    grants = self_inspection_grants("aws", world.account, "serverless")
    own, identity = held_world(world, [grant for grant in grants if grant.sid != sid])
    found = principal_policies(own, identity.principal)
    assert not found.complete
    assert all("is denied" in line for line in found.unreadable)
    granted = {action for grant in grants if grant.sid == sid for action in grant.actions}
    denied = {line.rsplit(": ", 1)[1].removesuffix(" is denied") for line in found.unreadable}
    assert denied <= granted
    assert denied


def test_each_self_inspection_action_is_needed_and_no_other(world):
    """Nothing surplus, nothing missing: the actions that the reading calls, seen on the wire."""
    own, identity = held_world(world, self_inspection_grants("aws", world.account, "serverless"))
    seen = set()
    own.meta.events.register("before-call.iam", lambda model, **_kwargs: seen.add(f"iam:{model.name}"))
    assert principal_policies(own, identity.principal, named=["ZappaLambdaDeploymentPolicy"]).complete
    grants = self_inspection_grants("aws", world.account, "serverless")
    simulated = {"iam:SimulatePrincipalPolicy"}  # asked where a policy could not be read
    assert seen == {a for grant in grants for a in grant.actions} - simulated
