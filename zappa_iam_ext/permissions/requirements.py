"""Stage and commands to requirements: the first half of the main job, one line of joining."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from zappa_iam_ext.permissions.authorizations import Scope, authorize
from zappa_iam_ext.permissions.calls import distinct_calls
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.model import Call, Command, Consequence, Requirement
from zappa_iam_ext.permissions.stage import Stage

_GRAVITY = {Consequence.STOPS: 0, Consequence.SILENT: 1, Consequence.HARMLESS: 2}
Key = tuple[object, ...]


def requirements(stage: Stage, commands: Iterable[Command] = ()) -> tuple[Requirement, ...]:
    """Return what the deploying principal must be allowed for these commands (default: the life cycle).

    One requirement per action, resource and context, sorted; when several calls need it, the gravest
    consequence of a denial is told.
    """
    scope = Scope(account=stage.account, region=stage.region, partition=stage.partition)
    found: dict[Key, Requirement] = {}
    for call in _telling_calls(stage, tuple(commands) or life_cycle()):
        for requirement in authorize(call, scope):
            key = (requirement.action, requirement.resource, tuple(sorted(requirement.context.items())))
            found[key] = _more_severe(found[key], requirement) if key in found else requirement
    return tuple(found[key] for key in sorted(found, key=str))


def _telling_calls(stage: Stage, commands: Iterable[Command]) -> Iterator[Call]:
    """Yield the calls; one that an equal call of the same or a graver consequence went before says nothing new."""
    known: dict[Key, int] = {}
    for call in distinct_calls(stage, commands):
        key = (call.service, call.operation, call.region, repr(call.parameters))
        gravity = _GRAVITY[call.consequence]
        if gravity < known.get(key, len(_GRAVITY)):
            known[key] = gravity
            yield call


def _more_severe(known: Requirement, new: Requirement) -> Requirement:
    graver = new if _GRAVITY[new.consequence] < _GRAVITY[known.consequence] else known
    if known.restrict == new.restrict:
        return graver
    return replace(graver, restrict=tuple(sorted(set(known.restrict) & set(new.restrict))))
