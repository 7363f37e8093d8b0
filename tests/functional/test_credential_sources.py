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
from zappa_iam_ext.aws.credentials import waiting
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
        f"{ROLE}source_profile = corp\n[profile corp]\n{SSO}",
        "profile serverless begins with profile corp, which is signed out of SSO",
        "aws sso login --profile corp`",
        id="a role that begins with SSO",
    ),
    pytest.param(
        f"{ROLE}source_profile = vault\n[profile vault]\ncredential_process = /opt/gone/vault\n",
        r"profile serverless begins with profile vault: its credential_process \(/opt/gone/vault\) failed: there is no",
        "Run it by hand",
        id="a role that begins with a program",
    ),
    pytest.param(
        ROLE,
        "has role_arn, and neither source_profile nor credential_source",
        "source_profile = NAME",
        id="a role that nobody assumes",
    ),
    pytest.param(
        f"{ROLE}source_profile = base\ncredential_source = Environment\n",
        "contains both source_profile and credential_source",
        "Correct role_arn, source_profile and credential_source",
        id="two who assume a role",
    ),
    pytest.param(
        f"{ROLE}credential_source = Environment\n",
        "assuming its role by credential_source Environment failed",
        "Set AWS_ACCESS_KEY_ID",
        id="an environment without keys",
    ),
    pytest.param(
        "credential_process = ~/vault.sh\n",
        "failed: there is no ~/vault.sh",
        "without a shell, so write the whole path",
        id="its path begins with a tilde",
    ),
    pytest.param(
        "credential_process = /bin/cat /gone | tail -1\n",
        "credential_process .* failed",
        "into a script",
        id="its line is a shell's",
    ),
    pytest.param(
        "credential_process = /bin/sh -c 'echo\n",
        "a quote of which is not closed",
        "Close it",
        id="an open quote",
    ),
    pytest.param(
        "credential_process =\n",
        "its credential_process, which is empty, failed",
        "command line",
        id="an empty line",
    ),
    pytest.param(
        'echo \'password=hunter2 {"SecretAccessKey":"hunter2"} token: hunter2, asked by jane\' >&2; exit 1',
        r"failed: password=\*\*\* \{\"SecretAccessKey\":\*\*\*\} token: \*\*\* asked by jane",
        "Run it by hand",
        id="it names secrets in its error",
    ),
    pytest.param(
        "exit 1", "ended with an error, and did not say why", "Run it by hand", id="it fails in silence"
    ),
    pytest.param(
        """echo '{"Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "x", "SessionToken": "t", """
        """"Expiration": "2020-01-01T00:00:00Z"}'""",
        "it gave credentials that have expired",
        "Run it by hand",
        id="what it gives has expired",
    ),
    pytest.param(
        """echo '{"Version": 1, "AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "x"}'""",
        "cannot be used: it gave a temporary key .* without its session token",
        "Run it by hand",
        id="it gives no token",
    ),
    pytest.param(
        """echo '{"Version": 1, "AccessKeyId": null, "SecretAccessKey": "x"}'""",
        "cannot be used: it gave no access key id",
        "Run it by hand",
        id="it gives a null",
    ),
    pytest.param(
        """printf '{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "a b"}'""",
        "cannot be used: the secret access key that it gave has a blank in it",
        "Run it by hand",
        id="it gives a bad secret",
    ),
    pytest.param(
        f"{ROLE}source_profile = gone\n",
        'assuming its role by profile gone failed: The source_profile "gone" .* does not exist',
        "Correct role_arn, source_profile",
        id="no base",
    ),
]


@pytest.mark.parametrize(("text", "told", "hint"), SOURCES)
def test_one_line_names_the_source_and_the_next_step(profile, text, told, hint):
    profile(text if re.search(r"^\w+ =", text) else program(text))
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


@pytest.mark.parametrize("chain", [False, True], ids=["its own", "a role's"])
def test_a_program_that_gives_nothing_is_ended(profile, monkeypatch, caplog, chain):
    monkeypatch.setattr(waiting, "PATIENCE", 0.3)
    monkeypatch.setattr(waiting, "NOTE", 0.1)
    line = program("echo $$ > pid; exec sleep 600")
    profile(f"{ROLE}source_profile = slow\n[profile slow]\n{line}" if chain else line)
    with pytest.raises(
        CredentialSourceError, match=r"credential_process .* failed: it gave nothing within 0 seconds"
    ):
        require_credentials(open_session("serverless", "us-east-1"))
    assert "waiting for the credential_process" in caplog.text
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)


def test_credentials_that_work_are_left_alone(profile):
    profile(program("""echo '{"Version": 1, "AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "secret"}'"""))
    require_credentials(open_session("serverless", "us-east-1"))


@pytest.mark.parametrize(
    ("environment", "told", "hint"),
    [
        pytest.param(
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.1.2.3/role"},
            r"no profile is named: the container's credentials \(http://10.1.2.3/role\) failed: Unsupported host",
            "Is this the container",
            id="a container elsewhere",
        ),
        pytest.param(
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/role",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hunter2\r\nx: y",
            },
            "the container's credentials .* failed: Auth token value is not a legal header value",
            "Is this the container",
            id="a token that is no header",
        ),
        pytest.param(
            {"AWS_WEB_IDENTITY_TOKEN_FILE": __file__},
            "no profile is named: its web identity token .* no role ARN",
            "AWS_ROLE_ARN",
            id="a token without a role",
        ),
    ],
)  # fmt: skip
def test_a_source_of_the_environment_is_named(monkeypatch, environment, told, hint):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CredentialSourceError, match=told) as caught:
        require_credentials(open_session("", "us-east-1"))
    assert hint in caught.value.hint
    assert "hunter2" not in str(caught.value)


def test_no_credentials_at_all_are_told():
    with pytest.raises(NoCredentials, match="no profile is named"):
        require_credentials(open_session("", "us-east-1"))


def test_a_profile_without_credentials_is_named(profile):
    profile("output = json\n")
    with pytest.raises(NoCredentials, match="profile serverless has no credentials"):
        require_credentials(open_session("serverless", "us-east-1"))
