"""Settings are read through Zappa itself: every format, without a call, without a trace."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import toml
import yaml
from zappa.cli import ZappaCLI

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.settings_file import command_from_cli, read_stages, stage_from_cli

pytestmark = pytest.mark.usefixtures("clean", "offline")
BASE = {
    "app_function": "app.app",
    "project_name": "hello",
    "aws_region": "eu-west-1",
    "profile_name": "serverless",
    "s3_bucket": "packages",
    "events": [{"function": "app.task", "expression": "rate(1 day)"}],
}
FORMATS = {
    "zappa_settings.json": json.dumps,
    "zappa_settings.yaml": yaml.safe_dump,
    "zappa_settings.yml": yaml.safe_dump,
    "zappa_settings.toml": toml.dumps,
}


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Return every file below a folder with its size and time of change."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("file", FORMATS)
@pytest.mark.parametrize("named", [True, False], ids=["named", "found as Zappa finds it"])
def test_every_format_says_the_same(file, named):
    Path(file).write_text(FORMATS[file]({"dev": BASE}))
    (stage,) = read_stages(file if named else None)
    assert dict(stage.settings) == BASE
    assert (stage.function_name, stage.region, stage.bucket) == ("hello-dev", "eu-west-1", "packages")
    assert stage.profile_name == "serverless"
    assert stage.role_arn == "arn:aws:iam::*:role/hello-dev-ZappaLambdaExecutionRole"


def test_settings_from_the_environment(monkeypatch):
    for name, value in {
        "APP_FUNCTION": "app.app",
        "PROJECT_NAME": "hello",
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(f"ZAPPA_{name}", value)
    (stage,) = read_stages(stage="staging")
    assert (stage.function_name, stage.region) == ("hello-staging", "eu-west-1")
    (default,) = read_stages()
    assert default.name == "dev"


def test_extends_over_several_levels_nearest_wins():
    stages = {
        "base": {**BASE, "memory_size": 128},
        "middle": {"extends": "base", "s3_bucket": "middle-packages", "memory_size": 256},
        "live": {"extends": "middle", "memory_size": 512},
    }
    Path("zappa_settings.json").write_text(json.dumps(stages))
    (stage,) = read_stages(stage="live")
    assert (stage.settings["memory_size"], stage.bucket) == (512, "middle-packages")
    assert stage.function_name == "hello-live"
    assert [each.name for each in read_stages(all_stages=True)] == ["base", "middle", "live"]


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ({"dev": {"extends": "dev"}}, "circular extends"),
        ({"dev": {"extends": "a"}, "a": {"extends": "b"}, "b": {"extends": "dev"}}, "circular extends"),
        ({"dev": {"extends": "nowhere"}}, "nowhere"),
    ],
    ids=["itself", "three in a ring", "an undefined stage"],
)
def test_extends_that_lead_nowhere(stages, told):
    Path("zappa_settings.json").write_text(json.dumps(stages))
    with pytest.raises(SettingsError, match=told) as caught:
        read_stages(stage="dev")
    assert caught.value.exit_code == 2
    assert caught.value.hint


def test_delete_zip_is_delete_local_zip():
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, "delete_zip": False}}))
    (stage,) = read_stages()
    assert stage.settings["delete_local_zip"] is False


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"prebuild_script": "hooks.build", "callbacks": {"settings": "hooks.before", "zip": "hooks.before"}},
        {"app_function": "app.py"},
        {"websocket_handler_module": "chat.handlers"},
        {"remote_env": "s3://packages/env.json", "environment_variables": {"A": "b"}},
    ],
    ids=["default", "hooks, which are not run", "a warning of Zappa's", "websocket", "remote environment"],
)
def test_reading_writes_nothing_runs_nothing_and_leaves_stdout_alone(clean, capfd, more):
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, **more}}))
    Path("hooks.py").write_text("def before(cli):\n    raise SystemExit('ran')\nbuild = before\n")
    before = listing(clean.parent)
    read_stages()
    assert listing(clean.parent) == before
    assert capfd.readouterr().out == ""


def test_hand_made_role_documents_are_read():
    Path("attach.json").write_text('{"Version": "2012-10-17", "Statement": []}')
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, "attach_policy": "attach.json"}}))
    (stage,) = read_stages()
    assert json.loads(stage.role.attach_policy) == {"Version": "2012-10-17", "Statement": []}
    Path("attach.json").write_text("{")
    with pytest.raises(SettingsError, match="attach_policy"):
        read_stages()


@pytest.mark.parametrize(
    ("setting", "config", "environment", "expected"),
    [
        ("eu-west-1", "us-west-2", "", "eu-west-1"),
        (None, "us-west-2", "", "us-west-2"),
        (None, "us-west-2", "ap-south-1", "ap-south-1"),
    ],
    ids=["the stage's own", "the profile's", "the environment's before the profile's"],
)
def test_the_region_is_found_as_zappa_finds_it(clean, monkeypatch, setting, config, environment, expected):  # noqa: PLR0917
    (clean / ".aws").mkdir()
    (clean / ".aws" / "config").write_text(f"[profile serverless]\nregion = {config}\n")
    (clean / ".aws" / "credentials").write_text(
        "[serverless]\naws_access_key_id = AKIA\naws_secret_access_key = s\n"
    )
    if environment:
        monkeypatch.setenv("AWS_DEFAULT_REGION", environment)
    given: dict[str, Any] = {k: v for k, v in BASE.items() if k != "aws_region"}
    Path("zappa_settings.json").write_text(
        json.dumps({"dev": {**given, **({"aws_region": setting} if setting else {})}})
    )
    (stage,) = read_stages()
    assert stage.region == expected
    assert running().zappa.boto_session.region_name == expected


def running(command: str = "deploy", stage: str = "dev", **flags: Any) -> ZappaCLI:
    """Return a ZappaCLI as it is when Zappa calls the settings callback."""
    cli = ZappaCLI()
    cli.command, cli.api_stage, cli.stage_env = command, stage, stage
    cli.vargs = {"command": command, **flags}
    cli.load_credentials = True
    cli.load_settings()
    return cli


@pytest.mark.parametrize("file", FORMATS)
def test_the_running_zappa_and_the_file_say_the_same(clean, file):
    (clean / ".aws").mkdir()
    (clean / ".aws" / "credentials").write_text(
        "[serverless]\naws_access_key_id = AKIA\naws_secret_access_key = s\n"
    )
    stages = {"base": {**BASE, "slim_handler": True}, "dev": {"extends": "base", "memory_size": 256}}
    Path(file).write_text(FORMATS[file](stages))
    (read,) = read_stages(stage="dev")
    assert stage_from_cli(running()) == read


def test_a_command_with_its_flags_is_read_from_the_running_zappa(clean):
    (clean / ".aws").mkdir()
    (clean / ".aws" / "credentials").write_text(
        "[serverless]\naws_access_key_id = AKIA\naws_secret_access_key = s\n"
    )
    Path("zappa_settings.json").write_text(json.dumps({"dev": BASE}))
    command = command_from_cli(running("undeploy", remove_logs=True))
    assert (command.name, command.flags) == ("undeploy", frozenset({"remove-logs"}))
    zipped = command_from_cli(running("deploy", zip="s3://b/k.zip"))
    assert zipped.values == {"zip": "s3://b/k.zip"}


def test_home_is_not_even_needed(monkeypatch):
    monkeypatch.setenv("HOME", "/nowhere")
    Path("zappa_settings.json").write_text(json.dumps({"dev": BASE}))
    assert read_stages()
    assert not os.path.exists("/nowhere")  # noqa: PTH110  -- as plain as can be


ANCHORS = """
x-region: &region us-east-1
x-events: &events
  - {function: app.f, expression: rate(1 day)}
