"""What a report tells to do works when it is pasted: the commands run as they stand, but for PROFILE and VALUE."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documents import allow, document
from tests.support.newcomer import ADMINISTRATOR, iam

pytestmark = pytest.mark.aws
TRUST_ALL = document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})


def commands(text: str) -> list[list[str]]:
    """Return the commands that a text tells, as a shell reads them: a backslash goes on, ``>`` writes a file."""
    joined = text.replace(" \\\n", " ").splitlines()
    found = [line[line.index("zappa-iam ") :] for line in joined if "zappa-iam " in line and "`" not in line]
    return [shlex.split(command) for command in found]


def paste(command: list[str], **instead: str):
    """Run a command of ours, with these words in the place of PROFILE and VALUE."""
    words = [
        word.replace("PROFILE", instead.get("profile", "")).replace("VALUE", instead.get("value", ""))
        for word in command
    ]
    return iam(*words[1:])


@pytest.mark.parametrize("width", ["80", "40"])
def test_apply_provisions_with_every_option_that_was_given(newcomer, width, monkeypatch):
    monkeypatch.setattr("zappa_iam_ext.terminal.WIDTH", int(width))
    newcomer.user("serverless")
    newcomer.user("jane", profile="jane")
    newcomer.administrator()
    settings = Path("zappa_settings.json")
    folder = Path("my settings")
    folder.mkdir()
    settings.rename(folder / "prod.json")
    given = [
        "-s",
        str(folder / "prod.json"),
        "--profile",
        "jane",
        "--region",
        "eu-west-1",
        "--command",
        "undeploy --remove-logs",
    ]
    before = iam("check", "dev", *given)
    assert before.exit_code == 1
    (command,) = commands(before.stdout)
    assert command[:3] == ["zappa-iam", "apply", "dev"]
    done = paste([*command, "--yes"], profile="admin")
    assert done.exit_code == 0, done.stdout + done.stderr
    assert iam("check", "dev", *given).exit_code == 0
    assert iam("check", "dev", "-s", str(folder / "prod.json")).exit_code == 1, "the other user got nothing"


def test_a_user_that_cannot_be_read_is_let_read_itself(newcomer):
    newcomer.user("serverless", allow("lambda:*"), inspects=False)
    told = iam("check", "dev")
    assert told.exit_code == 3
    (command,) = commands(told.stdout)
    made = paste([*command, "--account", newcomer.account])
    assert made.exit_code == 0, made.stderr
    newcomer.aws.client("iam").put_user_policy(
        UserName="serverless", PolicyName="reads", PolicyDocument=json.dumps(json.loads(made.stdout))
    )
    assert iam("check", "dev").exit_code in {0, 1}, "decided"


def test_a_role_gets_the_document_that_is_told(newcomer, monkeypatch):
    client = newcomer.aws.client("iam")
    client.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(TRUST_ALL))
    inspects = allow(
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"
    )
    client.put_role_policy(RoleName="deployer", PolicyName="held", PolicyDocument=json.dumps(inspects))
    keys = newcomer.aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{newcomer.account}:role/deployer", RoleSessionName="ci"
    )["Credentials"]
    newcomer.profile("serverless", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    told = iam("check", "dev")
    assert told.exit_code == 1
    lines = [
        line
        for line in told.stdout.replace(" \\\n", " ").splitlines()
        if line.startswith("  ") and "policy" in line
    ]
    shell = next(line for line in lines if "zappa-iam policy" in line)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    subprocess.run(shell.strip(), shell=True, check=True)  # noqa: S602  -- what a user pastes
    put = shlex.split(next(line for line in lines if "put-role-policy" in line))
    assert put[:3] == ["aws", "iam", "put-role-policy"]
    words = dict(zip(put[3::2], put[4::2], strict=True))
    assert words["--profile"] == "PROFILE"
    client.put_role_policy(
        RoleName=words["--role-name"],
        PolicyName=words["--policy-name"],
        PolicyDocument=Path(words["--policy-document"].removeprefix("file://")).read_text(),
    )
    assert iam("check", "dev").exit_code == 0


def test_a_boundary_has_an_owner_and_apply_is_not_told(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    client = newcomer.aws.client("iam")
    limit = json.dumps(allow("s3:*", "iam:*", "lambda:*"))
    arn = client.create_policy(PolicyName="TeamBoundary", PolicyDocument=limit)["Policy"]["Arn"]
    client.put_user_permissions_boundary(UserName="serverless", PermissionsBoundary=arn)
    told = iam("check", "dev")
    assert told.exit_code == 1
    assert commands(told.stdout) == []
    flat = " ".join(told.stdout.split())
    assert f"Ask the owner of the permissions boundary {arn}" in flat
    assert "to allow apigateway:" in flat


def test_a_condition_is_settled_by_the_question_that_is_told(newcomer):
    office = allow("*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    newcomer.user("serverless", office)
    told = iam("check", "dev", "--evidence", "policies")
    assert told.exit_code == 3
    (command,) = commands(told.stdout)
    assert paste(command, value="192.0.2.7").exit_code == 0
    assert paste(command, value="198.51.100.7").exit_code == 1
