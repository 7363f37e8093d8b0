"""What a stage's settings refer to and Zappa does not make: made on the local AWS before a rehearsal, as root.

A role of one's own, queues, tables, streams, topics and buckets that events come from. What the local AWS
cannot make is returned by name: Zappa's call then fails for another reason than a permission.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from zappa_iam_ext.iam import Principal
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

_THERE = frozenset({"BucketAlreadyOwnedByYou", "EntityAlreadyExists", "ResourceInUseException"})
"""Errors that say that it is there already."""

_ELSEWHERE = frozenset({"403", "AccessDenied", "Forbidden"})
_FOREIGN_BUCKET: Any = {
    "Error": {"Code": "it belongs to another account there; give --account", "Message": ""}
}

Step = tuple[str, Callable[[], Any]]


def make_prerequisites(aws: LocalAws, stage: Stage) -> tuple[str, ...]:
    """Make what the settings refer to, and return what could not be made."""
    missing: list[str] = []
    for what, make in _steps(aws, stage):
        try:
            make()
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _THERE:
                continue
            missing.append(f"{what}: {_code(error)}")
    return tuple(missing)


def _steps(aws: LocalAws, stage: Stage) -> Iterator[Step]:
    if stage.bucket:
        yield f"s3_bucket {stage.bucket}", partial(_own_bucket, aws, stage.bucket)
    if not stage.role.managed:
        yield f"role {stage.role.name}", partial(_role, aws, stage)
    for event in stage.settings.get("events") or ():
        source = event.get("event_source") if isinstance(event, Mapping) else None
        if isinstance(source, Mapping) and source.get("arn"):
            yield str(source["arn"]), partial(_source, aws, stage, str(source["arn"]))
    for arn in stage.settings.get("layers") or ():
        yield str(arn), partial(_layer, aws, stage, str(arn))


def _code(error: BotoCoreError | ClientError) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


def _own_bucket(aws: LocalAws, name: str) -> None:
    """Raise an error when the bucket is there and belongs to another account of this local AWS."""
    try:
        aws.client("s3").head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ELSEWHERE:
            raise ClientError(_FOREIGN_BUCKET, "HeadBucket") from error


def _bucket(s3: Any, name: str) -> None:
    region = s3.meta.region_name
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)


def _role(aws: LocalAws, stage: Stage) -> None:
    role = Principal.parse(stage.role_arn)
    aws.client("iam").create_role(
        RoleName=role.name, Path=role.path, AssumeRolePolicyDocument=json.dumps(_TRUST)
    )


def _source(aws: LocalAws, stage: Stage, arn: str) -> None:
    """Make the queue, table, stream, topic or bucket that an ARN names."""
    _, _, service, region, _, name = [*arn.split(":", 5), *[""] * 5][:6]
    make = _MAKERS.get(service)
    if make:
        make(aws.client(service, region or stage.region), name)


def _queue(sqs: Any, name: str) -> None:
    fifo = {"Attributes": {"FifoQueue": "true"}} if name.endswith(".fifo") else {}
    sqs.create_queue(QueueName=name, **fifo)


def _table(dynamodb: Any, name: str) -> None:
    dynamodb.create_table(
        TableName=name.removeprefix("table/").partition("/")[0],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )


_MAKERS: Mapping[str, Callable[[Any, str], Any]] = {
    "dynamodb": _table,
    "kinesis": lambda kinesis, name: kinesis.create_stream(StreamName=name.partition("/")[2], ShardCount=1),
    "s3": _bucket,
    "sns": lambda sns, name: sns.create_topic(Name=name),
    "sqs": _queue,
}


def _layer(aws: LocalAws, stage: Stage, arn: str) -> None:
    parts = arn.split(":")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("python/nothing.py", "")
    client = aws.client("lambda", stage.region)
    for _ in range(int(parts[7]) if len(parts) > 7 and parts[7].isdecimal() else 1):  # noqa: PLR2004  -- the version
        client.publish_layer_version(LayerName=parts[6], Content={"ZipFile": content.getvalue()})
