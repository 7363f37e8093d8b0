"""The execution role as the second subject of the check, on the local AWS."""

from __future__ import annotations

import json

import pytest

from tests.support.newcomer import ADMINISTRATOR, allow, document, iam
from zappa_iam_ext.settings_file import read_stages
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.roles.execution_trust import execution_trust

pytestmark = pytest.mark.aws
ROLE = "hello-dev-ZappaLambdaExecutionRole"
OWN = {"manage_roles": False, "role_name": ROLE}
#: Settings for which Lambda looks whether the role may, when the function is made.
LOOKED_AT = {"xray_tracing": True, "vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
LAMBDA_ONLY = document(
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
)


@pytest.fixture
def deployer(newcomer):
    """A project whose deploying user may do everything."""
    newcomer.user("serverless", ADMINISTRATOR, inspects=False)
    return newcomer


def computed(deployer):
    (stage,) = read_stages()
    stage = stage.with_account(deployer.account)
    return execution_policy(stage).to_dict(), execution_trust(stage)


def make_role(deployer, held=None, trust=None, **more):
    client = deployer.aws.client("iam")
    policy, own_trust = computed(deployer)
    made = client.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust or own_trust), **more)
    client.put_role_policy(
        RoleName=ROLE, PolicyName="ZappaLambdaExecutionPolicy", PolicyDocument=json.dumps(held or policy)
    )
    return made["Role"]


def checked(*options):
    ran = iam("check", "dev", "--command", "deploy", "--json", *options)
    return ran.exit_code, json.loads(ran.stdout)["execution_role"]


def test_x(deployer):
    print(iam("check", "dev").stdout)
    print(iam("check", "dev", "--json").stdout[:200])
    deployer.settings(**OWN, **LOOKED_AT)
    print(iam("check", "dev").stdout)
    make_role(deployer, allow("logs:*"), LAMBDA_ONLY)
    print(iam("check", "dev").stdout)
    deployer.settings(**OWN, **LOOKED_AT)
    c = deployer.aws.client("iam")
    policy, trust = computed(deployer)
    c.put_role_policy(
        RoleName=ROLE, PolicyName="ZappaLambdaExecutionPolicy", PolicyDocument=json.dumps(policy)
    )
    print(iam("check", "dev").stdout)
    c.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    print(iam("check", "dev").stdout)
    print(iam("check", "dev", "-v").stdout[-600:])
    print(json.dumps(checked()[1], indent=1)[:1500])
