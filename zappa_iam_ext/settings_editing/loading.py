"""The text of a settings file to values, as Zappa loads it (``cli.py``, ``ZappaCLI.load_settings_file``)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from zappa_iam_ext.errors import CannotEdit

YAML = (".yml", ".yaml")
TOML = ".toml"


def loaded(text: str, suffix: str) -> Any:
    """Return what Zappa makes of a text; ``suffix`` is that of the file's name, and what Zappa does not know is JSON.

    Raises `CannotEdit` for what its parsers refuse.
    """
    try:
        return _parsed(text.replace("\r\n", "\n").replace("\r", "\n"), suffix)
    except RecursionError:
        raise CannotEdit("the settings are nested too deeply") from None
    except Exception as error:  # the parsers raise what they like: toml an IndexError
        told = " ".join(str(error).split())[:200]
        raise CannotEdit(f"the settings cannot be read: {told}") from error


def _parsed(text: str, suffix: str) -> Any:
    if suffix in YAML:
        import yaml  # type: ignore[import-untyped]  # what Zappa reads YAML with

        return yaml.safe_load(text)
    if suffix == TOML:
        import toml  # type: ignore[import-untyped]  # what Zappa reads TOML with

        return toml.loads(text)
    return json.loads(text)


def still_toml(before: str, text: str, path: tuple[str, ...], value: Any) -> bool:
    """Say whether a text that is TOML for Python still is, and has this value there: the parser of Zappa takes more."""
    try:
        tomllib.loads(before)
    except ValueError:
        return True
    try:
        found: Any = tomllib.loads(text)
    except ValueError:
        return False
    for step in path:
        found = found[step]
    return bool(found == value)


def same(one: Any, other: Any) -> bool:
    """Say whether two values are the same: of the same types, and tables in the same order."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or repr(one) == repr(other))
