"""Stage and commands to requirements: the first half of the main job, one line of joining."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from zappa_iam_ext.permissions.authorizations import Scope, authorize
from zappa_iam_ext.permissions.calls import calls_of
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.model import Command, Consequence, Requirement
from zappa_iam_ext.permissions.stage import Stage

_GRAVITY = (Consequence.STOPS, Consequence.SILENT, Consequence.HARMLESS)


def requirements(stage: Stage, commands: Iterable[Command] = ()) -> tuple[Requirement, ...]:
    """Return what the deploying principal must be allowed for these commands (default: the life cycle).

    One requirement per action, resource and context, sorted; when several calls need it, the gravest
    consequence of a denial is told.
    """
    scope = Scope(account=stage.account, region=stage.region, partition=stage.partition)
    found: dict[tuple[object, ...], Requirement] = {}
    for command in commands or life_cycle():
        for call in calls_of(stage, command):
            for requirement in authorize(call, scope):
                key = (requirement.action, requirement.resource, tuple(sorted(requirement.context.items())))
                found[key] = _graver(found.get(key), requirement)
    return tuple(found[key] for key in sorted(found, key=str))


def _graver(known: Requirement | None, new: Requirement) -> Requirement:
    if known is None:
        return new
    graver = min((known, new), key=lambda item: _GRAVITY.index(item.consequence))
    restrict = tuple(sorted(set(known.restrict) & set(new.restrict)))
    return replace(graver, restrict=restrict)
