"""`zappa-iam init`: the gate comes into the settings, nothing else changes, and nothing is written unasked."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from zappa_iam_ext.cli import main
from zappa_iam_ext.settings_file import read_stages

GATE = "zappa_iam_ext.gate"
BASE = {
    "app_function": "app.app",
    "aws_region": "us-east-1",
    "s3_bucket": "zappa-code",
    "project_name": "hello",
}
JSON = json.dumps({"dev": BASE, "prod": {"extends": "dev"}}, indent=4) + "\n"
YAML = "# ours\ndev:\n  app_function: app.app # x\n  aws_region: us-east-1\nprod:\n  extends: dev\n"
TOML = '# ours\n[dev]\napp_function = "app.app" # x\naws_region = "us-east-1"\n\n[prod]\nextends = "dev"\n'
FILES = {"zappa_settings.json": JSON, "zappa_settings.yaml": YAML, "zappa_settings.toml": TOML}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(main, ["init", *arguments], input=answer)


def callbacks(name: str, stage: str) -> object:
    (found,) = read_stages(name, stage=stage)
    return found.settings.get("callbacks")


@pytest.mark.parametrize("name", FILES)
def test_zappa_reads_the_gate_afterwards_and_a_second_run_has_nothing_to_do(name: str):
    Path(name).write_text(FILES[name])
    result = run("--all", "--yes")
    assert result.exit_code == 0, result.output
    assert f"+++ b/{name}" in result.output
    assert all(callbacks(name, stage) == {"settings": GATE} for stage in ("dev", "prod"))
    lines = Path(name).read_text().splitlines()
    assert {line.rstrip(",") for line in FILES[name].splitlines()} <= {line.rstrip(",") for line in lines}
    written = Path(name).read_bytes()
    again = run("--all", "--yes")
    assert (again.exit_code, Path(name).read_bytes()) == (0, written)
    assert "dev: nothing to do" in again.output
    assert "prod: nothing to do" in again.output


def test_without_a_terminal_and_without_yes_the_change_is_shown_and_nothing_written():
    Path("zappa_settings.json").write_text(JSON)
    result = run("dev")
    assert result.exit_code == 2
    assert '+        "callbacks": {' in result.output
    assert "zappa-iam init dev --yes" in result.output
    assert Path("zappa_settings.json").read_text() == JSON


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("", 2)])
def test_at_a_terminal_only_yes_writes(answer: str, code: int, monkeypatch: pytest.MonkeyPatch):
    Path("zappa_settings.json").write_text(JSON)
    monkeypatch.setattr("zappa_iam_ext.cli.shared.provisioning.on_terminal", lambda: True)
    result = run("dev", answer=answer)
    assert result.exit_code == code
    assert (GATE in Path("zappa_settings.json").read_text()) is (code == 0)


def test_several_stages_need_a_name():
    Path("zappa_settings.json").write_text(JSON)
    result = run()
    assert result.exit_code == 2
    assert "--all" in result.output


def test_without_a_settings_file_zappa_init_comes_first():
    result = run()
    assert result.exit_code == 2
    assert "Run `zappa init` first" in result.output


def test_a_callback_of_the_users_own_is_called_after_the_gate():
    Path("zappa_settings.json").write_text(
        json.dumps({"dev": {**BASE, "callbacks": {"settings": "mine.check"}}})
    )
    assert run("--yes").exit_code == 0
    settings = json.loads(Path("zappa_settings.json").read_text())["dev"]
    assert settings["callbacks"] == {"settings": GATE}
    assert settings["iam_ext"] == {"then": "mine.check"}


def test_a_callback_that_calls_the_gate_itself_is_enough():
    Path("zappa_settings.json").write_text(
        json.dumps({"dev": {**BASE, "callbacks": {"settings": "mine.check"}}})
    )
    Path("mine.py").write_text("from zappa_iam_ext import gate\n\ndef check(cli):\n    gate(cli)\n")
    before = Path("zappa_settings.json").read_bytes()
    result = run("--yes")
    assert result.exit_code == 0
    assert "mine.check" in result.output
    assert Path("zappa_settings.json").read_bytes() == before


def test_two_callbacks_of_the_users_own_are_refused():
    own = {"callbacks": {"settings": "mine.check"}, "iam_ext": {"then": "mine.other"}}
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**BASE, **own}}))
    result = run("--yes")
    assert result.exit_code == 2
    assert "mine.other" in result.output


def test_what_cannot_be_proven_is_refused_with_what_to_write_by_hand():
    text = "dev: &base\n  app_function: app.app\nprod:\n  <<: *base\n"
    Path("zappa_settings.yml").write_text(text)
    result = run("dev", "--yes")
    assert result.exit_code == 2
    assert "By hand" in result.output
    assert Path("zappa_settings.yml").read_text() == text


def test_stages_that_share_lines_are_changed_together():
    Path("zappa_settings.yml").write_text("dev: &base\n  app_function: app.app\nprod:\n  <<: *base\n")
    assert run("--all", "--yes").exit_code == 0
    assert Path("zappa_settings.yml").read_text().count(GATE) == 2


def test_the_profile_name_comes_along_when_it_is_given():
    Path("zappa_settings.json").write_text(json.dumps({"dev": BASE}))
    assert run("--profile-name", "serverless", "-y", "-q").output == ""
    assert json.loads(Path("zappa_settings.json").read_text())["dev"]["profile_name"] == "serverless"


def test_mode_links_and_ends_of_lines_stay_and_nothing_is_left_beside():
    real = Path("real.json")
    real.write_bytes(JSON.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    Path("zappa_settings.json").symlink_to(real.name)
    assert run("dev", "--yes").exit_code == 0
    assert Path("zappa_settings.json").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert b"\n" not in real.read_bytes().replace(b"\r\n", b"")
    assert GATE.encode() in real.read_bytes()
    assert {path.name for path in Path().iterdir()} == {"real.json", "zappa_settings.json"}


def test_a_hard_link_stays_one():
    Path("other.json").write_text(JSON)
    os.link("other.json", "zappa_settings.json")
    assert run("dev", "--yes").exit_code == 0
    assert GATE in Path("other.json").read_text()


def test_a_file_that_is_marked_read_only_is_left_alone():
    Path("zappa_settings.json").write_text(JSON)
    Path("zappa_settings.json").chmod(0o444)
    result = run("dev", "--yes")
    assert result.exit_code == 2
    assert "by hand" in result.output
    assert Path("zappa_settings.json").read_text() == JSON
