"""What the table of settings says that Zappa takes and refuses, the real Zappa takes and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ParamValidationError
from zappa.cli import ZappaCLI
from zappa.utilities import get_event_source

from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS, parse_version
from zappa_iam_ext.settings import judge
from zappa_iam_ext.settings.judgement import EVERY_COMMAND
from zappa_iam_ext.settings.table import SettingRow, setting_rows
from zappa_iam_ext.settings.values import fits

pytestmark = pytest.mark.usefixtures("clean", "offline")
BASE: dict[str, Any] = {"app_function": "app.app", "project_name": "hello", "aws_region": "us-east-1"}
SAMPLES: dict[str, Any] = {
    "string": "some text",
    "integer": 98765,  # no file that is open has this number
    "number": 1.5,
    "true": True,
    "list": ["x"],
    "table": {"x": "y"},
    "null": None,
}
NEWEST = parse_version(ZAPPA_VERSIONS[-1])
TOP = [row for row in setting_rows() if len(row.steps) == 1 and row.in_version(NEWEST)]
#: Zappa does not look at these while it loads settings without credentials; what boto3 makes of them is tested apart.
LATER = {"extends", "profile_name", "aws_region"}


def wrong(rows: list[SettingRow]) -> Iterator[Any]:
    """Yield every setting with a value of each wrong type.

    ``true`` is an integer for Python: it opens stdout as a file, and boto3 leaves it to AWS to refuse it as a number.
    """
    for row in rows:
        for kind, value in SAMPLES.items():
            if not fits(value, row.types) and not (value is True and (row.file or "integer" in row.types)):
                yield pytest.param(row.name, value, id=f"{row.name}: {kind}")


def load(*, credentials: bool = False, **more: Any) -> ZappaCLI:
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, **more}}))
    cli = ZappaCLI()
    cli.load_credentials = credentials
    cli.api_stage = "dev"
    cli.vargs = {}
    cli.load_settings()
    cli.callback("settings")
    return cli


@pytest.mark.parametrize(
    ("name", "value"), wrong([row for row in TOP if EVERY_COMMAND in row.stops and row.name not in LATER])
)
def test_zappa_cannot_load_what_stops_every_command(name, value):
    with pytest.raises(Exception):  # noqa: B017, PT011  -- whatever Zappa happens to raise
        load(**{name: value})


@pytest.mark.parametrize(("name", "value"), wrong([row for row in TOP if not row.stops]))
def test_zappa_loads_what_is_only_warned_of(name, value):
    load(vpc_config={"SubnetIds": ["subnet-1"]}, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"), wrong([row for row in TOP if row.stops and EVERY_COMMAND not in row.stops])
)
def test_zappa_loads_what_stops_a_command_later(name, value):
    load(**{name: value})


@pytest.mark.parametrize("name", ["profile_name", "aws_region"])
@pytest.mark.parametrize("kind", ["integer", "list", "table"])
def test_boto3_opens_no_session_with_it(monkeypatch, name, kind):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with pytest.raises(Exception):  # noqa: B017, PT011
        load(credentials=True, **{name: SAMPLES[kind]})


class Sent(Exception):
    """A request was valid and would have left."""


@pytest.fixture(scope="module")
def clients():
    """Clients of boto3 by what they are made with: making the dozen that Zappa wants takes longer than all else here."""
    made: dict[object, Any] = {}
    real = boto3.Session.client

    def client(session: boto3.Session, service: str, **given: Any) -> Any:
        key = (service, session.region_name, session.profile_name, repr(given))
        if key not in made:
            made[key] = real(session, service, **given)
        return made[key]

    return client


@pytest.fixture
def zappa(monkeypatch, clients):
    """The real Zappa with the given settings, whose requests end before they leave."""
    monkeypatch.setattr(boto3.Session, "client", clients)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    def sent(**_: Any) -> None:
        raise Sent

    def make(**more: Any) -> ZappaCLI:
        cli = load(credentials=True, **more)
        for client in vars(cli.zappa).values():
            if hasattr(client, "meta") and hasattr(client.meta, "events"):
                client.meta.events.register("before-send", sent)
        return cli

    return make


def create_function(cli: ZappaCLI) -> None:
    """Make the function as `ZappaCLI.deploy` does."""
    cli.zappa.credentials_arn = cli.stage_config.get("role_arn", "arn:aws:iam::123456789012:role/any")
    cli.zappa.create_lambda_function(
        function_name=cli.lambda_name,
        bucket=cli.s3_bucket_name,
        s3_key="key",
        handler=cli.lambda_handler,
        description=cli.lambda_description,
        vpc_config=cli.vpc_config,
        dead_letter_config=cli.dead_letter_config,
        timeout=cli.timeout_seconds,
        memory_size=cli.memory_size,
        ephemeral_storage=cli.ephemeral_storage,
        runtime=cli.runtime,
        aws_environment_variables=cli.aws_environment_variables,
        aws_kms_key_arn=cli.aws_kms_key_arn,
        snap_start=cli.snap_start,
        layers=cli.layers,
    )


OF_THE_FUNCTION = [
    row
    for row in TOP
    if row.name
    in {
        "aws_environment_variables", "aws_kms_key_arn", "dead_letter_arn", "lambda_description", "lambda_handler",
        "layers", "memory_size", "role_arn", "s3_bucket", "snap_start", "timeout_seconds", "vpc_config",
    }
]  # fmt: skip


def test_the_function_is_made_with_right_settings(zappa):
    with pytest.raises(Sent):
        create_function(zappa(memory_size=128, timeout_seconds=30, layers=["arn:aws:lambda:::layer:x:1"]))


@pytest.mark.parametrize(("name", "value"), wrong(OF_THE_FUNCTION))
def test_boto3_refuses_to_make_the_function(zappa, name, value):
    assert judge({**BASE, name: value}, ZAPPA_VERSIONS[-1]).refusals
    with pytest.raises((ParamValidationError, AttributeError, TypeError)):
        create_function(zappa(**{name: value}))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"function": "a.b", "event_source": {"arn": ["arn:aws:s3:::b"]}}, id="a list for an ARN"),
        pytest.param({"function": "a.b", "event_source": {"arn": "my-bucket"}}, id="no ARN"),
        pytest.param({"function": "a.b", "event_source": {"arn": "arn:aws:kafka:us-east-1:1:cluster/a", "events": []}}, id="a service without triggers"),
        pytest.param({"function": "a.b", "event_source": {"arn": "arn:aws:sns:us-east-1:123456789012:t"}}, id="a topic without events"),
        pytest.param({"function": "a.b", "event_source": {}}, id="an empty source"),
        pytest.param({"function": "a.b", "event_source": "arn:aws:sns:us-east-1:123456789012:t"}, id="a source that is a string"),
        pytest.param({"function": "a.b"}, id="neither expression nor source"),
        pytest.param({"event_source": {"arn": "arn:aws:sqs:us-east-1:123456789012:q"}}, id="no function"),
        pytest.param({"function": "a-b.c", "expression": "rate(1 day)"}, id="a function with a hyphen"),
        pytest.param({"function": "a.b", "name": "n" * 60, "expression": "rate(1 day)"}, id="a long name"),
        pytest.param({"function": "a.b", "expression": 5}, id="an expression that is a number"),
    ],
)  # fmt: skip
def test_zappa_stops_at_an_event_that_is_refused(zappa, event):
    """Zappa's own ``schedule_events``, with what AWS answers left blank."""
    assert judge({**BASE, "events": [event]}, ZAPPA_VERSIONS[-1]).stopping("deploy")
    made = zappa().zappa
    made._clear_policy = made.create_event_permission = made.unschedule_events = lambda *_, **__: None
    made.credentials_arn = "arn:aws:iam::123456789012:role/any"
    with pytest.raises(Exception) as caught:  # noqa: PT011
        made.schedule_events("arn:aws:lambda:us-east-1:123456789012:function:f", "f", [event])
    assert not isinstance(caught.value, Sent)


