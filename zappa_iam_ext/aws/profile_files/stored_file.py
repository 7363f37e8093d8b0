"""One of the two files of profiles: read, changed in one step, and asked beforehand whether it can be."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from zappa_iam_ext.aws.ini_reading import require_text
from zappa_iam_ext.aws.profile_files import in_place
from zappa_iam_ext.aws.profile_files.exchange import read_all, replace, settled_content
from zappa_iam_ext.aws.profile_files.locking import locked, shared
from zappa_iam_ext.aws.secret import without_frames
from zappa_iam_ext.errors import CredentialsFileError

SETTLING = 5.0
"""Seconds to wait for another program that is just writing the file."""
_IN_THE_WAY = frozenset({errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS})
"""Why a file cannot be replaced, although it can perhaps be written where it lies."""
_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file by its name, the variable that names another one, and whether it is secret: mode 0600."""

    path: Path
    variable: str
    secret: bool = False

    @property
    def target(self) -> Path:
        """The file itself: symbolic links stay, what they lead to is changed."""
        return Path(os.path.realpath(self.path))

    @without_frames
    def text(self) -> str:
        """Return the text with its line endings, empty when there is no file; it must be readable by botocore.

        What a write of ours left that was cut short is read as what was to be. Raises `CredentialsFileError`.
        """
        with self._failing():
            target = self.target
            try:
                handle = os.open(target, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            except FileNotFoundError:
                return ""
            try:
                with shared(handle):
                    content = in_place.recovered(target, read_all(handle))
            finally:
                os.close(handle)
            return self._decoded(content)

    @without_frames
    def change(self, edit: Callable[[str], str]) -> bool:
        """Replace the text by what ``edit`` makes of it; return whether it had to change.

        ``edit`` is called again when another program changed the file meanwhile; what it raises leaves the file as it
        is. Raises `CredentialsFileError`, with the file intact, when it cannot be written.
        """
        with self._failing():
            _make_folder(self.target.parent)
            deadline = time.monotonic() + SETTLING
            while True:
                with contextlib.suppress(FileNotFoundError):  # removed by another program between two steps
                    changed = self._try(edit)
                    if changed is not None:
                        return changed
                if time.monotonic() > deadline:
                    raise CredentialsFileError(
                        f"{self.path} is being written by another program",
                        hint="Try again when that is done.",
                    )
                time.sleep(0.01 + 0.02 * random.random())  # noqa: S311  -- waiting, no secret

    def seems_writable(self) -> bool:
        """Say whether it looks as if the file could be written; nothing is tried."""
        target = self.target
        if target.exists():
            return (
                target.is_file() and bool(target.stat().st_mode & stat.S_IWUSR) and os.access(target, os.W_OK)
            )
        folder = _existing(target.parent)
        return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)

    @without_frames
    def check_writable(self) -> None:
        """Raise `CredentialsFileError` unless the file can be written, with room for more; leaves nothing behind."""
        target = self.target
        size = len(self.text().encode()) + 1024
        with self._failing():
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
            with contextlib.suppress(FileNotFoundError):  # removed by another program between two steps
                if target.exists():
                    _require_write_bit(target)
                    os.close(os.open(target, os.O_RDWR))
            if _must_stay(target):
                in_place.check_room(target, size)
                return
            try:
                probe = _beside(_existing(target.parent), target.name, b"\n" * size)
                probe.unlink(missing_ok=True)  # the holder of the lock sweeps such files away
            except OSError as error:
                if error.errno not in _IN_THE_WAY or not target.exists():
                    raise
                in_place.check_room(target, size)

    def _try(self, edit: Callable[[str], str]) -> bool | None:
        """Change the file once; None when another program changed it meanwhile, or is just doing so."""
        target = self.target
        with locked(target) as held:
            in_place.complete(target)
            _sweep(target)
            before = settled_content(target)
            if before is None:
                return None
            text = self._decoded(before)
            after = edit(text)
            if after == text:
                self._restrict(target)
                return False
            _require_write_bit(target)
            return self._store(target, before, after.encode(), made=held.made) or None

    def _store(self, target: Path, before: bytes, after: bytes, *, made: bool) -> bool:
        if not _must_stay(target):
            try:
                new = _beside(target.parent, target.name, after)
                if _same_owner(new, target, self._mode(target), made=made):
                    done = replace(new, target, before)
                    _sync_folder(target.parent)
                    return done
                new.unlink()
            except OSError as error:
                if error.errno not in _IN_THE_WAY:
                    raise
        with contextlib.suppress(OSError):
            self._restrict(target)  # before the secret is in it
        return in_place.overwrite(target, before, after)

    def _mode(self, target: Path) -> int:
        """Return the mode of the new file: never wider than the old one's, and 0600 where secrets are."""
        mode = stat.S_IMODE(target.stat().st_mode)
        return mode & 0o600 if self.secret else mode

    def _restrict(self, target: Path) -> None:
        if self._mode(target) != stat.S_IMODE(target.stat().st_mode):
            target.chmod(self._mode(target))

    def _decoded(self, content: bytes) -> str:
        return require_text(self.path, content)

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CredentialsFileError(
                f"{self.path} cannot be read or written: {error.strerror or type(error).__name__}",
                hint=f"Point {self.variable} to a file that you may write, or mend its permissions.",
            ) from None


