"""A limit of time for all that is asked of AWS together."""

from __future__ import annotations

import time
from collections.abc import Callable

from zappa_iam_ext.errors import TimeLimitReached

TIME_LIMIT = 30.0
"""Seconds that all questions of a check may take together, unless somebody says otherwise."""
_LONGEST = 1e6
"""More than anybody waits, and not more than a thread can."""


class Deadline:
    """A moment after which nobody waits for an answer any more."""

    def __init__(self, seconds: float = TIME_LIMIT, clock: Callable[[], float] = time.monotonic) -> None:
        """Let it be so many seconds from now."""
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + min(seconds, _LONGEST)

    @property
    def left(self) -> float:
        """The seconds that are left, at least 0."""
        return max(0.0, self._end - self._clock())

    def half(self) -> Deadline:
        """Return the moment when half of what is left will be over: what hangs must not take the time of what follows."""
        return Deadline(self.left / 2, self._clock)

    def passed(self) -> TimeLimitReached:
        """Return the error that says that the time is up."""
        return TimeLimitReached(
            f"AWS did not answer within {self.seconds:.3g} seconds",
            hint="Try again in a minute, or give more time with `--timeout`.",
        )
