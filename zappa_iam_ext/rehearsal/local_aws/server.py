"""A local AWS with IAM enforced: a child process on loopback, with an account of its own."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.rehearsal.local_aws.environment import local_aws_python
from zappa_iam_ext.rehearsal.local_aws.loopback import require_loopback

REGION = "us-east-1"
PATIENCE = 30.0
"""Seconds that the local AWS may take to answer for the first time."""
_LAST_CHANCE = 10.0
"""Seconds that it may take to end, before it is made to."""


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running local AWS and one account on it.

    An access key id of twelve digits is the root of the account with that number, with any secret.
    """

    endpoint: str
    account: str

    def client(
        self, service: str, region: str = REGION, key: tuple[str, str] | None = None, token: str | None = None
    ) -> Any:
        """Return a client: the account's root's, or that of an access key (id, secret); a session's has a token too."""
        import botocore.session
        from botocore.config import Config

        key_id, secret = key or (self.account, "root")
        return botocore.session.Session().create_client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, proxies={}),
        )

    def another_account(self) -> LocalAws:
        """Return the same local AWS with a fresh account: nothing of the other is seen there."""
        return LocalAws(self.endpoint, new_account())


def new_account() -> str:
    """Return a number for an account that nobody has used."""
    return str(random.SystemRandom().randrange(200_000_000_000, 999_999_999_999))


@contextlib.contextmanager
def local_aws(
    endpoint: str = "", progress: Callable[[str], None] = lambda _: None, account: str = ""
) -> Iterator[LocalAws]:
    """Start a local AWS, or use the one at ``endpoint`` (loopback only), and end what was started.

    It plays the given account, or one that nobody has used.
    Raises `LocalAwsError` when it cannot be installed or started, or the endpoint is not on this machine.
    """
    if endpoint:
        borrowed = LocalAws(require_loopback(endpoint), account or new_account())
        _greet(borrowed)
        yield borrowed
        return
    python = local_aws_python(progress)
    progress("starting the local AWS")
    with tempfile.TemporaryDirectory(prefix="zappa-iam-", ignore_cleanup_errors=True) as folder:
        port = _free_port()
        process = _start(python, port, Path(folder))
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url, Path(folder) / "log")
            yield LocalAws(url, account or new_account())
        finally:
            _end(process)


def _greet(aws: LocalAws) -> None:
    """Raise `LocalAwsError` unless the endpoint answers, and as the account that is played."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        seen = aws.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise LocalAwsError(
            f"no local AWS answers at {aws.endpoint}: {type(error).__name__}",
            hint="Start it first, or leave --endpoint-url away: a rehearsal starts its own.",
        ) from None
    if seen != aws.account:
        raise LocalAwsError(
            f"what answers at {aws.endpoint} does not play account {aws.account}, but {seen}",
            hint=f"Give --account {seen}, or leave --endpoint-url away: a rehearsal starts its own.",
        )


_PARENT_WATCHDOG = """
import os, runpy, signal, sys, threading, time

def end_with_whoever_started_us():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    if hasattr(os, "killpg"):
        os.killpg(os.getpgrp(), signal.SIGKILL)

threading.Thread(target=end_with_whoever_started_us, daemon=True).start()
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
"""
"""Runs the local AWS until its standard input closes: however our process ends, nothing of it is left."""


def _start(python: Path, port: int, folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603  -- our own environment's Python
            [str(python), "-c", _PARENT_WATCHDOG],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=os.name != "nt",
        )


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, OSError):
            directly.open(f"{url}/_ministack/health", timeout=1).close()
            return
        time.sleep(0.05)
    told = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise LocalAwsError(
        f"the local AWS did not start: {''.join(told)[:300] or 'no answer'}",
        hint="Try again; is loopback open?",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_LAST_CHANCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        if process.stdin:
            process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
