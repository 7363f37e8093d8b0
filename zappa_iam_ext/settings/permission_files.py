"""The files that ``iam_ext.permissions`` names, read: JSON, or YAML as Zappa reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.permissions.application import UnreadFile, named_files
from zappa_iam_ext.settings_editing import loaded

MAX_SIZE = 1_000_000
"""Bytes that are read of a file; a policy has a few thousand."""


def permission_files(settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what the named files say, by name; relative names begin at the folder of the settings. Nothing is raised."""
    own = settings.get("iam_ext")
    given = own.get("permissions") if isinstance(own, Mapping) else None
    return {name: _read(folder / Path(name)) for name in named_files(given)}


def _read(path: Path) -> Any:
    try:
        data = path.read_bytes()
        if len(data) > MAX_SIZE:
            return UnreadFile("is too large to be a policy document")
        return loaded(data.decode("utf-8-sig"), path.suffix.lower())
    except FileNotFoundError:
        return UnreadFile(f"is not there ({path})")
    except UnicodeDecodeError:
        return UnreadFile("is not UTF-8 text")
    except (OSError, ValueError) as error:
        return UnreadFile(f"cannot be read: {getattr(error, 'strerror', '') or error}")
    except CannotEdit as error:
        return UnreadFile(f"is no JSON or YAML: {str(error).partition(': ')[2] or error}")
