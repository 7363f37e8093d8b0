"""Every name that we derive from settings equals the one that Zappa's own code makes, for generated settings."""

from __future__ import annotations

import fnmatch
import json
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from zappa.cli import ZappaCLI
from zappa.utilities import get_topic_name

from zappa_iam_ext.permissions.calls import calls_of
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.settings_file import read_stages

WORD = st.text("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789", min_size=1, max_size=30)
STAGE = st.text("abcdeXYZ012_-", min_size=1, max_size=25).filter(lambda name: name.strip("_-"))
PROJECT = st.text("abcdefghijXYZ0123_-", min_size=1, max_size=50).filter(lambda name: name.strip("_-"))
EXPRESSION = st.sampled_from(["rate(1 day)", "cron(0 12 * * ? *)"])
EVENT = st.fixed_dictionaries(
    {"function": st.builds("{}.{}".format, WORD.map(lambda w: w[:10]), WORD.map(lambda w: w[:14]))},
    optional={"name": st.text("abcXYZ019-_", min_size=1, max_size=20)},
).flatmap(
    lambda event: st.one_of(
        EXPRESSION.map(lambda one: {**event, "expression": one}),
        st.lists(EXPRESSION, min_size=1, max_size=3).map(lambda more: {**event, "expressions": more}),
    )
)
SETTINGS = st.fixed_dictionaries(
    {"app_function": st.just("app.app"), "aws_region": st.sampled_from(["us-east-1", "eu-central-1"])},
    optional={
        "project_name": PROJECT,
        "s3_bucket": st.builds("bucket-{}".format, WORD.map(str.lower)),
        "events": st.lists(EVENT, max_size=4),
        "keep_warm": st.booleans(),
        "slim_handler": st.booleans(),
        "manage_roles": st.booleans(),
        "role_name": st.builds("role-{}".format, WORD),
        "role_arn": st.builds("arn:aws:iam::123456789012:role/{}".format, WORD),
    },
)


def zappas(file: Path, stage: str) -> ZappaCLI:
    """Return Zappa's own reading of a settings file, without credentials."""
    cli = ZappaCLI()
    cli.load_credentials = False
    cli.api_stage = stage
    cli.load_settings(str(file))
    return cli


def rules_zappa_would_put(cli: ZappaCLI) -> list[str]:
    """Run Zappa's own scheduling with AWS's answers left blank, and return the rules that it puts."""
    zappa = cli.zappa
    zappa.lambda_client, zappa.events_client = MagicMock(), MagicMock()
    zappa.unschedule_events = zappa.create_event_permission = MagicMock()
    zappa.credentials_arn = "arn:aws:iam::123456789012:role/any"
    cli.schedule()
    return [call.kwargs["Name"] for call in zappa.events_client.put_rule.call_args_list]


def rules_we_predict(stage: Stage) -> list[str]:
    calls = calls_of(stage, parse_command("deploy"))
    return [call.parameters["Name"] for call in calls if call.operation == "PutRule"]


LONG = {
    "app_function": "app.app",
    "aws_region": "us-east-1",
    "project_name": "a-project-with-a-name-as-long-as-names-get",
    "events": [{"function": "tasks.every_single_morning", "expressions": ["rate(1 day)", "rate(2 days)"]}],
}


@given(name=STAGE, given_settings=SETTINGS)
@example(name="production", given_settings=LONG)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("clean")  # an empty folder: Zappa looks through all sources for WebSocket handlers
def test_names_equal_zappas(name: str, given_settings: dict[str, Any]) -> None:
    file = Path("generated.json")
    file.write_text(json.dumps({name: given_settings}))
    cli = zappas(file, name)
    (stage,) = read_stages(file)
    assert stage.name == name
    assert stage.project_name == cli.project_name
    assert stage.function_name == cli.lambda_name
    assert stage.region == cli.aws_region
    assert stage.role.name == cli.zappa.role_name
    assert stage.role.managed == cli.manage_roles
    assert stage.role.arn == cli.desired_role_arn
    assert stage.role.assume_policy == cli.zappa.assume_policy
    assert stage.role.attach_policy == cli.zappa.attach_policy
    assert fnmatch.fnmatchcase(cli.s3_bucket_name, stage.bucket_name)
    assert (stage.bucket == cli.s3_bucket_name) == ("s3_bucket" in given_settings)
    assert stage.topic_name == get_topic_name(cli.lambda_name)
    assert stage.archive_key == cli._get_slim_handler_archive_name()
    assert stage.function_hash == cli.zappa.get_hashed_lambda_name(cli.lambda_name)
    assert rules_we_predict(stage) == rules_zappa_would_put(cli)


def test_the_long_example_is_one_that_zappa_hashes(tmp_path: Path) -> None:
    file = tmp_path / "zappa_settings.json"
    file.write_text(json.dumps({"production": LONG}))
    (stage,) = read_stages(file)
    hashed = [rule for rule in rules_we_predict(stage) if rule.startswith(stage.function_hash[:8])]
    assert len(hashed) >= 2


@pytest.mark.parametrize("slim", [False, True], ids=["one package", "slim handler"])
def test_package_and_template_keys_equal_the_files_that_zappa_uploads(tmp_path, monkeypatch, slim) -> None:
    """Zappa's own ``create_package`` and ``update_stack``, with packaging itself and AWS left out."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "zappa_settings.json"
    file.write_text(json.dumps({"dev": {**LONG, "slim_handler": slim}}))
    (stage,) = read_stages(file)
    cli = zappas(file, "dev")
    asked: list[dict[str, Any]] = []
    cli.zappa.create_handler_venv = lambda *_, **__: "venv"
    cli.zappa.create_lambda_zip = lambda **options: asked.append(options) or "/"
    with pytest.raises((OSError, ValueError)):
        cli.create_package()
    named = {
        f"{options['prefix']}-1234567890.{'tar.gz' if options.get('archive_format') == 'tarball' else 'zip'}"
        for options in asked
    }
    expected = {stage.package_key, stage.handler_key} if slim else {stage.package_key}
    assert {pattern for pattern in expected if not fnmatch.filter(named, pattern)} == set()
    assert len(named) == len(expected)
    uploaded: list[str] = []
    cli.zappa.upload_to_s3 = lambda source, *_, **__: uploaded.append(source)
    cli.zappa.cf_client, cli.zappa.boto_session = MagicMock(), MagicMock()
    cli.zappa.remove_from_s3 = MagicMock()
    cli.zappa.update_stack(cli.lambda_name, "bucket")
    assert fnmatch.filter(uploaded, stage.template_key) == uploaded
    assert cli.zappa.cf_client.describe_stacks.call_args.kwargs["StackName"] == stage.stack_name
