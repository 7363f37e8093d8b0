"""Runs the real ``zappa`` executable on a local AWS and reads what it called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zappa_iam_ext.errors import LocalAwsError
from zappa_iam_ext.rehearsal.inside_zappa.config import VARIABLE, RehearsalConfig
from zappa_iam_ext.rehearsal.local_aws.loopback import require_dummy_keys
from zappa_iam_ext.rehearsal.observation import Observation, read_observations

SITE = Path(__file__).parent / "inside_zappa" / "site"
LIMIT = 300.0
"""Seconds that one Zappa command may take."""


@dataclass(frozen=True, slots=True)
class ZappaRun:
    """One Zappa command that ran: its exit code, what it printed, and the AWS calls it made, in order."""

    command: tuple[str, ...]
    exit_code: int
    output: str
    observations: tuple[Observation, ...]

    @property
    def denied(self) -> tuple[Observation, ...]:
        """The calls that either enforcement refused."""
        return tuple(seen for seen in self.observations if seen.denied)


def zappa_executable() -> str:
    """Return the ``zappa`` of this environment; raise `LocalAwsError` when there is none."""
    beside = Path(sys.executable).parent / ("zappa.exe" if os.name == "nt" else "zappa")
    found = str(beside) if beside.exists() else shutil.which("zappa")
    if not found:
        raise LocalAwsError("there is no zappa executable here", hint="Install Zappa into this environment.")
    return found


def run_zappa(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    config: RehearsalConfig | None = None,
    *,
    executable: str = "",
) -> ZappaRun:
    """Run one Zappa command in ``folder``; with ``config``, its AWS calls are watched and judged.

    Raises `LocalAwsError` when it does not end within `LIMIT` seconds.
    """
    require_dummy_keys(environment, Path(environment.get("AWS_CONFIG_FILE", "/")).parent)
    with tempfile.TemporaryDirectory(prefix="zappa-iam-") as notes:
        record = Path(notes) / "calls.jsonl"
        given = {**environment, "TMPDIR": str(_temporary(Path(notes)))}
        if config:
            file = Path(notes) / "config.json"
            replace(config, record=str(record)).write(file)
            inherited = [given["PYTHONPATH"]] if given.get("PYTHONPATH") else []
            package = str(Path(__file__).parents[2])
            given |= {VARIABLE: str(file), "PYTHONPATH": os.pathsep.join([str(SITE), *inherited, package])}
        try:
            done = subprocess.run(  # noqa: S603  -- the user's own zappa
                [executable or zappa_executable(), *arguments],
                cwd=folder,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LocalAwsError(
                f"zappa {' '.join(arguments)} did not end within {LIMIT:.0f} seconds",
                hint="Is the project very large?",
            ) from error
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        text = done.stdout.decode("utf-8", "replace")
        return ZappaRun(tuple(arguments), done.returncode, text, tuple(read_observations(lines)))


def _temporary(notes: Path) -> Path:
    """Return a folder for what Zappa makes for a while: ended in the middle of it, it leaves nothing behind."""
    folder = notes / "tmp"
    folder.mkdir()
    return folder