1: {app_function: app.app}
dev: {app_function: app.app, project_name: hello, aws_region: *region, s3_bucket: bucket, events: *events}
"""


def test_what_is_no_table_beside_the_stages_is_left_alone_as_zappa_does():
    Path("zappa_settings.yml").write_text(ANCHORS)
    assert running().lambda_name == "hello-dev"
    assert [stage.region for stage in read_stages(stage="dev")] == ["us-east-1"]
    assert [stage.name for stage in read_stages(all_stages=True)] == ["dev"]
    assert read_stages()[0].name == "dev"


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ("1", "the name of stage 1 is the integer 1, Zappa looks for a string"),
        ("x-events", "stage 'x-events' is not a table of settings"),
        ("prod", "has no stage 'prod'"),
    ],
)
def test_what_is_no_stage_is_refused_when_it_is_asked_for(stage, told):
    Path("zappa_settings.yml").write_text(ANCHORS)
    with pytest.raises(SettingsError, match=told):
        read_stages(stage=stage)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"prod": {"extends": 5}}, ""),
        ({"prod": [1]}, ""),
        ({"base": {"extends": ["x"]}}, "base.extends must be a string, not a list"),
        ({"base": [1]}, "dev.extends names 'base', which is a list, not a table of settings"),
    ],
    ids=["another stage's", "another that is none", "one on the way", "one that is none"],
)
def test_only_the_stages_on_the_way_are_judged(other, told):
    stage = {"app_function": "app.app", "aws_region": "us-east-1", "s3_bucket": "bucket"}
    dev = {"dev": {**stage, **({"extends": "base"} if "base" in other else {})}}
    Path("zappa_settings.json").write_text(json.dumps({**dev, **other}))
    if not told:
        assert running().stage_config
        assert read_stages(stage="dev")[0].name == "dev"
        return
    with pytest.raises(SettingsError, match=told):
        read_stages(stage="dev")


def test_a_region_that_aws_does_not_have_is_told_by_its_setting():
    settings = {"app_function": "app.app", "aws_region": "us-eats-1", "s3_bucket": "bucket"}
    Path("zappa_settings.json").write_text(json.dumps({"dev": settings}))
    with pytest.raises(SettingsError, match=r"zappa_settings.json: dev.aws_region: there is no AWS region"):
        read_stages()
    with pytest.raises(SettingsError, match=r"^there is no AWS region 'us-west'"):
        read_stages(region="us-west")
