"""The settings and files by which Zappa leaves an execution role alone: which edits that takes, shown and written.

Two states are stable. Zappa does not manage the role (``manage_roles``), and finds it by its name or ARN; or the files of
``assume_policy`` and ``attach_policy`` say just what IAM gives back, so that Zappa finds nothing to write.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zappa_iam_ext.errors import OutputError, SettingsError
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.roles.zappa_writes import (
    LiveDocuments,
    ZappaWrites,
    appended_statements,
    as_managed,
    zappa_writes,
)
from zappa_iam_ext.settings_editing import edited, unified_diff
from zappa_iam_ext.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file as it is (empty: there is none) and as it is to be."""

    path: Path
    before: str
    after: str

    @property
    def diff(self) -> str:
        """The difference as ``diff -u`` tells it; empty where there is none."""
        return unified_diff(self.before, self.after, self.path.as_posix())


def policy_file(stage: Stage) -> str:
    """Return the name of the file that ``attach_policy`` is to name."""
    return f"{stage.name}-ZappaLambdaExecutionPolicy.json"


def trust_file(stage: Stage) -> str:
    """Return the name of the file that ``assume_policy`` is to name."""
    return f"{stage.name}-ZappaLambdaExecutionTrust.json"


def generated(stage: Stage, setting: str, name: str) -> bool:
    """Say whether a setting names the file that we write."""
    return Path(str(stage.settings.get(setting) or "")).name == name


def stable_edits(
    stage: Stage, role: str, settings: Path, live: LiveDocuments, *, manage_roles: bool
) -> tuple[FileEdit, ...]:
    """Return the edits that make the stage's settings stable for a role as it is; none where they are.

    Raises `CannotEdit` where the settings file cannot be edited at one place, and `SettingsError` where it cannot be read.
    """
    edits = []
    values = _unmanaged(stage, role) if not manage_roles else _managed(stage, settings)
    if manage_roles:
        folder = settings.parent
        edits.append(_file(folder / policy_file(stage), _policy_text(as_managed(stage), live)))
        edits.append(_file(folder / trust_file(stage), _text(live.trust)))
    text = _read(settings)
    edits.append(FileEdit(settings, text, edited(text, settings.suffix, stage.name, values)))
    return tuple(edit for edit in edits if edit.before != edit.after)


def stable_stage(stage: Stage, live: LiveDocuments, *, manage_roles: bool) -> Stage:
    """Return the stage as Zappa reads it after the edits."""
    if not manage_roles:
        return replace(stage, role=replace(stage.role, managed=False))
    read = as_managed(stage)
    role = replace(read.role, assume_policy=_text(live.trust), attach_policy=_policy_text(read, live))
    return replace(read, role=role)


def verdict(stage: Stage, live: LiveDocuments, *, manage_roles: bool) -> ZappaWrites:
    """Return what Zappa's next deployment writes to IAM once the edits are made."""
    return zappa_writes(stable_stage(stage, live, manage_roles=manage_roles), live)


def write_edits(edits: Iterable[FileEdit]) -> None:
    """Write the files, each whole or not at all, the settings last. Raises `OutputError`, and where a file has changed since."""
    for edit in edits:
        if _read(edit.path, missing="") != edit.before:
            raise OutputError(
                f"{edit.path} has changed meanwhile: it is left as it is", hint="Run it once more."
            )
        _write(edit.path, edit.after)


def _unmanaged(stage: Stage, role: str) -> dict[str, Any]:
    if not stage.role.managed:
        return {}
    named = {} if stage.role.arn or stage.settings.get("role_name") == role else {"role_name": role}
    return {"manage_roles": False, **named}


def _managed(stage: Stage, settings: Path) -> dict[str, Any]:
    """Return the settings; Zappa opens the files from where it is run, which is where we are run."""
    folder = Path(os.path.relpath(settings.parent.resolve(), Path.cwd()))
    values: dict[str, Any] = {
        "assume_policy": (folder / trust_file(stage)).as_posix(),
        "attach_policy": (folder / policy_file(stage)).as_posix(),
    }
    return values if stage.role.managed else {**values, "manage_roles": True}


def _policy_text(stage: Stage, live: LiveDocuments) -> str:
    """Return the file of a policy: what IAM gives back, without what Zappa appends by itself.

    Raises `SettingsError` where the role does not end in that: no file makes it what Zappa wants then.
    """
    document = dict(live.inline or {})
    appended = list(appended_statements(stage))
    statements = document.get("Statement", [])
    if not isinstance(statements, list) or (appended and statements[-len(appended) :] != appended):
        raise SettingsError(
            f"stage {stage.name}: IAM gives the policy back in another form than it was written in",
            hint="Zappa would write it at each deployment: let it not manage the role (`--no-manage-roles`).",
        )
    kept = statements[: len(statements) - len(appended)]
    return _text({**document, "Statement": kept})


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=4, ensure_ascii=False) + "\n"


def _file(path: Path, text: str) -> FileEdit:
    """Return the edit of a file; one that says the same already stays as it is written."""
    before = _read(path, missing="")
    with contextlib.suppress(ValueError):
        if before and json.loads(before) == json.loads(text):
            return FileEdit(path, before, before)
    return FileEdit(path, before, text)


def _read(path: Path, *, missing: str | None = None) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        if missing is not None:
            return missing
        raise SettingsError(f"there is no file {path}", hint="Run it where the settings are.") from None
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", hint="See that it is UTF-8 text.") from error


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}", hint="See who may write it."
        ) from error
