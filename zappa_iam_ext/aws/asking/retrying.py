"""Retries of IAM calls: what was just created is visible everywhere only after some seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.errors import code_of

T = TypeVar("T")

DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
"""Seconds to wait between attempts: about 24 in all, what IAM's changes usually need to spread."""

NOT_YET_VISIBLE = frozenset({"NoSuchEntity"})
NOT_YET_ACCEPTED = frozenset({"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException"})
BUSY = frozenset(
    {"ConcurrentModification", "ConcurrentModificationException", "EntityTemporarilyUnmodifiable"}
)


def retry(call: Callable[[], T], codes: frozenset[str], sleep: Callable[[float], None]) -> T:
    """Return what ``call`` returns, trying again while it fails with one of ``codes``.

    The last failure is raised as it is.
    """
    for delay in _delays():
        try:
            return call()
        except ClientError as error:
            if code_of(error) not in codes or delay is None:
                raise
            sleep(delay)
    raise AssertionError("the last attempt either returns or raises")  # pragma: no cover


def _delays() -> Iterator[float | None]:
    yield from DELAYS
    yield None
