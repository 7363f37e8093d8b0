"""``apply`` and the profile: no key is made in passing, none shadows other credentials, and files are seen to first."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.newcomer import ROOT, Newcomer, iam

pytestmark = pytest.mark.aws
ADMIN = ("dev", "--admin-profile", "admin")
YES = ("apply", *ADMIN, "--yes")
WITH_KEY = (*YES, "--create-keys")


@pytest.fixture
def admin(newcomer: Newcomer) -> Newcomer:
    newcomer.administrator()
    return newcomer


def keys(admin, user: str) -> list[str]:
    client = admin.aws.client("iam")
    try:
        return [key["AccessKeyId"] for key in client.list_access_keys(UserName=user)["AccessKeyMetadata"]]
    except client.exceptions.NoSuchEntityException:
        return []


def users(admin) -> list[str]:
    return sorted(user["UserName"] for user in admin.aws.client("iam").list_users()["Users"])


def config(admin, text: str) -> None:
    (admin.home / ".aws" / "config").write_text(text)


def test_without_the_option_and_without_a_terminal_no_key_is_made_and_it_is_said(admin):
    before = admin.credentials.read_bytes()
    planned = iam("plan", *ADMIN)
    done = iam(*YES)
    assert (planned.exit_code, done.exit_code) == (0, 0), done.stderr
    assert "--create-keys" in planned.stdout
    assert "--create-keys" in done.stdout
    assert users(admin) == ["admin", "serverless"]
    assert keys(admin, "serverless") == []
    assert admin.credentials.read_bytes() == before


@pytest.mark.parametrize(
    ("answers", "made"), [("n\ny\n", 0), ("\ny\n", 0), ("y\ny\n", 1)], ids=["no", "enter", "yes"]
)
def test_at_a_terminal_the_key_is_asked_for_on_its_own_and_no_is_the_default(
    admin, monkeypatch, answers, made
):
    monkeypatch.setattr("zappa_iam_ext.cli.shared.provisioning.on_terminal", lambda: True)
    monkeypatch.setattr("zappa_iam_ext.cli.shared.wanting_keys.on_terminal", lambda: True)
    done = iam("apply", *ADMIN, input=answers)
    assert done.exit_code == 0, done.stderr
    assert "long-lived access key" in done.stderr
    assert len(keys(admin, "serverless")) == made
    assert users(admin) == ["admin", "serverless"]


def vault(admin, key_id: str, secret: str) -> str:
    """A program that prints a key, as a keychain does."""
    program = admin.home / "vault.sh"
    answer = f'{{"Version": 1, "AccessKeyId": "{key_id}", "SecretAccessKey": "{secret}"}}'
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o700)
    return str(program)


@pytest.mark.parametrize("named", [False, True], ids=["whoever the profile is", "iam_ext.user"])
def test_a_program_that_gives_the_user_s_key_is_never_shadowed(admin, named):
    client = admin.aws.client("iam")
    client.create_user(UserName="jane")
    made = client.create_access_key(UserName="jane")["AccessKey"]
    program = vault(admin, made["AccessKeyId"], made["SecretAccessKey"])
    config(admin, f"[profile serverless]\nregion = us-east-1\ncredential_process = {program}\n")
    if named:
        admin.settings(iam_ext={"user": "jane"})
    before = admin.credentials.read_bytes()
    done = iam(*WITH_KEY)
    assert done.exit_code == 0, done.stderr
    assert "access key" not in done.stdout
    assert keys(admin, "jane") == [made["AccessKeyId"]]
    assert users(admin) == ["admin", "jane"]
    assert admin.credentials.read_bytes() == before


OTHERS = {
    "a program that fails": "credential_process = /bin/false\n",
    "a sign-in that is no more": "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
    "sso_account_id = 123456789012\nsso_role_name = r\n",
    "a role that cannot be assumed": "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = nobody\n",
    "a token file that is gone": "role_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = /gone\n",
}


@pytest.mark.parametrize("named", [False, True], ids=["whoever the profile is", "iam_ext.user"])
@pytest.mark.parametrize("settings", OTHERS.values(), ids=OTHERS)
def test_a_source_of_credentials_that_fails_makes_nobody_a_new_user(admin, settings, named):
    config(admin, f"[profile serverless]\n{settings}")
    if named:
        admin.settings(iam_ext={"user": "jane"})
    before = admin.credentials.read_bytes()
    for command in (("plan", *ADMIN, "--create-keys"), (*WITH_KEY, "--overwrite-profile")):
        done = iam(*command)
        assert done.exit_code == 2, done.stdout
    assert users(admin) == ["admin"]
    assert admin.credentials.read_bytes() == before


def test_a_key_in_the_config_file_is_the_profile_s_key(admin):
    client = admin.aws.client("iam")
    client.create_user(UserName="jane")
    made = client.create_access_key(UserName="jane")["AccessKey"]
    config(
        admin,
        f"[profile serverless]\naws_access_key_id = {made['AccessKeyId']}\n"
        f"aws_secret_access_key = {made['SecretAccessKey']}\n",
    )
    assert iam(*WITH_KEY).exit_code == 0
    assert keys(admin, "jane") == [made["AccessKeyId"]]
    assert "[serverless]" not in admin.credentials.read_text()


MISSPELT = {
    "the id": "aws_access_key = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = EXAMPLESECRET\n",
    "the secret": "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_key = EXAMPLESECRET\n",
    "the id, left out": "aws_secret_access_key = EXAMPLESECRET\n",
    "quotes": 'aws_access_key_id = "AKIAIOSFODNN7EXAMPLE"\naws_secret_access_key = EXAMPLESECRET\n',
    "a comment behind": "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = EXAMPLESECRET ; of May\n",
    "both": "access_key_id = AKIAIOSFODNN7EXAMPLE\nsecret_access_key = EXAMPLESECRET\n",
}


@pytest.mark.parametrize("content", MISSPELT.values(), ids=MISSPELT)
def test_a_key_that_is_written_wrongly_is_replaced_with_consent_alone(admin, content):
    with admin.credentials.open("a") as file:
        file.write(f"[serverless]\n{content}")
    before = admin.credentials.read_bytes()
    done = iam(*WITH_KEY)
    assert done.exit_code == 2, done.stdout
    assert "aws_access_key_id" in done.stderr or "aws_secret_access_key" in done.stderr
    assert "EXAMPLESECRET" not in done.stderr + done.stdout
    assert users(admin) == ["admin"]
    assert admin.credentials.read_bytes() == before
    done = iam(*WITH_KEY, "--overwrite-profile")
    assert done.exit_code == 0, done.stderr
    assert "EXAMPLE" not in admin.credentials.read_text()
    assert len(keys(admin, "serverless")) == 1
    assert iam("keys", "status", *ADMIN).exit_code == 0


def read_only(path: Path) -> None:
    path.write_text("# from a store\n")
    path.chmod(0o444)


def read_only_link(path: Path) -> None:
    store = path.parent.parent / "store"
    store.mkdir()
    read_only(store / "config")
    path.symlink_to(store / "config")


@pytest.mark.parametrize("make", [read_only, read_only_link])
def test_a_config_file_that_is_read_only_keeps_the_region_out_and_it_is_said(
    admin, make: Callable[[Path], None]
):
    make(admin.home / ".aws" / "config")
    done = iam(*WITH_KEY)
    assert done.exit_code == 0, done.stderr
    assert "the region is not written" in done.stdout
    assert len(keys(admin, "serverless")) == 1
    assert "[serverless]" in admin.credentials.read_text()
    assert (admin.home / ".aws" / "config").read_text() == "# from a store\n"


def test_a_credentials_file_that_is_read_only_stops_before_anything_is_made(admin):
    admin.credentials.chmod(0o400)
    done = iam(*WITH_KEY)
    assert done.exit_code == 2
    assert "AWS_SHARED_CREDENTIALS_FILE" in done.stderr
    assert users(admin) == ["admin"]


CI = {
    "Azure Pipelines": {"TF_BUILD": "True"},
    "Jenkins": {"JENKINS_URL": "http://j/", "BUILD_NUMBER": "12"},
    "AWS CodeBuild": {"CODEBUILD_BUILD_ID": "p:1"},
    "TeamCity": {"TEAMCITY_VERSION": "2024.1"},
    "GitHub Actions": {"CI": "true", "GITHUB_ACTIONS": "true"},
}


@pytest.mark.parametrize("service", CI)
def test_in_ci_no_key_is_made(admin, monkeypatch, service):
    for name, value in CI[service].items():
        monkeypatch.setenv(name, value)
    done = iam(*WITH_KEY)
    assert done.exit_code == 2
    assert service in done.stderr
    assert users(admin) == ["admin"]


def _can_mount() -> bool:
    run = ["unshare", "-m", "mount", "--bind", str(ROOT), str(ROOT)]
    return (
        bool(shutil.which("unshare"))
        and subprocess.run(run, capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not _can_mount(), reason="no mount namespaces here")
def test_a_credentials_file_that_is_mounted_by_itself_is_written_where_it_lies(admin, tmp_path):
    """As `docker run -v ~/.aws/credentials:/root/.aws/credentials` does it."""
    host = tmp_path / "host-credentials"
    host.write_bytes(admin.credentials.read_bytes())
    host.chmod(0o600)
    mounted = f"mount --bind {host} {admin.credentials}"
    program = f'exec {sys.executable} -m zappa_iam_ext "$@"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-ec", f"{mounted}\n{program}", "sh", *WITH_KEY],
        cwd=admin.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (key,) = keys(admin, "serverless")
    assert key in host.read_text()
    assert host.read_bytes().startswith(admin.credentials.read_bytes())
    assert stat.S_IMODE(host.stat().st_mode) == 0o600
