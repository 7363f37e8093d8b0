"""A loopback proxy before the local AWS: lets chosen requests fail, and changes what is answered."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"})


@dataclass(frozen=True, slots=True)
class Request:
    """What an AWS client sent."""

    method: str
    path: str
    body: bytes

    @property
    def action(self) -> str:
        """The operation of a query-protocol request (IAM, STS, CloudFormation)."""
        return parse_qs(self.body.decode("latin-1")).get("Action", [""])[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What it gets; ``status`` 0 hangs up without a word."""

    status: int
    body: bytes = b""
    kind: str = "text/xml"


#: Answers in the place of the local AWS, or None.
Before = Callable[[Request], Answer | None]
#: Changes the local AWS's answer.
After = Callable[[Request, Answer], Answer]


@contextlib.contextmanager
def proxy(  # noqa: C901  -- one small server
    upstream: str, before: Before = lambda _: None, after: After = lambda _, answer: answer
) -> Iterator[str]:
    """Run a proxy before ``upstream`` and give its URL."""
    target = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # an answer is two packets: the second would wait for 40 ms
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            request = Request(self.command, self.path, self._body())
            answer = before(request)
            headers: list[tuple[str, str]] = []
            if answer is None:
                answer, headers = self._forward(request)
                answer = after(request, answer)
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in headers or [("Content-Type", answer.kind)]:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_any  # noqa: N815  -- http.server's names

        def _body(self) -> bytes:
            if "chunked" in self.headers.get("Transfer-Encoding", ""):
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _forward(self, request: Request) -> tuple[Answer, list[tuple[str, str]]]:
            connection = http.client.HTTPConnection(target, timeout=60)
            try:
                kept = {k: v for k, v in self.headers.items() if k.lower() not in {*_HOP, "expect"}}
                connection.request(request.method, request.path, request.body, kept)
                response = connection.getresponse()
                return Answer(response.status, response.read()), response.getheaders()
            finally:
                connection.close()

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

        def handle_error(self, *_: object) -> None:
            """Say nothing of clients that hang up: some are made to."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
