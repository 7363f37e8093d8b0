"""Ctrl-C and SIGTERM as an exception, wherever they arrive. Imports next to nothing: it is there before all else is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `KeyboardInterrupt` for SIGINT and SIGTERM within the block, and leave them afterwards as they were.

    Python heeds no SIGINT in a process that was started with it ignored, as a shell starts jobs in the background; this does.
    Outside of the main thread signals never arrive, and nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = heed_interrupts()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def heed_interrupts() -> dict[int, Any]:
    """Raise `KeyboardInterrupt` for SIGINT and SIGTERM from now on; return the handlers there were. For the main thread."""
    return {number: signal.signal(number, _interrupt) for number in _NUMBERS}


def ignore_interrupts() -> None:
    """Let no signal change what a process ends with that is about to end; for the main thread."""
    for number in _NUMBERS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
