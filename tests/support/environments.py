"""Fresh environments with packages of the index: without a pip of their own, and compiled as far as they are used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

QUIET = ("--quiet", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile")


def environment(folder: Path, *packages: str | Path, python: str = sys.executable) -> Path:
    """Make an environment of that Python with these packages, and return the folder of its executables."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV"))}
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", *QUIET)
    for command in ((python, "-m", "venv", "--without-pip", folder), (*pip, *packages)):
        done = subprocess.run(
            [*map(str, command)], env=kept, check=False, capture_output=True, text=True, timeout=500
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "bin"
