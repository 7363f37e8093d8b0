"""One writer of a file at a time, among all processes and threads of ours.

The lock is ``flock`` on the file itself: it lies in no folder, works in a read-only one, is shared by a file that is
mounted twice, and dies with its process. A writer that replaces the file takes the name away from the locked one, so
whoever got the lock looks whether the name still leads there. Where there is no ``flock`` (Windows, some network
file systems), a lock file beside it serves; one that nobody renews is taken for left behind.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zappa_iam_ext.errors import CredentialsFileError

fcntl: Any = importlib.import_module("fcntl") if importlib.util.find_spec("fcntl") else None

TIMEOUT = 30.0
"""Seconds to wait for another writer. One writes for some milliseconds."""
READING = 5.0
"""Seconds to wait for a writer before a file is read."""
STALE = 60.0
"""Seconds after which a lock file is taken for left behind by a process that died."""
_POLL = 0.01
_NO_FLOCK = frozenset(
    {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EBADF}
)
_READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@dataclass(frozen=True, slots=True)
class Held:
    """The lock on a file, and whether the file was made, empty, to hold it."""

    made: bool = False


@contextlib.contextmanager
def locked(target: Path, timeout: float | None = None) -> Iterator[Held]:
    """Hold the lock of ``target``, a file without links in its name; make it, empty, where it is missing.

    A file that was made and is still empty at the end is removed again. Raises `CredentialsFileError` when another
    writer keeps the lock for ``timeout`` seconds, and `OSError` when the file cannot be opened or made.
    """
    deadline = time.monotonic() + (TIMEOUT if timeout is None else timeout)
    handle, held = _acquire(target, deadline)
    beside = _lock_file(target, deadline) if handle is None else None
    try:
        yield held
    finally:
        if held.made:
            _remove_if_empty(target)
        if handle is not None:
            os.close(handle)
        if beside is not None:
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def shared(handle: int) -> Iterator[None]:
    """Let no writer of ours write an open file in its place while it is read; after some seconds go on without."""
    deadline = time.monotonic() + READING
    with contextlib.suppress(OSError):
        while _flock(handle, exclusive=False) is False and time.monotonic() < deadline:
            time.sleep(_POLL)
    yield


def _acquire(target: Path, deadline: float) -> tuple[int | None, Held]:
    while True:
        handle, made = _opened(target)
        try:
            got = _flock(handle)
            if got and _still_named(target, handle):
                return handle, Held(made)
        except OSError as error:
            os.close(handle)
            if error.errno not in _NO_FLOCK:
                raise
            return None, Held(made)
        os.close(handle)
        if got is None:
            return None, Held(made)
        if not got:
            _wait(target, deadline)


def _opened(target: Path) -> tuple[int, bool]:
    while True:
        try:
            return os.open(target, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)), False
        except FileNotFoundError:
            with contextlib.suppress(FileExistsError):
                flags = os.O_RDONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
                return os.open(target, flags, 0o600), True


def _flock(handle: int, *, exclusive: bool = True) -> bool | None:
    """Say whether the lock was got; None where the system has none."""
    if fcntl is None:  # pragma: no cover  -- Windows
        return None
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _still_named(target: Path, handle: int) -> bool:
    try:
        return os.path.samestat(target.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _lock_file(target: Path, deadline: float) -> Path | None:
    path = target.with_name(f".{target.name}.zappa-iam.lock")
    while True:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            if not _took_away(path):
                _wait(target, deadline)
        except OSError as error:
            if error.errno in _READ_ONLY:
                return None  # the file is changed in place, and each writer looks again before it writes
            raise
        else:
            return path


def _took_away(path: Path) -> bool:
    """Remove a lock file that was left behind; one that somebody else made meanwhile is put back."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.{random.getrandbits(32):08x}")
    with contextlib.suppress(FileNotFoundError):
        if time.time() - path.stat().st_mtime < STALE:
            return False
        path.rename(aside)
        if time.time() - aside.stat().st_mtime < STALE:
            with contextlib.suppress(OSError):
                os.link(aside, path)
        aside.unlink()
    return True


def _wait(target: Path, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise CredentialsFileError(
            f"{target} is locked by another process",
            hint="Wait until that is done, or end it; then try again.",
        )
    time.sleep(_POLL * (0.5 + random.random()))  # noqa: S311  -- waiting, no secret


def _remove_if_empty(target: Path) -> None:
    with contextlib.suppress(OSError):
        if target.stat().st_size == 0:
            target.unlink()
