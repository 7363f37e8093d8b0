"""Which names of a settings file are stages, and which of them are meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.settings.values import got


def chosen_stages(settings: Any, stage: str | None, *, all_stages: bool, file: str) -> tuple[str, ...]:
    """Return the names of the stages that are meant: the one named, all, or the only one.

    ``settings`` are those of the whole file. What is no table, such as a YAML anchor, is no stage, and Zappa leaves
    it alone. Raises `SettingsError`, which names the ``file``.
    """
    if not isinstance(settings, Mapping) or not settings:
        raise SettingsError(f"{file} has no stages", hint="A settings file is a table of stages.")
    if stage is not None and stage not in settings:
        raise _no_such_stage(settings, stage, file)
    stages = _stages(settings)
    wrong = next(iter(settings)) if stage is None else stage
    if not stages or (stage is not None and stage not in stages):
        raise SettingsError(
            f"{file}: stage {str(wrong)[:80]!r} is not a table of settings",
            hint="See the settings file that Zappa documents, or run `zappa init`.",
        )
    if stage is None and len(stages) > 1 and not all_stages:
        raise SettingsError(
            f"{file} has several stages: {', '.join(stages)}", hint="Name one of them, or give --all."
        )
    return stages if all_stages else (stage or stages[0],)


def is_stage(settings: Mapping[Any, Any], name: Any) -> bool:
    """Say whether a name of the settings file is that of a stage."""
    return isinstance(name, str) and isinstance(settings[name], Mapping)


def _stages(settings: Mapping[Any, Any]) -> tuple[str, ...]:
    return tuple(name for name in settings if is_stage(settings, name))


def _no_such_stage(settings: Mapping[Any, Any], stage: str, file: str) -> SettingsError:
    for name in settings:
        if not isinstance(name, str) and str(name) == stage:
            return SettingsError(
                f"{file}: the name of stage {stage} is {got(name)}, Zappa looks for a string",
                hint=f'Write it in quotes: "{stage}".',
            )
    return SettingsError(
        f"{file} has no stage {stage!r}", hint=f"Its stages are {', '.join(_stages(settings))}."
    )