def test_the_number_of_an_expression_makes_a_name_too_long(zappa):
    event = {"function": "a.b", "name": "n" * 58, "expressions": ["rate(1 day)"]}
    assert not judge({**BASE, "events": [event]}, ZAPPA_VERSIONS[-1]).refusals
    event["expressions"] *= 2
    assert judge({**BASE, "events": [event]}, ZAPPA_VERSIONS[-1]).stopping("deploy")
    made = zappa().zappa
    assert made.get_scheduled_event_name(event, "a.b", "f", 0)
    with pytest.raises(OSError, match="too long"):
        made.get_scheduled_event_name(event, "a.b", "f", 1)


@pytest.mark.parametrize("service", ["dynamodb", "events", "kinesis", "s3", "sns", "sqs"])
def test_zappa_takes_the_event_sources_that_are_not_refused(zappa, service):
    arn = f"arn:aws:{service}:::b" if service == "s3" else f"arn:aws:{service}:us-east-1:123456789012:n"
    event = {"function": "a.b", "event_source": {"arn": arn, "events": ["x"]}}
    assert not judge({**BASE, "events": [event]}, ZAPPA_VERSIONS[-1]).refusals
    assert get_event_source(event["event_source"], "arn:l", "a.b", zappa().zappa.boto_session)
