"""What each command ends with, as a process of its own: the table of the exit codes, situation by situation."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from tests.support.documents import allow
from tests.support.newcomer import ADMINISTRATOR, SETTINGS
from zappa_iam_ext.cli import COMMANDS
from zappa_iam_ext.config import IamExtSettings
from zappa_iam_ext.errors import ExitCode

OURS = [sys.executable, "-m", "zappa_iam_ext"]
ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
KEYS = "[serverless]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = verysecret\n"
UNSURE = allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})


@pytest.fixture
def project(clean: Path) -> Path:
    """A project with documents of each kind, and a profile whose key nobody accepts."""
    Path("zappa_settings.json").write_text(json.dumps({"dev": SETTINGS}))
    Path("app.py").write_text("def app(environ, start_response):\n    return []\n")
    for name, document in {"all": ADMINISTRATOR, "few": allow("s3:*"), "unsure": UNSURE}.items():
        Path(f"{name}.json").write_text(json.dumps(document))
    Path("bad.json").write_text("{")
    (clean / ".aws").mkdir()
    (clean / ".aws" / "credentials").write_text(KEYS)
    return clean


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        server.settimeout(120)
        yield server


def url(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    given = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "env": environment(),
    }
    return subprocess.run([*OURS, *arguments], text=True, timeout=120, check=False, **{**given, **options})


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("check dev --policy all.json", 0),
        ("check dev --policy few.json", 1),
        ("check dev --policy unsure.json --command deploy", 1),
        ("check dev --policy bad.json", 2),
        ("check nowhere", 2),
        ("check dev --no-such-option", 2),
        ("can-i s3:GetObject --policy all.json", 0),
        ("can-i iam:PassRole --policy few.json", 1),
        ("can-i s3:GetObject --policy unsure.json", 3),
        ("can-i nonsense --policy all.json", 2),
        (f"policy dev --account {ACCOUNT}", 0),
        ("policy dev --account 12", 2),
        ("lint few.json", 0),
        ("lint all.json", 1),
        ("lint bad.json", 2),
        ("diff dev --policy all.json", 0),
        ("diff dev --policy few.json", 1),
        ("diff dev", 2),
        ("rehearse dev --command package", 2),
        ("role show dev", 0),
        ("role show nowhere", 2),
        ("role show dev --trust --explain", 2),
        ("role lint dev --computed", 0),
        ("role lint dev --computed --fail-on warning", 0),
        ("role check dev --profile nobody", 2),
        ("role diff dev --profile nobody", 2),
        ("role nosuchcommand", 2),
        ("explain nowhere", 2),
        ("plan dev --admin-profile nobody", 2),
        ("apply dev --admin-profile nobody --yes", 2),
        ("nosuchcommand", 2),
        ("--help", 0),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_command_in_a_situation(line, code):
    done = run(*line.split())
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert code != ExitCode.COULD_NOT_RUN or (done.stderr and not done.stdout)


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.usefixtures("project")
def test_every_command_has_help_and_ends_well(command):
    """In this process: it is only about click."""
    from click.testing import CliRunner

    from zappa_iam_ext.cli import main

    assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0


CAN = ("can-i", "iam:PassRole", "arn:aws:iam::123456789012:role/x", "--policy", "few.json")
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("locale", [{}, ASCII], ids=["UTF-8", "ASCII"])
@pytest.mark.usefixtures("project")
def test_a_full_disk_is_told_with_2(locale):
    with open("/dev/full", "w") as full:  # noqa: PTH123  -- a device
        done = run(*CAN, stdout=full, env=environment(**locale))
    assert done.returncode == 2
    assert done.stderr.startswith("Error: standard output cannot be written: No space left on device\n")


@pytest.mark.parametrize("locale", [{}, ASCII], ids=["UTF-8", "ASCII"])
@pytest.mark.usefixtures("project")
def test_a_reader_that_went_away_changes_no_verdict_and_nothing_is_said(locale):
    read, write = os.pipe()
    os.close(read)
    done = run(*CAN, stdout=write, env=environment(**locale))
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.usefixtures("project")
def test_closed_streams_change_no_verdict(closed):
    command = subprocess.list2cmdline([*OURS, *CAN])
    done = subprocess.run(  # noqa: S602  -- only a shell closes streams
        f"{command} {closed}", shell=True, env=environment(), timeout=120, check=False, capture_output=True
    )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


def ignoring() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


SIGNALS = [
    pytest.param(signal.SIGINT, None, id="Ctrl-C"),
    pytest.param(signal.SIGINT, ignoring, id="SIGINT to a job in the background"),
    pytest.param(signal.SIGTERM, None, id="SIGTERM"),
]


@pytest.mark.parametrize(("number", "before"), SIGNALS)
@pytest.mark.parametrize("program", ["zappa-iam", "zappa"])
def test_an_interrupt_while_aws_does_not_answer(project, silent, program, number, before):
    asking = {
        "zappa-iam": [*OURS, "check", "dev"],
        "zappa": [sys.executable, "-m", "zappa.cli", "unschedule", "dev"],
    }
    given = environment(AWS_ENDPOINT_URL=url(silent), VIRTUAL_ENV=str(project))
    with subprocess.Popen(
        asking[program], env=given, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=before,  # noqa: PLW1509  -- only signals are set
    ) as process:  # fmt: skip
        connection, _ = silent.accept()
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == ExitCode.INTERRUPTED
    assert b"Traceback" not in said


@pytest.mark.parametrize(("number", "before"), SIGNALS)
def test_an_interrupt_while_modules_are_imported(project, number, before):
    """A module of ours that is imported early waits: the interrupt comes while it is imported."""
    (project / "slow").mkdir()
    (project / "slow" / "click.py").write_text("import os, time\nos.write(1, b'importing')\ntime.sleep(60)\n")
    given = environment(PYTHONPATH=os.pathsep.join([str(project / "slow"), str(ROOT)]))
    with subprocess.Popen(
        [*OURS, "--help"], env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=before,  # noqa: PLW1509  -- only signals are set
    ) as process:  # fmt: skip
        assert process.stdout.read(9) == b"importing"
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, b"Interrupted.\n")


ASKING = """
import click
from zappa_iam_ext.cli import main

