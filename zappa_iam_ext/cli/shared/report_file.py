"""A report or a document written to the file of ``--output`` in one step: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.whole_file import is_special, write_whole

STDOUT = "-"
_OPTION = "Name another file (`--output`), or `-` for stdout."


def require_writable(value: str, what: str = "report") -> None:
    """Refuse a file that cannot be written, before anything is asked: a report may take minutes. Raises `ZappaIamError`."""
    if value == STDOUT:
        return
    path = Path(value)
    folder = Path(os.path.realpath(path)).parent
    if path.is_dir():
        raise _refused(path, "it is a folder", what)
    if not folder.is_dir():
        raise _refused(path, f"there is no folder {folder}", what)
    if not os.access(path if is_special(path) else folder, os.W_OK):
        raise _refused(path, "permission denied", what)


def write_output(path: Path, text: str, what: str = "report") -> None:
    """Write what was found over whatever the file held, in one step; a link stays a link, a device or a pipe is written to.

    What readers of a folder may read they may read of a new file, too; an old one keeps its mode. Raises `ZappaIamError`.
    """
    content = f"{text}\n".encode("utf-8", "backslashreplace")
    try:
        write_whole(path, content)
    except OSError as error:
        raise _refused(path, str(error.strerror), what) from error


def _refused(path: Path, why: str, what: str) -> ZappaIamError:
    return ZappaIamError(f"the {what} cannot be written to {path}: {why}", hint=_OPTION)
