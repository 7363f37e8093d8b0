"""What is told of the execution role beside its document."""

from __future__ import annotations

import json

import pytest

from tests.support.stages import stage
from zappa_iam_ext.permissions.runtime import appended_by_zappa, runtime_untold, runtime_warnings
from zappa_iam_ext.permissions.tables.runtime_rows import told_rows
from zappa_iam_ext.settings_file import read_stages

CHINA = {"partition": "aws-cn", "region": "cn-north-1"}
GOVERNMENT = {"partition": "aws-us-gov", "region": "us-gov-west-1"}
OWN_ROLE = {"manage_roles": False, "role_name": "own"}


@pytest.mark.parametrize(
    ("settings", "of", "words"),
    [
        pytest.param({}, {}, [], id="the standard partition"),
        pytest.param(
            {"async_source": "sns"}, {"websocket": True}, [], id="everything in the standard partition"
        ),
        pytest.param(OWN_ROLE, CHINA, [], id="a role of one's own in China"),
        pytest.param({"attach_policy": "policy.json"}, CHINA, [], id="a policy of one's own in China"),
        pytest.param({}, CHINA, ["attach_policy"], id="Zappa's default policy in China"),
        pytest.param(
            OWN_ROLE | {"async_source": "sns"}, GOVERNMENT, ["@task_sns"], id="tasks by SNS in GovCloud"
        ),
        pytest.param(
            OWN_ROLE,
            GOVERNMENT | {"websocket": True},
            ["cannot reach the function"],
            id="a WebSocket API in GovCloud",
        ),
        pytest.param(
            {"attach_policy": "policy.json"},
            GOVERNMENT | {"websocket": True},
            ["execute-api", "cannot reach the function"],
            id="a WebSocket API in GovCloud, its role managed",
        ),
        pytest.param(
            OWN_ROLE, CHINA | {"websocket": True, "zappa": "0.61.4"}, [], id="a Zappa without WebSocket APIs"
        ),
    ],
)
def test_what_zappa_writes_for_the_standard_partition_is_warned_of_in_others(settings, of, words):
    told = runtime_warnings(stage(settings, **of))
    assert [word for word, text in zip(words, told, strict=True) if word not in text] == []
    assert all(of["partition"] in text for text in told)


def source(arn):
    return {"function": "app.f", "event_source": {"arn": arn, "events": []}}


STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({"role_name": "r" * 64}, [], id="the longest name of a role"),
        pytest.param({"role_name": "r" * 65}, ["role_name"], id="a longer one"),
        pytest.param({"role_name": "r" * 65, "role_arn": "arn:aws:iam::123456789012:role/own"}, [], id="a name that does not count"),
        pytest.param({"events": [source(STREAM)]}, [], id="the stream of a table"),
        pytest.param({"events": [source(STREAM.partition("/stream")[0])]}, ["LatestStreamArn"], id="a table in place of its stream"),
        pytest.param({"events": [source("arn:aws:sqs:eu-west-1:123456789012:jobs")]}, ["eu-west-1"], id="a queue of another region"),
        pytest.param({"events": [source("arn:aws:kinesis:eu-west-1:123456789012:stream/s")]}, ["eu-west-1"], id="a stream of another region"),
        pytest.param({"events": [source("arn:aws:sqs:us-east-1:210987654321:jobs")]}, [], id="a queue of another account"),
        pytest.param({"events": [source("arn:aws:sns:eu-west-1:123456789012:news")]}, [], id="a topic, which pushes"),
    ],
)  # fmt: skip
def test_what_aws_refuses_of_these_settings_is_warned_of(settings, words):
    told = runtime_warnings(stage(settings))
    assert [word for word, text in zip(words, told, strict=True) if word not in text] == []


QUEUE = "arn:aws:sqs:us-east-1:210987654321:first"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param({}, [], id="a plain stage"),
        pytest.param({"slim_handler": True, "s3_bucket": "packages"}, ["bucket packages"], id="a slim handler"),
        pytest.param({"remote_env": "s3://a/b.json"}, ["s3://a/b.json"], id="variables from S3"),
        pytest.param({"dead_letter_arn": "arn:aws:sns:us-east-1:123456789012:dead"}, [":dead"], id="dead letters, a topic"),
        pytest.param({"dead_letter_arn": "arn:aws:sqs:us-east-1:123456789012:dead"}, [":dead"], id="dead letters, a queue"),
        pytest.param(
            {"events": [{"function": "a.b", "event_source": {"arn": QUEUE}}]},
            ["KMS key of one's own", "account 210987654321 owns"],
            id="a queue of another account",
        ),
        pytest.param(
            {"events": [{"function": "a.b", "event_source": {"arn": "arn:aws:kinesis:us-east-1:123456789012:stream/a"}}]},
            ["stream/a"],
            id="a stream",
        ),
        pytest.param(
            {"events": [{"function": "a.b", "event_source": {"arn": "arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/b:1"}}]},
            ["stream/a:"],
            id="a consumer of a stream",
        ),
    ],
)  # fmt: skip
def test_what_no_setting_tells(settings, words):
    told = runtime_untold(stage(settings))
    assert [word for word, text in zip(words, told, strict=True) if word not in text] == []


def test_the_id_of_a_websocket_api_is_asked_for_until_it_is_known():
    (told,) = runtime_untold(stage(websocket=True))
    assert "zappa update dev" in told
    assert "iam_ext.websocket_api" in told
    assert runtime_untold(stage({"iam_ext": {"websocket_api": "a1b2c3d4e5"}}, websocket=True)) == ()


def test_every_text_is_filled():
    table = "arn:aws-cn:dynamodb:cn-northwest-1:123456789012:table/orders"
    settings = {"async_source": "sns", "role_name": "r" * 65, "events": [source(table)]}
    found = runtime_warnings(stage(settings, websocket=True, **CHINA))
    assert len(found) == len(told_rows("warning"))
    assert not [text for text in found if "{" in text]


EFS = {
    "efs_config": {"LocalMountPath": "/mnt/a"},
    "vpc_config": {"SubnetIds": ["s"], "SecurityGroupIds": ["g"]},
}


@pytest.mark.zappa
@pytest.mark.parametrize(
    ("given", "appends"),
    [
        pytest.param({}, 0, id="nothing"),
        pytest.param(EFS, 1, id="file systems"),
        pytest.param({"websocket_handler_module": "chat"}, 1, id="WebSocket connections"),
        pytest.param(EFS | {"websocket_handler_module": "chat"}, 2, id="both"),
        pytest.param(
            EFS | {"websocket_handler_module": "chat"} | OWN_ROLE, 0, id="to a role of one's own nothing"
        ),
    ],
)
def test_what_zappa_appends_is_what_the_real_one_appends(given, appends, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    plain = {
        "app_function": "app.app",
        "project_name": "hello",
        "aws_region": "eu-west-1",
        "s3_bucket": "packages",
    }
    (tmp_path / "zappa_settings.json").write_text(json.dumps({"dev": plain | given}))
    (found,) = read_stages(tmp_path / "zappa_settings.json")
    assert len(found.role.extra_permissions) == appends
    assert list(appended_by_zappa(found)) == list(found.role.extra_permissions)
