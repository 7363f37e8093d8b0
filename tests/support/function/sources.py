"""What a case needs to be there before: where events come from, and what the function reads."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence

from tests.recordings.prepare import TRUST, network
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws


def make_sources(aws: LocalAws, sources: Sequence[str]) -> dict[str, str]:
    """Make them, and return the names that settings and steps may use."""
    found: dict[str, str] = {}
    for source in sources:
        found |= _SOURCES[source](aws)
    return found


def _queue(aws: LocalAws) -> dict[str, str]:
    url = aws.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
    return {"queue_url": url, "queue_arn": f"arn:aws:sqs:us-east-1:{aws.account}:orders"}


def _topic(aws: LocalAws) -> dict[str, str]:
    return {"topic_arn": aws.client("sns").create_topic(Name="news")["TopicArn"]}


def _authorizer(aws: LocalAws) -> dict[str, str]:
    """Make a function of somebody else's that lets everybody in."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("gate.py", _GATE)
    aws.client("iam").create_role(RoleName="gate", AssumeRolePolicyDocument=TRUST)
    made = aws.client("lambda").create_function(
        FunctionName="gate",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{aws.account}:role/gate",
        Handler="gate.handler",
        Code={"ZipFile": content.getvalue()},
    )
    return {"authorizer_arn": made["FunctionArn"]}


_GATE = """
def handler(event, context):
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""


def _bucket(aws: LocalAws) -> dict[str, str]:
    aws.client("s3").create_bucket(Bucket=f"hello-uploads-{aws.account}")
    return {"bucket": f"hello-uploads-{aws.account}"}


def _table(aws: LocalAws) -> dict[str, str]:
    made = aws.client("dynamodb").create_table(
        TableName="items",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return {"table_stream_arn": made["TableDescription"]["LatestStreamArn"]}


def _stream(aws: LocalAws) -> dict[str, str]:
    aws.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    return {"stream_arn": f"arn:aws:kinesis:us-east-1:{aws.account}:stream/clicks"}


def _consumer(aws: LocalAws) -> dict[str, str]:
    names = _stream(aws)
    made = aws.client("kinesis").register_stream_consumer(StreamARN=names["stream_arn"], ConsumerName="hello")
    return {**names, "consumer_arn": made["Consumer"]["ConsumerARN"]}


def _log_group(aws: LocalAws) -> dict[str, str]:
    aws.client("logs").create_log_group(logGroupName="/aws/lambda/hello-dev")
    return {}


def _remote_env(aws: LocalAws) -> dict[str, str]:
    names = _bucket(aws)
    content = json.dumps({"FROM_REMOTE_ENV": "read from S3"})
    aws.client("s3").put_object(Bucket=names["bucket"], Key="env.json", Body=content.encode())
    return names


_SOURCES: Mapping[str, Callable[[LocalAws], dict[str, str]]] = {
    "authorizer": _authorizer,
    "bucket": _bucket,
    "consumer": _consumer,
    "log group": _log_group,
    "network": network,
    "queue": _queue,
    "remote env": _remote_env,
    "stream": _stream,
    "table": _table,
    "topic": _topic,
}
