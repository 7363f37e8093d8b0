"""``zappa-iam rehearse`` on a user's own project: the real Zappa, a real local AWS, real policies."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.documents import document
from tests.support.interrupts import heed_interrupts
from tests.support.schemas import valid
from tests.support.watched import watched
from zappa_iam_ext.aws.self_inspection import self_inspection_grants
from zappa_iam_ext.cli import main
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.tables.own_rows import own_call_rows
from zappa_iam_ext.rehearsal.local_aws.server import local_aws, new_account

pytestmark = [pytest.mark.aws, pytest.mark.zappa, pytest.mark.xdist_group("rehearse")]

SECRET = "hunter2-is-a-secret"
SETTINGS = {
    "app_function": "app.app",
    "project_name": "hello",
    "aws_region": "us-east-1",
    "runtime": "python3.12",
    "profile_name": "serverless",
}
APP = """import pathlib

def app(environ, start_response):
    return []

def callback(zappa):
    pathlib.Path(__file__).with_name("callback-ran").touch()
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        """What it printed, which is valid by the published schema."""
        return valid("rehearse", "json", self.stdout)


def rehearse(*arguments: str) -> Ran:
    """Run it, told in full unless another format is asked for."""
    verbose = () if {"--json", "--format"} & set(arguments) else ("-v",)
    done = CliRunner().invoke(main, ["rehearse", *arguments, *verbose])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)


def calls(told, place: int = 0) -> list[str]:
    return [f"{call['service']}.{call['operation']}" for call in told["commands"][place]["calls"]]


def allow(*actions: str, sid: str = "Some") -> dict:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": "*"}


@pytest.fixture(scope="module")
def emulator():
    with local_aws() as aws:
        yield aws


