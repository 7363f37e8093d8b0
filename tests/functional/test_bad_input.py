"""Bad input gets one clear message with the next step and exit code 2: no traceback, and nothing is written."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.newcomer import SETTINGS, Ran, iam
from tests.support.proxy import Answer, proxy

pytestmark = pytest.mark.usefixtures("clean", "loopback_only")
ACCOUNT = "123456789012"
READS_SETTINGS = (
    ("check", "dev"),
    ("policy", "dev", "--account", ACCOUNT),
    ("plan", "dev"),
    ("apply", "dev", "--yes"),
    ("diff", "dev", "--from-zappa", "0.62.0"),
    ("rehearse", "dev"),
)
ASKS_AWS = (
    ("check", "dev"),
    ("policy", "dev"),
    ("plan", "dev"),
    ("apply", "dev", "--yes"),
    ("can-i", "s3:GetObject"),
)


def write(text: str = "", *, file: str = "zappa_settings.json", **more: object) -> None:
    Path(file).write_text(text or json.dumps({"dev": {**SETTINGS, **more}}))


def credentials(profile: str = "serverless", text: str = "") -> None:
    folder = Path(os.environ["HOME"]) / ".aws"
    folder.mkdir(exist_ok=True)
    key = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = verysecret\n"
    (folder / "credentials").write_text(text or f"[{profile}]\n{key}")


def valid() -> None:
    write()
    credentials()


def as_bytes() -> None:
    Path("zappa_settings.json").write_bytes(b"\xff\xfe\x00{")


def unreadable() -> None:
    Path("zappa_settings.json").mkdir()


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def no_network() -> None:
    valid()
    os.environ["AWS_ENDPOINT_URL"] = closed_port()


@dataclass(frozen=True)
class Case:
    """What is wrong, the commands that meet it, what is said, and what to do next."""

    name: str
    prepare: Callable[[], object]
    commands: tuple[tuple[str, ...], ...]
    said: str
    next_step: str
    extra: tuple[str, ...] = field(default=())


MANY = READS_SETTINGS
DOCUMENT = "docs/how-to.md"
CASES = [
    Case("no settings file", lambda: None, MANY, "No zappa_settings file found", "zappa init"),
    Case("a settings file that is named and is not there", valid, MANY, "there is no settings file nope.json", "-s/--settings-file", ("-s", "nope.json")),
    Case("a settings file that is a folder", unreadable, MANY, "settings", "zappa init"),
    Case("malformed JSON", lambda: write("{"), MANY, "malformed", "zappa init"),
    Case("malformed YAML", lambda: write("dev: [", file="zappa_settings.yaml"), MANY, "not accepted by Zappa", "zappa init"),
    Case("malformed TOML", lambda: write("[dev", file="zappa_settings.toml"), MANY, "malformed", "zappa init"),
    Case("not text", as_bytes, MANY, "not UTF-8", "Save it as UTF-8"),
    Case("settings that are a list", lambda: write("[1]"), MANY, "has no stages", "a table of stages"),
    Case("a stage that is a string", lambda: write('{"dev": "app.app"}'), MANY, "'dev' is not a table", "zappa init"),
    Case("a stage that is unknown", lambda: write('{"live": {}}'), MANY, "no stage 'dev'", "Its stages are live"),
    Case("a circular extends", lambda: write('{"dev": {"extends": "a"}, "a": {"extends": "dev"}}'), MANY, "circular extends", "zappa init"),
    Case("a region that does not exist", lambda: write(aws_region="us-esat-1"), MANY, "no AWS region 'us-esat-1'", "Did you mean us-east-1?"),
    Case("no region at all", lambda: write(aws_region=None), MANY, "no AWS region is set", "aws_region"),
    Case("iam_ext misspelt", lambda: (credentials(), write(iam_ext={"polcy_document": "x"})), (*MANY[:2], MANY[5]), "did you mean policy_document?", DOCUMENT),
    Case("iam_ext that is no table", lambda: (credentials(), write(iam_ext="on")), (MANY[1],), "iam_ext is a table", DOCUMENT),
    Case("on_missing that is none", lambda: (credentials(), write(iam_ext={"on_missing": "panic"})), (MANY[1],), "on_missing is one of stop, warn, provision", DOCUMENT),
    Case("an unknown command", valid, MANY[:5], "Zappa has no such command", "Choose from deploy", ("--command", "destroy")),
    Case("a command that asks nothing of AWS", valid, MANY[:5], "asks nothing of AWS", "Choose from deploy", ("--command", "package")),
    Case("an open quotation mark", valid, MANY[:5], "no command line", "Close every quotation mark", ("--command", "'deploy")),
    Case("no such profile", write, ASKS_AWS[:2], "there is no profile 'serverless'", "zappa-iam apply"),
    Case("no such profile on the command line", valid, ASKS_AWS[:1], "there is no profile 'nobody'", "aws configure", ("--profile", "nobody")),
    Case("no credentials anywhere", lambda: write(profile_name=None), ASKS_AWS[:4], "there are no AWS credentials", "-profile"),
    Case("half a key", lambda: (write(), credentials(text="[serverless]\naws_access_key_id = AKIA\n")), ASKS_AWS[:2], "aws_secret_access_key", "Correct the profile"),
    Case("a credentials file that is broken", lambda: (write(), credentials(text="[serverless\nx")), ASKS_AWS[:2], "credentials", "Mend"),
    Case("no network", no_network, ASKS_AWS[:2], "cannot be reached", "network"),
    Case("an account id of eleven digits", valid, (("policy", "dev"), ("diff", "dev", "--from-zappa", "0.62.0"), ("rehearse", "dev"), ("check", "dev", "--policy", "p.json")), "'12345678901' is not an AWS account id", "twelve digits", ("--account", "12345678901")),
    Case("an account id with a letter", valid, (("policy", "dev"),), "is not an AWS account id", "twelve digits", ("--account", "12345678901a")),
    Case("an account id in other digits", valid, (("policy", "dev"),), "is not an AWS account id", "twelve digits", ("--account", "\u0661" * 12)),
    Case("an unknown partition", valid, (("policy", "dev", "--account", ACCOUNT),), "no AWS partition 'aws-mars'", "aws-us-gov", ("--partition", "aws-mars")),
    Case("a policy document that is not there", valid, (("check", "dev"), ("can-i", "s3:GetObject"), ("rehearse", "dev"), ("diff", "dev")), "cannot be read", "exists", ("--policy", "nope.json")),
    Case("a policy document that is none", lambda: (valid(), write('{"Statement": 1}', file="p.json")), (("check", "dev"), ("can-i", "s3:GetObject"), ("rehearse", "dev"), ("diff", "dev")), "is not a policy document", "MalformedPolicyDocument", ("--policy", "p.json")),
    Case("a policy document that is no JSON", lambda: (valid(), write('{"Version":', file="p.json")), (("check", "dev"), ("can-i", "s3:GetObject"), ("rehearse", "dev"), ("diff", "dev")), "Error: p.json is not a policy document: $: this is not JSON", "MalformedPolicyDocument", ("--policy", "p.json")),
    Case("a list whose second document is none", lambda: (valid(), write('[{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, {"Statement": {"Effect": "allow"}}]', file="p.json")), (("check", "dev"), ("can-i", "s3:GetObject"), ("rehearse", "dev"), ("diff", "dev")), "Error: p.json is not a policy document: $[1].Statement[0].Effect: ", "MalformedPolicyDocument", ("--policy", "p.json")),
    Case("a placeholder that means nothing", lambda: (valid(), write('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "<WHAT>"}}', file="p.json")), (("check", "dev"), ("rehearse", "dev"), ("diff", "dev")), "Error: the placeholder <WHAT> of p.json", "Known placeholders", ("--policy", "p.json")),
    Case("a hand-made document that is none", lambda: (credentials(), write("[]", file="p.json"), write(iam_ext={"policy_document": "p.json"})), (MANY[1],), "is not a policy document", ""),
    Case("a placeholder that nobody fills", lambda: (credentials(), write('{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::<WHICH>"}}', file="p.json"), write(iam_ext={"policy_document": "p.json"})), (MANY[1],), "<WHICH>", "<ACCOUNT_ID>"),
    Case("an action that is none", valid, (("can-i", "GetObject", "--policy", "p.json"),), "is not an IAM action", "lambda:CreateFunction"),
    Case("nothing to compare with", valid, (("diff", "dev"),), "nothing to compare with", "--from-zappa"),
    Case("an endpoint that is no address", valid, (("check", "dev"),), "endpoint", "http", ("--endpoint-url", "not an address")),
]  # fmt: skip


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def bad(done: Ran) -> None:
    assert done.exit_code == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "verysecret" not in done.stderr
    assert done.stderr.count("Error: ") == 1


@pytest.mark.parametrize(
    ("case", "command"),
    [
        pytest.param(case, command, id=f"{case.name}, {command[0]}")
        for case in CASES
        for command in case.commands
    ],
)
def test_bad_input(clean, monkeypatch, case, command):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    case.prepare()
    before = listing(clean.parent)
    done = iam(*command, *case.extra)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    bad(done)
    assert case.said in " ".join(done.stderr.split())
    assert case.next_step in done.stderr
    assert len(done.stderr.strip().splitlines()) >= 2 - (not case.next_step), done.stderr
    assert listing(clean.parent) == before


REFUSALS = {
    "expired credentials": ("ExpiredToken", "expired"),
    "a key that AWS does not know": ("InvalidClientTokenId", "not"),
}


@pytest.mark.parametrize("command", ASKS_AWS, ids=lambda command: command[0])
@pytest.mark.parametrize("case", REFUSALS)
def test_credentials_that_aws_refuses(clean, monkeypatch, case, command):
    valid()
    code, said = REFUSALS[case]
    answer = Answer(
        403,
        f"<ErrorResponse><Error><Code>{code}</Code><Message>told</Message></Error></ErrorResponse>".encode(),
    )
    monkeypatch.setenv("AWS_PROFILE", "serverless")
    before = listing(clean.parent)
    with proxy("http://127.0.0.1:9", lambda _: answer) as url:
        done = iam(
            *command, "--endpoint-url", url, *(["--profile", "serverless"] if command[0] == "can-i" else [])
        )
    bad(done)
    assert said in done.stderr
    assert re.search(r"profile|credentials|key", done.stderr)
    assert len(done.stderr.strip().splitlines()) >= 2
    assert listing(clean.parent) == before


@pytest.mark.aws
@pytest.mark.parametrize("home", ["a file", "read-only"])
def test_a_home_that_cannot_be_written_is_met_before_anything_is_made(newcomer, monkeypatch, home):
    newcomer.administrator()
    elsewhere = newcomer.home.parent / "elsewhere"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(newcomer.home / ".aws" / "config"))
    key = re.search(r"id = (.+)\n.*key = (.+)", newcomer.credentials.read_text())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key[1])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key[2])
    if home == "a file":
        elsewhere.write_text("in the way")
    elif os.geteuid() == 0:
        elsewhere = Path("/proc/self")
    else:
        elsewhere.mkdir(mode=0o500)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(elsewhere / "credentials"))
    done = iam("apply", "dev", "--yes", "--create-keys")
    assert done.exit_code == 2
    assert "AWS_SHARED_CREDENTIALS_FILE" in done.stderr
    assert "Traceback" not in done.stderr
    assert [u["UserName"] for u in newcomer.aws.client("iam").list_users()["Users"]] == ["admin"]
    assert newcomer.aws.client("iam").list_policies(Scope="Local")["Policies"] == []


@pytest.mark.aws
def test_an_administrator_of_another_account_is_refused(newcomer):
    newcomer.user("serverless")
    newcomer.profile("admin", newcomer.aws.another_account().account, "root")
    done = iam("plan", "dev", "--admin-profile", "admin")
    bad(done)
    assert "belong to account" in done.stderr
    assert "--admin-profile" in done.stderr
