"""Reads the table of Zappa's settings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from zappa_iam_ext.permissions.tables.versions import Version, in_versions

#: What a row may name as a type; ``empty`` is whatever Python takes as false.
TYPES = ("string", "integer", "number", "boolean", "list", "table", "null", "empty")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting that Zappa reads. The head of ``zappa_settings.toml`` says what each key means."""

    name: str
    types: tuple[str, ...]
    stops: tuple[str, ...] = ()
    when: str = ""
    default: bool = False
    arn: tuple[str, ...] = ()
    resource: str = ""
    pattern: str = ""
    bucket: bool = False
    file: str = ""
    required: bool = False
    since: str = ""
    until: str = ""
    source: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """The name in steps: ``events[].name`` is ``events``, ``[]``, ``name``."""
        return _steps(self.name)

    def in_version(self, version: Version) -> bool:
        """Say whether the Zappa of this version reads the setting."""
        return in_versions(self.since, self.until, version)


@cache
def _steps(name: str) -> tuple[str, ...]:
    return tuple(name.replace("[]", ".[]").split("."))


@lru_cache(maxsize=1)
def setting_rows() -> tuple[SettingRow, ...]:
    """Return the table, in its order: what holds something comes before what it holds."""
    text = (files(__package__) / "zappa_settings.toml").read_text(encoding="utf-8")
    return tuple(_row(row) for row in tomllib.loads(text)["setting"])


@lru_cache(maxsize=1)
def names_by_table() -> Mapping[tuple[str, ...], frozenset[str]]:
    """Return the names that Zappa reads in each table of the settings, by the steps to it, outermost first."""
    rows = [row for row in setting_rows() if row.steps[-1] not in {"*", "[]"}]
    found: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        found.setdefault(row.steps[:-1], set()).add(row.steps[-1])
    return {steps: frozenset(names) for steps, names in found.items()}


@lru_cache(maxsize=1)
def defaults() -> dict[str, bool]:
    """Return what counts while a switch among the settings is not there."""
    return {row.name: row.default for row in setting_rows() if len(row.steps) == 1}


def _row(given: dict[str, Any]) -> SettingRow:
    known = {item.name for item in fields(SettingRow)}
    wrong = [*(set(given) - known), *(set(given["types"]) - set(TYPES))]
    if wrong:
        raise ValueError(f"settings/zappa_settings.toml: {given['name']} has unknown {', '.join(wrong)}")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    return SettingRow(**values)
