"""What happens to a deployed function: each method makes one thing happen on the local AWS, as its root or from outside."""

from __future__ import annotations

import base64
import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from zappa_iam_ext.rehearsal.local_aws.server import LocalAws

_PATIENCE = 60
_TIMES = 3
_ENDED = "Worker process exited immediately"
_TEXT, _CLOSE = 0x81, 0x88


class Happenings:
    """The world around one function; ``names`` are what templates may name."""

    def __init__(self, aws: LocalAws, names: Mapping[str, str]) -> None:
        self._aws, self._names = aws, names

    def get(self, path: str, says: str = "", kind: str = "REST") -> None:
        """Ask the API that Zappa made, which asks the function; raise AssertionError unless it answers ``says``.

        The local AWS learns from the signature whose API is meant; nobody checks a permission of it.
        """
        text = _again(lambda: self._answer(f"{self._execute_api(self._api(kind))}/{path}"))
        assert says in text, text

    def invoke(self, payload: Mapping[str, Any], says: str = "") -> None:
        """Invoke the function with an event and wait for its answer."""
        text = _again(lambda: self._result(json.dumps(self._filled(payload))))
        assert says in text, text

    def put_object(self, bucket: str, key: str) -> None:
        self._aws.client("s3").put_object(Bucket=self._filled(bucket), Key=key, Body=b"{}")

    def publish(self, topic: str, message: str) -> None:
        self._aws.client("sns").publish(TopicArn=self._filled(topic), Message=message)

    def send_message(self, queue: str, body: str) -> None:
        sqs = self._aws.client("sqs")
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody=body)

    def put_item(self, table: str, item: str) -> None:
        self._aws.client("dynamodb").put_item(TableName=table, Item={"id": {"S": item}})

    def put_record(self, stream: str, key: str) -> None:
        self._aws.client("kinesis").put_record(StreamName=stream, PartitionKey=key, Data=b"{}")

    def wait(self) -> None:
        """Let the local EventBridge come to its time."""

    def talk(self, message: str, says: str) -> None:
        """Connect to the WebSocket API, send a message and read the answer that the function posts."""
        asked = AWSRequest("GET", self._execute_api(self._api("WEBSOCKET")))
        SigV4QueryAuth(self._root(), "execute-api", self._names["region"]).add_auth(asked)
        with _websocket(asked.prepare().url) as connection:
            connection.sendall(_frame(_TEXT, message.encode()))
            text = _read_frame(connection).decode()
            connection.sendall(_frame(_CLOSE, b""))
        assert says in text, text

    def _answer(self, url: str) -> str:
        asked = AWSRequest("GET", url)
        SigV4Auth(self._root(), "execute-api", self._names["region"]).add_auth(asked)
        request = urllib.request.Request(asked.url, headers=dict(asked.headers))  # noqa: S310  -- of the local AWS
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{url}: {error.code} {error.read().decode()[:2000]}") from None

    def _result(self, payload: str) -> str:
        answer = self._aws.client("lambda").invoke(
            FunctionName=self._names["function"], Payload=payload, LogType="Tail"
        )
        text, log = answer["Payload"].read().decode(), base64.b64decode(answer.get("LogResult", "")).decode()
        assert "errorMessage" not in text, f"{text}\n{log[-2000:]}"
        return str(text)

    def _api(self, kind: str) -> str:
        """Return the id of the only API of a kind: REST, HTTP or WEBSOCKET."""
        if kind == "REST":
            (rest,) = self._aws.client("apigateway").get_rest_apis()["items"]
            return str(rest["id"])
        apis = self._aws.client("apigatewayv2").get_apis()["Items"]
        (api,) = (item for item in apis if item["ProtocolType"] == kind)
        return str(api["ApiId"])

    def _execute_api(self, api: str) -> str:
        return f"{self._aws.endpoint}/_aws/execute-api/{api}/{self._names['stage']}"

    def _root(self) -> Credentials:
        return Credentials(self._aws.account, "root")

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return value.format_map(self._names)
        return (
            {key: self._filled(item) for key, item in value.items()} if isinstance(value, Mapping) else value
        )


def _again(ask: Callable[[], str]) -> str:
    """Return the answer; ask again where the local Lambda ended the process as it started, for a change just before."""
    for _ in range(_TIMES):
        try:
            return ask()
        except AssertionError as error:
            if _ENDED not in str(error):
                raise
    return ask()


def _websocket(url: str) -> socket.socket:
    """Return a connection that the server has turned into a WebSocket (RFC 6455, section 4.1)."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_PATIENCE)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    told = b""
    while not told.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            break
        told += byte
    assert told.startswith(b"HTTP/1.1 101"), told.decode()
    return connection


def _frame(kind: int, data: bytes) -> bytes:
    """Return a frame of a client, which is masked (RFC 6455, section 5.2); of fewer than 126 bytes."""
    mask = os.urandom(4)
    return bytes([kind, 0x80 | len(data)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))


def _read_frame(connection: socket.socket) -> bytes:
    head = _exactly(connection, 2)
    assert head[0] == _TEXT, head
    return _exactly(connection, head[1])


def _exactly(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = connection.recv(count - len(found))
        assert more, "the server hung up"
        found += more
    return found
