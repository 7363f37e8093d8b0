"""What puts the gate into the settings of a stage. Pure but for a look at the user's own callback."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zappa_iam_ext.errors import CannotEdit, SettingsError
from zappa_iam_ext.settings_editing import edited, effective, loaded

GATE = "zappa_iam_ext.gate"
#: The names that the gate can be called by.
GATES = (GATE, "zappa_iam_ext.hook.gate")


@dataclass(frozen=True, slots=True)
class WithGate:
    """The text with the gate in each stage, which stages were changed, and which have it already and how."""

    text: str
    changed: tuple[str, ...] = ()
    present: Mapping[str, str] | None = None


def gate_in(settings: Mapping[str, Any], folder: Path) -> str:
    """Say by what a stage calls the gate: its name, or that of a callback that does; empty if it does not.

    ``settings`` are those that are in force for the stage, ``folder`` is where Zappa runs.
    """
    name = _callback(settings)
    return name if name in GATES or (name and _calls_gate(name, folder)) else ""


def gate_values(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings that put the gate into a stage; a callback of the user's own is called after it.

    Raises `CannotEdit` when the stage names another one to be called after the gate.
    """
    values: dict[str, Any] = {"callbacks": {"settings": GATE}}
    if own := _callback(settings):
        iam_ext = settings.get("iam_ext")
        then = iam_ext.get("then") if isinstance(iam_ext, Mapping) else None
        if then and then != own:
            raise CannotEdit(
                f"callbacks.settings is {own}, and iam_ext.then is {then}: only one can be called after the gate",
                hint="Let one of them call the other, and name that one in callbacks.settings.",
            )
        values["iam_ext"] = {"then": own}
    return values


def with_gate(text: str, suffix: str, stages: Sequence[str], folder: Path, profile: str = "") -> WithGate:
    """Return the text of a settings file with the gate in these stages, and with this ``profile_name`` if one is given.

    A stage that another one extends comes first: what extends it has the gate then. Raises `CannotEdit`.
    """
    pending, changed, present = _extended_first(loaded(text, suffix), stages), [], {}
    while pending:
        refusals = []
        for stage in pending:
            try:
                after, by = _with_one(text, suffix, stage, folder, profile)
            except CannotEdit as error:
                refusals.append((stage, error))
                continue
            if after == text:
                present[stage] = by
            else:
                changed.append(stage)
            text = after
        if len(refusals) == len(pending):
            raise refusals[0][1]
        pending = [stage for stage, _ in refusals]
    return WithGate(text, tuple(stage for stage in stages if stage in changed), present)


def _with_one(text: str, suffix: str, stage: str, folder: Path, profile: str) -> tuple[str, str]:
    now = effective(loaded(text, suffix), stage)
    by = gate_in(now, folder)
    values = {} if by else dict(gate_values(now))
    if profile and now.get("profile_name") != profile:
        values["profile_name"] = profile
    return edited(text, suffix, stage, values), by


def _extended_first(settings: Any, stages: Sequence[str]) -> list[str]:
    """Return the stages with each one after those that it extends."""
    return sorted(stages, key=lambda stage: _depth(settings, stage))


def _depth(settings: Any, stage: str) -> int:
    seen: list[str] = []
    while isinstance(settings.get(stage), Mapping) and stage not in seen:
        seen.append(stage)
        stage = str(settings[stage].get("extends") or "")
    return len(seen)


def _callback(settings: Mapping[str, Any]) -> str:
    callbacks = settings.get("callbacks")
    if callbacks and not isinstance(callbacks, Mapping):
        raise SettingsError("callbacks is not a table", hint="See the settings file that Zappa documents.")
    name = callbacks.get("settings") if callbacks else ""
    return name if isinstance(name, str) else ""


def _calls_gate(name: str, folder: Path) -> bool:
    """Say whether the module of a callback beside the settings imports the gate; it is read, not run."""
    *parts, _ = name.split(".")
    module = folder.joinpath(*parts)
    for path in (module.with_suffix(".py"), module / "__init__.py"):
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        return any(_imports_us(node) for node in ast.walk(tree))
    return False


def _imports_us(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] == "zappa_iam_ext"
    return isinstance(node, ast.Import) and any(
        item.name.split(".")[0] == "zappa_iam_ext" for item in node.names
    )
