"""Settings are judged: what cannot work is refused by its dotted path, what Zappa takes is told and no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import toml
import yaml

from tests.support.newcomer import iam
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.settings import judge
from zappa_iam_ext.settings_file import read_stages

pytestmark = pytest.mark.usefixtures("clean", "offline")
ACCOUNT = "123456789012"
BASE: dict[str, Any] = {"app_function": "app.app", "project_name": "hello", "aws_region": "us-east-1", "s3_bucket": "packages"}  # fmt: skip
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue"


def source(**more: Any) -> dict[str, Any]:
    return {"events": [{"function": "app.f", "event_source": {"arn": "arn:aws:s3:::bucket", "events": ["s3:ObjectCreated:*"]} | more}]}  # fmt: skip


def event(**more: Any) -> dict[str, Any]:
    return {"events": [{"function": "app.f", "expression": "rate(1 day)"} | more]}


REFUSED = [
    # the types
    pytest.param(source(arn=["arn:aws:s3:::a", "arn:aws:s3:::b"]), "events[0].event_source.arn must be a string, not a list", id="a list for an ARN"),
    pytest.param(source(arn={"Ref": "Bucket"}), "events[0].event_source.arn must be a string, not a table", id="a table for an ARN"),
    pytest.param(source(arn=None), "events[0].event_source.arn must be a string, not null", id="null for an ARN"),
    pytest.param({"events": [event()["events"][0], {"function": "app.g", "event_source": {"arn": 5}}]}, "events[1].event_source.arn must be a string, not the integer 5", id="the second event"),
    pytest.param({"events": {"function": "app.f"}}, "events must be a list, not a table", id="events that are a table"),
    pytest.param({"events": ["app.f"]}, "events[0] must be a table, not a string", id="an event that is a string"),
    pytest.param({"s3_bucket": ["packages"]}, "s3_bucket must be a string, not a list", id="a list for a bucket"),
    pytest.param({"s3_bucket": None}, "s3_bucket must be a string, not null", id="null for a bucket"),
    pytest.param({"role_name": ["r"]}, "role_name must be a string, not a list", id="a list for a role"),
    pytest.param({"role_arn": {"a": 1}}, "role_arn must be a string, not a table", id="a table for a role"),
    pytest.param({"domain": ["a.example.com"]}, "domain must be a string, not a list", id="a list for a domain"),
    pytest.param({"async_response_table": ["t"]}, "async_response_table must be a string, not a list", id="a list for a table"),
    pytest.param({"layers": "arn:aws:lambda:us-east-1:123456789012:layer:l:1"}, "layers must be a list, not a string", id="a string for layers"),
    pytest.param({"layers": [["x"]]}, "layers[0] must be a string, not a list", id="a list in layers"),
    pytest.param({"vpc_config": ["subnet-1"]}, "vpc_config must be a table, not a list", id="a list for a VPC"),
    pytest.param({"vpc_config": {"SubnetIds": "subnet-1"}}, "vpc_config.SubnetIds must be a list, not a string", id="a string for subnets"),
    pytest.param({"cognito": {"user_pool": 5, "triggers": []}}, "cognito.user_pool must be a string, not the integer 5", id="a number for a user pool"),
    pytest.param({"memory_size": "128"}, "memory_size must be an integer, not a string", id="a number in quotes, which boto3 refuses"),
    pytest.param({"tags": {"a": ["b"]}}, "tags.a must be a string, not a list", id="a list for a tag"),
    pytest.param({"tags": ["a"]}, "tags must be a table, not a list", id="a list for tags"),
    pytest.param({"aws_region": ["us-east-1"]}, "aws_region must be a string, not a list", id="a list for a region"),
    pytest.param({"extends": ["base"]}, "extends must be a string, not a list", id="a list to extend"),
    pytest.param({"environment_variables": {"A": 1}}, "environment_variables.A must be a string, not the integer 1", id="a number for a variable"),
    pytest.param({"callbacks": ["a.b"]}, "callbacks must be a table, not a list", id="a list for callbacks"),
    # ARNs that are none
    pytest.param(source(arn="my-bucket"), "events[0].event_source.arn is 'my-bucket', which is not an ARN", id="a name for an ARN"),
    pytest.param(source(arn="['arn:aws:s3:::a']"), "events[0].event_source.arn is", id="the text of a list"),
    pytest.param(source(arn="arn:aws:s3:bucket"), "which is not an ARN", id="too few colons"),
    pytest.param(source(arn="arn:aws:s3:::"), "AWS can have", id="no resource"),
    pytest.param(source(arn="arn:aws:s3:::*"), "AWS can have", id="a star for a bucket"),
    pytest.param(source(arn="arn:${AWS::Partition}:sns:us-east-1:1:t"), "which is not an ARN", id="a placeholder of CloudFormation"),
    pytest.param({"role_arn": "my-role"}, "role_arn is 'my-role', which is not an ARN", id="the name of a role"),
    pytest.param({"role_arn": f"arn:aws:iam::{ACCOUNT}:user/me"}, "is not the ARN of a role", id="a user for a role"),
    pytest.param({"role_arn": f"arn:aws:iam::{ACCOUNT}:role/*"}, "AWS can have", id="a star for a role"),
    pytest.param({"dead_letter_arn": "arn:aws:s3:::b"}, "is an ARN of s3, it must be one of sqs or sns", id="a bucket for dead letters"),
    pytest.param({"aws_kms_key_arn": "alias/key"}, "aws_kms_key_arn is 'alias/key', which is not an ARN", id="an alias for a key"),
    pytest.param({"layers": ["my-layer"]}, "layers[0] is 'my-layer', which is not an ARN", id="the name of a layer"),
    pytest.param({"role_name": "*"}, "role_name is '*', which AWS cannot take", id="a star for the name of a role"),
    # event sources that Zappa refuses
    pytest.param(source(arn=f"arn:aws:kafka:us-east-1:{ACCOUNT}:cluster/c"), "it must be one of dynamodb or events", id="a service without triggers"),
    pytest.param({"events": [{"function": "app.f", "event_source": {"arn": TOPIC}}]}, "events[0].event_source.events is missing", id="a topic without events"),
    pytest.param(source(events="s3:ObjectCreated:*"), "events[0].event_source.events must be a list", id="one event of a bucket, no list"),
    pytest.param({"events": [{"function": "app.f", "event_source": {}}]}, "events[0].event_source.arn is missing", id="a source without an ARN"),
    pytest.param({"events": [{"expression": "rate(1 day)"}]}, "events[0].function is missing", id="an event without a function"),
    pytest.param({"events": [{"function": "app.f"}]}, "events[0] has neither an expression nor an event_source", id="an event of nothing"),
    pytest.param(event(function="my-app.f"), "events[0].function must be at most 63 letters", id="a hyphen in a scheduled function"),
    pytest.param(event(name="n" * 60), "longer than 63 characters", id="a name that is too long"),
    pytest.param(event(name="*"), "events[0].name is '*'", id="a star for a name"),
    # buckets that S3 cannot have
    *(pytest.param({"s3_bucket": name, "aws_region": "eu-west-1"}, f"s3_bucket is {name[:100]!r}, which no bucket can be called", id=f"a bucket called {name[:30]}")
      for name in ("My_Bucket", "ab", "a" * 64, "192.168.5.4", "a..b", "-abc", "abc-", "xn--abc", "abc-s3alias", "a b c", "arn:aws:s3:::b", "b/prefix")),
    pytest.param({"s3_bucket": "a b", "aws_region": "us-east-1"}, "s3_bucket is 'a b', which no bucket can be called", id="not even in us-east-1"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "told"), REFUSED)
def test_what_cannot_work_is_refused(more, told):
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, **more}}))
    done = iam("policy", "dev", "--account", ACCOUNT)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Error: zappa_settings.json: dev." in done.stderr
    assert told in done.stderr


WARNED = [
    pytest.param({"keep_warm": "false"}, "keep_warm should be true or false, not a string: Zappa takes it as true", id="a word for a switch"),
    pytest.param({"slim_handler": 1}, "slim_handler should be true or false, not the integer 1: Zappa takes it as true", id="a number for a switch"),
    pytest.param({"log_level": 10}, "log_level should be a string, not the integer 10", id="a number for a word"),
    pytest.param({"memory": 512}, "memory is not a setting of Zappa; did you mean memory_size?", id="half a name"),
    pytest.param({"timeout": 30}, "did you mean timeout_seconds?", id="the first half of a name"),
    pytest.param({"slim-handler": True}, "did you mean slim_handler?", id="a hyphen"),
    pytest.param({"Domain": "a.example.com"}, "did you mean domain?", id="an upper case letter"),
    pytest.param({"certficate_arn": "x"}, "did you mean certificate_arn?", id="a letter that is missing"),
    pytest.param({"s3_buckt": "other"}, "dev.s3_buckt is not a setting of Zappa; did you mean s3_bucket?", id="a name near to one that is set"),
    pytest.param({"iam_extt": {}}, "did you mean iam_ext?", id="our own table"),
    pytest.param({"vpc_config": {"subnets": ["subnet-1"], "securityGroupIds": []}}, "vpc_config.subnets is not a setting of Zappa; did you mean SubnetIds?", id="in a table"),
    pytest.param({"events": [{"function": "app.f", "expresion": "x", "expressions": ["rate(1 day)"]}]}, "events[0].expresion is not", id="in an event"),
    pytest.param({"role_arn": "arn:aws:iam::12345:role/r"}, "names the account 12345, which is not twelve digits", id="an account of five digits"),
    pytest.param(source(arn="arn:aws:sns:::your-event-topic-arn"), "names no account", id="the ARN of Zappa's own README"),
    pytest.param({"role_arn": f"arn:aws-cn:iam::{ACCOUNT}:role/r"}, "is in the partition aws-cn, the stage is in aws", id="another partition"),
    pytest.param(source(arn=f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r"), "events[0].event_source.rule_name is missing: Zappa makes no rule", id="a rule without a name"),
    pytest.param({"s3_bucket": "My_Bucket"}, "a name that no bucket can be given since 2018", id="a bucket of us-east-1 from before 2018"),
    pytest.param({"certificate": "cert.pem"}, "certificate names the file 'cert.pem', which is not there", id="a certificate on another machine"),
    pytest.param({"alb_vpc_config": ["x"]}, "alb_vpc_config should be a table", id="a table that Zappa does not look at"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "told"), WARNED)
def test_what_zappa_takes_is_a_warning_and_stops_nothing(more, told):
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, **more}}))
    done = iam("policy", "dev", "--account", ACCOUNT)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["Statement"]
    lines = [line for line in done.stderr.splitlines() if told in line]
    assert lines, done.stderr
    assert lines[0].startswith("warning: dev.")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"role_arn": None, "layers": None, "vpc_config": None, "snap_start": None}, id="null for nothing"),
        pytest.param({"domain": False, "async_response_table": False, "layers": []}, id="false for nothing"),
        pytest.param({"async_resources": True, "async_response_table": "arn:aws:dynamodb:us-east-1:123456789012:table/answers"}, id="a table by its ARN"),
        pytest.param({"events": [], "tags": {}, "cognito": {}}, id="empty"),
        pytest.param({"_comment": "x", "owner": "me", "parameter_depth": 8}, id="what Zappa does not read"),
        pytest.param(event(name=5), id="a number for the name of an event"),
        pytest.param({"events": [{"function": "my-app.f", "name": "My queue", "event_source": {"arn": QUEUE}}]}, id="no rule, no rule's name"),
        pytest.param(source(arn=TOPIC, events="sns:Publish"), id="a string that Zappa joins"),
        pytest.param({"cache_cluster_size": "0.5", "endpoint_configuration": ["REGIONAL"]}, id="sizes in quotes"),
        pytest.param({"efs_config": True, "vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}, id="true for a file system"),
    ],
)  # fmt: skip
def test_what_is_right_says_nothing(more):
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, **more}}))
    done = iam("policy", "dev", "--account", ACCOUNT, "--command", "status")
    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.parametrize(("version", "told"), [("0.60.2", True), ("0.61.0", False)])
def test_a_setting_that_this_zappa_does_not_read_yet(version, told):
    judgement = judge({**BASE, "function_url_enabled": True}, version)
    assert (judgement.refusals, bool(judgement.warnings)) == ((), told)
    assert all("is read since Zappa 0.61.0, this is 0.60.2" in line for line in judgement.warnings)


def test_all_that_is_wrong_is_told_at_once():
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, "s3_bucket": [], "domain": ["x"]}}))
    with pytest.raises(SettingsError, match=r"(?s)dev\.domain.*dev\.s3_bucket"):
        read_stages()


@pytest.mark.parametrize(
    ("file", "dump"),
    [("zappa_settings.json", json.dumps), ("zappa_settings.yml", yaml.safe_dump), ("zappa_settings.toml", toml.dumps)],
)  # fmt: skip
def test_what_a_stage_extends_is_judged_in_every_format(file, dump):
    stages = {"base": {**BASE, "role_name": ["r"]}, "dev": {"extends": "base"}, "live": {**BASE}}
    Path(file).write_text(dump(stages))
    with pytest.raises(SettingsError, match=r"dev\.role_name must be a string, not a list"):
        read_stages(file, stage="dev")
    assert read_stages(file, stage="live")


DOCUMENT = '{"Version": "2012-10-17", "Statement": []}'


@pytest.mark.parametrize("setting", ["apigateway_policy", "assume_policy", "attach_policy"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(None, "which does not exist", id="missing"),
        pytest.param("folder", "which cannot be read: Is a directory", id="a folder"),
        pytest.param(b"\xff\xfe", "which is not UTF-8 text", id="no text"),
        pytest.param(b"", "which is not JSON", id="empty"),
        pytest.param(b"{", "which is not JSON", id="broken"),
    ],
)
def test_a_file_that_a_setting_names(setting, content, told):
    if content == "folder":
        Path("p.json").mkdir()
    elif content is not None:
        Path("p.json").write_bytes(content)
    Path("zappa_settings.json").write_text(
        json.dumps({"base": {**BASE, setting: "p.json"}, "dev": {"extends": "base"}})
    )
    done = iam("policy", "dev", "--account", ACCOUNT)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"dev.{setting} names the file 'p.json', {told}" in done.stderr


@pytest.mark.parametrize(
    ("value", "kind"), [(["p.json"], "a list"), ({}, "a table"), (None, "null"), (0, "the integer 0")]
)
def test_a_file_is_named_by_a_string(value, kind):
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, "attach_policy": value}}))
    with pytest.raises(SettingsError, match=f"dev.attach_policy must be a string, not {kind}"):
        read_stages()


def test_a_file_that_is_there_is_read():
    Path("p.json").write_text(DOCUMENT)
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, "attach_policy": "p.json"}}))
    assert read_stages()[0].role.attach_policy == DOCUMENT


@pytest.mark.parametrize(
    ("own", "told"),
    [
        pytest.param(["on"], "iam_ext is a table of settings, not a list", id="a list"),
        pytest.param({"on_mising": "warn"}, "did you mean on_missing?", id="a name"),
        pytest.param({"on_missing": "warm"}, "on_missing is one of stop, warn, provision; did you mean warn?", id="a word"),
        pytest.param(False, "iam_ext is a table of settings, not false", id="a switch for a table"),
        pytest.param({"unknown": "wanr"}, "unknown is one of warn, fail; did you mean warn?", id="another word"),
        pytest.param({"unknwon": "warn"}, "did you mean unknown?", id="another name"),
        pytest.param({"then": "callback"}, "then is written module.function", id="a callback without a module"),
        pytest.param({"then": ["app.f"]}, "iam_ext.then is a string, not a list", id="a list for a callback"),
        pytest.param({"then": "zappa_iam_ext.gate"}, "is the gate itself", id="the gate after the gate"),
        pytest.param({"thne": "app.f"}, "did you mean then?", id="a short name"),
        pytest.param({"permissions_boundary": "no blanks"}, "the name or the ARN of a policy", id="no name of a policy"),
        pytest.param({"permissions_boundary": "arn:aws:iam::123456789012:role/r"}, "the name or the ARN of a policy", id="a role for a policy"),
        pytest.param({"commands": ["deplyo"]}, "'deplyo' is none of them; did you mean deploy?", id="a command"),
        pytest.param({"commands": "deploy"}, "not a string", id="a string for a list"),
        pytest.param({"commands": [["deploy"]]}, "is none of them", id="a list in a list"),
        pytest.param({"enabled": "false"}, "iam_ext.enabled is true or false, not a string", id="a word for a switch"),
        pytest.param({"log_group_exists": "false"}, "iam_ext.log_group_exists is true or false, not a string", id="a word for another switch"),
        pytest.param({"websocket_api": "wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/dev"}, "iam_ext.websocket_api is the id of the WebSocket API", id="a URL for an id"),
        pytest.param({"websocket_api": 5}, "iam_ext.websocket_api is a string", id="a number for an id"),
        pytest.param({"policy_document": ["p.json"]}, "iam_ext.policy_document is a string, not a list", id="a list for a file"),
    ],
)  # fmt: skip
def test_our_own_settings_are_judged_alike(own, told):
    """Whatever command reads them."""
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, "iam_ext": own}}))
    for command in (("policy",), ("role", "show")):
        done = iam(*command, "dev", "--account", ACCOUNT)
        assert (done.exit_code, done.stdout) == (2, "")
        assert told in done.stderr
