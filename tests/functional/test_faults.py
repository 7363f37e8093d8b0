"""Whatever fails at whichever call of whichever plan, running the same once more converges.

In ``make test`` a sample; ``make faults`` tries every call of every plan in each way (``ZAPPA_IAM_EXT_FAULTS=all``).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass, replace

import pytest

from tests.support.documents import allow
from tests.support.proxy import Answer, proxy
from tests.support.world import KEEP_GOING, POLICY, World
from zappa_iam_ext.aws.provisioning.current_state import state_to_destroy
from zappa_iam_ext.aws.provisioning.provisioner import Provisioner
from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.plan import Consents, StageKey
from zappa_iam_ext.plan.planning.destroying import destroy_plan
from zappa_iam_ext.plan.planning.destroying_roles import RoleDestruction
from zappa_iam_ext.plan.role_states import (
    DesiredExecutionRole,
    DesiredProvider,
    DesiredRole,
    DesiredRoles,
    RoleProfile,
)
from zappa_iam_ext.roles.providers import federation
from zappa_iam_ext.roles.trusts import federated_trust, principals_trust

pytestmark = [
    pytest.mark.aws,
    pytest.mark.longer,
    pytest.mark.timeout(3600),
    pytest.mark.usefixtures("at_a_desk"),
]
EVERY = os.environ.get("ZAPPA_IAM_EXT_FAULTS") == "all"
DEV, PROD, SHOP = StageKey("hello", "dev"), StageKey("hello", "prod"), StageKey("shop", "dev")
FOREIGN = "SomebodyElses"
FAILURE = (
    b"<ErrorResponse><Error><Code>ServiceFailure</Code><Message>sabotage</Message></Error></ErrorResponse>"
)
WAYS = ("error before", "answer lost", "killed before", "killed after")


def wanted(world, *stages, **more):
    needs = {stage: allow(f"s3:Get{stage.project}", f"sqs:{stage.stage}") for stage in stages}
    return replace(world.desired, policies=(), base=POLICY, needs=needs, zappa="0.63.0", **more)


def applied(world, *stages, **more):
    desired = wanted(world, *stages, profile=None, **more)
    world.apply(world.planned(desired))


@dataclass(frozen=True)
class Job:
    """What is done: made anew each time from what is there, as a command does."""

    plan: object
    prepare: object = lambda _: None


def _apply_job(prepare, *stages, consents=KEEP_GOING, **more):
    return Job(lambda world, iam: world.planned(wanted(world, *stages, **more), consents, iam), prepare)


def _nothing(_):
    return None


def _another_stage(world):
    applied(world, DEV)


def _five_versions(world):
    for number in range(5):
        needs = {DEV: allow(f"ec2:A{number}")}
        world.apply(world.planned(replace(wanted(world, DEV, profile=None), needs=needs)))


def _everybodys(world):
    tags = [{"Key": "CreatedBy", "Value": "zappa-iam-ext"}]
    policy = world.iam.create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("ec2:*")), Tags=tags)
    world.iam.create_user(UserName="serverless")
    world.iam.attach_user_policy(UserName="serverless", PolicyArn=policy["Policy"]["Arn"])


def _of_others(world):
    world.iam.create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("ec2:*")))


def _full(world):
    world.iam.create_user(UserName="serverless")
    for number in range(10):
        arn = world.iam.create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(allow("ec2:A")))
        world.iam.attach_user_policy(UserName="serverless", PolicyArn=arn["Policy"]["Arn"])


def _two_stages(world):
    applied(world, DEV)
    applied(world, PROD)


def _destroy(world, iam):
    desired = wanted(world, DEV)
    current = state_to_destroy(iam, replace(desired, group=""), world.files)
    keys = (current.profile_key,) if current.profile_key else ()
    return destroy_plan("serverless", current, frozenset({DEV}), delete_keys=keys).plan


def _destroy_role(world, iam):
    desired = replace(wanted(world, DEV, profile="assumed", roles=_named_role(world)), user="deployer")
    current = state_to_destroy(iam, desired, world.files)
    arn = f"arn:aws:iam::{world.account}:role/deployer"
    profiles = {"assumed": current.roles.profile if current.roles else {}}
    role = RoleDestruction("deployer", arn, frozenset({DEV}), True, profiles, True)
    idle = {"hello-dev-ZappaLambdaExecutionRole": ""}
    return destroy_plan("deployer", current, frozenset({DEV}), idle=idle, role=role).plan


def _named_role(world):
    return DesiredRoles(DesiredRole("deployer", {}), None, (_execution(world),))


def _execution(world, name="hello-dev-ZappaLambdaExecutionRole"):
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    policy = allow("logs:PutLogEvents", resource="arn:aws:logs:*:*:*")
    boundary = f"arn:aws:iam::{world.account}:policy/{name}-Boundary"
    return DesiredExecutionRole(DEV, name, "/", trust, "zappa-permissions", policy, boundary, policy)


def _by_role(world):
    trust = principals_trust([f"arn:aws:iam::{world.account}:root"])
    arn = f"arn:aws:iam::{world.account}:role/deployer"
    profile = RoleProfile("assumed", arn, "source", "us-east-1")
    return DesiredRoles(DesiredRole("deployer", trust), None, (_execution(world),), profile)


def _by_tokens(world):
    tokens = federation("github", {"repository": "a/b", "branch": "main"})
    provider = DesiredProvider(tokens.provider_arn("aws", world.account), tokens.url, tokens.audience)
    trust = federated_trust(tokens, "aws", world.account)
    return DesiredRoles(DesiredRole("deployer", trust), provider, (_execution(world),))


def _role_job(prepare, roles, *stages, consents=KEEP_GOING):
    def plan(world, iam):
        desired = wanted(world, *stages, profile=None, roles=roles(world))
        return world.planned(replace(desired, user="deployer"), consents, iam)

    return Job(plan, prepare)


def _source(world):
    world.files.path.parent.mkdir(parents=True, exist_ok=True)
    world.files.path.write_text(
        "[source]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"
    )


def _a_role_of_ours(world):
    applied_roles = replace(wanted(world, DEV, profile=None, roles=_by_tokens(world)), user="deployer")
    world.apply(world.planned(applied_roles))


def _a_role_with_its_profile(world):
    _source(world)
    roles = replace(_by_tokens(world), profile=_by_role(world).profile)
    world.apply(world.planned(replace(wanted(world, DEV, profile=None, roles=roles), user="deployer")))


def _a_role_of_two_stages(world):
    _a_role_with_its_profile(world)
    desired = replace(wanted(world, PROD, profile=None, roles=_by_tokens(world)), user="deployer")
    world.apply(world.planned(desired))


def _an_execution_role_of_zappas(world):
    role = _execution(world)
    world.iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=json.dumps(role.trust))
    world.iam.put_role_policy(
        RoleName=role.name, PolicyName=role.inline, PolicyDocument=json.dumps(allow("ec2:*"))
    )


JOBS = {
    "from nothing": _apply_job(_nothing, DEV),
    "a stage beside another": _apply_job(_another_stage, PROD),
    "a stage joins": _apply_job(_another_stage, DEV, PROD),
    "a sixth version": _apply_job(_five_versions, DEV),
    "everybody's policy grows": _apply_job(_everybodys, DEV),
    "a policy is taken over": _apply_job(_of_others, DEV, consents=Consents(adopt=True, prune_versions=True)),
    "a group holds it": _apply_job(_full, DEV, group="deployers"),
    "a role and its profile": _role_job(_source, _by_role, DEV),
    "a role by tokens": _role_job(_nothing, _by_tokens, DEV),
    "a role trusts somebody more": _role_job(
        _a_role_of_ours,
        lambda world: DesiredRoles(
            DesiredRole("deployer", principals_trust([f"arn:aws:iam::{world.account}:root"]))
        ),
        DEV,
        PROD,
        consents=Consents(),
    ),
    "an execution role is adopted": _role_job(
        _an_execution_role_of_zappas, _by_tokens, DEV, consents=Consents(adopt=True, prune=True)
    ),
    "destroy": Job(_destroy, _two_stages),
    "destroy a role, its provider and its profile": Job(_destroy_role, _a_role_with_its_profile),
    "destroy one stage of a role": Job(_destroy_role, _a_role_of_two_stages),
}


class Saboteur:
    """Stands before the local AWS and lets the n-th request fail."""

    def __init__(self, number, way):
        self.number, self.way, self.count = number, way, 0
        self.process = 0

    def before(self, _):
        self.count += 1
        if self.count == self.number and self.way == "error before":
            return Answer(500, FAILURE)
        if self.count == self.number and self.way == "killed before":
            self.kill()
            return Answer(0)
        return None

    def after(self, _, answer):
        if self.count == self.number and self.way == "killed after":
            self.kill()
        if self.count == self.number and self.way in {"answer lost", "killed after"}:
            return Answer(0)
        return answer

    def kill(self):
        os.kill(self.process, signal.SIGKILL)


def perform(world, job, endpoint):
    """Plan and apply in a process of its own, as a command does."""
    iam = world.client("iam", world.account, "root", endpoint)
    plan = job.plan(world, iam)
    Provisioner(iam, world.files, sleep=lambda _seconds: None).apply(plan)


def perform_in_child(world, job, endpoint, saboteur):
    child = os.fork()
    if child == 0:
        time.sleep(0.01)
        with contextlib.suppress(ZappaIamError):
            perform(world, job, endpoint)
        os._exit(0)
    saboteur.process = child
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ended, _ = os.waitpid(child, os.WNOHANG)
        if ended:
            return
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the process hangs")


def sabotaged(world, job, number, way):
    """Do the job while one request fails; return how many requests there were."""
    saboteur = Saboteur(number, way)
    with proxy(world.endpoint, saboteur.before, saboteur.after) as url:
        if way.startswith("killed"):
            perform_in_child(world, job, url, saboteur)
        else:
            with contextlib.suppress(ZappaIamError):
                perform(world, job, url)
    return saboteur.count


def others(world):
    """Return what is not ours: it must be the same before and after."""
    iam, found = world.iam, {}
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        if policy["PolicyName"] == FOREIGN or policy["PolicyName"].startswith("p"):
            versions = iam.list_policy_versions(PolicyArn=policy["Arn"])["Versions"]
            found[policy["PolicyName"]] = [version["VersionId"] for version in versions]
    found["keys"] = world.keys("somebody")
    return found


def new_world(endpoint, home, job):
    world = World(endpoint, home)
    world.iam.create_policy(PolicyName=FOREIGN, PolicyDocument=json.dumps(allow("ec2:*")))
    world.iam.create_user(UserName="somebody")
    world.iam.create_access_key(UserName="somebody")
    job.prepare(world)
    return world


def holds(world, name, number, way):
    """Do the job with one failure and then once more; return whether there was a request to fail."""
    job = JOBS[name]
    before = others(world)
    count = sabotaged(world, job, number, way)
    if count < number:
        return False
    left = job.plan(world, world.iam)
    loose = set(world.keys()) - {world.files.access_key_id("serverless")}
    told = " ".join(map(str, left.changes))
    assert all(key in told for key in loose), f"{way} at {number}: a key is orphaned and not named"
    perform(world, job, world.endpoint)
    again = job.plan(world, world.iam)
    assert again.empty, (f"{way} at request {number}", [str(change) for change in again.changes])
    assert others(world) == before
    return True


def numbers(count):
    """Every request, or one early and one late."""
    return range(1, count + 1) if EVERY else sorted({count - 1, max(count // 2, 1)})


def counted(endpoint, home, name):
    world = new_world(endpoint, home, JOBS[name])
    return sabotaged(world, JOBS[name], 0, "none")


ROLE_SAMPLE = "a role by tokens"
SAMPLE = ("from nothing", "a stage joins", "destroy")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", JOBS if EVERY else SAMPLE)
def test_whatever_fails_once_more_converges_and_nothing_of_others_is_touched(
    running_aws, tmp_path, name, way
):
    count = counted(running_aws.endpoint, tmp_path / "count", name)
    assert count > 5
    for number in numbers(count):
        world = new_world(running_aws.endpoint, tmp_path / str(number), JOBS[name])
        assert holds(world, name, number, way)


@pytest.mark.skipif(EVERY, reason="one of all")
@pytest.mark.parametrize("way", ["answer lost", "killed after"])
def test_of_a_role_too(running_aws, tmp_path, way):
    count = counted(running_aws.endpoint, tmp_path / "count", ROLE_SAMPLE)
    for number in (count - 5, count - 2):
        world = new_world(running_aws.endpoint, tmp_path / str(number), JOBS[ROLE_SAMPLE])
        assert holds(world, ROLE_SAMPLE, number, way)


@pytest.mark.parametrize("name", [name for name in JOBS if EVERY or name not in SAMPLE])
def test_each_plan_makes_changes_and_has_nothing_left_to_do(running_aws, tmp_path, name):
    """The jobs are what they say: without a fault they change something, and then nothing more."""
    world = new_world(running_aws.endpoint, tmp_path, JOBS[name])
    assert JOBS[name].plan(world, world.iam).changes
    perform(world, JOBS[name], world.endpoint)
    assert JOBS[name].plan(world, world.iam).empty
