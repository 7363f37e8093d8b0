"""Independent questions together: in order, bounded, within the limit, patient with a busy AWS."""

from __future__ import annotations

import threading
import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from zappa_iam_ext.aws.asking import together as module
from zappa_iam_ext.aws.asking.together import Deadline, ask, asking_config, together
from zappa_iam_ext.errors import TimeLimitReached


def client_error(code="Throttling", status=400):
    answer = {"Error": {"Code": code, "Message": "told"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetUser")


class Failing:
    """Fails with these errors, one a call, then answers."""

    def __init__(self, *errors):
        self.errors, self.calls = list(errors), 0

    def __call__(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(module, "_LONGEST_PAUSE", 0.002)


def test_answers_come_in_the_order_of_the_questions():
    slow_first = [lambda n=n: (time.sleep(0.02 if n == 0 else 0), n)[1] for n in range(20)]
    assert together(slow_first, Deadline()) == tuple(range(20))


def test_no_question_no_answer():
    assert together((), Deadline()) == ()


def test_they_wait_together_and_no_more_than_the_limit_at_a_time():
    now, most, lock = 0, 0, threading.Lock()
    all_there = threading.Barrier(5)

    def call():
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        all_there.wait(10)  # five must be on their way at once, or this breaks
        with lock:
            now -= 1

    assert together([call] * 20, Deadline(), limit=5) == (None,) * 20
    assert most == 5


def test_an_exception_is_an_answer_and_spoils_no_other():
    def broken():
        raise KeyError("Arn")

    first, second = together([broken, lambda: 2], Deadline())
    assert isinstance(first, KeyError)
    assert second == 2


@pytest.mark.parametrize(
    ("errors", "calls"),
    [
        pytest.param([client_error()] * 6, 7, id="throttled: as long as there is time"),
        pytest.param([client_error("Slow", 429)], 2, id="too many requests, by status"),
        pytest.param([client_error("502", 502)] * 5, 6, id="an error of the server"),
        pytest.param([ConnectionClosedError(endpoint_url="x")] * 2, 3, id="a dropped connection"),
        pytest.param([ReadTimeoutError(endpoint_url="x")] * 2, 3, id="a time-out"),
        pytest.param([EndpointConnectionError(endpoint_url="x")] * 2, 3, id="nobody there"),
    ],
)
def test_it_is_asked_again(errors, calls):
    call = Failing(*errors)
    assert ask(call, Deadline()) == "answer"
    assert call.calls == calls


@pytest.mark.parametrize(
    ("errors", "calls"),
    [
        pytest.param([client_error("AccessDenied", 403)], 1, id="a denial is an answer"),
        pytest.param([ValueError("no JSON")], 1, id="nonsense is not asked again"),
        pytest.param(
            [ConnectionClosedError(endpoint_url="x")] * 9, 3, id="a dropped connection, three times"
        ),
    ],
)
def test_it_is_not_asked_again(errors, calls):
    call = Failing(*errors)
    with pytest.raises(type(errors[0])):
        ask(call, Deadline())
    assert call.calls == calls


def test_throttled_to_the_end_the_reason_is_told_and_the_limit_kept(monkeypatch):
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(module, "_LONGEST_PAUSE", 0.05)
    start = time.monotonic()
    (found,) = together([Failing(*[client_error()] * 1000)], Deadline(0.3))
    assert isinstance(found, ClientError)
    assert time.monotonic() - start < 5  # a busy machine; the limit is 0.3


def test_what_never_answers_is_not_waited_for():
    never = threading.Event()
    try:
        start = time.monotonic()
        answers = together([never.wait, lambda: 1, never.wait], Deadline(0.2), limit=2)
        assert time.monotonic() - start < 5
    finally:
        never.set()
    assert [type(answer) for answer in answers] == [TimeLimitReached, int, TimeLimitReached]
    assert "0.2 seconds" in str(answers[0])


def test_nothing_is_asked_after_the_time_is_up():
    asked = []
    never = threading.Event()
    together([never.wait, lambda: asked.append(1)], Deadline(0.05), limit=1)
    never.set()
    time.sleep(0.05)
    assert asked == []


def test_a_client_has_a_connection_for_each_question_and_leaves_trying_again_to_us():
    config = asking_config(2)
    assert config.max_pool_connections == module.LIMIT
    assert (config.connect_timeout, config.read_timeout) == (2, 2)
    assert config.retries["total_max_attempts"] == 1
