"""A user's project on a stage: the same files and settings, in a folder that is thrown away afterwards."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zappa_iam_ext.permissions.stage import Stage

PROFILE = "serverless"
SETTINGS = "zappa_settings.json"
_SETTINGS_FILES = frozenset(
    {"zappa_settings.json", "zappa_settings.yaml", "zappa_settings.yml", "zappa_settings.toml", ".env"}
)
_LEFT_OUT = ("callbacks", "aws_endpoint_urls", "extends", "delete_local_zip", "delete_zip", "profile_name")
_NOT_RUN = {
    "callbacks": "callbacks are not run: what they call is not seen",
    "prebuild_script": "prebuild_script is not run: what it calls is not seen",
    "aws_endpoint_urls": "aws_endpoint_urls is left out: every call goes to the local AWS",
}


@dataclass(frozen=True, slots=True)
class Project:
    """Where Zappa runs: the project's folder, and a home with credentials that only the local AWS knows."""

    folder: Path
    home: Path

    @property
    def credentials(self) -> Path:
        """The credentials file."""
        return self.home / "credentials"

    @property
    def config(self) -> Path:
        """The config file."""
        return self.home / "config"

    def environment(self, endpoint: str, extra: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of the rehearsing Zappa: the user's own, without any of its AWS settings."""
        return {
            **{key: value for key, value in os.environ.items() if not _is_foreign(key)},
            "NO_PROXY": "*",
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "PYTHONDONTWRITEBYTECODE": "1",
            "VIRTUAL_ENV": os.environ.get("VIRTUAL_ENV") or sys.prefix,
            **extra,
        }


def _is_foreign(variable: str) -> bool:
    """Say whether a variable of the user's would lead a rehearsal elsewhere: to AWS, or through a proxy."""
    return variable.startswith(("AWS_", "ZAPPA_", "BOTO_")) or variable.upper().endswith("_PROXY")


@contextmanager
def rehearsing_project(stage: Stage, source: Path, *, full: bool = False) -> Iterator[Project]:
    """Lay out the project of ``source`` for a rehearsal of ``stage``, and remove it afterwards.

    The files are links to the user's own; what Zappa writes lands beside them and is thrown away. The
    settings are the stage's, resolved, without what must not run in a rehearsal (callbacks, other endpoints; unless
    ``full``, what prepares the package).
    """
    with tempfile.TemporaryDirectory(prefix="zappa-iam-", ignore_cleanup_errors=True) as base:
        folder, home = Path(base) / (source.resolve().name or "project"), Path(base) / ".home"
        folder.mkdir()
        home.mkdir(mode=0o700)
        for entry in source.iterdir():
            if entry.name not in _SETTINGS_FILES and not entry.name.startswith(".git"):
                _link(entry, folder / entry.name)
        settings = {stage.name: rehearsed_settings(stage, full=full)}
        (folder / SETTINGS).write_text(json.dumps(settings, indent=2, default=str), encoding="utf-8")
        yield Project(folder, home)


def rehearsed_settings(stage: Stage, *, full: bool = False) -> dict[str, Any]:
    """Return the settings of a stage as they are rehearsed."""
    kept = {
        key: value
        for key, value in stage.settings.items()
        if key not in _LEFT_OUT and (full or key != "prebuild_script")
    }
    bucket = {"s3_bucket": stage.bucket} if stage.bucket else {}
    return {
        **kept,
        **bucket,
        "profile_name": PROFILE,
        "project_name": stage.project_name,
        "aws_region": stage.region,
    }


def left_out(stage: Stage, *, full: bool = False) -> tuple[str, ...]:
    """Return in words which settings of a stage have no effect in a rehearsal."""
    return tuple(
        words
        for name, words in _NOT_RUN.items()
        if stage.settings.get(name) and not (full and name == "prebuild_script")
    )


def _link(entry: Path, target: Path) -> None:
    try:
        target.symlink_to(entry.resolve(), target_is_directory=entry.is_dir())
    except OSError:  # Windows without the right to make links
        if entry.is_dir():
            shutil.copytree(entry, target, symlinks=True)
        else:
            shutil.copy2(entry, target)
