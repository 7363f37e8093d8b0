"""The other stages of a Zappa that runs with ``--all``, opened as Zappa will open them when it is their turn."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from zappa_iam_ext.settings_file import as_settings_errors


def stages_to_come(zappa_cli: Any) -> tuple[Any, ...]:
    """Return a ``ZappaCLI`` for each stage that Zappa carries out after this one, with its settings and session loaded.

    Raises `SettingsError` or `CredentialsProblem` for a stage that Zappa could not open. Source: ``cli.py``,
    ``ZappaCLI.handle`` (the stages in their order in the file) and ``dispatch_command``.
    """
    names = [str(name) for name in zappa_cli.zappa_settings]
    after = names[names.index(zappa_cli.api_stage) + 1 :]
    return tuple(_opened(zappa_cli, name) for name in after)


def _opened(zappa_cli: Any, name: str) -> Any:
    other = type(zappa_cli)()
    for attribute in ("vargs", "command", "stage_env", "load_credentials", "disable_progress"):
        setattr(other, attribute, getattr(zappa_cli, attribute, None))
    other.api_stage = name
    path = (zappa_cli.vargs or {}).get("settings_file")
    with as_settings_errors(path, name), contextlib.redirect_stdout(sys.stderr):
        other.check_stage_name(name)
        other.load_settings(path)
    return other