@pytest.fixture(scope="module")
def real():
    """Another local AWS, which plays the real one."""
    with local_aws() as aws:
        yield aws


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for everything temporary; empty again at the end of the test."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def project(tmp_path, monkeypatch, temporary):  # noqa: ARG001  -- nothing temporary may be left of any test
    """A project in the working folder of a user who has no AWS settings at all."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "ZAPPA_")) and name != "ZAPPA_IAM_EXT_CACHE":
            monkeypatch.delenv(name)
    home, folder = tmp_path / "home", tmp_path / "hello"
    for place in (home, folder):
        place.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(folder)
    write(folder)
    (folder / "app.py").write_text(APP)
    return folder


def write(folder: Path, **more) -> None:
    (folder / "zappa_settings.json").write_text(json.dumps({"dev": {**SETTINGS, **more}}))


def test_the_life_cycle_under_the_computed_policy(project, tmp_path) -> None:
    """Everything that is promised, on a local AWS of its own: each call, what is unused, what is modelled."""
    write(
        project,
        environment_variables={"PACKAGED": SECRET},
        aws_environment_variables={"TOKEN": SECRET},
        callbacks={"settings": "app.callback", "post": "app.callback"},
    )
    before = {path: path.read_bytes() for path in project.iterdir()}
    record = tmp_path / "calls.json"

    ran = rehearse("dev", "--json", "--record", str(record))

    told = ran.json
    assert (ran.exit_code, told["schema_version"], told["exit_code"], told["denied"]) == (0, 1, 0, 0)
    assert [(item["command"], item["exit_code"]) for item in told["commands"]] == [
        ("deploy", 0),
        ("update", 0),
        ("status", 0),
        ("undeploy", 0),
    ]
    assert {"iam.CreateRole", "s3.PutObject", "lambda.CreateFunction", "cloudformation.CreateStack"} <= set(
        calls(told)
    )
    assert {"cloudformation.DeleteStack", "lambda.DeleteFunction"} <= set(calls(told, 3))
    checked = {
        (item["action"], item["allowed"])
        for command in told["commands"]
        for call in command["calls"]
        for item in call["checked"]
    }
    assert ("iam:PassRole", True) in checked
    assert not [action for action, allowed in checked if not allowed]
    assert "iam:PassRole" in {item["action"] for item in told["modelled"]}
    assert {item["action"] for item in told["unused"]} <= {
        "cloudformation:ListStackResources",
        "iam:UpdateAssumeRolePolicy",
        "lambda:DeleteFunctionUrlConfig",
        "lambda:UpdateAlias",
        "s3:AbortMultipartUpload",
    }
    assert told["left_out"] == ["callbacks are not run: what they call is not seen"]
    assert {path: path.read_bytes() for path in project.iterdir()} == before

    raw = json.loads(record.read_text())
    made = next(
        call for call in raw["rehearsals"][0]["commands"][0]["calls"] if call["operation"] == "CreateFunction"
    )
    assert made["parameters"]["Environment"]["Variables"] == {"TOKEN": "***"}
    assert SECRET not in ran.stdout + ran.stderr + record.read_text()
    assert "zappa undeploy ..." in ran.stderr


def test_a_policy_that_lacks_some_and_grants_too_much(project, emulator) -> None:
    """The denials are shown, also what Zappa swallowed; the surplus is shown as unused; exit code 1."""
    account = "123456789012"
    full = json.loads(CliRunner().invoke(main, ["policy", "dev", "--account", account]).stdout)
    for statement in full["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [
            name for name in actions if name not in {"lambda:GetPolicy", "events:PutTargets"}
        ]
    full["Statement"] = [item for item in full["Statement"] if item["Action"]]
    full["Statement"].append(allow("ec2:RunInstances", "sqs:*", sid="Surplus"))
    (project / "policy.json").write_text(json.dumps(full))

    ran = rehearse(
        "dev",
        "--policy",
        "policy.json",
        "--command",
        "deploy",
        "--command",
        "undeploy",
        "--endpoint-url",
        emulator.endpoint,
    )

    assert ran.exit_code == 1
    function = f"arn:aws:lambda:us-east-1:{account}:function:hello-dev"
    assert "hello-dev, Zappa" in ran.stdout
    assert "under policy.json" in ran.stdout
    assert f"DENIED lambda:GetPolicy on {function}" in ran.stdout
    assert f"  lambda:GetPolicy\n      on {function}\n      swallowed by zappa deploy" in ran.stdout
    assert "stopped zappa deploy" in ran.stdout
    assert "Surplus: ec2:RunInstances, sqs:*" in ran.stdout
    assert "Zappa's last words:" in ran.stdout
    assert "AccessDeniedException" in ran.stdout
    assert "! Zappa swallowed what was denied" in ran.stdout
    assert "Need help?" not in ran.stdout
    explained = CliRunner().invoke(main, ["explain"], input=ran.stdout)
    assert "Denied: events:PutTargets\n  in   the call PutTargets\n" in explained.stdout
    page = (Path(__file__).parents[2] / "docs" / "rehearse.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- the end of a rehearsal -->\n\n")[2].partition("\n\n*Swallowed*")[0]
    assert len(shown) > 500
    assert _without_numbers(ran.stdout).endswith(_without_numbers(textwrap.dedent(shown)).rstrip() + "\n")


def _without_numbers(text: str) -> str:
    """Leave the number of calls out: how often Zappa polls depends on the machine."""
    return re.sub(r"[0-9]+ calls", "calls", text)


@pytest.fixture
def in_the_cloud(real, project, monkeypatch):  # noqa: ARG001  -- made before the home is filled
    """A profile at the real AWS, of a user whose policies come from everywhere."""
    cloud = real.another_account()
    with watched(cloud.endpoint) as window:
        iam = cloud.client("iam")
        iam.create_user(UserName="deployer")
        own = PolicyDocument(self_inspection_grants("aws", cloud.account, "deployer")).to_dict()
        iam.put_user_policy(UserName="deployer", PolicyName="own", PolicyDocument=json.dumps(own))
        arn = iam.create_policy(
            PolicyName="some",
            PolicyDocument=json.dumps(document(allow("iam:*", "s3:*", "lambda:*", "events:*"))),
        )["Policy"]["Arn"]
        iam.attach_user_policy(UserName="deployer", PolicyArn=arn)
        iam.create_group(GroupName="deployers")
        iam.put_group_policy(
            GroupName="deployers",
            PolicyName="stacks",
            PolicyDocument=json.dumps(
                document(allow("cloudformation:*", "apigateway:*", "ec2:*", sid="Stacks"))
            ),
        )
        iam.add_user_to_group(GroupName="deployers", UserName="deployer")
        key = iam.create_access_key(UserName="deployer")["AccessKey"]
        credentials = Path(os.environ["HOME"]) / ".aws" / "credentials"
        credentials.parent.mkdir()
        credentials.write_text(
            f"[serverless]\naws_access_key_id = {key['AccessKeyId']}\n"
            f"aws_secret_access_key = {key['SecretAccessKey']}\n"
        )
        monkeypatch.setenv("AWS_ENDPOINT_URL", window.endpoint)
        yield cloud, window


def test_the_policies_of_the_profile_are_read_and_nothing_else_happens_there(in_the_cloud, emulator) -> None:
    cloud, window = in_the_cloud
    iam = cloud.client("iam")
    iam.put_user_policy(
        UserName="deployer",
        PolicyName="no-targets",
        PolicyDocument=json.dumps(
            document({"Effect": "Deny", "Action": "events:PutTargets", "Resource": "*"})
        ),
    )
    with watched(emulator.endpoint) as local:
        ran = rehearse(
            "dev", "--profile-policy", "--json", "--command", "deploy", "--endpoint-url", local.endpoint
        )

    told = ran.json
    assert ran.exit_code == 1
    assert told["principal"] == f"arn:aws:iam::{cloud.account}:user/deployer"
    assert told["policy"] == f"the policies of arn:aws:iam::{cloud.account}:user/deployer"
    denied = {
        item["action"]
        for call in told["commands"][0]["calls"]
        for item in call["checked"]
        if not item["allowed"]
    }
    assert denied == {"events:PutTargets"}
    assert {"ec2:*"} <= {item["action"] for item in told["unused"]}

    reads = {row.operation for row in own_call_rows() if "check" in row.commands}
    assert all(action.startswith(("Describe", "Get", "Head", "List", "Simulate")) for action in reads)
    assert {asked.action for asked in window.asked} <= reads
    assert {asked.key_id for asked in window.asked} == {_key_of(cloud)}
    assert {asked.key_id for asked in local.asked}.isdisjoint({_key_of(cloud), ""})
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == []
    assert len(local.asked) > 30


def _key_of(cloud) -> str:
    (key,) = cloud.client("iam").list_access_keys(UserName="deployer")["AccessKeyMetadata"]
    return key["AccessKeyId"]


def test_the_boundary_of_the_profile_binds_too(in_the_cloud, emulator) -> None:
    cloud, _ = in_the_cloud
    iam = cloud.client("iam")
    arn = iam.create_policy(
        PolicyName="boundary", PolicyDocument=json.dumps(document(allow("iam:Get*", "iam:List*", "sts:*")))
    )["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="deployer", PermissionsBoundary=arn)
    ran = rehearse("dev", "--profile-policy", "--command", "deploy", "--endpoint-url", emulator.endpoint)
    assert ran.exit_code == 1
    assert "iam:CreateRole" in ran.stdout


def test_what_may_not_be_read_is_told(in_the_cloud, emulator) -> None:
    cloud, _ = in_the_cloud
    cloud.client("iam").put_user_policy(
        UserName="deployer",
        PolicyName="own",
        PolicyDocument=json.dumps(
            document(allow("iam:GetUser", "iam:ListUserPolicies", "iam:GetUserPolicy"))
        ),
    )
    cloud.client("iam").detach_user_policy(
        UserName="deployer", PolicyArn=f"arn:aws:iam::{cloud.account}:policy/some"
    )
    ran = rehearse("dev", "--profile-policy", "--command", "status", "--endpoint-url", emulator.endpoint)
    assert "Policies that could not be read" in ran.stdout
    assert "iam:ListAttachedUserPolicies" in ran.stdout


@pytest.mark.usefixtures("project")
def test_root_is_bound_by_no_policy(emulator, monkeypatch) -> None:
    account = new_account()
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    (Path(os.environ["HOME"]) / ".aws").mkdir()
    (Path(os.environ["HOME"]) / ".aws" / "credentials").write_text(
        f"[serverless]\naws_access_key_id = {account}\naws_secret_access_key = root\n"
    )
    ran = rehearse("dev", "--profile-policy")
    assert ran.exit_code == 2
    assert "is the root of account" in ran.stderr


@pytest.mark.usefixtures("project")
def test_keys_of_the_users_own_are_never_used(emulator, monkeypatch) -> None:
    """Whatever the environment says of AWS: the rehearsal signs with what the local AWS made, and asks it alone."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7REALKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI-real-looking")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_PROFILE", "production")
    (Path(os.environ["HOME"]) / ".aws").mkdir()
    (Path(os.environ["HOME"]) / ".aws" / "credentials").write_text(
        "[production]\naws_access_key_id = AKIAIOSFODNN7REALKEY\naws_secret_access_key = x\n"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with watched(emulator.endpoint) as local:
        ran = rehearse("dev", "--json", "--command", "deploy", "--endpoint-url", local.endpoint)
    assert ran.exit_code == 0, ran.stderr
    keys = {asked.key_id for asked in local.asked}
    assert "AKIAIOSFODNN7REALKEY" not in keys
    assert len(keys) == 2, "the root of the played account, and the user that was made there"
    account = ran.json["principal"].split(":")[4]
    assert account in keys


@pytest.mark.usefixtures("project")
def test_a_borrowed_local_aws_is_left_without_our_user(emulator) -> None:
    account = new_account()
    for prepared in (["deploy"], []):
        ran = rehearse(
            "dev", "--command", "status", "--account", account, "--endpoint-url", emulator.endpoint, "--json"
        )
        assert ran.exit_code == 0, ran.stderr
        assert ran.json["prepared"] == prepared
        assert "lambda.GetFunction" in calls(ran.json)
        iam = type(emulator)(emulator.endpoint, account).client("iam")
        assert iam.list_users()["Users"] == []


@pytest.mark.usefixtures("project")
def test_a_user_of_that_name_is_left_alone(emulator) -> None:
    account = new_account()
    iam = type(emulator)(emulator.endpoint, account).client("iam")
    iam.create_user(UserName="serverless")
    ran = rehearse("dev", "--account", account, "--endpoint-url", emulator.endpoint)
    assert ran.exit_code == 2
    assert "serverless cannot be made" in ran.stderr
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["serverless"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0:4566",
        "http://2130706433:4566",
        "http://user@127.0.0.1:4566",
        "http://127.0.0.1@evil.example",
        "https://iam.amazonaws.com",
        "ftp://127.0.0.1",
        "127.0.0.1:4566",
    ],
)
@pytest.mark.usefixtures("project")
def test_it_refuses_any_endpoint_that_is_not_loopback(monkeypatch, url: str) -> None:
    tried = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: tried.append("a process"))
    ran = rehearse("dev", "--endpoint-url", url)
    assert (ran.exit_code, tried) == (2, [])
    assert "is not an endpoint on this machine" in ran.stderr


