"""Replacing a file so that nothing another program writes meanwhile is lost.

The new file and the old one exchange their names in one step, where the system can. What is then found under the
temporary name is what was really replaced: when it is not what was read, or another program still has it open for
writing, the names are exchanged back.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib.util
import os
import signal
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

fcntl: Any = importlib.import_module("fcntl") if importlib.util.find_spec("fcntl") else None

_EXCHANGE = 2
"""``RENAME_EXCHANGE`` of renameat2(2), and ``RENAME_SWAP`` of renamex_np(2)."""
_AT_FDCWD = -100


def settled_content(path: Path) -> bytes | None:
    """Return what the file holds, None while another program has it open for writing.

    Linux tells that by a lease (fcntl(2), F_SETLEASE); elsewhere, and on files of others, it is not known.
    Raises `OSError`.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        leased = _lease(handle)
        if leased is False:
            return None
        content = read_all(handle)
        if leased and fcntl.fcntl(handle, fcntl.F_GETLEASE) != fcntl.F_RDLCK:
            return None  # somebody is just opening it
        return content
    finally:
        os.close(handle)


def read_all(handle: int) -> bytes:
    """Return what an open file holds from its beginning."""
    parts, offset = [], 0
    while part := os.pread(handle, 1 << 20, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


def _lease(handle: int) -> bool | None:
    """Take a read lease: False when somebody writes, None where the system tells nothing."""
    if fcntl is None or not hasattr(fcntl, "F_SETLEASE"):  # pragma: no cover  -- not Linux
        return None
    try:
        fcntl.fcntl(
            handle, fcntl.F_SETSIG, signal.SIGURG
        )  # that signal is ignored; SIGIO would end the process
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return False if error.errno == errno.EAGAIN else None
    return True


def replace(new: Path, target: Path, before: bytes) -> bool:
    """Put ``new`` in the place of ``target``, if that holds ``before``; return whether it did.

    ``new`` is gone afterwards, whatever happens. Raises `OSError` when it cannot be renamed, with ``target`` as it was.
    """
    try:
        after = new.read_bytes()
        unchanged = settled_content(target) == before
        exchanged = unchanged and _exchanged(new, target)
        if unchanged and not exchanged:
            new.replace(target)
            return True
    except OSError:
        new.unlink(missing_ok=True)
        raise
    if exchanged and settled_content(new) != before:
        _give_back(new, target, after)
        unchanged = False
    new.unlink()
    return unchanged


def _give_back(new: Path, target: Path, after: bytes) -> None:
    """Undo an exchange: what somebody wrote between the look and the exchange goes back to its place.

    What comes out then is ours, unless somebody wrote once more: the later of the two stays.
    """
    again = _exchanged(new, target) and (settled_content(new) == after or _exchanged(new, target))
    if not again:
        kept = target.with_name(f"{target.name}.displaced-{os.getpid()}")
        new.replace(kept)
        raise OSError(errno.EIO, f"it was changed meanwhile, what it held is in {kept}")


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system cannot. Raises `OSError` for a mount point."""
    call = _system_call()
    if call is None:  # pragma: no cover  -- neither Linux nor macOS
        return False
    if call(os.fsencode(one), os.fsencode(other)) == 0:
        return True
    number = ctypes.get_errno()
    if number in {errno.EBUSY, errno.EXDEV}:
        raise OSError(number, os.strerror(number), str(other))
    return False


@lru_cache(maxsize=1)
def _system_call() -> Any:
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":  # pragma: no cover
            return lambda one, other: libc.renamex_np(one, other, _EXCHANGE)
        renameat2 = libc.renameat2
        return lambda one, other: renameat2(_AT_FDCWD, one, _AT_FDCWD, other, _EXCHANGE)
    return None  # pragma: no cover
