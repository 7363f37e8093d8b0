"""The standard streams of a process: closed, read by nobody any more, or on a disk that is full."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from zappa_iam_ext.errors import OutputError

_STANDARD = (0, 1, 2)


class Output:
    """A text stream that takes what nobody reads any more; all else that keeps it from being written raises `OutputError`.

    ``must`` is false for a stream that may be lost: then nothing is ever raised.
    """

    def __init__(self, stream: Any, *, must: bool) -> None:
        self._stream = stream
        self._must = must

    def write(self, data: str | bytes) -> int:
        """Write text or bytes; of nothing, with which click tries streams, nothing is written."""
        with self._failures():
            if data or isinstance(data, bytes) is hasattr(self._stream, "encoding"):
                self._stream.write(data)
        return len(data)

    @property
    def buffer(self) -> Output:
        """The bytes behind the text: click writes them itself where the locale is ASCII."""
        return Output(self._stream.buffer, must=self._must)

    def flush(self) -> None:
        """Flush what was written."""
        with self._failures():
            self._stream.flush()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._drop()
            if self._must and not isinstance(error, BrokenPipeError):
                raise OutputError(
                    f"standard output cannot be written: {error.strerror or error}",
                    hint="Is the disk full? Send the output elsewhere.",
                ) from None

    def _drop(self) -> None:
        """Let what is buffered, and all that follows, go nowhere: Python writes it once more at the end."""
        with suppress(OSError, ValueError, AttributeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def patient_streams() -> Iterator[None]:
    """Write through `Output` within the block: stdout must be written or have lost its reader, stderr may be lost."""
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stdout and Output(sys.stdout, must=True)
    sys.stderr = sys.stderr and Output(sys.stderr, must=False)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def open_closed_streams() -> None:
    """Give a process whose standard streams are closed ones that go nowhere: else its next file takes their number."""
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  -- for the process's life
