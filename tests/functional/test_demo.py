"""``zappa-iam demo``: what the documentation shows, in under two minutes, and nothing is left behind, also on Ctrl-C."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.generate.readme import block, comparable, demo, excerpt, excerpt_written, written
from tests.support.interrupts import heed_interrupts

pytestmark = [
    pytest.mark.usefixtures("at_a_desk"),  # in CI a plan suggests what needs no key
    pytest.mark.aws,
    pytest.mark.zappa,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for left processes in /proc"),
]


def left_behind(folder: Path) -> list[str]:
    """Return the processes that know this temporary folder from their environment."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                environment = (process / "environ").read_bytes()
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in environment and command:
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
    return found


def processor_time() -> float:
    """Return the seconds of all processes that ended: a busy machine must not decide."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_page_shows_what_the_demo_says_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = processor_time()
    done = demo()
    assert done.returncode == 0, done.stderr
    assert processor_time() - before < 60, "under two minutes, on a machine that does nothing else"
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
    assert left_behind(tmp_path) == []
    assert comparable(block(done.stdout)) == comparable(written()), "`make docs` writes it again"
    story = [
        "$ zappa-iam check dev", "lacks", "$ zappa deploy dev", "Error: ", "To fix it: zappa-iam apply", "$ zappa-iam apply",
        "holds all", "$ zappa deploy dev", "$ zappa update dev", "$ zappa status dev", "$ zappa undeploy dev", "0 denied.",
    ]  # fmt: skip
    position = -1
    for step in story:
        position = done.stdout.find(step, position + 1)
        assert position >= 0, step
    granted, used = map(int, re.findall(r"(\d+) permissions granted, (\d+) of them used", done.stdout)[0])
    assert 0 < used <= granted


@pytest.mark.parametrize(
    ("number", "group", "moment"),
    [
        pytest.param(signal.SIGINT, True, "zappa deploy dev", id="Ctrl-C at a terminal, inside zappa deploy"),
        pytest.param(signal.SIGINT, False, "zappa-iam check dev", id="an interrupt to the demo alone"),
        pytest.param(signal.SIGTERM, False, "zappa-iam apply", id="terminated while provisioning"),
        pytest.param(
            signal.SIGKILL, False, "zappa deploy dev", id="killed: the folder stays, no process does"
        ),
    ],
)
def test_an_interrupted_demo_leaves_no_process_and_no_folder(tmp_path, number, group, moment):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "zappa_iam_ext", "demo"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509  -- a job in the background may have been told to ignore them
    )
    try:
        for line in process.stderr:
            if moment in line:
                break
        time.sleep(0.3)
        assert left_behind(tmp_path)
        (os.killpg if group else os.kill)(process.pid, number)
        rest = process.communicate(timeout=60)[1]
    finally:
        process.kill()
        process.wait()
    assert process.returncode not in {0, None}
    assert "Traceback" not in rest
    deadline = time.monotonic() + 20
    while left_behind(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_behind(tmp_path) == []
    assert list(tmp_path.iterdir()) == [] or number is signal.SIGKILL


def test_the_readme_shows_the_lines_of_the_page_that_matter():
    shown = excerpt_written()
    assert shown == excerpt(written()), "`make docs` writes it again"
    for step in (
        "$ zappa-iam check dev",
        "lacks",
        "Error: [no]",
        "Plan: ",
        "holds all",
        "0 denied, exit code 0",
    ):
        assert step in shown
