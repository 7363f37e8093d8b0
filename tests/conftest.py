"""What tests share: one local AWS a worker, a fresh account a test, a newcomer's project, a guard of sockets."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import botocore_once
from tests.support.newcomer import Newcomer
from zappa_iam_ext.ci import SERVICES
from zappa_iam_ext.rehearsal.local_aws.loopback import is_loopback
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws, local_aws

# Laws hold on a busy machine too, and what fails in CI fails everywhere: no deadlines, the same examples each time.
settings.register_profile(
    "laws",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("laws")


botocore_once.share()


@pytest.fixture
def clock():
    """Processor seconds that a call takes, the least of several runs."""

    def least(run, times=5):
        took = []
        for _ in range(times):
            start = time.process_time()
            run()
            took.append(time.process_time() - start)
        return min(took)

    return least


@pytest.fixture(scope="session")
def running_aws() -> Iterator[LocalAws]:
    """The local AWS of this worker."""
    with local_aws() as aws:
        yield aws


@pytest.fixture
def aws(running_aws: LocalAws) -> LocalAws:
    """An account of its own on the local AWS."""
    return running_aws.another_account()


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without any of AWS's or Zappa's settings, in an empty project folder; returns the home."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "ZAPPA_")) and name != "ZAPPA_IAM_EXT_CACHE":
            monkeypatch.delenv(name)
    home, folder = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    _leave_ci(monkeypatch)
    monkeypatch.chdir(folder)
    return home


@pytest.fixture
def at_a_desk() -> Iterator[None]:
    """No CI service runs this: it may make keys, also after the test has undone what it patched."""
    with pytest.MonkeyPatch.context() as own:
        _leave_ci(own)
        yield


def _leave_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for mark in (mark for service in SERVICES for group in service.marks for mark in group):
        monkeypatch.delenv(mark.partition("=")[0], raising=False)


@pytest.fixture
def newcomer(aws: LocalAws, clean: Path, monkeypatch: pytest.MonkeyPatch) -> Newcomer:
    """A project in the working folder, and a home without any profile, at a fresh account."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    return Newcomer(aws, Path.cwd(), clean)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let no socket connect and no name be looked up; the test fails if anybody tried, whoever hides the error."""
    tried: list[str] = []

    def refuse(what: str, target: object) -> None:
        tried.append(f"{what} {target}")
        raise OSError(f"this test is offline: {what} {target}")

    monkeypatch.setattr(socket.socket, "connect", lambda _, address: refuse("connect", address))
    monkeypatch.setattr(socket.socket, "connect_ex", lambda _, address: refuse("connect", address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: refuse("look up", host))
    yield tried
    assert tried == [], "the network was touched"


@pytest.fixture
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail on any connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple):
            assert is_loopback(str(address[0])), address
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
