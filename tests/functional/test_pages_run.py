"""Each line of the README and of the how-to runs as it stands there, in order, for a reader with an account.

What runs Zappa itself, installs or rehearses is run by the newcomer's walk and by `test_the_slow_lines_run_too`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from tests.support.newcomer import ROOT, Newcomer, Ran, iam
from tests.support.page_commands import Command, commands
from tests.support.reader import Reader, at_home

README = ROOT / "README.md"
HOW_TO = ROOT / "docs" / "how-to.md"
#: Beyond a few seconds: they have a test of their own below, or are the newcomer's walk.
SLOW = {"pip", "zappa deploy", "zappa-iam demo", "zappa-iam rehearse"}
#: What ends otherwise than with 0, with what it says then.
ENDS = {
    "README.md": {
        "zappa-iam check dev": [(1, "lacks"), (0, "holds all")],
        "zappa-iam diff dev --from-zappa 0.62.0": [(1, "needs 1 more than Zappa 0.62.0")],
    },
    "how-to.md": {
        "zappa-iam lint dev --fail-on warning": [(1, "warning")],
        "zappa-iam lint --profile serverless --format sarif": [(0, "sarif")],
        "zappa-iam can-i s3:GetObject 'arn:aws:s3:::bucket/*' --policy policy.json --context aws:SourceIp=10.0.0.1 --explain": [
            (1, "no")
        ],
    },
}
DENIED = (
    "An error occurred (AccessDeniedException) when calling the CreateFunction operation: User: "
    "arn:aws:iam::123456789012:user/serverless is not authorized to perform: lambda:CreateFunction on resource: "
    "arn:aws:lambda:us-east-1:123456789012:function:hello-dev because no identity-based policy allows it"
)


def run(line: str, newcomer: Newcomer) -> Ran:
    """Run a line of ours in this process as a shell would: `<` and `>` too. A question is answered with yes."""
    words = shlex.split(line.replace("123456789012", newcomer.account))
    given, target = "y\n", ""
    for sign in ("<", ">"):
        if sign in words:
            at = words.index(sign)
            name = Path(words[at + 1]).expanduser()
            words = words[:at] + words[at + 2 :]
            given, target = (name.read_text("utf-8"), target) if sign == "<" else (given, str(name))
    done = iam(*words[1:], input=given)
    if target:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_text(done.stdout, "utf-8")
    return done


def quick(page: Path) -> list[Command]:
    return [step for step in commands(page) if step.program not in SLOW]


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("provisioning", "wanting_keys"):
        monkeypatch.setattr(f"zappa_iam_ext.cli.shared.{module}.on_terminal", lambda: True)


def walk(page: Path, newcomer: Newcomer) -> int:
    """Run each line of a page, hold it against how it ends, and return how many there were."""
    ends = {line: list(each) for line, each in ENDS[page.name].items()}
    for step in quick(page):
        wanted, says = ends[step.text].pop(0) if ends.get(step.text) else (0, "")
        done = run(step.text, newcomer)
        told = f"{page.name}:{step.line}: {step.text}\n{done.stdout}{done.stderr}"
        assert done.exit_code == wanted, told
        assert says in done.stdout + done.stderr, told
    assert [line for line, rest in ends.items() if rest] == [], "a line that the page no longer has"
    return len(quick(page))


def settings_of_the_readme() -> str:
    (shown,) = re.findall(r"^```json\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return shown


@pytest.mark.aws
@pytest.mark.usefixtures("at_a_terminal")
def test_each_line_of_the_readme_runs_in_its_order(newcomer: Newcomer):
    newcomer.administrator()
    newcomer.user("serverless")
    Path("zappa_settings.json").write_text(settings_of_the_readme())
    Path("error.txt").write_text(DENIED)
    assert walk(README, newcomer) > 15


@pytest.mark.aws
@pytest.mark.usefixtures("at_a_terminal")
def test_each_line_of_the_how_to_runs_in_its_order(newcomer: Newcomer):
    newcomer.administrator()
    newcomer.settings(without=["callbacks"], s3_bucket="hello-packages")
    settings = json.loads(Path("zappa_settings.json").read_text())
    Path("zappa_settings.json").write_text(json.dumps(settings | {"production": settings["dev"]}, indent=4))
    assert iam("apply", "production", "--admin-profile", "admin", "--create-keys", "--yes").exit_code == 0
    Path("policy.json").write_text(iam("policy", "dev", "--account", newcomer.account).stdout)
    assert walk(HOW_TO, newcomer) > 20


@pytest.mark.aws
@pytest.mark.zappa
@pytest.mark.longer
def test_the_slow_lines_run_too(newcomer: Newcomer, tmp_path: Path):
    """What rehearses and demonstrates, in a real shell, at a real terminal."""
    Path("zappa_settings.json").write_text(settings_of_the_readme())
    Path("policy.json").write_text(iam("policy", "dev", "--account", "123456789012").stdout)
    here = Path(os.sys.executable).parent
    environment = at_home(newcomer.home, PATH=os.pathsep.join([str(here), os.environ["PATH"]]))
    reader = Reader(newcomer.folder, dict(environment), tmp_path, watch=print)
    slow = [
        step
        for page in (README, HOW_TO)
        for step in commands(page)
        if step.program in {"zappa-iam rehearse", "zappa-iam demo"}
    ]
    assert len(slow) >= 4
    for step in slow:
        code, said = reader.types(step.text)
        assert code == 0, f"{step.text}\n{said}"
