"""Whatever fails at whichever call of `role ensure`, running the same once more converges, and others lose nothing.

In ``make test`` a sample; ``make faults`` tries every call in each way (``ZAPPA_IAM_EXT_FAULTS=all``).
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import replace

import pytest

from tests.support.documents import allow
from tests.support.proxy import Answer, proxy
from tests.support.stages import stage
from tests.support.world import World
from zappa_iam_ext.aws.provisioning.provisioner import Provisioner
from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.plan import Consents
from zappa_iam_ext.plan.planning.execution_documents import EnsuredRole
from zappa_iam_ext.roles.execution_trust import execution_trust
from zappa_iam_ext.workflow.execution_roles.planning import EXECUTION_POLICY, look, policy_document

pytestmark = [
    pytest.mark.aws,
    pytest.mark.longer,
    pytest.mark.timeout(3600),
    pytest.mark.usefixtures("at_a_desk"),
]
EVERY = os.environ.get("ZAPPA_IAM_EXT_FAULTS") == "all"
NAME, OTHER = "hello-dev-ZappaLambdaExecutionRole", "SomebodyElses"
FAILURE = (
    b"<ErrorResponse><Error><Code>ServiceFailure</Code><Message>sabotage</Message></Error></ErrorResponse>"
)
WAYS = ("error before", "answer lost")
EVENT = {"function": "app.f", "event_source": {"arn": "arn:aws:sqs:us-east-1:123456789012:q"}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def role(world, **settings):
    made = stage(settings, account=world.account)
    return EnsuredRole(
        name=NAME,
        path="/",
        stages=(made,),
        inline=EXECUTION_POLICY,
        policy=policy_document(made),
        trust=execution_trust(made),
        boundary=f"arn:aws:iam::{world.account}:policy/{NAME}-Boundary",
    )


def perform(iam, wanted, consents):
    """Plan and apply as the command does, but without waiting."""
    _, _, planned = look(iam, wanted, consents)
    Provisioner(iam, sleep=lambda _: None).apply(planned)


def nothing(_):
    return None


def of_zappa(world):
    world.iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))
    world.iam.put_role_policy(
        RoleName=NAME, PolicyName="zappa-permissions", PolicyDocument=json.dumps(allow("s3:*"))
    )


def of_ours(world):
    perform(world.iam, role(world), Consents())


def of_a_queue(world):
    perform(world.iam, role(world, events=[EVENT]), Consents())


PRUNE = Consents(adopt=True, prune=True, prune_versions=True)
JOBS = {
    "from nothing": (nothing, {}, Consents()),
    "a new need": (of_ours, {"events": [EVENT], "slim_handler": True}, Consents()),
    "a need less": (of_a_queue, {}, Consents(prune=True)),
    "adopted": (of_zappa, {}, Consents(adopt=True)),
    "adopted and narrowed": (of_zappa, {}, PRUNE),
}


def sabotaged(world, job, number, way):
    """Do the job while one request fails; return how many requests there were."""
    _, settings, consents = JOBS[job]
    count = 0

    def before(_):
        nonlocal count
        count += 1
        return Answer(500, FAILURE) if count == number and way == "error before" else None

    def after(_, answer):
        return Answer(0) if count == number and way == "answer lost" else answer

    with proxy(world.endpoint, before, after) as url, contextlib.suppress(ZappaIamError):
        perform(world.client("iam", world.account, "root", url), role(world, **settings), consents)
    return count


def new_world(endpoint, home, job):
    world = World(endpoint, home)
    world.iam.create_role(RoleName=OTHER, AssumeRolePolicyDocument=json.dumps(TRUST))
    world.iam.create_policy(PolicyName=OTHER, PolicyDocument=json.dumps(allow("ec2:*")))
    JOBS[job][0](world)
    return world


def others(world):
    versions = world.iam.list_policy_versions(PolicyArn=f"arn:aws:iam::{world.account}:policy/{OTHER}")[
        "Versions"
    ]
    return world.iam.get_role(RoleName=OTHER)["Role"], [each["VersionId"] for each in versions]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("job", JOBS)
def test_whatever_fails_once_more_converges(running_aws, tmp_path, job, way):
    _, settings, consents = JOBS[job]
    count = sabotaged(new_world(running_aws.endpoint, tmp_path / "count", job), job, 0, way)
    assert count > 4
    for number in range(1, count + 1) if EVERY else sorted({count // 2, count - 1, count}):
        world = new_world(running_aws.endpoint, tmp_path / str(number), job)
        before, identity = others(world), ids(world)
        assert sabotaged(world, job, number, way) >= number
        perform(world.iam, role(world, **settings), consents)
        _, _, again = look(world.iam, role(world, **settings), consents)
        assert again.empty, (f"{way} at request {number}", [str(change) for change in again.changes])
        assert not again.unsafe
        assert others(world) == before
        assert not identity or ids(world) == identity  # never deleted and made again


def ids(world):
    try:
        return world.iam.get_role(RoleName=NAME)["Role"]["RoleId"]
    except world.iam.exceptions.NoSuchEntityException:
        return ""


def test_a_stage_that_joins_meanwhile_loses_nothing(running_aws, tmp_path):
    """Another project takes the role between two runs of ours."""
    world = new_world(running_aws.endpoint, tmp_path, "from nothing")
    perform(world.iam, role(world), Consents())
    shop = replace(role(world), stages=(stage(project="shop", account=world.account),))
    shop = replace(shop, policy=policy_document(shop.stages[0]))
    perform(world.iam, shop, Consents())
    perform(world.iam, role(world), PRUNE)
    said = json.dumps(world.iam.get_role_policy(RoleName=NAME, PolicyName=EXECUTION_POLICY)["PolicyDocument"])
    assert "function:shop-dev" in said
    assert "function:hello-dev" in said
