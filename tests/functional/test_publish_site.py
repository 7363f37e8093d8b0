"""The script that publishes the site: which folder, what stands beside, and a branch of a real repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.site import publishing


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    (folder / "_static").mkdir(parents=True)
    (folder / ".doctrees").mkdir()
    (folder / "index.html").write_text("first")
    return folder


@pytest.fixture
def remote(tmp_path: Path) -> str:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "remote.git")], check=True)
    return str(tmp_path / "remote.git")


def published(remote: str, path: str) -> str:
    done = subprocess.run(
        ["git", "-C", remote, "show", f"gh-pages:{path}"], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("ref", "folder"),
    [
        ("refs/heads/main", "latest"),
        ("refs/tags/v0.2.0", "0.2"),
        ("refs/tags/v10.12.3", "10.12"),
        ("refs/tags/v1.2.0rc1", ""),
        ("refs/tags/v1.2", ""),
        ("refs/heads/v1.2.3", ""),
        ("refs/tags/v1.2.3/../..", ""),
    ],
)
def test_a_ref_has_its_folder(ref, folder):
    assert publishing().folder_of(ref) == folder


def test_versions_are_latest_first_then_the_newest_by_number(build, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("0.9", "0.10", "latest", "1.0"):
        versions = publishing().arrange(build, tree, name)
    (tree / "assets").mkdir()
    assert versions == json.loads((tree / "versions.json").read_text()) == ["latest", "1.0", "0.10", "0.9"]
    assert publishing().versions_in(tree) == versions
    assert (tree / ".nojekyll").exists()
    assert 'url=latest/"' in (tree / "index.html").read_text()
    assert not (tree / "latest" / ".doctrees").exists()


def test_without_latest_the_beginning_is_the_newest(build, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    publishing().arrange(build, tree, "0.9")
    publishing().arrange(build, tree, "0.10")
    assert 'url=0.10/"' in (tree / "index.html").read_text()


@pytest.mark.parametrize("name", ["", "..", "1", "1.2.3", "main", "latest/x"])
def test_what_is_no_version_touches_nothing(build, tmp_path, name):
    tree = tmp_path / "tree"
    (tree / "latest").mkdir(parents=True)
    with pytest.raises(ValueError, match="no version"):
        publishing().arrange(build, tree, name)
    assert [path.name for path in tree.iterdir()] == ["latest"]


def test_an_empty_build_replaces_nothing(build, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    publishing().arrange(build, tree, "latest")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError):
        publishing().arrange(tmp_path / "empty", tree, "latest")
    assert (tree / "latest" / "index.html").read_text() == "first"


def test_a_branch_is_made_filled_and_only_its_folder_replaced(build, remote):
    publish = publishing().publish
    assert publish(build, "refs/heads/main", remote) == "published latest"
    assert publish(build, "refs/tags/v0.2.0", remote) == "published 0.2"
    (build / "index.html").write_text("second")
    (build / "new.html").write_text("new")
    assert publish(build, "refs/heads/main", remote) == "published latest"
    assert published(remote, "latest/index.html") == "second"
    assert published(remote, "0.2/index.html") == "first"
    assert json.loads(published(remote, "versions.json")) == ["latest", "0.2"]
    (build / "new.html").unlink()
    publish(build, "refs/heads/main", remote)
    with pytest.raises(subprocess.CalledProcessError):
        published(remote, "latest/new.html")


def test_what_is_the_same_makes_no_commit_and_a_pre_release_none_either(build, remote):
    publish = publishing().publish
    publish(build, "refs/heads/main", remote)
    count = ["git", "-C", remote, "rev-list", "--count", "gh-pages"]
    before = subprocess.run(count, check=True, capture_output=True).stdout
    assert publish(build, "refs/heads/main", remote) == "latest is published already"
    assert publish(build, "refs/tags/v1.0.0rc1", remote) == "refs/tags/v1.0.0rc1 is not published"
    assert subprocess.run(count, check=True, capture_output=True).stdout == before
