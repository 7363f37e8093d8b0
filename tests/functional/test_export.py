"""``zappa-iam export``: what is handed over makes what ``plan`` wants, on a local AWS and in many accounts."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.support.environments import environment
from tests.support.newcomer import SETTINGS, Newcomer, iam

STACK = "zappa-deployment"


def template(newcomer: Newcomer) -> str:
    done = iam("export", "dev", "--account", newcomer.account)
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.aws
def test_a_stack_of_the_template_leaves_nothing_to_plan(newcomer):
    newcomer.administrator()
    stacks = newcomer.aws.client("cloudformation")
    stacks.create_stack(
        StackName=STACK, TemplateBody=template(newcomer), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    stacks.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    planned = iam("plan", "dev", "--admin-profile", "admin", "--no-create-keys", "--json")
    assert planned.exit_code == 0, planned.stderr
    (plan,) = json.loads(planned.stdout)["plans"]
    assert [change["summary"] for change in plan["changes"]] == []
    assert not plan["unsafe"]


@pytest.mark.aws
def test_a_user_that_is_there_is_used_by_the_stack(newcomer):
    newcomer.administrator()
    newcomer.user("serverless")
    stacks = newcomer.aws.client("cloudformation")
    stacks.create_stack(
        StackName=STACK,
        TemplateBody=template(newcomer),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": "UserExists", "ParameterValue": "yes"}],
    )
    stacks.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    assert iam("check", "dev").exit_code == 0


@pytest.mark.aws
@pytest.mark.xdist_group("aws-cli")
def test_the_commands_of_the_page_leave_nothing_to_plan(newcomer, aws_cli, tmp_path):
    newcomer.administrator()
    page = iam("export", "dev", "--account", newcomer.account, "--format", "markdown").stdout
    script = re.findall(r"```sh\n(.*?)\n```", page, re.DOTALL)[0]
    environment = {
        **os.environ,
        "AWS_PROFILE": "admin",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PATH": f"{aws_cli}:{os.environ['PATH']}",
    }
    subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, env=environment, check=True, capture_output=True)
    planned = iam("plan", "dev", "--admin-profile", "admin", "--no-create-keys", "--json")
    (plan,) = json.loads(planned.stdout)["plans"]
    assert (plan["changes"], plan["unsafe"]) == ([], False)


@pytest.mark.aws
@pytest.mark.xdist_group("aws-cli")
@pytest.mark.parametrize("made_by", ["a stack", "the page"])
def test_an_execution_role_that_is_handed_over_leaves_nothing_to_plan(newcomer, made_by, request, tmp_path):
    newcomer.administrator()
    given = ("export", "dev", "--execution-role", "--account", newcomer.account)
    if made_by == "a stack":
        stacks = newcomer.aws.client("cloudformation")
        stacks.create_stack(
            StackName=STACK, TemplateBody=iam(*given).stdout, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
        stacks.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    else:
        script = re.findall(r"```sh\n(.*?)\n```", iam(*given, "--format", "markdown").stdout, re.DOTALL)[0]
        path = f"{request.getfixturevalue('aws_cli')}:{os.environ['PATH']}"
        environment = {**os.environ, "AWS_PROFILE": "admin", "AWS_DEFAULT_REGION": "us-east-1", "PATH": path}
        subprocess.run(
            ["sh", "-e", "-c", script], cwd=tmp_path, env=environment, check=True, capture_output=True
        )
    planned = iam("role", "ensure", "dev", "--admin-profile", "admin", "--plan", "--json")
    (plan,) = json.loads(planned.stdout)["plans"]
    # The stacks of the local AWS make roles without the boundary that the template names.
    ignored = {"PutRolePermissionsBoundary"} if made_by == "a stack" else set()
    assert ({change["change"] for change in plan["changes"]} - ignored, plan["unsafe"]) == (set(), False)


@pytest.fixture(scope="session")
def aws_cli(tmp_path_factory):
    """The AWS CLI, in an environment of its own: it pins its botocore. Returns the folder of ``aws``."""
    return environment(tmp_path_factory.mktemp("aws-cli"), "awscli")


@pytest.mark.usefixtures("clean")
def test_a_stack_set_makes_the_user_and_its_policy_in_each_account(monkeypatch):
    (Path.cwd() / "zappa_settings.json").write_text(json.dumps({"dev": SETTINGS}))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    made = iam("export", "dev", "--account", "123456789012").stdout
    accounts = ["111122223333", "444455556666"]
    with mock_aws():
        stacks = boto3.client("cloudformation", region_name="us-east-1")
        stacks.create_stack_set(StackSetName=STACK, TemplateBody=made, Capabilities=["CAPABILITY_NAMED_IAM"])
        stacks.create_stack_instances(StackSetName=STACK, Accounts=accounts, Regions=["us-east-1"])
        for account in accounts:
            arns = list(attached(account))
            named = {arn.split(":")[4] for arn in arns if ":function:" in arn or ":iam:" in arn}
            assert named - {"aws"} == {account}


def attached(account: str):
    """Return the ARNs in the documents attached to the user in an account of moto."""
    role = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/look", RoleSessionName="look"
    )
    credentials = role["Credentials"]
    client = boto3.client(
        "iam",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    for policy in client.list_attached_user_policies(UserName="serverless")["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        answer = client.get_policy_version(PolicyArn=arn, VersionId=version)
        for statement in answer["PolicyVersion"]["Document"]["Statement"]:
            listed = statement["Resource"]
            yield from [listed] if isinstance(listed, str) else listed
