"""Which settings let Zappa leave a planned role alone, and what Zappa does with them as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zappa_iam_ext.errors import CannotEdit, SettingsError
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan.changes import CreateRole, DeleteRolePolicy, PutRolePolicy, UpdateAssumeRolePolicy
from zappa_iam_ext.roles.zappa_writes import INLINE_POLICY, LiveDocuments, ZappaWrites, zappa_writes
from zappa_iam_ext.workflow.execution_roles.files import FileEdit, stable_edits, verdict, write_edits
from zappa_iam_ext.workflow.execution_roles.planning import RoleProvisioning, look

__all__ = ["StableSettings", "documents_after", "stable_settings", "write_edits"]


@dataclass(frozen=True, slots=True)
class StableSettings:
    """For one stage: what Zappa's next deployment does to the role as the settings are, and the edits after which it does nothing.

    ``unstable`` says why no edits make it so, with a ``hint``. ``later``: edits depend on what IAM gives back once the plan is
    carried out.
    """

    stage: str
    role: str
    now: ZappaWrites
    edits: tuple[FileEdit, ...] = ()
    unstable: str = ""
    hint: str = ""
    later: bool = False

    def lines(self, *, written: bool) -> Iterator[str]:
        """Yield what is told of it."""
        if self.now.stable and not self.edits and not self.unstable:
            yield f"{self.stage}: with these settings Zappa's next deployment writes nothing to IAM."
            return
        for write in self.now.writes:
            yield f"{self.stage}: Zappa's next deployment calls {write.operation}: {write.because}"
        if self.now.fails:
            yield f"{self.stage}: {self.now.fails}"
        if self.now.leaves:
            yield f"{self.stage}: {self.now.leaves}"
        if self.unstable:
            yield f"{self.stage}: {self.unstable}"
            yield f"  {self.hint}"
        if self.edits:
            when = "are written once the role is as planned" if written else "--write-settings writes them"
            yield f"{self.stage}: with these settings it writes nothing to IAM ({when}):"
            yield from (line for edit in self.edits for line in edit.diff.splitlines())

    def to_json(self) -> dict[str, Any]:
        """Return the fields; each edit as its path and its diff."""
        return {
            "stage": self.stage,
            "zappa_writes": [
                {"operation": each.operation, "because": each.because} for each in self.now.writes
            ],
            "zappa_fails": self.now.fails,
            "zappa_leaves": self.now.leaves,
            "unstable": self.unstable,
            "edits": [{"path": edit.path.as_posix(), "diff": edit.diff} for edit in self.edits],
        }


def stable_settings(
    item: RoleProvisioning, settings: Path | None, *, as_it_is: bool = False
) -> Iterator[StableSettings]:
    """Yield it for each stage that was asked for; by the role as it is planned, or as it is now.

    Raises `AccessDenied`, `CredentialsProblem` or `AwsUnavailable` when the role cannot be read.
    """
    live = _live_now(item) if as_it_is else documents_after(item)
    if live is None:
        return
    for stage in item.wanted.stages:
        if stage.name in item.stages:
            yield _of_stage(item, stage, settings, live, later=not as_it_is and item.asked.manage_roles)


def _of_stage(
    item: RoleProvisioning, stage: Stage, settings: Path | None, live: LiveDocuments, *, later: bool
) -> StableSettings:
    name, managed = item.wanted.name, item.asked.manage_roles
    now = zappa_writes(stage, live)
    if settings is None:
        told = "the settings are in no file: nothing can be written into them"
        return StableSettings(stage.name, name, now, unstable="" if now.stable else told, hint=_BY_HAND)
    try:
        edits = stable_edits(stage, name, settings, live, manage_roles=managed)
        then = verdict(stage, live, manage_roles=managed)
    except CannotEdit as error:
        return StableSettings(stage.name, name, now, unstable=str(error), hint=error.hint or _BY_HAND)
    except SettingsError as error:
        return StableSettings(stage.name, name, now, unstable=str(error), hint=error.hint)
    unstable = then.fails or "; ".join(write.because for write in then.writes)
    return StableSettings(stage.name, name, now, edits, unstable, _UNMANAGED if unstable else "", later)


_BY_HAND = 'Set "manage_roles": false and role_name yourself.'
_UNMANAGED = "Let Zappa not manage the role (`--no-manage-roles`)."


def documents_after(item: RoleProvisioning) -> LiveDocuments | None:
    """Return what the role says once the plan is carried out; None where there is no role then."""
    current = item.current
    trust = dict(current.trust) if current else None
    inline = dict(current.inline).get(INLINE_POLICY) if current else None
    for change in item.plan.changes:
        match change:
            case CreateRole() | UpdateAssumeRolePolicy():
                trust = dict(change.trust)
            case PutRolePolicy() if change.name == INLINE_POLICY:
                inline = change.document
            case DeleteRolePolicy() if change.name == INLINE_POLICY:
                inline = None
    return None if trust is None else LiveDocuments(trust, inline)


def _live_now(item: RoleProvisioning) -> LiveDocuments | None:
    assert item.iam is not None  # noqa: S101  -- plan_roles always sets it
    role, _, _ = look(item.iam, item.wanted, item.asked.consents)
    return None if role is None else LiveDocuments(role.trust, role.inline.get(INLINE_POLICY))
