"""Many writers of one file at once: no update is lost, ours or another program's."""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
import time
from pathlib import Path

import pytest
from botocore.configloader import raw_config_parse

from zappa_iam_ext.aws.profile_files import ProfileFiles, exchange, in_place, locking
from zappa_iam_ext.aws.secret import AccessKey, Secret
from zappa_iam_ext.errors import CredentialsFileError

ALL = "ZAPPA_IAM_EXT_RACES" in os.environ
"""Set by `make races`: 20 writers, 60 rounds each."""
WRITERS, ROUNDS = (20, 60) if ALL else (8, 6)
MEMORY = Path("/dev/shm")  # noqa: S108
FIRST = "# mine\n[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = x/y+z\n"


@pytest.fixture
def folder(tmp_path):
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() and not ALL else tmp_path) as made:
        (Path(made) / "credentials").write_text(FIRST)
        yield Path(made)


@pytest.fixture
def files(folder):
    return ProfileFiles(folder / "credentials", folder / "config")


def key(writer, number):
    return AccessKey(f"AKIA{writer:04}{number:012}", Secret(f"secret/{writer}/{number}"))


def in_processes(work, count=WRITERS):
    """Run ``work(number)`` in as many processes at once; return how they ended."""
    ready, go = os.pipe()
    children = []
    for number in range(count):
        child = os.fork()
        if not child:
            end, leave = 1, os._exit
            try:
                os.close(go)
                os.read(ready, 1)  # returns for all of them when the other end is closed
                work(number)
                end = 0
            finally:
                leave(end)
        children.append(child)
    os.close(ready)
    os.close(go)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def no_flock(*_):
    raise OSError(37, "No locks available")


def in_place_too(files):
    os.link(files.path, files.path.with_name("same"))


def without_flock(_files):
    fcntl.flock = locking.fcntl.flock = no_flock


def without_exchange(_files):
    exchange._exchanged = lambda *_: False


WAYS = [
    pytest.param(lambda _: None, id="replaced"),
    pytest.param(in_place_too, id="in place"),
    pytest.param(lambda files: files.path.unlink(), id="missing at first"),
    pytest.param(without_flock, id="a lock file, where flock is missing"),
    pytest.param(without_exchange, id="renamed, where names cannot be exchanged"),
]


@pytest.mark.parametrize("way", WAYS)
def test_no_update_is_lost_among_many_writers(files, way, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", fcntl.flock)
    monkeypatch.setattr(exchange, "_exchanged", exchange._exchanged)
    way(files)
    kept = raw_config_parse(str(files.path)) if files.path.exists() else {}

    def write(writer):
        for number in range(ROUNDS):
            files.write_key(f"p{writer}", key(writer, number), overwrite=True)
            assert files.access_key_id(f"p{writer}") == key(writer, number).access_key_id

    assert set(in_processes(write)) == {0}
    seen = raw_config_parse(str(files.path))
    wanted = {writer: key(writer, ROUNDS - 1) for writer in range(WRITERS)}
    assert seen == kept | {
        f"p{writer}": {
            "aws_access_key_id": last.access_key_id,
            "aws_secret_access_key": last.secret_access_key.reveal(),
        }
        for writer, last in wanted.items()
    }
    left = sorted(path.name for path in files.path.parent.iterdir())
    assert left in (["credentials"], ["credentials", "same"])


def test_threads_of_one_process_wait_for_each_other_too(files):
    threads = [threading.Thread(target=files.write_key, args=(f"p{n}", key(n, 0))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(raw_config_parse(str(files.path))) == {"work", *(f"p{n}" for n in range(8))}


def by_rename(path):
    """What another tool does: read, change, rename."""
    new = path.with_name("other.tmp")
    new.write_text(path.read_text() + "[stranger]\nx = 1\n")
    new.rename(path)


def by_writing(path):
    """What the AWS CLI does: open, truncate, write."""
    text = path.read_text()
    path.write_text(text + "[stranger]\nx = 1\n")


def slowly(path):
    """Truncate now, and write a moment later."""
    text = path.read_text()
    file = path.open("w")

    def finish():
        time.sleep(0.15)
        file.write(text + "[stranger]\nx = 1\n")
        file.close()

    threading.Thread(target=finish).start()


STRANGERS = [by_rename, by_writing, slowly]


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda s: s.__name__)
@pytest.mark.parametrize("moment", ["before the last look", "between the last look and the exchange"])
def test_what_another_program_writes_meanwhile_is_kept(files, monkeypatch, stranger, moment):
    module, name = (exchange, "_exchanged") if moment.startswith("between") else (in_place, "complete")
    name = name if moment.startswith("between") else "complete"
    call, done = getattr(module, name), []

    def interrupted(*arguments):
        if not done:
            done.append(True)
            stranger(files.path)
        return call(*arguments)

    monkeypatch.setattr(module, name, interrupted)
    assert files.write_key("serverless", key(1, 1))
    time.sleep(0.2 if stranger is slowly else 0)
    assert done
    assert set(raw_config_parse(str(files.path))) == {"work", "stranger", "serverless"}
    assert sorted(path.name for path in files.path.parent.iterdir()) == ["credentials"]


def test_a_profile_that_another_program_fills_meanwhile_is_not_overwritten(files, monkeypatch):
    call, done = exchange._exchanged, []

    def interrupted(*arguments):
        if not done:
            done.append(True)
            files.path.write_text(FIRST + "[serverless]\naws_access_key_id = AKIATHEIRS\n")
        return call(*arguments)

    monkeypatch.setattr(exchange, "_exchanged", interrupted)
    with pytest.raises(CredentialsFileError, match="already holds another"):
        files.write_key("serverless", key(1, 1))
    assert files.access_key_id("serverless") == "AKIATHEIRS"


def test_a_lock_that_nobody_gives_back_ends_in_a_message(files, monkeypatch):
    monkeypatch.setattr(locking, "TIMEOUT", 0.1)
    with files.path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CredentialsFileError, match="locked by another process") as caught:
            files.write_key("serverless", key(1, 1))
    assert caught.value.hint
    assert files.write_key("serverless", key(1, 1)), "the lock goes with whoever held it"


@pytest.mark.parametrize(("age", "written"), [(0, False), (3600, True)], ids=["held", "left behind"])
def test_a_lock_file_counts_until_it_is_stale(files, monkeypatch, age, written):
    monkeypatch.setattr(locking, "TIMEOUT", 0.1)
    monkeypatch.setattr(fcntl, "flock", no_flock)
    lock = files.path.with_name(".credentials.zappa-iam.lock")
    lock.touch()
    os.utime(lock, (time.time() - age,) * 2)
    if written:
        assert files.write_key("serverless", key(1, 1))
        assert not lock.exists()
    else:
        with pytest.raises(CredentialsFileError, match="locked by another process"):
            files.write_key("serverless", key(1, 1))
        assert lock.exists()