@pytest.mark.usefixtures("project")
def test_where_nobody_answers_that_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ran = rehearse("dev", "--endpoint-url", f"http://127.0.0.1:{free.getsockname()[1]}")
    assert ran.exit_code == 2
    assert "no local AWS answers at" in ran.stderr
    assert "starts its own" in ran.stderr


@pytest.mark.usefixtures("project")
def test_without_a_package_index_the_message_says_what_to_do(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("ZAPPA_IAM_EXT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    ran = rehearse("dev")
    assert ran.exit_code == 2
    assert "the local AWS could not be installed" in ran.stderr
    assert "It needs a package index" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert [path.name for path in (tmp_path / "cache").iterdir()] == []


@pytest.mark.usefixtures("project")
def test_a_cache_that_cannot_be_written_is_said(monkeypatch, tmp_path) -> None:
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("ZAPPA_IAM_EXT_CACHE", str(tmp_path / "cache"))
    ran = rehearse("dev")
    assert ran.exit_code == 2
    assert "Point ZAPPA_IAM_EXT_CACHE at a folder" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--policy", "none.json"], "none.json cannot be read", id="no such policy"),
        pytest.param(["--policy", "app.py"], "is not a policy document", id="no policy document"),
        pytest.param(
            ["--policy", "app.py", "--profile-policy"], "exclude each other", id="two kinds of policies"
        ),
        pytest.param(
            ["--profile", "prod"], "only for --profile-policy", id="a profile that would not be used"
        ),
        pytest.param(["--command", "fly"], "Zappa has no such command", id="no such command"),
        pytest.param(["--command", "init"], "it asks nothing of AWS", id="a command without AWS"),
        pytest.param(["--account", "12"], "is not an AWS account id", id="no account"),
        pytest.param(["--record", "none/calls.json"], "cannot be written", id="no place for the record"),
        pytest.param(["--profile-policy"], "no profile 'serverless'", id="no such profile"),
        pytest.param(["-s", "none.json"], "there is no settings file", id="no settings"),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_cannot_be_run_ends_with_2_before_anything_starts(monkeypatch, arguments, words: str) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    ran = rehearse("dev", *arguments)
    assert ran.exit_code == 2
    assert words in ran.stderr
    assert ran.stdout == ""


@pytest.mark.usefixtures("project")
def test_without_zappa_nothing_is_started(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("zappa_iam_ext.rehearsal.zappa_process.sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    ran = rehearse("dev")
    assert ran.exit_code == 2
    assert "no zappa executable here\nInstall Zappa into this environment." in ran.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(
            "zappa_settings.yaml",
            "base:\n  app_function: app.app\n  project_name: hello\n  aws_region: us-east-1\n  runtime: python3.12\n"
            "dev:\n  extends: base\n  tags:\n    team: blue\n",
            id="YAML, extends",
        ),
        pytest.param(
            "zappa_settings.toml",
            '[dev]\napp_function = "app.app"\nproject_name = "hello"\naws_region = "eu-west-1"\nruntime = "python3.12"\n'
            'tags = {team = "blue"}\n',
            id="TOML, another region",
        ),
    ],
)
def test_settings_in_any_format(project, emulator, name: str, text: str) -> None:
    (project / "zappa_settings.json").unlink()
    (project / name).write_text(text)
    ran = rehearse("dev", "--command", "deploy", "--endpoint-url", emulator.endpoint, "--json")
    assert ran.exit_code == 0, ran.stdout
    told = ran.json
    assert told["function_name"] == "hello-dev"
    assert "s3.PutBucketTagging" in calls(told)
    regions = {call["region"] for call in told["commands"][0]["calls"] if call["service"] == "lambda"}
    assert regions == {"eu-west-1" if name.endswith("toml") else "us-east-1"}


def test_every_stage_of_a_file_in_another_folder(project, emulator, tmp_path) -> None:
    """One JSON document for all of them; all in one account of one local AWS; ``extends`` resolved."""
    (project / "zappa_settings.json").unlink()
    (tmp_path / "conf").mkdir()
    settings = {
        "dev": {**SETTINGS, "keep_warm": False},
        "prod": {"extends": "dev", "apigateway_enabled": False, "s3_bucket": "hello-packages"},
    }
    (tmp_path / "conf" / "stages.json").write_text(json.dumps(settings))
    ran = rehearse(
        "--all",
        "-s",
        "../conf/stages.json",
        "--command",
        "deploy",
        "--endpoint-url",
        emulator.endpoint,
        "--json",
    )
    assert ran.exit_code == 0, ran.stderr
    dev, prod = ran.json["rehearsals"]
    assert (dev["stage"], prod["stage"]) == ("dev", "prod")
    assert "cloudformation.CreateStack" in calls(dev)
    assert "cloudformation.CreateStack" not in calls(prod)
    assert "events.PutRule" not in calls(dev) + calls(prod)
    assert dev["principal"] == prod["principal"]


def test_two_stages_share_a_bucket(project, emulator) -> None:
    """The stages of one account: what the first made is there for the second, as on AWS."""
    stages = {"dev": {**SETTINGS, "s3_bucket": "hello-shared-packages"}, "prod": {"extends": "dev"}}
    (project / "zappa_settings.json").write_text(json.dumps(stages))
    ran = rehearse("--all", "--command", "deploy", "--endpoint-url", emulator.endpoint, "--json")
    assert ran.exit_code == 0, ran.stdout
    dev, prod = ran.json["rehearsals"]
    assert dev["not_rehearsed"] == prod["not_rehearsed"] == []
    assert "s3.CreateBucket" in calls(dev)
    assert "s3.CreateBucket" not in calls(prod)


def test_a_bucket_of_another_account_of_a_borrowed_local_aws_is_told_first(project, emulator) -> None:
    other = emulator.another_account()
    other.client("s3").create_bucket(Bucket="hello-taken-packages")
    write(project, s3_bucket="hello-taken-packages")
    ran = rehearse("dev", "--command", "deploy", "--endpoint-url", emulator.endpoint)
    assert ran.exit_code == 3, ran.stdout
    assert ran.stdout.index("! NOT REHEARSED") < ran.stdout.index("zappa deploy:")
    assert "s3_bucket hello-taken-packages: it belongs to another account there" in ran.stdout
    assert "s3:HeadBucket" not in ran.stdout
    assert "please report it" not in ran.stdout


def test_event_sources_outside_us_east_1_are_made_where_they_belong(project, emulator) -> None:
    account = new_account()
    sources = {
        "arn:aws:s3:::hello-events-frankfurt": ["s3:ObjectCreated:*"],
        f"arn:aws:sns:eu-central-1:{account}:hello-topic": ["sns:Publish"],
    }
    events = [
        {"function": "app.callback", "event_source": {"arn": arn, "events": names}}
        for arn, names in sources.items()
    ]
    queue = {"arn": f"arn:aws:sqs:eu-central-1:{account}:hello-queue", "batch_size": 1}
    events.append({"function": "app.callback", "event_source": queue})
    write(project, aws_region="eu-central-1", events=events)
    ran = rehearse(
        "dev", "--account", account, "--command", "deploy", "--endpoint-url", emulator.endpoint, "--json"
    )
    assert ran.exit_code == 0, ran.stdout
    assert ran.json["not_rehearsed"] == []
    made = {
        f"{call['service']}.{call['operation']}": call["outcome"]
        for call in ran.json["commands"][0]["calls"]
        if call["operation"]
        in {"PutBucketNotificationConfiguration", "Subscribe", "CreateEventSourceMapping"}
    }
    assert made == {
        "s3.PutBucketNotificationConfiguration": "ok",
        "sns.Subscribe": "ok",
        "lambda.CreateEventSourceMapping": "ok",
    }


@pytest.mark.parametrize(
    ("arn", "words"),
    [
        pytest.param(
            "arn:aws:sqs:us-east-1:999988887777:queue", "belongs to account 999988887777", id="account"
        ),
        pytest.param("arn:aws:sqs:us-west-2:{account}:queue", "is in us-west-2", id="region"),
    ],
)
def test_what_cannot_be_rehearsed_ends_with_3_and_is_told_first(project, emulator, arn, words) -> None:
    account = new_account()
    arn = arn.format(account=account)
    write(project, events=[{"function": "app.callback", "event_source": {"arn": arn, "batch_size": 1}}])
    arguments = (
        "dev",
        "--account",
        account,
        "--command",
        "deploy",
        "--endpoint-url",
        emulator.endpoint,
    )
    ran = rehearse(*arguments)
    assert ran.exit_code == 3, ran.stdout
    first = ran.stdout.partition("! NOT REHEARSED")[2].partition("\n\n")[0]
    assert f"events: {arn} {words}" in first
    assert ran.stdout.rstrip().endswith("none denied. Not everything was rehearsed: see the beginning.")
    assert "please report it" not in ran.stdout


def test_django_and_a_project_with_its_environment_inside(project, emulator) -> None:
    """``manage`` works on what was deployed for it; the environment in the folder is linked, never copied."""
    write(project, django_settings="hello.settings", app_function=None)
    settings = json.loads((project / "zappa_settings.json").read_text())
    del settings["dev"]["app_function"]
    (project / "zappa_settings.json").write_text(json.dumps(settings))
    (project / "hello").mkdir()
    (project / "hello" / "settings.py").write_text("SECRET_KEY = 'x'\n")
    big = project / "venv" / "lib"
    big.mkdir(parents=True)
    for number in range(50):
        (big / f"{number}.so").write_bytes(bytes(1_000_000))
    started = time.perf_counter()
    ran = rehearse("dev", "--command", "manage showmigrations", "--endpoint-url", emulator.endpoint, "--json")
    assert ran.exit_code == 0, ran.stdout
    assert ran.json["prepared"] == ["deploy"]
    assert calls(ran.json) == ["lambda.Invoke"]
    assert time.perf_counter() - started < 60


def test_full_packages_the_project_for_real(project, emulator, monkeypatch, tmp_path) -> None:
    account = new_account()
    site = tmp_path / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (site / "dependency").mkdir(parents=True)
    (site / "dependency" / "__init__.py").write_text("")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "venv"))
    write(project, s3_bucket="hello-full-packages", delete_s3_zip=False, delete_local_zip=True)
    (project / "prebuilt").mkdir()
    (project / "prebuilt" / "data.txt").write_text("data")
    ran = rehearse(
        "dev",
        "--full",
        "--command",
        "deploy",
        "--account",
        account,
        "--endpoint-url",
        emulator.endpoint,
    )
    assert ran.exit_code == 0, ran.stdout
    s3 = type(emulator)(emulator.endpoint, account).client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="hello-full-packages")["Contents"]]
    (package,) = [key for key in keys if key.startswith("hello-dev-") and key.endswith(".zip")]
    content = s3.get_object(Bucket="hello-full-packages", Key=package)["Body"].read()
    names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
    assert {"app.py", "prebuilt/data.txt", "dependency/__init__.py", "handler.py"} <= names
    assert sorted(path.name for path in project.iterdir()) == ["app.py", "prebuilt", "zappa_settings.json"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("project")
def test_interrupted_it_leaves_no_process_and_no_file(temporary, sent) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "zappa_iam_ext", "rehearse", "dev"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509  -- a job in the background may have been told to ignore them
    )
    try:
        for line in process.stderr:
            if "zappa deploy" in line:
                break
        time.sleep(1)
        assert _of(temporary), "the local AWS and Zappa run"
        os.killpg(process.pid, sent)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Interrupted" in stderr
    assert "Traceback" not in stderr
    assert _of(temporary) == []


def _of(temporary: Path) -> list[str]:
    """Return the command lines of processes that work in a temporary folder of ours."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "environ").read_bytes() + (folder / "cwd").readlink().as_posix().encode()
        except OSError:
            continue
        if str(temporary).encode() in told and folder.name != str(os.getpid()):
            found.append((folder / "cmdline").read_bytes().decode())
    return found
