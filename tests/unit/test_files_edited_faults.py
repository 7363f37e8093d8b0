"""What edits a person's files beside the keys, killed and refused at each call: old or new, and the next run completes it."""

from __future__ import annotations

import errno
import itertools
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.support.faulty_system import DONE, FEWER, REFUSED, in_child, refusing
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.stored_settings import change_settings
from zappa_iam_ext.workflow.execution_roles.files import FileEdit, write_edits

ARN = "arn:aws:iam::123456789012:role/deployer"
PROFILES = "# mine\n[profile work]\nregion = eu-west-1\n\n"
OURS = f"[profile p]\nrole_arn = {ARN}\nsource_profile = work\n"
SETTINGS = '{\n    "dev": {"a": 1}\n}\n'
TRUST = '{"Version": "2012-10-17"}\n'


@dataclass(frozen=True)
class Edit:
    """A file, what it holds, and what changes it."""

    name: str
    before: str
    work: Callable[[Path], object]


def files(path):
    return ProfileFiles(path.parent / "credentials", path)


EDITS = {
    "a profile that assumes a role": Edit(
        "config", PROFILES, lambda path: files(path).write_role("p", ARN, source_profile="work")
    ),
    "such a profile goes": Edit("config", PROFILES + OURS, lambda path: files(path).delete_role("p", ARN)),
    "a region": Edit("config", PROFILES, lambda path: files(path).write_region("p", "eu-west-1")),
    "the gate in the settings": Edit(
        "zappa_settings.json",
        SETTINGS,
        lambda path: change_settings(path, lambda text: text.replace('"a": 1', '"a": 1, "b": 2')),
    ),
    "the settings of an execution role": Edit(
        "zappa_settings.json",
        SETTINGS,
        lambda path: write_edits([FileEdit(path, path.read_text(), SETTINGS.replace("1", "2"))]),
    ),
    "the trust of an execution role": Edit(
        "trust.json", "", lambda path: write_edits([FileEdit(path, read(path), TRUST)])
    ),
}


def read(path):
    return path.read_text() if path.exists() else ""


def prepared(folder, edit):
    """Return the file in a fresh folder, as it is before."""
    folder.mkdir()
    path = folder / edit.name
    if edit.before:
        path.write_text(edit.before)
        path.chmod(0o640)
    return path


@pytest.mark.parametrize("error", [0, errno.ENOSPC], ids=["killed", "a full disk"])
@pytest.mark.parametrize("name", EDITS)
def test_at_each_call_the_file_is_old_or_new_and_the_next_run_completes_it(tmp_path, name, error):
    edit, ends = EDITS[name], set()
    whole = prepared(tmp_path / "whole", edit)
    edit.work(whole)
    after = whole.read_text()
    assert after != edit.before
    for number in itertools.count(1):
        path = prepared(tmp_path / str(number), edit)
        end = in_child(partial(refusing, partial(edit.work, path)), number, error)
        if end == FEWER:
            break
        assert end in ({DONE, REFUSED} if error else {-signal.SIGKILL})
        assert read(path) in {edit.before, after}
        assert end != DONE or read(path) == after
        ends.add(read(path) == after)
        if read(path) != after:
            edit.work(path)
        assert read(path) == after
        assert not edit.before or path.stat().st_mode & 0o777 == 0o640
    assert False in ends, "struck before the change"
    assert number > 4
