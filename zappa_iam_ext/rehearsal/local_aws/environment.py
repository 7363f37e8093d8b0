"""The environment that the local AWS runs in: made once, of its own, since it pins its own botocore."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from zappa_iam_ext.errors import LocalAwsError

LOCAL_AWS = "ministack==1.5.33"
"""The local AWS, in the version that the recordings were made with."""


def cache_folder() -> Path:
    """Return the folder for what is made once: ``ZAPPA_IAM_EXT_CACHE``, else the user's cache."""
    own = os.environ.get("ZAPPA_IAM_EXT_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(own).expanduser() if own else Path(base).expanduser() / "zappa-iam-ext"


def is_installed() -> bool:
    """Say whether the local AWS has its environment already."""
    return (cache_folder() / LOCAL_AWS.replace("==", "-") / ".complete").exists()


def local_aws_python(progress: Callable[[str], None] = lambda _: None) -> Path:
    """Return the Python of the local AWS's environment, which is made when it is not there.

    Two processes may both make it; the first to finish wins. Raises `LocalAwsError`.
    """
    folder = cache_folder() / LOCAL_AWS.replace("==", "-")
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / ".complete").exists():
        progress(f"installing the local AWS ({LOCAL_AWS}) into its own environment, once")
        try:
            _make(folder)
        except OSError as error:
            raise LocalAwsError(
                f"the local AWS cannot be installed into {folder}: {error}",
                hint="Point ZAPPA_IAM_EXT_CACHE at a folder that you may write to.",
            ) from error
    return python


def _make(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        _run([sys.executable, "-m", "venv", str(making)])
        python = making / ("Scripts" if os.name == "nt" else "bin") / "python"
        quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
        _run([str(python), "-m", "pip", "install", *quiet, LOCAL_AWS])
        (making / ".complete").touch()
        _replace(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _replace(made: Path, folder: Path) -> None:
    """Put the finished environment in place, unless another process was quicker."""
    if folder.exists() and not (folder / ".complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
    try:
        made.rename(folder)
    except OSError:
        if not (folder / ".complete").exists():
            raise


def _run(command: list[str]) -> None:
    environment = {
        k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise LocalAwsError(
            f"the local AWS could not be installed: {''.join(last)[:300]}",
            hint=f"It needs a package index: try `pip download {LOCAL_AWS}`.",
        )
