"""What shells complete: commands, options, stages, profiles; asked of click, and of a real bash where there is one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from zappa_iam_ext.cli import COMMANDS, main
from zappa_iam_ext.cli.completion import PROGRAM, SHELLS, VARIABLE

STAGES = {"dev": {"app_function": "app.app"}, "prod": {"extends": "dev"}, "anchor": "no stage"}
CREDENTIALS = "[serverless]\naws_access_key_id = A\n[admin]\naws_access_key_id = B\n"


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("zappa_settings.json").write_text(json.dumps(STAGES))
    Path("other.yml").write_text("beta: {}\n")
    Path("credentials").write_text(CREDENTIALS)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))


def completed(*words: str) -> list[str]:
    """Return what click completes for the last word."""
    shell = ShellComplete(main, {}, PROGRAM, VARIABLE)
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["d"], ["doctor", "demo", "diff", "destroy"], id="commands"),
        pytest.param(["check", ""], ["dev", "prod"], id="stages, and nothing that is none"),
        pytest.param(["check", "p"], ["prod"], id="a stage that is begun"),
        pytest.param(
            ["check", "-s", "other.yml", ""], ["beta"], id="stages of the settings file that is named"
        ),
        pytest.param(["can-i", "--list", "--stage", ""], ["dev", "prod"], id="a stage as an option"),
        pytest.param(["role", "show", ""], ["dev", "prod"], id="below a group"),
        pytest.param(["check", "--profile", ""], ["admin", "serverless"], id="profiles"),
        pytest.param(["apply", "dev", "--admin-profile", "a"], ["admin"], id="an administrator's profile"),
        pytest.param(["check", "--command", "und"], ["undeploy"], id="commands of Zappa"),
        pytest.param(["check", "--format", "j"], ["json", "junit"], id="formats"),
        pytest.param(["check", "--allow"], ["--allow-unknown"], id="options"),
        pytest.param(["check", "-s", "none.json", ""], [], id="no settings file"),
    ],
)
def test_what_click_completes(words: list[str], expected: list[str]):
    assert completed(*words) == expected


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_every_stage_and_every_profile_of_every_command_is_completed():
    asked = 0
    for path, command in commands(main):
        for parameter in command.params:
            if parameter.name == "stage" and not isinstance(command, click.Group):
                option = [parameter.opts[0]] if isinstance(parameter, click.Option) else []
                assert completed(*path, *option, "") == ["dev", "prod"], path
                asked += 1
            elif parameter.name in {"profile", "admin_profile"}:
                assert completed(*path, parameter.opts[0], "s") == ["serverless"], path
                asked += 1
    assert asked >= len(COMMANDS)


def test_settings_that_cannot_be_read_complete_nothing_and_say_nothing():
    Path("zappa_settings.json").write_text("{")
    assert completed("check", "") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_for_each_shell(shell: str):
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"{VARIABLE}={shell}_complete" in done.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
def test_a_real_bash_completes_a_stage():
    folder = Path(sys.executable).parent
    script = (
        'eval "$(zappa-iam completion bash)"; COMP_WORDS=(zappa-iam check p); COMP_CWORD=2; '
        '_zappa_iam_completion zappa-iam check p; echo "${COMPREPLY[@]}"; complete -p zappa-iam'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "prod"
    assert "_zappa_iam_completion" in done.stdout.splitlines()[1]


def test_help_is_in_the_order_of_a_journey_and_no_line_is_cut():
    for path, command in [((), main), *commands(main)]:
        told = CliRunner(env={"COLUMNS": "80"}).invoke(main, [*path, "--help"], terminal_width=80).stdout
        assert max(map(len, told.splitlines())) <= 80, path
        if isinstance(command, click.Group):
            assert "..." not in told.partition("Commands:")[2], path
    told = CliRunner().invoke(main, ["--help"]).stdout
    journey = ["init", "doctor", "policy", "check", "plan", "apply", "destroy", "completion"]
    places = [told.index(f"\n  {name} ") for name in journey]
    assert places == sorted(places)
