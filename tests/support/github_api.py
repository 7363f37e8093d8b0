"""The comments of GitHub's REST API, as far as the action asks for them, on loopback."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class GitHubApi:
    """What it holds, and what it was asked: method and path, in order."""

    address: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    refuses: bool = False

    def by(self, kind: str, body: str) -> None:
        """Add somebody's comment."""
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": {"type": kind}})


@contextmanager
def github_api() -> Iterator[GitHubApi]:
    """Serve until the block ends."""
    held = GitHubApi()

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # an answer is two packets: the second would wait for 40 ms

        def answer(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else {}
            held.asked.append(f"{self.command} {path}")
            held.tokens.add(self.headers["Authorization"])
            code, body = _answer(held, self.command, path, query, sent)
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(held: GitHubApi, method: str, path: str, query: str, sent: dict[str, Any]) -> tuple[int, Any]:
    if held.refuses:
        return 403, {"message": "Resource not accessible by integration"}
    if method == "GET":
        page = int(re.search(r"\bpage=(\d+)", query)[1])
        return 200, held.comments[100 * (page - 1) : 100 * page]
    if method == "POST":
        held.by("Bot", sent["body"])
        return 201, held.comments[-1]
    found = next(each for each in held.comments if each["id"] == int(path.rpartition("/")[2]))
    found["body"] = sent["body"]
    return 200, found
