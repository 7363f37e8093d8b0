"""A draft of the application's permissions by another tool, as a child process: what nothing allows yet, for review."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.permissions.application.draft import Draft, drafted, review
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.permissions.stage import UNKNOWN_ACCOUNT, Stage
from zappa_iam_ext.plan.privileges import Held, lost

TOOL = "iam-policy-autopilot"
NO_TELEMETRY = {"DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY": "true"}
"""The tool's own switch, which stands above its config file (its ``TELEMETRY.md``, "How to Opt Out")."""
PATIENCE = 300.0
"""Seconds that the tool may take."""
MAX_SOURCES = 2000
_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "tests", "test", "build", "dist"})
_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_TOLD = 400


class NoDraft(ZappaIamError):
    """The tool is not installed, or did not come to an end well."""


def draft_of(stage: Stage, text: str) -> Draft:
    """Return what of the tool's output the execution policy of the stage does not allow yet. Raises `UnreadableDraft`."""
    allowed = (Held("execution", execution_policy(stage).to_dict()),)

    def covered(statement: Mapping[str, Any]) -> bool:
        document = {"Version": "2012-10-17", "Statement": [dict(statement)]}
        return not lost((Held("draft", document),), allowed)

    return review(drafted(text), covered)


def run_tool(stage: Stage, sources: Sequence[Path], folder: Path) -> str:
    """Return what the tool prints of the source files; its telemetry is switched off, and it gets no credentials.

    It asks AWS's service reference, which needs the network, and uploads nothing. Raises `NoDraft`.
    """
    command = [_installed(), "generate-policies", *map(str, sources), "--region", stage.region]
    command += ["--account", stage.account] if stage.account != UNKNOWN_ACCOUNT else []
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS} | NO_TELEMETRY
    try:
        ran = subprocess.run(  # noqa: S603  -- no shell; the files are named by the user or found in the project
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoDraft(f"{TOOL} did not end within {PATIENCE:.0f} seconds", hint=_ELSEWHERE) from None
    except OSError as error:
        raise NoDraft(f"{TOOL} cannot be run: {error.strerror}", hint=_ELSEWHERE) from error
    if ran.returncode != 0:
        told = " ".join(ran.stderr.split())[:_TOLD] or f"it ended with {ran.returncode}"
        raise NoDraft(f"{TOOL} made no draft: {told}", hint=_ELSEWHERE)
    return ran.stdout


def source_files(folder: Path) -> tuple[Path, ...]:
    """Return the Python files of a project: no hidden folders, no virtual environments, no tests. Raises `NoDraft`."""
    found = tuple(sorted(_python_files(folder)))
    if not found:
        raise NoDraft(f"there is no Python file in {folder}", hint="Name the files with --source.")
    if len(found) > MAX_SOURCES:
        raise NoDraft(
            f"{folder} has {len(found)} Python files", hint="Name those of the application with --source."
        )
    return found


def _python_files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        here = Path(root)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in _SKIPPED and not (here / name / "pyvenv.cfg").exists()
        ]
        yield from (here / name for name in names if name.endswith(".py"))


def _installed() -> str:
    """Return the tool: the one on the path, else the one beside this Python."""
    beside = Path(sys.executable).parent
    found = shutil.which(TOOL) or shutil.which(TOOL, path=str(beside))
    if found is None:
        raise NoDraft(
            f"{TOOL} is not installed",
            hint=f"`pip install {TOOL}`; or {_ELSEWHERE[0].lower()}{_ELSEWHERE[1:]}",
        )
    return found


_ELSEWHERE = (
    f"Run `{TOOL} generate-policies FILES > draft.json` where it is installed and has the network, and give"
    " --from draft.json."
)
