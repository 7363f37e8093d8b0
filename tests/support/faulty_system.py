"""A process that writes a profile and is killed, or refused, at its n-th system call that changes files.

The writer makes those calls through ``os`` and one function of its own, and so a table of names reaches all of them.
As a module it is a program: ``python -m tests.support.faulty_system CREDENTIALS CONFIG PROFILE KEY_ID SECRET``.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from zappa_iam_ext.aws.profile_files import ProfileFiles, exchange
from zappa_iam_ext.aws.secret import AccessKey, Secret
from zappa_iam_ext.errors import CredentialsFileError, ZappaIamError

CALLS = (
    "open", "write", "pwrite", "fsync", "ftruncate", "replace", "rename", "link", "unlink", "chmod", "fchmod",
    "chown", "mkdir", "close",
)  # fmt: skip
DONE, REFUSED, FEWER, BROKEN = 0, 3, 4, 5
"""How the process ends: written, refused with an error of ours, not so many calls, anything else."""


class Striking:
    """Counts calls, and kills the process or fails the call at one of them."""

    def __init__(self, at: int, error: int = 0) -> None:
        self.count, self.at, self.error = 0, at, error

    def install(self) -> None:
        """Count all calls of the table from now on, in this process."""
        for name in CALLS:
            setattr(os, name, self._counted(name, getattr(os, name)))
        exchange._exchanged = self._counted("exchange", exchange._exchanged)

    def _counted(self, name, function):
        def counted(*args, **kwargs):
            self.count += 1
            if self.count == self.at and not self.error:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.count == self.at and name != "close":
                raise OSError(self.error, os.strerror(self.error))
            return function(*args, **kwargs)

        return counted


def in_child(work: Callable[[], object], at: int, error: int = 0) -> int:
    """Do ``work`` in a process of its own that is struck at call number ``at``; return how it ended, -9 when killed."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    end, leave = BROKEN, os._exit
    try:
        striking = Striking(at, error)
        striking.install()
        try:
            work()
            end = DONE if striking.count >= at else FEWER
        except CredentialsFileError:
            end = REFUSED
    finally:
        leave(end)
    return end


def refusing(work: Callable[[], object]) -> None:
    """Do ``work``; any error of ours is a refusal."""
    try:
        work()
    except ZappaIamError as error:
        raise CredentialsFileError(str(error)) from None


def real_calls(work: Callable[[], object]) -> Counter[str]:
    """Do ``work`` in a process of its own; return how often it made each of the kernel's calls."""
    with tempfile.NamedTemporaryFile("r") as told:
        if _traced(work, "-o", told.name) != DONE:
            raise RuntimeError("it fails though nothing strikes it")
        return Counter(re.findall(r"^(\w+)\(", told.read(), re.MULTILINE))


def killed_at_real(work: Callable[[], object], call: str, number: int) -> int:
    """Do ``work`` in a process of its own that is killed at its n-th such call of the kernel; return how it ended."""
    return _traced(work, "-o", os.devnull, f"--inject={call}:signal=KILL:when={number}")


def _traced(work: Callable[[], object], *options: str) -> int:
    """Fork, and let strace follow the child from just before ``work``: the interpreter's start is not among its calls."""
    waiting, go = os.pipe()
    child = os.fork()
    if not child:
        _let_anybody_trace()
        os.read(waiting, 1)
        try:
            work()
        except BaseException:  # noqa: BLE001  -- the parent is told by the code
            os._exit(BROKEN)
        os._exit(DONE)
    command = ["strace", "-p", str(child), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        attached = "attached" in (strace.stderr.readline() if strace.stderr else "")
        os.write(go, b".")
        end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(waiting)
    os.close(go)
    if not attached:
        raise RuntimeError("strace cannot follow a process here")
    return end


def _let_anybody_trace() -> None:
    """Allow a process that is no parent of this one to trace it (``PR_SET_PTRACER``), where Yama would refuse."""
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)


def main(credentials: str, config: str, profile: str, key_id: str, secret: str) -> int:
    """Write one key; say why when that is refused."""
    files = ProfileFiles(Path(credentials), Path(config))
    try:
        files.check_writable(profile)
        files.write_key(profile, AccessKey(key_id, Secret(secret)), overwrite=True)
    except CredentialsFileError as refused:
        sys.stdout.write(f"{refused}\n")
        return REFUSED
    return DONE


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
