"""A file written in one step: whole, or as it was."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write ``content`` over what the file held; a link stays a link, a device or a pipe is written to.

    What readers of a folder may read they may read of a new file, too; an old one keeps its mode; ``private`` lets its owner
    alone read it. Raises `OSError`, with the file as it was and nothing beside it.
    """
    if is_special(path):
        path.write_bytes(content)
        return
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        Path(name).chmod(0o600 if private else _mode(target))
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def is_special(path: Path) -> bool:
    """Say whether it is there and no file: a device such as /dev/stdout, or a named pipe."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _mode(path: Path) -> int:
    """Return the mode of the file that is replaced, else what a new file gets."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        umask = os.umask(0o077)
        os.umask(umask)
        return 0o666 & ~umask
