"""The judges as fixtures: skipped where they cannot run, a failure where ``CI`` is set."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING, TypeVar
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.judges.judges import Judge, JudgeUnavailable, iam_simulate, ministack, ministack_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

START_SECONDS = 60
T = TypeVar("T")


def _available(make: Callable[[], T]) -> T:
    try:
        return make()
    except JudgeUnavailable as reason:
        if os.environ.get("CI"):
            pytest.fail(f"in CI every judge must be there: {reason}")
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def node_judge() -> Judge:
    return _available(iam_simulate)


@pytest.fixture(scope="session")
def ministack_judge() -> Judge:
    return _available(ministack)


@pytest.fixture(scope="session")
def ministack_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole of ministack as a server on loopback, for what only its API can show."""
    python = _available(ministack_python)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home: Path = tmp_path_factory.mktemp("ministack")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
    }
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [python, "-m", "ministack"], cwd=home, env=environment, stdout=log, stderr=log
        )
    try:
        _wait(server, f"http://127.0.0.1:{port}", home / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(server: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"{endpoint}/_ministack/health", timeout=2):  # noqa: S310  -- our own child on loopback
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"ministack did not start: {log.read_text(errors='replace')[-1000:]}")
