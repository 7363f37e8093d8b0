"""Which role a stage's function runs as, and what it has to be: names, partitions, shared roles."""

from __future__ import annotations

import pytest

from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.workflow.execution_roles.planning import EXECUTION_POLICY, RoleOptions, wanted_roles


def one(made, neighbours=(), **options):
    ((wanted, members),) = wanted_roles((made,), neighbours, RoleOptions(**options))
    assert members == (made,)
    return wanted


@pytest.mark.parametrize(
    ("partition", "region"), [("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_every_arn_is_of_the_stages_partition(partition, region):
    wanted = one(stage(partition=partition, region=region))
    assert wanted.arn == f"arn:{partition}:iam::{ACCOUNT}:role/hello-dev-ZappaLambdaExecutionRole"
    assert (
        wanted.boundary
        == f"arn:{partition}:iam::{ACCOUNT}:policy/hello-dev-ZappaLambdaExecutionRole-Boundary"
    )
    assert wanted.inline == EXECUTION_POLICY
    arns = [each["Resource"] for each in wanted.policy["Statement"]]
    assert arns
    assert all(arn.startswith(f"arn:{partition}:") for arn in arns)


@pytest.mark.parametrize(
    ("settings", "name", "path"),
    [
        ({}, "hello-dev-ZappaLambdaExecutionRole", "/"),
        ({"role_name": "own"}, "own", "/"),
        ({"role_arn": f"arn:aws:iam::{ACCOUNT}:role/own"}, "own", "/"),
        ({"role_arn": f"arn:aws:iam::{ACCOUNT}:role/team/a/own"}, "own", "/team/a/"),
        ({"role_arn": f"arn:aws:iam::{ACCOUNT}:role/own", "role_name": "other"}, "own", "/"),
    ],
)
def test_the_role_that_the_function_runs_as(settings, name, path):
    wanted = one(stage({"manage_roles": False, **settings}))
    assert (wanted.name, wanted.path) == (name, path)


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{ACCOUNT}:role/own", "arn:aws:iam::999999999999:role/own"])
def test_a_role_by_arn_that_cannot_be(arn):
    with pytest.raises(SettingsError):
        one(stage({"role_arn": arn}), manage_roles=ACCOUNT in arn)


def test_neighbours_that_name_the_role_are_in_and_others_are_not():
    made, same, other = (
        stage({"role_name": name}, name=each) for each, name in (("dev", "r"), ("prod", "r"), ("test", "t"))
    )
    assert one(made, (same, other)).stages == (made, same)
    by_arn = stage({"role_arn": f"arn:aws:iam::{ACCOUNT}:role/r", "manage_roles": False}, name="arn")
    assert one(made, (by_arn, other)).stages == (made, by_arn)
    with pytest.raises(SettingsError, match="share"):
        one(made, (same, other), manage_roles=True)
