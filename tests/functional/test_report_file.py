"""``-o/--output FILE``: what is printed, in a file, in one step."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.functional.test_formats import ACCOUNT, COMMANDS, POLICY, SETTINGS
from tests.support.html_page import read_page
from tests.support.newcomer import iam
from zappa_iam_ext.cli.shared.output import FORMATS

CHECK = COMMANDS["check"]


@pytest.fixture(autouse=True)
def project(clean):
    del clean
    Path("zappa_settings.json").write_text(json.dumps(SETTINGS))
    Path("policy.json").write_text(json.dumps(POLICY))
    return Path.cwd()


def without_time(text: str) -> str:
    return re.sub(r"[0-9-]{10} [0-9:]{5} UTC", "", text)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("output", ["text", "json", "html"])
def test_the_file_holds_what_would_be_printed_and_stdout_nothing(name, output):
    printed = iam(*COMMANDS[name], "--format", output)
    done = iam(*COMMANDS[name], "--format", output, "-o", "report")
    assert done.exit_code == printed.exit_code
    assert done.stdout == ""
    assert done.stderr.endswith("Written to report.\n")
    assert without_time(Path("report").read_text()) == without_time(printed.stdout)


@pytest.mark.parametrize("output", FORMATS)
def test_the_file_is_masked_as_stdout_is(output):
    done = iam(*CHECK, "--format", output, "-o", "report", "--mask-account")
    text = Path("report").read_text()
    assert ACCOUNT not in text + done.stderr
    assert "XXXXXXXXXXXX" in text
    if output == "html":
        read_page(text.rstrip("\n"))


def test_a_minus_is_stdout():
    assert iam(*CHECK, "-o", "-").stdout == iam(*CHECK).stdout
    assert not Path("-").exists()


def test_no_colours_get_into_a_file(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    iam(*CHECK, "-o", "report")
    assert "\x1b" not in Path("report").read_text()
    assert "\x1b" in iam(*CHECK).stdout


def test_quiet_writes_the_file_and_says_nothing():
    done = iam(*CHECK, "-q", "-o", "report")
    assert (done.stdout, done.stderr) == ("", "")
    assert Path("report").read_text() == iam(*CHECK).stdout


def test_what_the_file_held_is_replaced_and_its_mode_and_the_link_to_it_stay():
    Path("real").write_text("old")
    Path("real").chmod(0o640)
    Path("report").symlink_to("real")
    inode = Path("real").stat().st_ino
    iam(*CHECK, "-o", "report")
    assert Path("report").is_symlink()
    assert Path("real").read_text().startswith("[no]")
    assert stat.S_IMODE(Path("real").stat().st_mode) == 0o640
    assert Path("real").stat().st_ino != inode, "in one step, not byte by byte"


def test_a_new_file_has_the_mode_that_the_umask_gives():
    before = os.umask(0o027)
    try:
        iam(*CHECK, "-o", "report")
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("report").stat().st_mode) == 0o640


def test_a_writing_that_fails_leaves_what_was_there_and_nothing_else(monkeypatch):
    Path("report").write_text("old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    before = sorted(Path().iterdir())
    done = iam(*CHECK, "-o", "report")
    assert done.exit_code == 2
    assert "the report cannot be written to report: No space left on device" in done.stderr
    assert Path("report").read_text() == "old"
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize("name", [*COMMANDS, "plan", "rehearse"])
@pytest.mark.parametrize(
    ("target", "why"), [("nowhere/report", "there is no folder"), (".", "it is a folder")]
)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(offline, name, target, why):
    del offline
    done = iam(*COMMANDS.get(name, [name, "dev"]), "-o", target)
    assert done.exit_code == 2
    assert f"the report cannot be written to {target}: {why}" in done.stderr
    assert "--output" in done.stderr


def test_a_run_that_could_not_answer_leaves_the_file_alone():
    Path("report").write_text("old")
    assert iam("check", "gone", "--policy", "policy.json", "-o", "report").exit_code == 2
    assert Path("report").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes and /dev are POSIX")
def test_devices_and_pipes_are_written_to_and_stay():
    os.mkfifo("pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text()))
    reader.start()
    assert iam(*CHECK, "-o", "pipe").exit_code == 1
    reader.join(10)
    assert read[0].startswith("[no]")
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    zappa_iam = [sys.executable, "-m", "zappa_iam_ext", *CHECK, "-o", "/dev/stdout"]
    done = subprocess.run(zappa_iam, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("[no]")
    assert Path("/dev/stdout").exists()


@pytest.mark.aws
def test_a_plan_is_a_page_of_what_the_user_is_given(newcomer):
    newcomer.administrator()
    newcomer.user("serverless")
    done = iam("plan", "dev", "--admin-profile", "admin", "--format", "html", "-o", "plan.html")
    assert done.exit_code == 0, done.stderr
    page = read_page(Path("plan.html").read_text().rstrip("\n"))
    given = page.having("tr", class_="permission", data_v="given")
    assert len(given) > 10
    told = json.loads(iam("plan", "dev", "--admin-profile", "admin", "--json").stdout)["plans"][0]
    assert len(given) == len(told["widened"])
    assert f"Steps ({len(told['changes'])})" in page.text
    assert any("ZappaLambdaDeploymentPolicy" in text for text in page.text)


@pytest.mark.aws
def test_a_command_to_paste_leaves_out_where_the_report_went(newcomer):
    newcomer.administrator()
    newcomer.user("serverless")
    assert iam("apply", "dev", "--admin-profile", "admin", "--yes").exit_code == 0
    done = iam("destroy", "dev", "--admin-profile", "admin", "--mask-account", "-o", "plan.txt")
    assert done.exit_code == 2
    assert "zappa-iam destroy dev --admin-profile admin --yes" in done.stderr


@pytest.mark.aws
def test_the_execution_role_has_pages_too(newcomer):
    newcomer.administrator()
    role = "hello-dev-ZappaLambdaExecutionRole"
    lets = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allows = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    client = newcomer.aws.client("iam")
    client.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({"Statement": [lets]}))
    client.put_role_policy(
        RoleName=role, PolicyName="mine", PolicyDocument=json.dumps({"Statement": [allows]})
    )
    for name in ("check", "diff"):
        done = iam("role", name, "dev", "--profile", "admin", "--format", "html", "-o", f"{name}.html")
        assert done.exit_code in {0, 1, 3}, done.stderr
        page = read_page(Path(f"{name}.html").read_text().rstrip("\n"))
        assert f"zappa-iam role {name}" in page.text
        assert "logs, execution role" in page.text
        assert ("more than needed" in "".join(page.text)) == (name == "diff")