@main.command("ask")
def ask():
    click.confirm("Make these changes?", abort=True, err=True)

type(main).get_command = lambda *_: ask
main(["ask"])
"""


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        pytest.param(b"y\n", 0, "", id="yes"),
        pytest.param(b"n\n", 2, "Nothing was changed: the answer was no.", id="no"),
        pytest.param(b"\x04", 2, "Nothing was changed: nobody answered", id="the end of the input"),
        pytest.param(signal.SIGINT, 130, "Interrupted.", id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 130, "Interrupted.", id="SIGTERM"),
    ],
)
def test_a_question_at_a_terminal(answer, code, said):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ASKING], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=environment(), start_new_session=True
    ) as process:  # fmt: skip
        asked = b""
        while b"[y/N]: " not in asked:
            asked += os.read(process.stderr.fileno(), 100)
        if isinstance(answer, bytes):
            os.write(ours, answer)
        else:
            process.send_signal(answer)
        _, told = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code
    assert said in told.decode()


@pytest.mark.parametrize("debug", [False, True], ids=["as it is", "with the debug switch"])
def test_an_error_that_nobody_foresaw_is_2_and_asks_to_be_reported(project, debug):
    (project / "odd").mkdir()
    (project / "odd" / "sitecustomize.py").write_text(
        "import zappa_iam_ext.documents as d\n"
        "def broken(*_, **__):\n    raise RuntimeError('the secret is wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')\n"
        "d.read_documents = broken\n"
    )
    given = environment(PYTHONPATH=os.pathsep.join([str(project / "odd"), str(ROOT)]))
    done = run(*CAN, env=given | ({"ZAPPA_IAM_EXT_DEBUG": "1"} if debug else {}))
    assert done.returncode == 2
    assert "an unexpected RuntimeError: the secret is ***" in done.stderr
    assert "please report it" in done.stderr
    assert ("Traceback" in done.stderr) == debug


def test_the_readme_tells_every_exit_code():
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert [int(code) for code, _ in rows] == sorted(ExitCode)


def test_the_docs_tell_every_setting_of_the_gate():
    text = (ROOT / "docs" / "how-to.md").read_text("utf-8")
    table = text[text.index("| key | default | meaning |") :].split("\n\n")[0]
    told = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(told) == sorted(item.name for item in fields(IamExtSettings))
