"""A source of credentials that fails is told in one line with the next step, and ends with 2: it denies nobody."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, LoginRefreshRequired, MissingDependencyException

from tests.support.newcomer import SETTINGS
from zappa_iam_ext.aws.credentials.failures import require_credentials
from zappa_iam_ext.errors import CredentialSourceError, NoCredentials
from zappa_iam_ext.sessions import open_session

pytestmark = pytest.mark.usefixtures("clean")
COMMANDS = (("check", "dev"), ("plan", "dev"), ("apply", "dev", "--yes"), ("can-i", "s3:GetObject"))
BASE = "[base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = EXAMPLESECRET\n"
ROLE = "role_arn = arn:aws:iam::123456789012:role/deploy\n"
SSO = (
    "sso_start_url = https://acme.awsapps.com/start\nsso_region = us-east-1\n"
    "sso_account_id = 123456789012\nsso_role_name = Deploy\n"
)


def program(text: str) -> str:
    """Return a credential_process that runs this shell text."""
    Path("source.sh").write_text(text)
    return f"credential_process = /bin/sh {Path('source.sh').absolute()}\n"


@pytest.fixture
def profile(clean):
    """Write a profile of the config file, and a project that uses it."""
    Path("zappa_settings.json").write_text(json.dumps({"dev": SETTINGS}))
    (clean / ".aws").mkdir()

    def write(text: str) -> None:
        (clean / ".aws" / "config").write_text(f"[profile serverless]\nregion = us-east-1\n{text}")
        (clean / ".aws" / "credentials").write_text(BASE)

    return write


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run ``zappa-iam`` without a terminal, as CI does."""
    return subprocess.run(
        [sys.executable, "-m", "zappa_iam_ext", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        env={**os.environ, "AWS_PROFILE": "serverless"},
    )


SOURCES = [
    pytest.param(
        "credential_process = /opt/gone/aws-vault export serverless\n",
        r"profile serverless: its credential_process \(/opt/gone/aws-vault export serverless\) failed: "
        r"there is no /opt/gone/aws-vault",
        "Run it by hand",
        id="its program is missing",
    ),
    pytest.param("echo Please log in", "gave no credentials in JSON", "Run it by hand", id="it prints prose"),
    pytest.param("exit 0", "gave no credentials in JSON", "Run it by hand", id="it prints nothing"),
    pytest.param("echo '[]'", "gave no credentials in JSON", "Run it by hand", id="it prints a list"),
    pytest.param(
        """echo '{"Version": 2}'""", "Unsupported version", "Run it by hand", id="it prints another version"
    ),
    pytest.param(
        """echo '{"Version": 1}'""", "Missing required key", "Run it by hand", id="it prints no key"
    ),
    pytest.param("echo no session; exit 1", "credential_process .* failed", "Run it by hand", id="it fails"),
    pytest.param(
        f"{ROLE}source_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/base\n",
        "profile serverless asks for an MFA code, and there is no terminal",
        "at a terminal",
        id="an MFA code without a terminal",
    ),
    pytest.param(
        f"{ROLE}web_identity_token_file = /gone/token\n",
        r"its web identity token \(/gone/token\) failed: there is no /gone/token",
        "Is the token file there",
        id="the token file is gone",
    ),
    pytest.param(
        "credential_process = /opt/gone/vault --password hunter2\n",
        r"its credential_process \(/opt/gone/vault --password \*\*\*\) failed",
        "its line is in the config file",
        id="its line holds a secret",
    ),
    pytest.param(
        "sso_session = gone\nsso_account_id = 123456789012\nsso_role_name = Deploy\n",
        "its sign-in by SSO failed: .*gone",
        "aws configure sso",
        id="an sso-session that is not there",
    ),
    pytest.param(
        SSO, "profile serverless is signed out of SSO", "aws sso login --profile serverless", id="SSO"
    ),
    pytest.param(
        f"{ROLE}source_profile = gone\n", "assuming its role by profile gone failed", "gone", id="no base"
    ),
]


@pytest.mark.parametrize(("text", "told", "hint"), SOURCES)
def test_one_line_names_the_source_and_the_next_step(profile, text, told, hint):
    profile(text if " = " in text else program(text))
    with pytest.raises(CredentialSourceError) as caught:
        require_credentials(open_session("serverless", "us-east-1"))
    assert re.search(told, str(caught.value))
    assert hint in caught.value.hint
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("error", "told", "hint"),
    [
        pytest.param(
            ClientError({"Error": {"Code": "ForbiddenException", "Message": "No access"}}, "GetRoleCredentials"),
            "the permission set Deploy in account 123456789012 is not assigned",
            "assigned in IAM Identity Center",
            id="a permission set that is not assigned",
        ),
        pytest.param(
            LoginRefreshRequired(), "profile serverless is signed out", "aws login --profile serverless",
            id="aws login that has expired",
        ),
        pytest.param(
            MissingDependencyException(msg="crt"), "needs botocore's crt extra", "pip install", id="no crt extra"
        ),
    ],
)  # fmt: skip
def test_what_no_local_part_answers(profile, monkeypatch, error, told, hint):
    profile(SSO)
    session = open_session("serverless", "us-east-1")

    def fails():
        raise error

    monkeypatch.setattr(session, "get_credentials", fails)
    with pytest.raises(CredentialSourceError, match=told) as caught:
        require_credentials(session)
    assert hint in caught.value.hint


def test_an_unreachable_container_is_named(monkeypatch):
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/role")
    with pytest.raises(CredentialSourceError, match="the container's credentials"):
        require_credentials(open_session("", "us-east-1"))


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        each
        for each in SOURCES
        if each.id in {"its program is missing", "an MFA code without a terminal", "SSO"}
    ],
)
def test_no_command_calls_it_a_denial(profile, words, text, told, hint):
    profile(text)
    before = {path: path.read_bytes() for path in Path(os.environ["HOME"]).rglob("*") if path.is_file()}
    done = run(*words)
    assert done.returncode == 2
    assert re.search(told, done.stderr)
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    assert done.stdout == ""
    assert before == {
        path: path.read_bytes() for path in Path(os.environ["HOME"]).rglob("*") if path.is_file()
    }


def test_credentials_that_work_are_left_alone(profile):
    profile(program("""echo '{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "secret"}'"""))
    require_credentials(open_session("serverless", "us-east-1"))


def test_no_credentials_at_all_are_told():
    with pytest.raises(NoCredentials, match="no profile is named"):
        require_credentials(open_session("", "us-east-1"))


def test_a_profile_without_credentials_is_named(profile):
    profile("output = json\n")
    with pytest.raises(NoCredentials, match="profile serverless has no credentials"):
        require_credentials(open_session("serverless", "us-east-1"))
