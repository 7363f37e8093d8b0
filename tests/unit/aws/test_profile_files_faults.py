"""Killed or refused at each system call: the files hold what they held or what they were to hold, never less."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest
from botocore.configloader import raw_config_parse

from tests.support.faulty_system import (
    BROKEN,
    CALLS,
    DONE,
    FEWER,
    REFUSED,
    in_child,
    killed_at_real,
    real_calls,
)
from zappa_iam_ext.aws.profile_files import ProfileFiles, in_place
from zappa_iam_ext.aws.secret import AccessKey, Secret

ALL = "ZAPPA_IAM_EXT_FAULTS" in os.environ
"""Set by `make faults`: every error at every call, and the kernel's own calls."""
ERRORS = [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT, errno.EACCES, errno.EBUSY]
MEMORY = Path("/dev/shm")  # noqa: S108
ROOT = Path(__file__).parents[3]
KEY = AccessKey("AKIAEXAMPLE000000001", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
OTHERS = "# mine\n[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = x/y+z\n"
LONG = (
    OTHERS
    + "[serverless]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\naws_session_token = %s\n"
    % ("t" * 300)
)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))


@pytest.fixture
def quick(tmp_path):
    """A folder in memory, where there is one: flushing to a disk is what takes time."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        yield Path(folder)


def plain(folder, content):
    (folder / "credentials").write_text(content)


def missing(_folder, _content):
    pass


def linked(folder, content):
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "real").write_text(content)
    (folder / "chain").symlink_to("elsewhere/real")
    (folder / "credentials").symlink_to("chain")


def dangling(folder, _content):
    (folder / "elsewhere").mkdir()
    (folder / "credentials").symlink_to("elsewhere/real")


def hard_linked(folder, content):
    (folder / "credentials").write_text(content)
    os.link(folder / "credentials", folder / "same")


SHAPES = [
    pytest.param(plain, OTHERS, id="replaced"),
    pytest.param(missing, "", id="new"),
    pytest.param(linked, OTHERS, id="behind two links"),
    pytest.param(dangling, "", id="behind a dangling link"),
    pytest.param(hard_linked, OTHERS, id="in place, and longer"),
    pytest.param(hard_linked, LONG, id="in place, and shorter"),
]


def seen(path):
    """What botocore, which knows nothing of recovery copies, makes of the file."""
    return raw_config_parse(str(path)) if path.exists() else {}


def strangers(folder):
    """Files that nobody but us made."""
    found = (path for path in folder.rglob("*") if not path.is_dir())
    return [path.name for path in found if "zappa-iam" in path.name or path.suffix == ".recovery"]


def each_call(quick, shape, content, error=0):
    """Yield a fresh folder, and how the writer ended, for each of its calls."""
    for number in itertools.count(1):
        folder = quick / f"{number}"
        folder.mkdir()
        shape(folder, content)
        files = ProfileFiles(folder / "credentials", folder / "config")
        before = seen(files.path)
        end = in_child(partial(files.write_key, "serverless", KEY, overwrite=True), number, error)
        if end == FEWER:
            assert number > 8, "the table reaches the writer's calls"
            return
        yield files, before, end


def after(before):
    ours = {"aws_access_key_id": KEY.access_key_id, "aws_secret_access_key": KEY.secret_access_key.reveal()}
    return before | {"serverless": ours}


@pytest.mark.parametrize(("shape", "content"), SHAPES)
def test_killed_at_each_call_the_file_is_old_or_new_and_the_next_run_completes(quick, shape, content):
    ends = set()
    for files, before, end in each_call(quick, shape, content):
        assert end == -signal.SIGKILL
        left = seen(files.path)
        assert left in (before, after(before))
        ends.add(left == before)
        for path in files.path.parent.rglob("*"):
            assert (
                path.is_symlink()
                or path.is_dir()
                or b"EXAMPLEKEY" not in path.read_bytes()
                or mode(path) & 0o77 == 0
            )
        files.write_key("serverless", KEY, overwrite=True)
        assert seen(files.path) == after(before)
        assert strangers(files.path.parent) == []
    assert ends == {True, False}, "killed before, and after, the change"


@pytest.mark.parametrize("error", ERRORS if ALL else ERRORS[:1], ids=errno.errorcode.get)
@pytest.mark.parametrize(("shape", "content"), SHAPES)
def test_refused_at_each_call_the_file_is_old_or_new_and_nothing_else_stays(quick, shape, content, error):
    for files, before, end in each_call(quick, shape, content, error):
        assert end in {DONE, REFUSED}
        assert end != BROKEN
        assert seen(files.path) == (after(before) if end == DONE else seen(files.path))
        assert seen(files.path) in (before, after(before))
        files.write_key("serverless", KEY, overwrite=True)
        assert seen(files.path) == after(before)
        assert strangers(files.path.parent) == []


def mode(path):
    return path.stat().st_mode & 0o777


def cut_short(before, after, at):
    """What a power failure leaves of a write in place: the one up to a byte, the other from there."""
    size = max(len(before), len(after))
    return after.ljust(size, b"\n")[:at] + before.ljust(size, b"\n")[at:]


@pytest.mark.parametrize("content", [OTHERS, LONG], ids=["longer", "shorter"])
def test_a_write_that_was_cut_short_is_read_as_the_new_text_and_completed(tmp_path, content):
    files = ProfileFiles(tmp_path / "credentials", tmp_path / "config")
    hard_linked(tmp_path, content)
    old, seen_before = content.encode(), files.access_key_id("serverless")
    files.write_key("serverless", KEY, overwrite=True)
    new = files.path.read_bytes()
    for at in range(1, max(len(old), len(new)), 7):
        files.path.write_bytes(cut_short(old, new, at))
        in_place._keep(files.path, old, new)
        assert files.access_key_id("serverless") in {KEY.access_key_id, seen_before}
        files.write_key("serverless", KEY, overwrite=True)
        assert files.path.read_bytes() == new
        assert strangers(tmp_path) == []


def test_what_somebody_wrote_after_a_cut_is_theirs_and_stays(tmp_path):
    files = ProfileFiles(tmp_path / "credentials", tmp_path / "config")
    hard_linked(tmp_path, OTHERS)
    in_place._keep(files.path, b"[old]\n", b"[new]\nx = 1\n")
    files.write_key("serverless", KEY)
    assert sorted(seen(files.path)) == ["serverless", "work"]
    assert strangers(tmp_path) == []


# Real mounts, in a mount namespace of its own: nothing of them is left behind.

UNSHARE = next(
    (
        command
        for command in (["unshare", "-m"], ["unshare", "-rm"])
        if shutil.which("unshare")
        and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    ),
    None,
)
mounts = pytest.mark.skipif(UNSHARE is None, reason="no mount namespaces here")


def under_mounts(home, script, profile="serverless"):
    """Write a key below mounts that ``script`` makes; the new process sees them, nobody else does."""
    program = [
        sys.executable,
        "-m",
        "tests.support.faulty_system",
        str(home / "credentials"),
        str(home / "config"),
    ]
    words = " ".join([*program, profile, KEY.access_key_id, KEY.secret_access_key.reveal()])
    return subprocess.run(
        [*UNSHARE, "sh", "-ec", f"{script}\nexec {words}"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "credentials").write_text(OTHERS)
    return folder


@mounts
def test_a_file_that_is_mounted_by_itself_is_written_in_place(home, tmp_path):
    host = tmp_path / "host credentials"
    host.write_text(LONG)
    before = seen(host)
    done = under_mounts(home, f"mount --bind '{host}' {home}/credentials")
    assert done.returncode == DONE, done.stdout + done.stderr
    assert seen(host) == after(before)
    assert (home / "credentials").read_text() == OTHERS
    assert strangers(tmp_path) == []


@mounts
def test_a_file_that_is_mounted_for_reading_only_is_refused_before_anything_is_made(home, tmp_path):
    host = tmp_path / "host"
    host.write_text(OTHERS)
    bind = f"mount --bind {host} {home}/credentials\nmount -o remount,bind,ro {home}/credentials"
    done = under_mounts(home, bind)
    assert done.returncode == REFUSED
    assert "Read-only file system" in done.stdout
    assert host.read_text() == OTHERS


@mounts
def test_a_home_that_is_mounted_for_reading_only_is_refused(home):
    done = under_mounts(home, f"mount --bind {home} {home}\nmount -o remount,bind,ro {home}")
    assert done.returncode == REFUSED
    assert "Read-only file system" in done.stdout
    assert (home / "credentials").read_text() == OTHERS


@mounts
def test_a_writable_file_in_a_read_only_folder_is_written_in_place(home, tmp_path):
    host = tmp_path / "host"
    host.write_text(OTHERS)
    read_only = (
        f"mount --bind {home} {home}\nmount -o remount,bind,ro {home}\nmount --bind {host} {home}/credentials"
    )
    done = under_mounts(home, read_only)
    assert done.returncode == DONE, done.stdout
    assert seen(host) == after(seen(home / "credentials"))
    assert strangers(tmp_path) == []


@mounts
def test_a_full_disk_leaves_the_old_file(tmp_path):
    home, told = tmp_path / "home", tmp_path / "told"
    home.mkdir()
    script = (
        f"mount -t tmpfs -o size=16k tmpfs {home}\n"
        f"printf '%s' '{OTHERS}' > {home}/credentials\n"
        f"cat /dev/zero > {home}/fill 2>/dev/null || true\n"
        f"trap 'cp -r {home} {told}' EXIT\n"
    )
    program = (
        f"{sys.executable} -m tests.support.faulty_system {home}/credentials {home}/config serverless A b"
    )
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", f"{script}\n{program}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "No space left on device" in done.stdout, done.stderr
    assert sorted(path.name for path in told.iterdir()) == ["credentials", "fill"]
    assert (told / "credentials").read_text() == OTHERS


OF_MEMORY = frozenset({"brk", "mmap", "mremap", "munmap", "madvise"})
"""What the interpreter asks for or not, as it has memory left."""


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here")
@pytest.mark.skipif(not ALL, reason="`make faults` runs it")
@pytest.mark.parametrize(("shape", "content"), SHAPES)
def test_the_kernel_agrees_killed_at_each_real_call(quick, shape, content):
    """The table of calls is ours; strace tells the real ones, reading ones too, and kills at each of them."""
    ends = set()
    calls = real_calls(writing(quick / "whole", shape, content)[1])
    assert {"openat", "flock", "pwrite64", "fsync", "close"} <= set(calls)
    for call, count in calls.items():
        if call in OF_MEMORY:
            continue
        for number in range(1, count + 1):
            folder = quick / f"{call}-{number}"
            files, write = writing(folder, shape, content)
            before = seen(files.path)
            end = killed_at_real(write, call, number)
            left = seen(files.path)
            assert left in (before, after(before)), f"killed at {call} number {number}"
            if end == DONE:  # strace sees the wait for the start, or comes a moment after it
                assert number == count
                assert left == after(before)
            else:
                assert end == -signal.SIGKILL
            ends.add(left == before)
            write()
            assert seen(files.path) == after(before)
            assert strangers(folder) == []
    assert ends == {True, False}, "killed before, and after, the change"


def writing(folder, shape, content):
    """Return the files of a fresh folder, and what writes a key into them."""
    folder.mkdir()
    shape(folder, content)
    files = ProfileFiles(folder / "credentials", folder / "config")
    return files, partial(files.write_key, "serverless", KEY, overwrite=True)


def test_the_table_names_calls_that_there_are():
    assert all(hasattr(os, name) for name in CALLS)
