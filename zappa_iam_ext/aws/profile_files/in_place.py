"""Writing a file where it lies, with a recovery copy: for files that no other file can take the place of.

That is a file mounted by itself, one with further hard links, one of somebody else's, or one in a folder that may not
be written to. The steps are such that a process that ends between any two of them leaves what was there or what was
to be, with empty lines at the end at most: first the file grows by empty lines, then everything is written at once,
then what is too long is cut off. What a power failure mixes is told by the recovery copy, which holds both texts; the
next of us that writes the file completes it, and one that only reads takes the new text for what it holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from zappa_iam_ext.aws.profile_files.exchange import settled_content

_MAGIC = b"zappa-iam-ext recovery copy\n"
_MODE = 0o600


def overwrite(target: Path, before: bytes, after: bytes) -> bool:
    """Write ``after`` over ``before`` in ``target``; return False, with nothing changed, when it holds something else.

    Raises `OSError`, with ``before`` in its place, when there is no room or the file cannot be written.
    """
    copy = _keep(target, before, after)
    if settled_content(target) != before:
        copy.unlink()
        return False
    handle = os.open(target, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    try:
        try:
            _write(handle, before, after)
        except OSError:
            _put_back(handle, before)
            copy.unlink()
            raise
    finally:
        os.close(handle)
    copy.unlink()
    return True


def recovered(target: Path, content: bytes) -> bytes:
    """Return what ``target`` is to hold when it holds ``content``: the same, unless a write of ours was cut short."""
    for copy in recovery_copies(target):
        texts = _texts(copy)
        if texts is not None:
            return _settled(content, *texts)
    return content


def complete(target: Path) -> None:
    """Finish a write that was cut short, and remove the recovery copy. Raises `OSError`."""
    for copy in recovery_copies(target):
        texts = _texts(copy)
        if texts is not None:
            content = settled_content(target)
            if content is None:
                return  # somebody is just writing it
            wanted = _settled(content, *texts)
            if wanted != content:
                handle = os.open(target, os.O_RDWR)
                try:
                    _write(handle, content, wanted)
                finally:
                    os.close(handle)
        copy.unlink()


def recovery_copies(target: Path) -> Iterator[Path]:
    """Yield the recovery copies of ``target`` that there are, of this user."""
    for path in _places(target):
        with contextlib.suppress(OSError):
            if path.lstat().st_uid in {_user(), target.stat().st_uid}:
                yield path


def check_room(target: Path, size: int) -> None:
    """Raise `OSError` unless a recovery copy of ``size`` bytes could be kept."""
    _keep(target, b"", b"\n" * size).unlink()


def _write(handle: int, before: bytes, after: bytes) -> None:
    """Grow by empty lines, write at once, cut off."""
    if len(after) > len(before):
        write_all(handle, b"\n" * (len(after) - len(before)), len(before))
        os.fsync(handle)
    write_all(handle, after.ljust(max(len(before), len(after)), b"\n"), 0)
    os.ftruncate(handle, len(after))
    os.fsync(handle)


def _put_back(handle: int, before: bytes) -> None:
    write_all(handle, before, 0)
    os.ftruncate(handle, len(before))
    os.fsync(handle)


def write_all(handle: int, content: bytes, offset: int) -> None:
    """Write all of ``content`` into an open file. Raises `OSError`."""
    while content:
        written = os.pwrite(handle, content, offset)
        content, offset = content[written:], offset + written


def _settled(content: bytes, before: bytes, after: bytes) -> bytes:
    for text in (before, after):
        if content.rstrip(b"\n") == text.rstrip(b"\n"):
            return text
    return after if _mixed(content, before, after) else content


def _mixed(content: bytes, before: bytes, after: bytes) -> bool:
    """Whether each byte is that of the one text or of the other: what a write that was cut short leaves."""
    size = max(len(before), len(after))
    if not min(len(before), len(after)) <= len(content) <= size:
        return False
    return all(
        byte in pair
        for byte, *pair in zip(content, before.ljust(size, b"\n"), after.ljust(size, b"\n"), strict=False)
    )


def _keep(target: Path, before: bytes, after: bytes) -> Path:
    """Write the recovery copy to the first place that takes one; raise the `OSError` of the first when none does."""
    digest = hashlib.sha256(before + after).hexdigest()
    header = json.dumps({"before": len(before), "after": len(after), "sha256": digest}).encode()
    failures: list[OSError] = []
    for path in _places(target):
        try:
            _store(path, _MAGIC + header + b"\n" + before + after)
        except OSError as error:
            failures.append(error)
        else:
            return path
    raise failures[0]


def _store(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = path.parent.lstat()
    if not path.name.startswith(".") and (folder.st_uid != _user() or folder.st_mode & 0o022):
        raise PermissionError(f"{path.parent} belongs to somebody else")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), _MODE)
    try:
        write_all(handle, content, 0)
        os.fsync(handle)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _texts(copy: Path) -> tuple[bytes, bytes] | None:
    """Return what was there and what was to be; None when the copy itself was cut short: nothing was changed then."""
    with contextlib.suppress(ValueError, KeyError, TypeError, PermissionError):
        content = copy.read_bytes()
        head, _, body = content.removeprefix(_MAGIC).partition(b"\n")
        facts = json.loads(head)
        sound = hashlib.sha256(body).hexdigest() == facts["sha256"]
        if sound and len(body) == facts["before"] + facts["after"]:
            return body[: facts["before"]], body[facts["before"] :]
    return None


def _places(target: Path) -> Iterator[Path]:
    """Where a recovery copy may lie: beside the file, with the user's own data, with what is temporary."""
    yield target.with_name(f".{target.name}.zappa-iam-recovery")
    name = f"{target.name}-{hashlib.sha256(os.fsencode(target)).hexdigest()[:16]}.recovery"
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")  # noqa: PTH111
    yield Path(state, "zappa-iam-ext", name)
    yield Path(os.environ.get("TMPDIR") or "/tmp", f"zappa-iam-ext-{_user()}", name)  # noqa: S108  -- a folder of mode 0700


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0
