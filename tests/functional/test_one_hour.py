"""A new Zappa with a new call under a new setting: whoever adds it is told each step, and needs no file besides.

The Zappa is the installed one with one method more, as a release that there is not. Everything happens in a copy of this
tree; the tests that tell are the ones of this tree, run in the copy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from zappa_iam_ext.permissions.tables.versions import parse_version

pytestmark = [pytest.mark.slow, pytest.mark.longer]
ROOT = Path(__file__).parents[2]
OLD = version("zappa")
NEW = f"0.{parse_version(OLD)[1] + 1}.0"
TABLES = "zappa_iam_ext/permissions/tables"
#: All that may fail when Zappa makes a new call, but what needs the local AWS or another evaluator.
EVERYTHING = (
    "tests/functional/test_drift.py",
    "tests/functional/test_existence.py",
    "tests/functional/test_recordings.py",
    "tests/functional/test_denials_recorded.py",
    "tests/functional/test_diff.py",
    "tests/functional/test_template.py",
    "tests/functional/test_transitions.py",
    "tests/unit/permissions",
    "tests/unit/test_pages.py",
)
CORE = '''
    def set_log_retention(self, function_name, days):
        """Keep the logs of a function for some days."""
        self.logs_client.put_retention_policy(
            logGroupName="/aws/lambda/" + function_name, retentionInDays=days
        )

'''
CLI = """
        if self.stage_config.get("log_retention_days"):
            self.zappa.set_log_retention(self.lambda_name, self.stage_config["log_retention_days"])
