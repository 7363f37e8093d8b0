"""Whoever Zappa would deploy as is provisioned, and nobody is made in the place of somebody whose credentials fail."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.support.documents import document
from tests.support.newcomer import ADMINISTRATOR, Newcomer, iam
from zappa_iam_ext import check_deploy_permissions, ensure_deploy_permissions
from zappa_iam_ext.check import CredentialKind

pytestmark = pytest.mark.aws
ADMIN = ("--admin-profile", "admin")


def users(newcomer: Newcomer) -> dict[str, int]:
    """Return the users of the account, each with the number of its keys."""
    client = newcomer.aws.client("iam")
    return {
        user["UserName"]: len(client.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"])
        for user in client.list_users()["Users"]
    }


def key_of(newcomer: Newcomer, profile: str) -> tuple[str, str]:
    lines = newcomer.credentials.read_text().partition(f"[{profile}]\n")[2].splitlines()
    return lines[0].partition(" = ")[2], lines[1].partition(" = ")[2]


@pytest.fixture
def jane(newcomer: Newcomer) -> Newcomer:
    """Jane, who may do nothing yet, an administrator, and a stage that names no profile."""
    newcomer.user("jane")
    newcomer.administrator()
    newcomer.settings(without=["profile_name"])
    return newcomer


@pytest.mark.parametrize("way", ["AWS_PROFILE", "keys", "the default profile"])
def test_jane_is_provisioned_and_nobody_else(jane, monkeypatch, way):
    if way == "keys":
        key_id, secret = key_of(jane, "jane")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    elif way == "the default profile":
        jane.profile("default", *key_of(jane, "jane"))
    else:
        monkeypatch.setenv(way, "jane")
    before, files = users(jane), jane.credentials.read_bytes()
    planned = iam("plan", "dev", *ADMIN, "--create-keys")
    assert "user jane" in planned.stdout, planned.stderr
    report = ensure_deploy_permissions("dev", admin_profile="admin")
    assert report.subject.principal.name == "jane"
    assert not report.denied
    assert users(jane) == before
    assert jane.credentials.read_bytes() == files
    assert iam("apply", "dev", *ADMIN, "--yes").exit_code == 0
    assert users(jane) == before


def test_a_profile_that_only_a_variable_names_is_not_made(jane, monkeypatch):
    before, files = users(jane), jane.credentials.read_bytes()
    monkeypatch.setenv("AWS_PROFILE", "jnae")
    for words in (("check", "dev"), ("plan", "dev", *ADMIN), ("apply", "dev", *ADMIN, "--yes")):
        ran = iam(*words)
        assert ran.exit_code == 2
        assert "there is no profile 'jnae' in the AWS credentials or config file (AWS_PROFILE)" in ran.stderr
        assert "did you mean jane?" in ran.stderr
    monkeypatch.delenv("AWS_PROFILE")
    assert (users(jane), jane.credentials.read_bytes()) == (before, files)


def test_a_source_that_works_needs_no_key(jane):
    """A vault that prints a user's own key: neither a second key, nor one in plain text."""
    key_id, secret = key_of(jane, "jane")
    answer = json.dumps({"Version": 1, "AccessKeyId": key_id, "SecretAccessKey": secret})
    Path("vault.sh").write_text(f"echo '{answer}'")
    (jane.home / ".aws" / "config").write_text(
        f"[profile serverless]\ncredential_process = /bin/sh {Path('vault.sh').absolute()}\n"
    )
    jane.settings()
    before, files = users(jane), jane.credentials.read_bytes()
    done = iam("apply", "dev", *ADMIN, "--yes", "--create-keys")
    assert done.exit_code == 0, done.stderr
    assert secret not in done.stdout + done.stderr
    assert (users(jane), jane.credentials.read_bytes()) == (before, files)
    assert iam("check", "dev").exit_code == 0


SOURCES = {
    "a vault that is locked": "credential_process = /bin/sh -c 'echo locked; exit 1'\n",
    "SSO that is signed out": (
        "sso_start_url = https://acme.awsapps.com/start\nsso_region = us-east-1\n"
        "sso_account_id = 123456789012\nsso_role_name = Deploy\n"
    ),
    "a key whose name has a typo": "aws_access_key = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s3cr3t\n",
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_fails_makes_nobody(jane, source):
    (jane.home / ".aws" / "config").write_text(f"[profile serverless]\n{SOURCES[source]}")
    jane.settings()
    before, files = users(jane), jane.credentials.read_bytes()
    for words in (("plan", "dev", *ADMIN), ("apply", "dev", *ADMIN, "--yes", "--create-keys")):
        ran = iam(*words)
        assert ran.exit_code == 2, ran.stdout
        assert "serverless" in ran.stderr
        assert "s3cr3t" not in ran.stderr
        assert "create the IAM user" not in ran.stdout
    assert (users(jane), jane.credentials.read_bytes()) == (before, files)


def test_a_role_by_a_web_identity(newcomer, monkeypatch):
    client = newcomer.aws.client("iam")
    client.create_open_id_connect_provider(Url="https://gitlab.com", ClientIDList=["sts.amazonaws.com"])
    provider = f"arn:aws:iam::{newcomer.account}:oidc-provider/gitlab.com"
    trust = document(
        {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    )
    role = client.create_role(RoleName="ci", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    denies = document(
        {"Effect": "Deny", "Action": "lambda:*", "Resource": "*",
         "Condition": {"StringNotEquals": {"aws:FederatedProvider": provider}}}
    )  # fmt: skip
    for number, held in enumerate([ADMINISTRATOR, denies]):
        client.put_role_policy(RoleName="ci", PolicyName=f"p{number}", PolicyDocument=json.dumps(held))
    claims = {
        "iss": "https://gitlab.com",
        "aud": "sts.amazonaws.com",
        "sub": "project_path:me/x",
        "exp": 4102444800,
    }
    encoded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    Path("token").write_text(f"eyJhbGciOiJub25lIn0.{encoded}.c2ln")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(Path("token").absolute()))
    monkeypatch.setenv("AWS_ROLE_ARN", role)
    newcomer.settings(without=["profile_name"])
    report = check_deploy_permissions("dev")
    assert report.subject.kind is CredentialKind.WEB_IDENTITY
    assert report.subject.principal.name == "ci"
    assert report.subject.facts["aws:FederatedProvider"] == provider
    assert "eyJ" not in report.subject.source
    assert report.exit_code() == 0
