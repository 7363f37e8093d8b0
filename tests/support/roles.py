"""Execution roles at the local AWS: as they are computed, or short of something."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.documents import document
from tests.support.newcomer import Newcomer
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.roles.execution_trust import execution_trust
from zappa_iam_ext.settings_file import read_stages

ROLE = "hello-dev-ZappaLambdaExecutionRole"
OWN = {"manage_roles": False, "role_name": ROLE}
#: Settings for which Lambda looks whether the role may, when the function is made.
LOOKED_AT = {
    "xray_tracing": True,
    "vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
}
_SERVICES = {"l": "lambda", "e": "events", "a": "apigateway"}


def trust_in(services: str) -> dict[str, Any]:
    """Return a trust policy for services by their first letters."""
    return document(
        *(
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{_SERVICES[each]}.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
            for each in services
        )
    )


LAMBDA_ONLY = trust_in("l")


def computed(newcomer: Newcomer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the policy and the trust that are computed for the stage ``dev``."""
    (stage,) = read_stages()
    located = stage.with_account(newcomer.account)
    return execution_policy(located).to_dict(), execution_trust(located)


def make_role(
    newcomer: Newcomer,
    held: Mapping[str, Any] | None = None,
    trust: Mapping[str, Any] | None = None,
    **more: Any,
) -> str:
    """Make the role of the stage ``dev``, as computed where nothing else is given; return its ARN."""
    client = newcomer.aws.client("iam")
    policy, own_trust = computed(newcomer)
    made = client.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(trust or own_trust), **more)
    client.put_role_policy(
        RoleName=ROLE,
        PolicyName="ZappaLambdaExecutionPolicy",
        PolicyDocument=json.dumps(held or policy),
    )
    return str(made["Role"]["Arn"])