"""


@dataclass
class Copy:
    """A copy of this tree beside the fictional Zappa."""

    tree: Path
    site: Path

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(self.site), str(self.tree)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "ZAPPA_IAM_EXT_CACHE": os.environ.get("ZAPPA_IAM_EXT_CACHE", str(ROOT / ".cache")),
        }
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, *targets: str, passes: bool = False) -> str:
        """Run tests of the copy and return what they say; they fail, unless they should pass."""
        options = [
            "-m",
            "pytest",
            "-q",
            "-n0",
            "-p",
            "no:cacheprovider",
            "-m",
            "not slow and not aws and not zappa and not node",
        ]
        done = self.python(*options, *targets)
        said = "\n".join(line[:300].rstrip() for line in done.stdout.splitlines()[-60:])
        assert done.returncode in ({0} if passes else {1, 2}), said + done.stderr
        return done.stdout

    def append(self, path: str, text: str) -> None:
        with (self.tree / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.tree / path).read_text("utf-8")
        assert text.count(old) == 1 or path == "CHANGELOG.md", (path, old)
        (self.tree / path).write_text(text.replace(old, new, 1), "utf-8")

    def changed(self) -> set[str]:
        """Return the files that are not as they are in this tree."""
        return {
            str(path.relative_to(self.tree))
            for path in self.tree.rglob("*")
            if path.is_file()
            and "__pycache__" not in path.parts
            and not path.is_relative_to(self.tree / ".hypothesis")
            and path.read_bytes() != (ROOT / path.relative_to(self.tree)).read_bytes()
        }


@pytest.fixture
def copy(tmp_path) -> Copy:
    tree, site = tmp_path / "tree", tmp_path / "site"
    tree.mkdir()
    skipped = shutil.ignore_patterns("__pycache__", "node_modules", "*.pyc")
    for name in ("zappa_iam_ext", "tests", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=skipped)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "Makefile", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    _fictional_zappa(site)
    return Copy(tree, site)


def _fictional_zappa(site: Path) -> None:
    """Write the installed Zappa with one method more, and what says of it that it is the next release."""
    source = Path(next(iter(find_spec("zappa").submodule_search_locations)))
    shutil.copytree(source, site / "zappa", ignore=shutil.ignore_patterns("__pycache__"))
    core, cli, init = (site / "zappa" / name for name in ("core.py", "cli.py", "__init__.py"))
    core.write_text(
        core.read_text("utf-8").replace(
            "    def create_lambda_function(", f"{CORE.lstrip(chr(10))}    def create_lambda_function(", 1
        ),
        "utf-8",
    )
    text = cli.read_text("utf-8")
    for command in ("deploy", "update"):
        text, made = re.subn(
            rf'(    def {command}\(self.*?\n        """.*?"""\n)',
            lambda found: found[1] + CLI,
            text,
            count=1,
            flags=re.DOTALL,
        )
        assert made == 1
    cli.write_text(text, "utf-8")
    init.write_text(init.read_text("utf-8").replace(OLD, NEW), "utf-8")
    record = site / f"zappa-{NEW}.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: zappa\nVersion: {NEW}\n", "utf-8")


#: What the checklist names for cases that this one is not: a new part, a collection, a call that can be recorded.
OTHERWISE = {
    f"{TABLES}/reading.py",
    f"{TABLES}/collections.py",
    "tests/recordings/scenarios.toml",
    "tests/functional/test_drift.py",
    "tests/functional/test_existence.py",
    "tests/functional/test_transitions.py",
}
DRIFT = ("tests/functional/test_drift.py", "-k", "has_a_row or newest")
CHECKS = ("tests/functional/test_existence.py", "-k", "has_a_row_that_says or PutRetentionPolicy")
CASE = {
    "name": "log_retention_days: how long logs are kept",
    "settings": {"log_retention_days": 7},
    "adds": ["logs:PutRetentionPolicy arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hello-dev:*"],
    "removes": [],
}


def test_each_missing_step_is_told_and_nothing_else_has_to_be_touched(copy):
    row = _the_release_and_the_row(copy)
    _the_feature(copy, row)
    _the_setting(copy)
    _what_aws_checks(copy)
    _the_case(copy)
    _the_pages_and_the_changelog(copy)
    _the_recordings(copy)
    _the_branches(copy)
    copy.told(*EVERYTHING, passes=True)
    named, changed = _checklist(), copy.changed()
    beyond = [path for path in changed if not any(path == name or path.startswith(name) for name in named)]
    assert sorted(beyond) == ["tests/recordings/calls/" + name for name in _recordings(copy)]
    untouched = {name for name in named if not any(path.startswith(name) for path in changed)}
    assert untouched == OTHERWISE


def _the_release_and_the_row(copy: Copy) -> str:
    """The drift test asks for the release, and prints the row; pasted and not filled in, it is refused."""
    said = copy.told(*DRIFT)
    assert f"add '{NEW}' to ZAPPA_VERSIONS in permissions/tables/versions.py" in said
    printed = said.partition("# to permissions/tables/")[2]
    file, _, printed = printed.partition(":\n")
    lines = [line.removeprefix("E").strip() for line in printed.splitlines()]
    row = "\n".join(lines[: next(index for index, line in enumerate(lines) if line.startswith("#"))])
    assert f'since = "{NEW}"' in row
    assert 'commands = ["deploy", "update"]' in row
    assert 'parameters = { logGroupName = "{log_group}", retentionInDays = "*" }' in row
    assert file == "zappa_calls/logs.toml"
    path = f"{TABLES}/{file}"

    copy.append(path, row)
    said = copy.told(*DRIFT)
    assert (
        f"unknown name '{NEW}' in `since`: add it to ZAPPA_VERSIONS in permissions/tables/versions.py" in said
    )
    copy.replace(f"{TABLES}/versions.py", f'"{OLD}",', f'"{OLD}", "{NEW}",')
    said = copy.told(*DRIFT)
    assert "zappa_calls/logs.toml, line" in said
    assert "`because` is not filled in" in said
    filled = row.replace('"Zappa ..."', '"Zappa sets how long logs are kept"')
    copy.replace(path, row, filled)
    return filled


def _the_feature(copy: Copy, row: str) -> None:
    """A row may name a feature that there is not: the refusal says where it belongs."""
    path = f"{TABLES}/zappa_calls/logs.toml"
    copy.replace(path, row, f'{row}\nwhen = ["log_retention"]\nsetting = "log_retention_days"')
    said = copy.told(*DRIFT)
    assert "logs.PutRetentionPolicy" in said
    assert (
        "unknown name 'log_retention' in `when`: add it to FEATURES in permissions/tables/features.py" in said
    )
    copy.replace(
        f"{TABLES}/features.py",
        "FEATURES: Mapping[str, Feature] = {\n",
        'FEATURES: Mapping[str, Feature] = {\n    "log_retention": Feature(_setting("log_retention_days"), "`log_retention_days`"),\n',
    )


def _the_setting(copy: Copy) -> None:
    said = copy.told(*DRIFT)
    assert "add to settings/zappa_settings.toml" in said
    assert 'name = "log_retention_days"' in said
    row = f'[[setting]]\nname = "log_retention_days"\ntypes = ["integer"]\nsince = "{NEW}"'
    places = "cli.py: ZappaCLI.deploy | cli.py: ZappaCLI.update"
    copy.append("zappa_iam_ext/settings/zappa_settings.toml", f'{row}\nsource = "{places}"')


def _what_aws_checks(copy: Copy) -> None:
    said = copy.told(*CHECKS)
    assert "add to permissions/tables/authorizations/" in said
    lines = [line.removeprefix("E").strip() for line in said.partition("[[authorization]]")[2].splitlines()]
    check = "\n".join(["[[authorization]]", *lines[1:5]])
    assert 'action = "logs:PutRetentionPolicy"' in check
    copy.append(f"{TABLES}/authorizations/cloudwatch.toml", check)
    assert "`source` is not filled in" in copy.told(*CHECKS)
    copy.replace(
        f"{TABLES}/authorizations/cloudwatch.toml",
        'Service Authorization Reference: ..."',
        'Service Authorization Reference: Amazon CloudWatch Logs"',
    )
    said = copy.told(*CHECKS)
    assert "arn:{partition}:logs:{region}:{account}:log-group:{LogGroupName}" in said
    copy.replace(
        f"{TABLES}/authorizations/cloudwatch.toml", ":log-group:{LogGroupName}", ":log-group:{logGroupName}:*"
    )


def _the_case(copy: Copy) -> None:
    target = "tests/unit/permissions/test_requirements.py"
    said = copy.told(target, "-k", "case or adds")
    assert "add a case to tests/cases/permissions/settings.json named 'log_retention_days:" in said
    path = copy.tree / "tests/cases/permissions/settings.json"
    path.write_text(json.dumps([*json.loads(path.read_text("utf-8")), CASE], indent=1) + "\n", "utf-8")


def _the_pages_and_the_changelog(copy: Copy) -> None:
    target = "tests/unit/test_pages.py"
    said = copy.told(target)
    assert "docs/permissions.md is stale: run `make docs`" in said
    assert f"CHANGELOG.md: tell under Unreleased, in its section Permissions, what Zappa {NEW} needs" in said
    for generator in ("tables", "pages"):
        assert copy.python("-m", f"tests.generate.{generator}").returncode == 0
    copy.replace(
        "CHANGELOG.md",
        "### Permissions\n\n",
        f"### Permissions\n\n- Zappa {NEW}: `logs:PutRetentionPolicy` with `log_retention_days`.\n",
    )


def _the_recordings(copy: Copy) -> None:
    """The recordings are of the former Zappa. Recording them again takes minutes: here only their version changes."""
    target = "tests/functional/test_recordings.py"
    said = copy.told(target, "-k", "one_zappa")
    assert "run `make recordings` and `make denials`" in said
    assert "tests/recordings/scenarios.toml" in said
    for path in (copy.tree / "tests/recordings/calls").glob("*.json"):
        path.write_text(path.read_text("utf-8").replace(f'"zappa": "{OLD}"', f'"zappa": "{NEW}"', 1), "utf-8")
    said = copy.told(target, "-k", "one_zappa or says_why_not")
    assert "tests/recordings/unreached.toml" in said
    assert "logs.PutRetentionPolicy" in said
    copy.append(
        "tests/recordings/unreached.toml",
        '[[unreached]]\ncalls = ["logs.PutRetentionPolicy"]\ncommands = ["deploy", "update"]\nreason = "no scenario sets it"',
    )


def _the_branches(copy: Copy) -> None:
    target = "tests/functional/test_transitions.py"
    said = copy.told(target)
    assert "read the function, and add to transitions.toml" in said
    lines = [line.removeprefix("E").strip() for line in said.partition("[[branch]]")[2].splitlines()]
    assert "core.py: Zappa.set_log_retention" in lines[1]
    filled = [
        lines[1],
        'state = "any"',
        'does = "sets how long logs are kept"',
        'calls = ["logs.PutRetentionPolicy"]',
        'reason = "no scenario sets it"',
    ]
    copy.append("tests/recordings/transitions.toml", "\n".join(["[[branch]]", *filled]))
    copy.told(target, passes=True)


def _recordings(copy: Copy) -> list[str]:
    return sorted(path.name for path in (copy.tree / "tests/recordings/calls").glob("*.json"))


def _checklist() -> set[str]:
    """Return the files and folders that the checklists for a call and for a setting name."""
    page = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    found: set[str] = set()
    for heading in ("A call", "A setting"):
        section = page.partition(f"### {heading}\n")[2].partition("\n##")[0]
        assert section, heading
        found |= set(re.findall(r"((?:zappa_iam_ext|tests|docs)/[\w/.-]+|CHANGELOG\.md)`", section))
    return found
