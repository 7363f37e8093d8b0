"""Waiting until a role's policy is effective: the simulator is asked again, for so long at most, and no longer than it helps."""

from __future__ import annotations

import pytest

from tests.support.model_simulator import ModelSimulator, answering
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.aws.provisioning.effective import SURE_AFTER, wait_until_effective
from zappa_iam_ext.check.simulation.questions import ask
from zappa_iam_ext.iam import Principal
from zappa_iam_ext.permissions.runtime import execution_policy, runtime_requirements

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
MADE = stage({"events": [{"function": "app.f", "event_source": {"arn": QUEUE}}]})
ROLE = f"arn:aws:iam::{ACCOUNT}:role/hello-dev-ZappaLambdaExecutionRole"
NOTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}],
}
ENOUGH = {"role_r_p": execution_policy(MADE).to_dict()}
LIMIT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}


class Clock:
    """Time that passes only by sleeping; ``then`` happens after so many sleeps."""

    def __init__(self, then=lambda: None, after=0):
        self.now, self.slept, self.then, self.after = 0.0, [], then, after

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds
        if len(self.slept) == self.after:
            self.then()


def wait(model, clock, seconds=130.0, source=ROLE):
    asked = ask(runtime_requirements(MADE), Principal.parse(ROLE), MADE.region)
    return wait_until_effective(
        answering(model, source), ROLE, asked, seconds, sleep=clock.sleep, clock=lambda: clock.now
    )


def test_what_is_allowed_is_not_waited_for():
    clock = Clock()
    found = wait(ModelSimulator(ROLE, ENOUGH), clock)
    assert (found.denied, found.blocked, found.unknown, clock.slept) == ((), (), "", [])


def test_it_is_asked_again_until_it_is_allowed():
    model = ModelSimulator(ROLE, {"role_r_p": NOTHING})

    def spread():
        model.identity = ENOUGH

    clock = Clock(spread, after=3)
    assert wait(model, clock).denied == ()
    assert clock.slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("seconds", [0.0, 20.0])
def test_not_longer_than_it_was_told(seconds):
    clock = Clock()
    found = wait(ModelSimulator(ROLE, {"role_r_p": NOTHING}), clock, seconds)
    assert f"sqs:ReceiveMessage on {QUEUE}" in found.denied
    assert not found.blocked
    assert sum(clock.slept) == seconds


def test_a_boundary_that_denies_is_no_matter_of_time():
    clock = Clock()
    found = wait(ModelSimulator(ROLE, ENOUGH, boundary=LIMIT), clock)
    assert any(each.startswith("lambda:InvokeFunction") for each in found.blocked)
    assert SURE_AFTER <= sum(clock.slept) < 130


def test_an_organization_that_denies_neither():
    clock = Clock()
    found = wait(ModelSimulator(ROLE, ENOUGH, scp=LIMIT), clock)
    assert found.blocked
    assert sum(clock.slept) < 130


def test_what_cannot_be_asked_is_unknown_at_once():
    clock = Clock()
    found = wait(ModelSimulator(ROLE, ENOUGH), clock, source="arn:aws:iam::123456789012:role/other")
    assert "NoSuchEntity" in found.unknown
    assert clock.slept == []
