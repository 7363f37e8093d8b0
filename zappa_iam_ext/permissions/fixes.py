"""The command line that provisions what is missing: written once, for every report and hint."""

from __future__ import annotations

import shlex
from pathlib import Path

ANY_STAGE = "STAGE"
"""Stands for a stage that nobody named."""


def fix_command(stage: str = ANY_STAGE, settings_file: Path | None = None) -> str:
    """Return the command line that provisions what a stage lacks; PROFILE stands for an administrator's."""
    name = "".join(character for character in stage if character.isprintable())
    file = f" -s {shlex.quote(str(settings_file))}" if settings_file else ""
    return f"zappa-iam apply {shlex.quote(name)}{file} --admin-profile PROFILE"