def _require_write_bit(target: Path) -> None:
    """Refuse what its owner marked as read-only, also for root, who could write it all the same."""
    if not target.stat().st_mode & stat.S_IWUSR:
        raise PermissionError(errno.EACCES, "it is marked as read-only", str(target))


def _must_stay(target: Path) -> bool:
    """Whether another file must not take its place: it is mounted by itself, or has further hard links."""
    with contextlib.suppress(OSError):
        if target.stat().st_nlink > 1:
            return True
    try:
        mounts = _MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return False
    escaped = (
        str(target).replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011").replace("\n", "\\012")
    )
    return any(line.split(" ", 5)[4:5] == [escaped] for line in mounts.splitlines())


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _make_folder(folder: Path) -> None:
    """Make a folder of mode 0700, which belongs to whom the folder around it does (root may act for a user)."""
    if folder.exists():
        return
    around = _existing(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for made in (folder, *folder.parents):
        if made == around:
            break
        _give(made, around.stat())


def _beside(folder: Path, name: str, content: bytes) -> Path:
    """Write a new file of mode 0600 into ``folder``, down to the disk; it is gone when that fails."""
    handle, made = tempfile.mkstemp(dir=folder, prefix=f".{name}.zappa-iam-", suffix=".new")
    try:
        in_place.write_all(handle, content, 0)
        os.fsync(handle)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    return Path(made)


def _same_owner(new: Path, target: Path, mode: int, *, made: bool) -> bool:
    """Give the new file the owner, the group and the mode of the old one; False when that is not allowed.

    A file that was just ``made`` gets the owner of its folder, when root acts for somebody else.
    """
    new.chmod(mode)
    if made:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            _give(new, target.parent.stat())
        return True
    return _give(new, target.stat())


def _give(path: Path, owner: os.stat_result) -> bool:
    mine = path.stat()
    if (mine.st_uid, mine.st_gid) == (owner.st_uid, owner.st_gid) or not hasattr(os, "chown"):
        return True
    try:
        os.chown(path, owner.st_uid, owner.st_gid)
    except OSError:
        return (
            mine.st_uid == owner.st_uid
        )  # another group of the same user: mode 0600 lets the group in nowhere
    return True


def _sweep(target: Path) -> None:
    """Remove what writers of ours left that were killed; only the holder of the lock makes such files that count."""
    for left in target.parent.glob(f".{_escaped(target.name)}.zappa-iam-*.new"):
        with contextlib.suppress(OSError):
            left.unlink()


def _escaped(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where folders can be synced (not on Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
