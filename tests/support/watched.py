"""A local AWS behind a window: a proxy on loopback that passes every request on and remembers who asked for what."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

_KEY = re.compile(r"Credential=([^/]+)/")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the access key that signed it, and the action (of a query or JSON protocol) or the path."""

    key_id: str
    action: str


@dataclass(slots=True)
class Window:
    """Where the proxy listens, and everything that was asked of it."""

    endpoint: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def watched(behind: str) -> Iterator[Window]:
    """Stand before the local AWS at ``behind``."""
    window = Window("")

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # an answer is two packets: the second would wait for 40 ms
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            key = _KEY.search(self.headers.get("Authorization", ""))
            target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            query = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
            action = target or query or f"{self.command} {self.path}"
            window.asked.append(Asked(key[1] if key else "", action))
            status, headers, answer = _ask(behind + self.path, self.command, dict(self.headers), body)
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in {
                    "transfer-encoding",
                    "content-length",
                    "connection",
                    "date",
                    "server",
                }:
                    self.send_header(name, value)
            length = len(answer)
            if self.command == "HEAD":
                length = int(dict(headers).get("Content-Length", 0))
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _pass_on  # noqa: N815  -- http.server's names

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    window.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield window
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _ask(
    url: str, method: str, headers: dict[str, str], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    request = urllib.request.Request(  # noqa: S310  -- loopback
        url, data=body or None, headers=headers, method=method
    )
    try:
        with _DIRECT.open(request, timeout=60) as answer:
            return answer.status, list(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, list(error.headers.items()), error.read()
