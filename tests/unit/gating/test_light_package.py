"""What Zappa is told to leave out of a package, and what is put in its place."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from zappa_iam_ext.gating.light_package import keep_light

IMPORTS_US = "from zappa_iam_ext import gate\n"


@pytest.fixture
def zappa(tmp_path, monkeypatch):
    """A Zappa that packages nothing and tells what it was asked to exclude."""
    monkeypatch.chdir(tmp_path)
    asked = []

    def create_lambda_zip(*, exclude=None, archive_format="zip", **_):
        asked.append(exclude)
        path = tmp_path / f"package.{archive_format}"
        with zipfile.ZipFile(path, "w"):
            return str(path)

    made = SimpleNamespace(
        create_lambda_zip=create_lambda_zip, get_current_venv=lambda: tmp_path / "venv", asked=asked
    )
    keep_light(made)
    return made


def core(path):
    return sorted(zipfile.ZipFile(path).namelist())


CORE = [f"zappa_iam_ext/{name}.py" for name in ("__init__", "errors", "hook", "left_out")]


@pytest.mark.parametrize(
    ("exclude", "asked"),
    [
        pytest.param([], ["zappa_iam_ext", "zappa_iam_ext-*"], id="none"),
        pytest.param(None, ["zappa_iam_ext", "zappa_iam_ext-*"], id="null"),
        pytest.param(["*.txt"], ["*.txt", "zappa_iam_ext", "zappa_iam_ext-*"], id="some"),
        pytest.param("*.txt", "*.txt", id="a text stays Zappa's to refuse"),
    ],
)
def test_what_is_excluded(zappa, exclude, asked):
    given = list(exclude) if isinstance(exclude, list) else exclude
    zappa.create_lambda_zip(exclude=given)
    assert zappa.asked == [asked]
    assert given == exclude, "the user's own list is not touched"


def source(folder):
    (folder / "app.py").write_text(IMPORTS_US)


def deep(folder):
    (folder / "a" / "b").mkdir(parents=True)
    source(folder / "a" / "b")


def installed(
    folder,
    text="Requires-Dist: Zappa_IAM.ext\nRequires-Dist: zappa-iam-ext (>=0.1)\n",
    name="shared-1.dist-info",
):
    metadata = folder / "venv" / "lib" / "python3.12" / "site-packages" / name
    metadata.mkdir(parents=True)
    (folder / "venv" / "pyvenv.cfg").touch()
    (metadata / "METADATA").write_text(text)
    (metadata.parent / "module.py").write_text(IMPORTS_US)


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        pytest.param(lambda _: None, [], id="nobody imports us: nothing of us is left"),
        pytest.param(source, CORE, id="the application does"),
        pytest.param(deep, CORE, id="a module deep inside of it does"),
        pytest.param(installed, CORE, id="a package that is installed asks for us"),
        pytest.param(lambda folder: installed(folder, "Name: other\n"), [], id="an installed package does not"),
        pytest.param(lambda folder: installed(folder, name="zappa_iam_ext-1.dist-info"), [], id="we ourselves do not count"),
    ],
)  # fmt: skip
def test_a_light_core_is_left_where_something_imports_us(zappa, tmp_path, prepare, expected):
    prepare(tmp_path)
    assert core(zappa.create_lambda_zip(exclude=[])) == expected


def test_the_archive_of_a_slim_handler_goes_without_and_its_handler_has_it(zappa, tmp_path):
    source(tmp_path)
    assert core(zappa.create_lambda_zip(exclude=[], archive_format="tarball")) == []
    assert core(zappa.create_lambda_zip(exclude=[], slim_handler=True)) == CORE


def test_whoever_excludes_us_by_name_means_all_of_us(zappa, tmp_path):
    source(tmp_path)
    assert core(zappa.create_lambda_zip(exclude=["zappa_iam_ext"])) == []


def test_the_core_imports_nothing_of_ours_that_is_left_out():
    root = Path(__file__).parents[3] / "zappa_iam_ext"
    for name in ("__init__", "errors", "hook"):
        lines = (root / f"{name}.py").read_text().splitlines()
        ours = [line for line in lines if line.startswith("from zappa_iam_ext")]
        assert set(ours) <= {"from zappa_iam_ext.errors import ExitCode, ZappaIamError, worst"}, name
