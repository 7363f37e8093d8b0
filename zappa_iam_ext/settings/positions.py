"""Where the stages of a settings file and their settings stand in its text: JSON, YAML and TOML. Pure."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.json_places import members, skip_space

_BARE = r"[A-Za-z0-9_-]+"
_KEY = rf"(?:{_BARE}|\"[^\"\n]*\"|'[^'\n]*')"
_TABLE = re.compile(rf"\s*\[\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]")
_ASSIGNED = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")
_PART = re.compile(_KEY)
_QUOTES = ('"""', "'''")


@dataclass(frozen=True, slots=True)
class StageLines:
    """The line of a stage, those of its settings, counted from 1, and the stage that it extends."""

    line: int
    settings: Mapping[str, int] = field(default_factory=dict)
    extends: str = ""


Lines = Mapping[str, StageLines]


def stage_lines(text: str, name: str) -> Lines:
    """Return the stages of a settings file by their name; ``name`` of the file tells its format, as it tells Zappa.

    Of text that cannot be read, nothing is known.
    """
    read = {"toml": _toml, "yml": _yaml, "yaml": _yaml}.get(name.rpartition(".")[2].lower(), _json)
    try:
        return read(text)
    except (ValueError, IndexError, KeyError, RecursionError):
        return {}


def setting_line(lines: Lines, stage: str, setting: str = "") -> int:
    """Return the line of a stage's setting: its own, else that of the stage it extends, else the stage's; 1 if unknown."""
    if stage not in lines:
        return 1
    seen: list[str] = []
    at = stage
    while setting and at in lines and at not in seen:
        if setting in lines[at].settings:
            return lines[at].settings[setting]
        seen.append(at)
        at = lines[at].extends
    return lines[stage].line


def _json(text: str) -> Lines:
    found = {}
    for stage in members(text, skip_space(text, 0)):
        settings = {each.name: _line(text, each.start) for each in members(text, stage.value)}
        value = json.loads(text[stage.value : stage.end], strict=False)
        found[stage.name] = StageLines(_line(text, stage.start), settings, _extends(value))
    return found


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _extends(value: Any) -> str:
    extends = value.get("extends") if isinstance(value, Mapping) else None
    return extends if isinstance(extends, str) else ""


def _yaml(text: str) -> Lines:
    import yaml  # type: ignore[import-untyped]  # what Zappa reads YAML with

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    found = {}
    for key, value in _pairs(root):
        settings = {str(name.value): name.start_mark.line + 1 for name, _ in _pairs(value)}
        extends = next((str(told.value) for name, told in _pairs(value) if name.value == "extends"), "")
        found[str(key.value)] = StageLines(key.start_mark.line + 1, settings, extends)
    return found


def _pairs(node: Any) -> list[tuple[Any, Any]]:
    value = getattr(node, "value", None)
    return [pair for pair in value if isinstance(pair, tuple)] if isinstance(value, list) else []


def _toml(text: str) -> Lines:
    values = tomllib.loads(text)
    lines: dict[str, int] = {}
    settings: dict[str, dict[str, int]] = {}
    for number, path in _assigned(text):
        stage, *rest = path
        lines.setdefault(stage, number)
        if rest:
            settings.setdefault(stage, {}).setdefault(rest[0], number)
    return {
        stage: StageLines(line, settings.get(stage, {}), _extends(values.get(stage)))
        for stage, line in lines.items()
    }


def _assigned(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the path of each table and each key; lines within a text of several lines are passed over."""
    table: list[str] = []
    inside = ""
    for number, line in enumerate(text.split("\n"), 1):
        if inside:
            inside = "" if line.count(inside) % 2 else inside
            continue
        if header := _TABLE.match(line.replace("[[", "[", 1)):
            table = _path(header[1])
            yield number, table
        elif assigned := _ASSIGNED.match(line):
            yield number, [*table, *_path(assigned[1])]
            inside = next((quote for quote in _QUOTES if line.count(quote) % 2), "")


def _path(text: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(text)]
