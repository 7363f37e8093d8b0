"""A file that is written whole or stays as it was: killed and refused at each call, on a full disk, through links."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.support.faulty_system import DONE, FEWER, REFUSED, in_child, killed_at_real, real_calls, refusing
from zappa_iam_ext.cli.shared.provisioning import write_privately
from zappa_iam_ext.cli.shared.report_file import write_output
from zappa_iam_ext.whole_file import write_whole

OLD, NEW = "the old text, which is long enough to be missed\n", "the new text\n"
ALL = "ZAPPA_IAM_EXT_FAULTS" in os.environ
"""Set by `make faults`: the kernel's own calls."""
ERRORS = (0, errno.ENOSPC, errno.EACCES, errno.EIO)
"""Killed, a full disk, refused, broken."""
WRITERS = {
    "a plan": lambda path: write_privately(path, NEW),
    "a report or a policy": lambda path: write_output(path, NEW.rstrip()),
}


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "folder" / "file.json"
    found.parent.mkdir()
    found.write_text(OLD)
    return found


@pytest.mark.parametrize(
    ("writer", "error"), [(writer, error) for writer in WRITERS for error in ERRORS[: None if ALL else 2]]
)
def test_at_each_call_the_file_is_old_or_new(path, writer, error):
    for number in itertools.count(1):
        path.write_text(OLD)
        end = in_child(partial(refusing, partial(WRITERS[writer], path)), number, error)
        if end == FEWER:
            assert number > 3
            break
        assert end == (-signal.SIGKILL if not error else end)
        assert end in {-signal.SIGKILL, REFUSED, DONE}
        assert path.read_text() == (NEW if end == DONE else path.read_text())
        assert path.read_text() in {OLD, NEW}
        assert not error or list(path.parent.iterdir()) == [path], "nothing stays beside it"
    WRITERS[writer](path)
    assert path.read_text() == NEW


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here")
@pytest.mark.skipif(not ALL, reason="`make faults` runs it")
def test_killed_at_each_call_of_the_kernel_the_file_is_old_or_new(path):
    write = partial(write_whole, path, NEW.encode())
    ends = set()
    for call, count in real_calls(write).items():
        for number in range(1, count + 1):
            path.write_text(OLD)
            killed_at_real(write, call, number)
            ends.add(path.read_text())
    assert ends == {OLD, NEW}


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="no mounts here")
@pytest.mark.parametrize("writer", ["zappa_iam_ext.cli.shared.report_file.write_output", "zappa_iam_ext.cli.shared.provisioning.write_privately"])  # fmt: skip
def test_on_a_full_disk_the_old_text_stays(tmp_path, writer):
    disk, module = tmp_path / "disk", writer.rpartition(".")[0]
    disk.mkdir()
    program = f"import pathlib, {module}\n{writer}(pathlib.Path('{disk}/file'), 'new' * 100000)"
    script = (
        f"mount -t tmpfs -o size=64k tmpfs {disk}\nprintf old > {disk}/file\n"
        f'{sys.executable} -c "$1" 2>&1 | tail -1\nls -A {disk}\ncat {disk}/file\n'
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", program], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    told, *left = done.stdout.splitlines()
    assert "No space left on device" in told, done.stderr
    assert left == ["file", "old"]


def test_a_link_stays_a_link_and_an_old_file_keeps_its_mode(path, tmp_path):
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)
    write_whole(link, b"x")
    assert (link.is_symlink(), path.read_bytes(), path.stat().st_mode & 0o777) == (True, b"x", 0o640)
    write_whole(link, b"y", private=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        write_whole(pipe, b"x", private=True)
        assert reader.communicate()[0] == b"x"
    assert pipe.is_fifo()
