"""A policy in place whose statements have other names is no drift: nothing is taken away, nothing is to be done."""

from __future__ import annotations

import json

import pytest

from tests.support.newcomer import Newcomer, iam

pytestmark = pytest.mark.aws


def test_other_sids_are_no_change(newcomer: Newcomer):
    newcomer.user("serverless")
    newcomer.administrator()
    assert iam("apply", "dev", "--admin-profile", "admin", "--yes").exit_code == 0
    client = newcomer.aws.client("iam")
    arn = f"arn:aws:iam::{newcomer.account}:policy/ZappaLambdaDeploymentPolicy"
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    for number, statement in enumerate(document["Statement"]):
        statement["Sid"] = f"ManageFunction{number}"
    client.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
    planned = iam("plan", "dev", "--admin-profile", "admin")
    assert planned.exit_code == 0, planned.stderr
    assert "No changes: nothing to do." in planned.stdout
    checked = iam("check", "dev")
    assert checked.exit_code == 0
    assert "equal to what is needed" in " ".join(checked.stdout.split())
