"""Which settings and flags decide what is called: those that features, collections and calls look at, and rows name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from zappa_iam_ext.permissions.calls import calls_of
from zappa_iam_ext.permissions.commands import COMMANDS, parse_command
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.features import FEATURES
from zappa_iam_ext.permissions.tables.rows import call_rows
from zappa_iam_ext.permissions.tables.runtime_rows import runtime_rows


class _Settings(dict[str, Any]):
    """Settings that remember which of them were looked at."""

    def __init__(self, given: Mapping[str, Any], seen: set[str]) -> None:
        super().__init__(given)
        self.seen = seen

    def get(self, key: str, default: Any = None) -> Any:
        self.seen.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.seen.add(key)
        return super().__getitem__(key)


class _Flags(frozenset[str]):
    """Flags that remember which of them were asked for."""

    seen: set[str]

    def __contains__(self, flag: object) -> bool:
        self.seen.add(f"--{flag}")
        return super().__contains__(flag)


def settings_read(stages: Iterable[Stage]) -> set[str]:
    """Return the settings and flags (``--zip``) that are looked at for any of these stages, by any command."""
    seen: set[str] = set()
    for stage in stages:
        watched = replace(stage, settings=_Settings(stage.settings, seen))
        for name in COMMANDS:
            _look(watched, _watched(parse_command(name), seen))
    named = {
        name for row in (*call_rows(), *runtime_rows()) for name in row.setting.replace(",", " ").split()
    }
    return seen | named


def _watched(command: Command, seen: set[str]) -> Command:
    flags = _Flags(command.flags)
    flags.seen = seen
    return replace(command, flags=flags)


def _look(stage: Stage, command: Command) -> None:
    for feature in FEATURES.values():
        feature.predicate(stage, command)
    for collection in COLLECTIONS.values():
        list(collection.items(stage, command))
    calls_of(stage, command)
