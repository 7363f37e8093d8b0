"""A local AWS far away: a proxy in a process of its own that answers late and tells how many rounds were asked.

A round is what is asked before anything of it is answered. The proxy holds every request until no other has come for a
while, and only then passes on what it holds: what depends on an answer comes in the next round, however slow the machine is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.newcomer import ROOT
from tests.support.proxy import Answer, Request, proxy

_TOLD = "/_asked"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Asked:
    """The actions of each round, in the order of the rounds."""

    rounds: tuple[tuple[str, ...], ...]

    @property
    def calls(self) -> int:
        """How many requests there were."""
        return sum(map(len, self.rounds))


@dataclass(frozen=True, slots=True)
class SlowAws:
    """Where it listens."""

    endpoint: str

    def asked(self) -> Asked:
        """Return what was asked since the last time."""
        with _DIRECT.open(f"{self.endpoint}{_TOLD}") as answer:
            return Asked(tuple(map(tuple, json.load(answer))))


@contextmanager
def slow_aws(upstream: str, *, delay: float = 0.0, quiet: float = 0.0) -> Iterator[SlowAws]:
    """Stand before a local AWS: add ``delay`` seconds to every answer, or hold rounds until ``quiet`` seconds pass."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.slow_aws", upstream, str(delay), str(quiet)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield SlowAws(process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


class Rounds:
    """Holds requests, and counts the rounds in which they came."""

    def __init__(self, delay: float, quiet: float) -> None:
        self._delay, self._quiet = delay, quiet
        self._changed = threading.Condition()
        self._last = 0.0
        self._rounds: list[list[str]] = []
        self._open = False

    def before(self, request: Request) -> Answer | None:
        """Tell what was asked, or hold a request as long as its round is open."""
        if request.path == _TOLD:
            with self._changed:
                told, self._rounds = self._rounds, []
            return Answer(200, json.dumps(told).encode(), "application/json")
        with self._changed:
            if not self._open:
                self._open = True
                self._rounds.append([])
            self._rounds[-1].append(request.action)
            self._last = time.monotonic()
            while self._open and (left := self._last + self._quiet - time.monotonic()) > 0:
                self._changed.wait(left)
            self._open = False
            self._changed.notify_all()
        time.sleep(self._delay)
        return None


def _main(upstream: str, delay: str, quiet: str) -> None:
    with proxy(upstream, Rounds(float(delay), float(quiet)).before) as endpoint:
        sys.stdout.write(f"{endpoint}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    _main(*sys.argv[1:])
