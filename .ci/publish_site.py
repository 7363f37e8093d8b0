"""Publishes the site: a folder for each version on the branch `gh-pages`, and `versions.json` beside them.

``python .ci/publish_site.py BUILD REF REMOTE``: BUILD is what `make site` made, REF a full ref of git. `refs/heads/main` is
published as `latest`, `refs/tags/v1.2.3` as `1.2`; anything else is not published, and that is no error.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

BRANCH = "gh-pages"
LATEST = "latest"
VERSION = re.compile(r"[0-9]+\.[0-9]+", re.ASCII)
_TAG = re.compile(r"refs/tags/v([0-9]+\.[0-9]+)\.[0-9]+", re.ASCII)
_AUTHOR = (
    "-c",
    "user.name=github-actions[bot]",
    "-c",
    "user.email=41898282+github-actions[bot]@users.noreply.github.com",
)
_START = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>zappa-iam-ext</title>
<meta http-equiv="refresh" content="0; url={name}/">
<p><a href="{name}/">The documentation</a></p>
</html>
"""


def folder_of(ref: str) -> str:
    """Return the folder that a ref is published in; empty for one that is not published, such as a pre-release."""
    tag = _TAG.fullmatch(ref)
    return LATEST if ref == "refs/heads/main" else tag[1] if tag else ""


def versions_in(tree: Path) -> list[str]:
    """Return the published versions, `latest` first, then the newest."""
    numbers = [path.name for path in tree.iterdir() if path.is_dir() and VERSION.fullmatch(path.name)]
    newest_first = sorted(numbers, key=lambda name: [int(part) for part in name.split(".")], reverse=True)
    return [LATEST] * (tree / LATEST).is_dir() + newest_first


def arrange(build: Path, tree: Path, name: str) -> list[str]:
    """Put a build into its folder, in place of what was there, and write what stands beside; return the versions."""
    if name != LATEST and not VERSION.fullmatch(name):
        raise ValueError(f"{name!r} is no version")
    if not (build / "index.html").is_file():
        raise FileNotFoundError(f"no site in {build}")
    shutil.rmtree(tree / name, ignore_errors=True)
    shutil.copytree(build, tree / name, ignore=shutil.ignore_patterns(".doctrees", ".buildinfo"))
    versions = versions_in(tree)
    (tree / "versions.json").write_text(json.dumps(versions) + "\n", encoding="utf-8")
    (tree / "index.html").write_text(_START.replace("{name}", versions[0]), encoding="utf-8")
    (tree / ".nojekyll").touch()  # or GitHub leaves out folders that begin with an underscore
    return versions


def publish(build: Path, ref: str, remote: str) -> str:
    """Commit a build to the branch of the site, made when it is not there, and push it; return what was done."""
    name = folder_of(ref)
    if not name:
        return f"{ref} is not published"
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        if _git(tree, "ls-remote", "--heads", remote, BRANCH):
            _git(tree, "clone", "--quiet", "--depth=1", f"--branch={BRANCH}", remote, ".")
        else:
            _git(tree, "init", "--quiet", f"--initial-branch={BRANCH}")
        arrange(build, tree, name)
        _git(tree, "add", "--all")
        if not _git(tree, "status", "--porcelain"):
            return f"{name} is published already"
        _git(tree, *_AUTHOR, "commit", "--quiet", "--message", f"Publish {name}")
        _git(tree, "push", "--quiet", remote, BRANCH)
    return f"published {name}"


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


if __name__ == "__main__":
    print(publish(Path(sys.argv[1]).absolute(), *sys.argv[2:4]))
