"""One request of a run fails, in each of the ways there are; which requests there were, and which of them changed AWS."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.support.default_versions import DefaultVersions
from tests.support.proxy import Answer, Request, proxy

DENIED = Answer(403, b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not today</Message></Error></ErrorResponse>")  # fmt: skip
FAILURE = Answer(500, b"<ErrorResponse><Error><Code>ServiceFailure</Code><Message>sabotage</Message></Error></ErrorResponse>")  # fmt: skip
NO_ANSWER = Answer(0)
BEFORE = {"denied": DENIED, "error before": FAILURE, "killed before": NO_ANSWER}
"""What is answered, and the request is not performed."""
AFTER = ("answer lost", "killed after")
"""The request is performed, and nobody hears of it."""
AGAIN = "answer lost, asked again"
READS = ("Get", "List", "Simulate", "Describe", "Head")
LIMIT = 120.0
"""Seconds that a run may take on a busy machine."""

#: A request by what it asks for, and how many of the same there were before it: the same in each run.
Identity = tuple[str, int]


@dataclass(slots=True)
class Saboteur:
    """Stands before the local AWS and lets one request fail; ``process`` is whom it kills.

    ``look`` tells what is in the files. ``deaths`` are the requests at which to die makes a difference: between two
    of them nothing was written.
    """

    account: str
    strikes: Identity | None = None
    way: str = ""
    look: Callable[[], object] = lambda: None
    versions: DefaultVersions | None = None
    process: int = 0
    seen: list[Identity] = field(default_factory=list)
    deaths: list[tuple[Identity, str]] = field(default_factory=list)
    written: list[Identity] = field(default_factory=list)
    struck: Request | None = None
    _dead: set[str] = field(default_factory=set)
    _count: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, request: Request) -> Answer | None:
        """Answer in the place of AWS where the request is the one that fails before."""
        with self._lock:
            told = self._told(request)
            identity = (told, self._count[told])
            self._count[told] += 1
            self.seen.append(identity)
            if identity == self.strikes:
                self.struck = request
            if self.struck is request and self.way in BEFORE:
                self._kill()
                return BEFORE[self.way]
            self._may_die(identity, "killed before")
            if writes(request):
                self.written.append(identity)
                self._may_die(identity, "killed after")
        answer = self.versions.performed(request) if self.versions else None
        return self.after(request, answer) if answer else None

    def _may_die(self, identity: Identity, way: str) -> None:
        """Keep each request at which a process that dies leaves what none before it left: of AWS, and in files."""
        left = repr((len(self.written), self.look()))
        if left not in self._dead:
            self._dead.add(left)
            self.deaths.append((identity, way))

    def after(self, request: Request, answer: Answer) -> Answer:
        """Lose the answer where the request is the one that fails after."""
        if self.struck is not request or self.way not in (*AFTER, AGAIN):
            return self.versions.told(request, answer) if self.versions else answer
        self._kill()
        return NO_ANSWER

    def _told(self, request: Request) -> str:
        text = f"{request.action or request.method} {request.path} {request.body.decode('latin-1')}"
        return without_names(text, self.account)

    def _kill(self) -> None:
        if self.way.startswith("killed"):
            os.kill(self.process, signal.SIGKILL)


def writes(request: Request) -> bool:
    """Say whether the request may change AWS."""
    return not request.action.startswith(READS) if request.action else request.method not in {"GET", "HEAD"}


def without_names(text: str, account: str) -> str:
    """Return text without what differs from run to run: the account and its documents, keys, secrets and times."""
    text = text.replace(account, "ACCOUNT")
    text = re.sub(r"(aws_secret_access_key\s*=\s*).*", r"\1SECRET", text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "FINGERPRINT", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)\d\dZ", "TIME", text)
    return re.sub(r"AKIA\w+", "KEY", text)


@contextlib.contextmanager
def sabotage(endpoint: str, saboteur: Saboteur) -> Iterator[str]:
    """Give the URL at which one request fails."""
    with proxy(endpoint, saboteur.before, saboteur.after) as url:
        yield url


def in_child(work: Callable[[], object], saboteur: Saboteur) -> None:
    """Do ``work`` in a process of its own, which the saboteur may kill. Raises `TimeoutError` when it hangs."""
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready, 1)
        try:
            work()
        finally:
            os._exit(0)
    saboteur.process = child
    os.write(go, b".")
    os.close(ready)
    os.close(go)
    deadline = time.monotonic() + LIMIT
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise TimeoutError("the process hangs")
        time.sleep(0.003)


def faults(undisturbed: Saboteur) -> Iterator[tuple[Identity, str]]:
    """Yield each request with each way in which it fails: before, by an error or by a denial; after, unheard.

    What is denied is a reading, after which some go on without it. An answer is asked for again where the first request wrote. A
    process is killed wherever its death leaves something else than one before.
    """
    for identity in undisturbed.seen:
        yield identity, "answer lost"
        if identity in undisturbed.written:
            yield identity, "error before"
            yield identity, AGAIN
        else:
            yield identity, "denied"
    yield from undisturbed.deaths
