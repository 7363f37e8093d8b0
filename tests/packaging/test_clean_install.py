"""The built wheel in a fresh environment with run-time dependencies only, for this Python; `make longer` takes each that is here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import zappa_iam_ext
from tests.support.environments import environment
from tests.support.newcomer import APP, ROOT, SETTINGS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clean-install")]
MINORS = (11, 12, 13, 14)
DEVELOPMENT = (
    "pytest",
    "hypothesis",
    "moto",
    "ruff",
    "mypy",
    "policy_sentry",
    "cfnlint",
    "parliament",
    "flask",
)


def python(minor: int) -> str:
    """Return a Python of that version: this one, one on the path, or one of pyenv's."""
    if sys.version_info.minor == minor:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    candidates = [f"python3.{minor}", *map(str, pyenv.glob(f"3.{minor}.*/bin/python"))]
    for candidate in candidates:
        try:
            asked = subprocess.run(
                [candidate, "-c", "import sys; print(sys.version_info.minor)"],
                check=False,
                capture_output=True,
                text=True,
            )
        except OSError:
            continue
        if asked.stdout.strip() == str(minor):
            return candidate
    pytest.skip(f"there is no Python 3.{minor} here")


def run(*command: str | Path, cwd: Path = ROOT, code: int = 0) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=kept, check=False, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "zappa_settings.json").write_text(json.dumps({"dev": SETTINGS}))
    (folder / "app.py").write_text(APP)
    return folder


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"zappa_iam_ext"}
    assert "zappa_iam_ext/py.typed" in names
    tables = {Path(name).name for name in names if name.endswith((".toml", ".json"))}
    assert {"execution_role.toml", "stack_resources.toml", "definitions.json"} <= tables
    assert "zappa_iam_ext/rehearsal/inside_zappa/site/sitecustomize.py" in names
    here = {str(p.relative_to(ROOT)) for p in (ROOT / "zappa_iam_ext").rglob("*") if p.is_file()}
    shipped = {name for name in names if name.startswith("zappa_iam_ext/")}
    assert shipped == {name for name in here if "__pycache__" not in name}
    metadata = next(n for n in names if n.endswith(".dist-info/METADATA"))
    text = zipfile.ZipFile(wheel).read(metadata).decode()
    required = {
        re.split(r"[^A-Za-z0-9-]", line.split()[1])[0]
        for line in text.splitlines()
        if line.startswith("Requires-Dist")
    }
    assert required == {"boto3", "botocore", "click", "zappa"}
    assert f"\nVersion: {zappa_iam_ext.__version__}\n" in text


@pytest.mark.parametrize(
    "minor",
    [
        pytest.param(
            minor, id=f"3.{minor}", marks=() if minor == sys.version_info.minor else pytest.mark.longer
        )
        for minor in MINORS
    ],
)
def test_it_runs_with_the_run_time_dependencies_alone(wheel, tmp_path, project, minor):
    bin_folder = environment(tmp_path / "env", wheel, python=python(minor))
    told = run(bin_folder / "zappa-iam", "--version", cwd=project).stdout
    assert told.strip().endswith(zappa_iam_ext.__version__)
    for command in ("zappa-iam --help", "python -m zappa_iam_ext --help"):
        executable, *arguments = command.split()
        assert "policy" in run(bin_folder / executable, *arguments, cwd=project).stdout
    printed = run(bin_folder / "zappa-iam", "policy", "dev", "--account", "123456789012", cwd=project)
    here = run(
        Path(sys.executable).parent / "zappa-iam", "policy", "dev", "--account", "123456789012", cwd=project
    )
    assert json.loads(printed.stdout) == json.loads(here.stdout)
    (project / "policy.json").write_text(printed.stdout)
    run(
        bin_folder / "zappa-iam",
        "check",
        "dev",
        "--policy",
        "policy.json",
        "--account",
        "123456789012",
        cwd=project,
    )
    present = run(bin_folder / "python", "-c", IMPORT_ALL, cwd=project).stdout.split()
    assert len(present) > 80
    assert not set(DEVELOPMENT) & {name.partition(".")[0] for name in present}


IMPORT_ALL = """
import importlib, pkgutil, sys, zappa_iam_ext
for module in pkgutil.walk_packages(zappa_iam_ext.__path__, "zappa_iam_ext."):
    if not module.name.endswith(("__main__", "sitecustomize")):
        importlib.import_module(module.name)
for name in zappa_iam_ext.__all__:
    getattr(zappa_iam_ext, name)
print(*sys.modules)
"""


def test_it_runs_with_the_oldest_zappa_that_is_supported(wheel, tmp_path, project):
    bin_folder = environment(tmp_path / "env", wheel, "zappa==0.60.0", "setuptools<81", python=python(11))
    printed = run(bin_folder / "zappa-iam", "policy", "dev", "--account", "123456789012", cwd=project)
    assert "lambda:CreateFunction" in printed.stdout
    (project / "policy.json").write_text(printed.stdout)
    run(
        bin_folder / "zappa-iam",
        "check",
        "dev",
        "--policy",
        "policy.json",
        "--account",
        "123456789012",
        cwd=project,
    )
    short = run(
        bin_folder / "zappa-iam",
        "check",
        "dev",
        "--policy",
        "policy.json",
        "--account",
        "210987654321",
        cwd=project,
        code=1,
    )
    assert "Zappa" not in short.stderr


def test_importing_the_gate_is_cheap(tmp_path):
    """It runs at every Zappa command: importing it must not pull in the tables, boto3 or the evaluator."""
    loaded = run(
        sys.executable, "-c", "import sys; from zappa_iam_ext import gate; print(*sys.modules)", cwd=tmp_path
    )
    names = set(loaded.stdout.split())
    assert not names & {
        "boto3",
        "botocore",
        "zappa",
        "zappa_iam_ext.iam",
        "zappa_iam_ext.permissions.tables.rows",
    }
