"""The project as a rehearsal lays it out: linked, with the stage's settings, in a home of its own."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.permissions.stage import ExecutionRole, Stage
from zappa_iam_ext.rehearsal import zappa_process
from zappa_iam_ext.rehearsal.project import left_out, rehearsed_settings, rehearsing_project
from zappa_iam_ext.rehearsal.zappa_process import run_zappa, zappa_executable


def stage(**settings) -> Stage:
    return Stage(
        "dev", "hello", "hello-dev", settings, "us-east-1", "0.63.0", ExecutionRole("role"), bucket="packages"
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "hello"
    (folder / "venv" / "lib").mkdir(parents=True)
    (folder / "venv" / "lib" / "big.so").write_bytes(bytes(1000))
    (folder / ".git").mkdir()
    for name in ("app.py", ".env", "zappa_settings.yml", "zappa_settings.toml", ".gitignore"):
        (folder / name).write_text(name)
    return folder


def test_files_are_linked_and_the_original_stays(source: Path) -> None:
    with rehearsing_project(stage(), source) as project:
        assert sorted(path.name for path in project.folder.iterdir()) == [
            "app.py",
            "venv",
            "zappa_settings.json",
        ]
        assert (project.folder / "venv").is_symlink()
        assert (project.folder / "app.py").is_symlink()
        (project.folder / "package.zip").write_text("what Zappa writes")
        assert stat.S_IMODE(project.home.stat().st_mode) == 0o700
        base = project.folder.parent
    assert not base.exists()
    assert not (source / "package.zip").exists()
    assert (source / "venv" / "lib" / "big.so").stat().st_size == 1000


def test_an_exception_removes_the_folder_too(source: Path) -> None:
    made = rehearsing_project(stage(), source)
    base = made.__enter__().folder.parent
    assert base.exists()
    assert not made.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not base.exists()


def test_the_settings_are_the_stages_own_without_what_must_not_run(source: Path) -> None:
    given = stage(
        app_function="app.app",
        callbacks={"settings": "app.callback"},
        aws_endpoint_urls={"s3": "https://s3.amazonaws.com"},
        extends="base",
        profile_name="production",
        prebuild_script="app.build",
        timeout_seconds=30,
    )
    with rehearsing_project(given, source) as project:
        written = json.loads((project.folder / "zappa_settings.json").read_text())
    assert written == {
        "dev": {
            "app_function": "app.app",
            "aws_region": "us-east-1",
            "profile_name": "serverless",
            "project_name": "hello",
            "s3_bucket": "packages",
            "timeout_seconds": 30,
        }
    }


def test_what_has_no_effect_is_said() -> None:
    given = stage(callbacks={"post": "a.b"}, prebuild_script="a.b", aws_endpoint_urls={"s3": "x"})
    assert [words.split()[0] for words in left_out(given)] == [
        "callbacks",
        "prebuild_script",
        "aws_endpoint_urls",
    ]
    assert left_out(stage()) == ()


def test_packaging_for_real_runs_what_prepares_the_package() -> None:
    given = stage(prebuild_script="a.b")
    assert "prebuild_script" not in rehearsed_settings(given)
    assert rehearsed_settings(given, full=True)["prebuild_script"] == "a.b"
    assert left_out(given, full=True) == ()


def test_the_environment_is_the_users_without_anything_of_aws_or_a_proxy(source: Path, monkeypatch) -> None:
    foreign = {
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_PROFILE": "prod",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "ZAPPA_PROJECT_NAME": "x",
        "BOTO_CONFIG": "/x",
        "HTTPS_PROXY": "http://proxy",
        "http_proxy": "http://proxy",
        "ALL_PROXY": "http://proxy",
    }
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MY_SETTING", "kept")
    with rehearsing_project(stage(), source) as project:
        made = project.environment("http://127.0.0.1:1", {"EXTRA": "1"})
        assert made["AWS_SHARED_CREDENTIALS_FILE"].startswith(str(project.home))
        assert made["AWS_CONFIG_FILE"].startswith(str(project.home))
    assert not set(foreign) & set(made)
    assert made["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert made["AWS_EC2_METADATA_DISABLED"] == "true"
    assert (made["MY_SETTING"], made["EXTRA"], made["NO_PROXY"]) == ("kept", "1", "*")


def test_without_zappa_the_message_says_so(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(zappa_process.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalAwsError, match="no zappa executable") as missing:
        zappa_executable()
    assert missing.value.hint == "Install Zappa into this environment."


def test_zappa_is_not_started_with_the_users_own_environment(tmp_path: Path) -> None:
    with pytest.raises(LocalAwsError, match="other credentials"):
        run_zappa(["status", "dev"], tmp_path, {**os.environ, "AWS_ACCESS_KEY_ID": "AKIA"})


def test_what_zappa_makes_for_a_while_is_gone_with_it(tmp_path):
    """Also when it is ended in the middle of it: its folder for temporary files is ours to remove."""
    program = tmp_path / "zappa"
    program.write_text('#!/bin/sh\ntouch "$TMPDIR/left"\nprintf %s "$TMPDIR"\n')
    program.chmod(0o700)
    environment = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PATH": os.defpath,
    }
    run = zappa_process.run_zappa((), tmp_path, environment, executable=str(program))
    assert run.exit_code == 0
    assert Path(run.output).name == "tmp"
    assert not Path(run.output).exists()
