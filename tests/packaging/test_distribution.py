"""What a release is made of: the wheel and the source distribution, looked into."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.generate import sbom
from tests.packaging.test_clean_install import MINORS
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VERSIONS = (ROOT / "docs" / "versions.md").read_text("utf-8")
#: What belongs to no user: tests, caches, settings of editors and machines, tools of the repository.
UNWANTED = re.compile(
    r"(^|/)(tests|__pycache__|node_modules|\.venv\w*|\.cache|\.github|\.ci|\.hypothesis)(/|$)|\.(pyc|orig|rej|log)$"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    return folder


def wheel(built: Path) -> dict[str, str]:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def source(built: Path) -> set[str]:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.mark.slow
def test_nothing_is_shipped_that_belongs_to_no_user(built):
    assert [name for name in (*wheel(built), *source(built)) if UNWANTED.search(name)] == []


@pytest.mark.slow
def test_the_wheel_has_its_licences_its_types_and_its_bill_of_materials(built):
    files = wheel(built)
    info = {name.partition(".dist-info/")[2]: text for name, text in files.items() if ".dist-info/" in name}
    assert info["licenses/LICENSE"] == (ROOT / "LICENSE").read_text("utf-8")
    assert info["licenses/NOTICE"] == (ROOT / "NOTICE").read_text("utf-8")
    assert info["sboms/zappa-iam-ext.cdx.json"] == sbom.text()
    assert "zappa_iam_ext/py.typed" in files


@pytest.mark.slow
def test_the_source_distribution_builds_and_explains_itself(built):
    files = source(built)
    wanted = {
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "NOTICE",
        "SECURITY.md",
        "CONTRIBUTING.md",
    }
    assert wanted <= files
    assert "zappa_iam_ext/__init__.py" in files


@pytest.mark.slow
def test_a_package_index_takes_both(built):
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


@pytest.mark.slow
def test_the_metadata_names_where_everything_is(built):
    (text,) = (text for name, text in wheel(built).items() if name.endswith(".dist-info/METADATA"))
    metadata = message_from_string(text)
    urls = {entry.partition(", ")[0] for entry in metadata.get_all("Project-URL", [])}
    assert urls == {"Homepage", "Documentation", "Changelog", "Issues", "Source"}
    assert metadata["License-Expression"] == "MIT"


def test_the_bill_of_materials_is_as_the_project_says_and_as_the_schema_wants():
    assert sbom.TARGET.read_text("utf-8") == sbom.text(), "stale: run `make docs`"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom.text()) is None
    named = {item["name"] for item in json.loads(sbom.text())["components"] if item["type"] == "library"}
    assert named == {re.split(r"[<>=!~ ]", text)[0] for text in PROJECT["dependencies"]}


@pytest.mark.parametrize("path", [path for *_, path in sbom.DATA])
def test_each_source_of_data_is_a_part_of_the_package_and_in_the_notice(path):
    assert (ROOT / "zappa_iam_ext" / path).exists()
    notice = (ROOT / "NOTICE").read_text("utf-8")
    (address,) = {where for _, _, where, file in sbom.DATA if file == path}
    assert address in notice


def test_the_supported_versions_are_the_same_everywhere():
    pythons = [f"3.{minor}" for minor in MINORS]
    classifiers = [text.rpartition(" :: ")[2] for text in PROJECT["classifiers"]]
    assert [text for text in classifiers if re.fullmatch(r"3\.\d+", text)] == pythons
    assert PROJECT["requires-python"] == f">={pythons[0]}"
    assert f"| Python | {', '.join(pythons)} |" in VERSIONS
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    assert f"python: {json.dumps(pythons)}" in workflow
    assert f"| Zappa | {ZAPPA_VERSIONS[0]} to {ZAPPA_VERSIONS[-1]} |" in VERSIONS
    assert f"zappa>={ZAPPA_VERSIONS[0]}" in PROJECT["dependencies"]


@pytest.mark.parametrize("name", ["boto3", "click"])
def test_the_oldest_dependency_that_the_page_names_is_the_one_required(name):
    (oldest,) = (text.partition(">=")[2] for text in PROJECT["dependencies"] if text.startswith(f"{name}>="))
    assert re.search(rf"^\| {name}.* \| {re.escape(oldest)} or later \|", VERSIONS, re.MULTILINE)
