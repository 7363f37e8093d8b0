"""Asks AWS independent questions together: a bounded pool of threads, one time limit for all, patience with a busy AWS.

Only for calls that change nothing: a call that fails on the way is made again.
"""

from __future__ import annotations

import itertools
import queue
import random
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from botocore import exceptions as boto
from botocore.config import Config
from botocore.exceptions import ClientError

from zappa_iam_ext.aws.asking.deadline import TIME_LIMIT, Deadline
from zappa_iam_ext.aws.errors import THROTTLED, code_of

__all__ = ["LIMIT", "TIME_LIMIT", "Deadline", "ask", "asking_config", "together"]
T = TypeVar("T")

LIMIT = 50
"""So many questions are on their way at once. A client that asks them needs as many connections: `asking_config`."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_ATTEMPTS_ON_THE_WAY = 3
_CONNECT, _READ = 5.0, 15.0
"""Seconds that one attempt may wait for a connection and for an answer."""
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429
_ON_THE_WAY = (boto.HTTPClientError, boto.ConnectionError)


def asking_config(seconds: float = TIME_LIMIT) -> Config:
    """Return the botocore Config of a client whose questions go through `together`.

    It holds a connection for each of them, waits no longer than the time limit for one answer, and leaves trying again
    to `together`, which knows the limit.
    """
    return Config(
        max_pool_connections=LIMIT,
        connect_timeout=max(0.1, min(seconds, _CONNECT)),
        read_timeout=max(0.1, min(seconds, _READ)),
        retries={"total_max_attempts": 1, "mode": "standard"},
    )


def together(
    calls: Sequence[Callable[[], T]], deadline: Deadline, *, limit: int = LIMIT
) -> tuple[T | Exception, ...]:
    """Return the answer of each call, or the exception that it ended with, in the order of the calls.

    At most ``limit`` are made at a time. Calls that AWS is too busy for are made again until the time is up; those that
    fail on the way, a few times. What is not answered in time is `TimeLimitReached`; nobody waits for it any more.
    """
    if not deadline.left:
        return tuple(deadline.passed() for _ in calls)
    waiting = queue.SimpleQueue[tuple[int, Callable[[], T]]]()
    for numbered in enumerate(calls):
        waiting.put(numbered)
    done = queue.SimpleQueue[tuple[int, T | Exception]]()
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            try:
                number, call = waiting.get_nowait()
            except queue.Empty:
                return
            done.put((number, _patiently(call, deadline, over)))

    found: dict[int, T | Exception] = {}
    try:
        for _ in range(min(limit, len(calls))):
            threading.Thread(target=work, name="zappa-iam-asking", daemon=True).start()
        while len(found) < len(calls):
            number, answer = done.get(timeout=max(deadline.left, 1e-3))
            found[number] = answer
    except queue.Empty:
        pass
    finally:
        over.set()
    return tuple(found[number] if number in found else deadline.passed() for number in range(len(calls)))


def ask(call: Callable[[], T], deadline: Deadline) -> T:
    """Return the answer of one call, as `together` asks for it; raise what it ended with."""
    (answer,) = together((call,), deadline)
    if isinstance(answer, Exception):
        raise answer
    return answer


def _patiently(call: Callable[[], T], deadline: Deadline, over: threading.Event) -> T | Exception:
    """Return the answer, or the error of the last attempt that there was time for."""
    for attempt in itertools.count(1):
        try:
            return call()
        except Exception as error:  # noqa: BLE001  -- it is handed to whoever asked
            pause = _pause(error, attempt)
            if pause is None or pause >= deadline.left or over.wait(pause):
                return error
    raise AssertionError("there is always another attempt")  # pragma: no cover


def _pause(error: Exception, attempt: int) -> float | None:
    """Return the seconds to wait before the next attempt, with jitter; None where another is of no use."""
    busy = _is_busy(error)
    if not busy and not (isinstance(error, _ON_THE_WAY) and attempt < _ATTEMPTS_ON_THE_WAY):
        return None
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(attempt - 1, 10)))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  -- jitter, no secret


def _is_busy(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return False
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in THROTTLED or status >= _SERVER_ERROR or status == _TOO_MANY_REQUESTS
