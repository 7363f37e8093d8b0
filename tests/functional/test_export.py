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

from tests.support.environments import environment as fresh_environment
from tests.support.newcomer import SETTINGS, Newcomer, iam

STACK = "zappa-deployment"


GITHUB = (
    "--mode", "oidc", "--provider", "github", "--repository", "acme/shop", "--branch", "main", "--owner-id", "1",
    "--repository-id", "2",
)  # fmt: skip
EVENTS = [
    {"function": f"app.task_number_{n:02}", "name": f"a-long-name-for-this-schedule-{n:02}", "expression": "rate(1 day)"}
    for n in range(60)
]  # fmt: skip
HANDED_OVER = [
    pytest.param((("dev",), (), {}), id="a user"),
    pytest.param((("--all",), (), {}), id="two stages", marks=pytest.mark.longer),
    pytest.param((("dev",), (), {"events": EVENTS}), id="several documents", marks=pytest.mark.longer),
    pytest.param((("dev",), ("--boundary",), {}), id="a bounded execution role", marks=pytest.mark.longer),
    pytest.param(
        (("--all",), ("--mode", "role", "--trusted", "arn:aws:iam::ACCOUNT:user/admin", "--boundary"), {}),
        id="a role",
        marks=pytest.mark.longer,
    ),
    pytest.param((("--all",), GITHUB, {}), id="a role for a CI system", marks=pytest.mark.longer),
]
"""The stages, what is said of the deployer, and settings."""


def exported(newcomer: Newcomer, stages, given, settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write settings of two stages; return which are meant, and the options for the account."""
    both = {"dev": SETTINGS | settings, "prod": SETTINGS | {"s3_bucket": "packages-of-prod"}}
    (newcomer.folder / "zappa_settings.json").write_text(json.dumps(both))
    newcomer.administrator()
    return stages, tuple(option.replace("ACCOUNT", newcomer.account) for option in given)


def left_to_do(*arguments: str) -> set[str]:
    """Return the kinds of changes that a plan would still make; it must be safe."""
    planned = iam("plan", *arguments, "--admin-profile", "admin", "--no-create-keys", "--json")
    assert planned.exit_code == 0, planned.stdout + planned.stderr
    (plan,) = json.loads(planned.stdout)["plans"]
    assert not plan["unsafe"]
    return {change["change"] for change in plan["changes"]}


def made_by_a_stack(newcomer: Newcomer, text: str) -> None:
    """Make a template's stack. The local AWS has no stacks of identity providers: these are made beside."""
    template = json.loads(text)
    provider = template["Resources"].pop("Provider", None)
    if provider:
        newcomer.aws.client("iam").create_open_id_connect_provider(**_call(provider["Properties"]))
    stacks = newcomer.aws.client("cloudformation")
    stacks.create_stack(
        StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    stacks.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})


def _call(properties):
    return {"Url": properties["Url"], "ClientIDList": properties["ClientIdList"]}


def made_by_the_page(page: str, aws_cli: Path, folder: Path) -> None:
    """Run the shell commands of a page, pasted as they stand."""
    script = re.findall(r"```sh\n(.*?)\n```", page, re.DOTALL)[0]
    environment = {
        **os.environ,
        "AWS_PROFILE": "admin",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PATH": f"{aws_cli}:{os.environ['PATH']}",
    }
    subprocess.run(["sh", "-e", "-c", script], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.mark.aws
@pytest.mark.parametrize("given", HANDED_OVER)
def test_a_stack_of_the_template_leaves_nothing_to_plan(newcomer, given):
    stages, options = exported(newcomer, *given)
    done = iam("export", *stages, "--account", newcomer.account, *options)
    assert done.exit_code == 0, done.stderr
    made_by_a_stack(newcomer, done.stdout)
    # The stacks of the local AWS make roles without the boundary that the template names.
    ignored = {"PutRolePermissionsBoundary"} if "--boundary" in options else set()
    assert left_to_do(*stages, *options) - ignored == set()


def template(newcomer: Newcomer) -> str:
    done = iam("export", "dev", "--account", newcomer.account)
    assert done.exit_code == 0, done.stderr
    return done.stdout


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
@pytest.mark.parametrize("given", HANDED_OVER)
def test_the_commands_of_the_page_leave_nothing_to_plan(newcomer, aws_cli, tmp_path, given):
    stages, options = exported(newcomer, *given)
    page = iam("export", *stages, "--account", newcomer.account, *options, "--format", "markdown").stdout
    made_by_the_page(page, aws_cli, tmp_path)
    assert left_to_do(*stages, *options) == set()


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--mode", "role"), "who may assume the role is not said"),
        (("--mode", "oidc"), "whose tokens the role trusts is not said"),
        (("--mode", "permission-set"), "plan --mode permission-set"),
        (("--mode", "oidc", "--execution-role"), "no --mode belongs to it"),
    ],
)
def test_what_cannot_be_handed_over_so_is_told(options, told):
    (Path.cwd() / "zappa_settings.json").write_text(json.dumps({"dev": SETTINGS}))
    done = iam("export", "dev", "--account", "123456789012", *options)
    assert done.exit_code == 2
    assert told in done.stderr


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
    return fresh_environment(tmp_path_factory.mktemp("aws-cli"), "awscli")


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
