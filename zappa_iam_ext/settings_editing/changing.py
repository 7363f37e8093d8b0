"""Which keys of a stage have to change, and what the settings are afterwards."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.settings_editing.loading import same

Path = tuple[str, ...]


def changes(settings: Any, stage: str, values: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the paths, from the stage on, that have another value afterwards; raise `CannotEdit` without the stage."""
    if not isinstance(settings, Mapping) or stage not in settings:
        raise CannotEdit(f"there is no stage {stage!r}")
    if settings[stage] is not None and not isinstance(settings[stage], Mapping):
        raise CannotEdit(f"stage {stage!r} is not a table of settings")
    return tuple((stage, *path) for path in _differing(settings[stage] or {}, values))


def after(settings: Any, stage: str, values: Mapping[str, Any]) -> Any:
    """Return the settings with these values in the stage; a table is joined with the one that is there.

    Zappa takes a whole table from the stage that extends another, or from the one extended. So what is inherited
    of a table stands in the stage too.
    """
    own = settings[stage] or {}
    inherited = _inherited(settings, stage)
    start = {
        key: copy.deepcopy(inherited[key])
        for key, value in values.items()
        if key not in own and isinstance(value, Mapping) and isinstance(inherited.get(key), Mapping)
    }
    return {**settings, stage: _joined({**own, **start}, values)}


def _differing(own: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Path]:
    for key, value in values.items():
        if key in own and isinstance(own[key], Mapping) and isinstance(value, Mapping):
            yield from ((key, *path) for path in _differing(own[key], value))
        elif key not in own or not same(own[key], value):
            yield (key,)


def _joined(own: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(own)
    for key, value in values.items():
        both = isinstance(joined.get(key), Mapping) and isinstance(value, Mapping)
        joined[key] = _joined(joined[key], value) if both else copy.deepcopy(value)
    return joined


def effective(settings: Any, stage: str) -> Mapping[str, Any]:
    """Return the settings that are in force for a stage, with those of the stages that it extends."""
    return {**_inherited(settings, stage), **(settings[stage] or {})}


def _inherited(settings: Mapping[str, Any], stage: str) -> Mapping[str, Any]:
    """Return what a stage has of those that it extends, directly or not (``ZappaCLI.stage_config``)."""
    inherited: dict[str, Any] = {}
    seen = [stage]
    while True:
        holder = settings.get(seen[-1])
        extended = holder.get("extends") if isinstance(holder, Mapping) else None
        if (
            not isinstance(extended, str)
            or extended in seen
            or not isinstance(settings.get(extended), Mapping)
        ):
            return inherited
        inherited = {**settings[extended], **inherited}
        seen.append(extended)


def value_at(settings: Any, path: Path) -> Any:
    """Return the value at a path."""
    for step in path:
        settings = settings[step]
    return settings


def found_at(settings: Any, path: Path) -> Any:
    """Return the value at a path, or a value that is no other's where nothing is."""
    for step in path:
        if not isinstance(settings, Mapping) or step not in settings:
            return object()
        settings = settings[step]
    return settings


def plain(value: Any) -> Any:
    """Return a value as the parsers make them: dicts, lists, strings, numbers; raise `CannotEdit` for anything else."""
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or type(value) in {bool, int, float, str}:
        return value
    if isinstance(value, str):
        return str(value)
    raise CannotEdit(f"{str(value)[:80]!r} is no value of settings")
