"""Stage and commands to requirements: the first half of the main job, one line of joining."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from zappa_iam_ext.permissions.authorizations import Scope, authorize
from zappa_iam_ext.permissions.calls import distinct_calls
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.model import Call, Command, Consequence, Requirement
from zappa_iam_ext.permissions.stage import Stage

_GRAVITY = {
    Consequence.REFUSED: 0,
    Consequence.STOPS: 1,
    Consequence.SILENT: 2,
    Consequence.HARMLESS: 3,
}
Key = tuple[object, ...]


def requirements(stage: Stage, commands: Iterable[Command] = ()) -> tuple[Requirement, ...]:
    """Return what the deploying principal must be allowed for these commands (default: the life cycle).

    One requirement per action, resource and context, sorted, those that are needed in some states of the account only
    last; when several calls need it, the gravest consequence of a denial is told.
    """
    scope = Scope(account=stage.account, region=stage.region, partition=stage.partition)
    found: dict[Key, Requirement] = {}
    for call in _telling_calls(stage, tuple(commands) or life_cycle()):
        for requirement in authorize(call, scope):
            key = (requirement.action, requirement.resource, tuple(sorted(requirement.context.items())))
            found[key] = _more_severe(found[key], requirement) if key in found else requirement
    return tuple(
        found[key] for key in sorted(found, key=lambda key: (found[key].only_if is not None, str(key)))
    )


def _telling_calls(stage: Stage, commands: Iterable[Command]) -> Iterator[Call]:
    """Yield the calls; one that says no more than equal calls before it is left out.

    It says more when its consequence is graver, or when it is made in every state of the account and they were not.
    """
    known: dict[Key, tuple[int, bool]] = {}
    for call in distinct_calls(stage, commands):
        key = (call.service, call.operation, call.region, repr(call.parameters))
        gravity, conditional = known.get(key, (len(_GRAVITY), True))
        if _GRAVITY[call.consequence] < gravity or (conditional and not call.only_if):
            known[key] = min(gravity, _GRAVITY[call.consequence]), conditional and bool(call.only_if)
            yield call


def _more_severe(known: Requirement, new: Requirement) -> Requirement:
    """Return what is told of two needs of the same: the graver consequence, and no state that only one depends on."""
    graver = new if _severity(new) < _severity(known) else known
    only_if = graver.only_if if known.only_if and new.only_if else None
    restrict = known.restrict
    if known.restrict != new.restrict:
        restrict = tuple(sorted(set(known.restrict) & set(new.restrict)))
    if (graver.only_if, graver.restrict) == (only_if, restrict):
        return graver
    return replace(graver, restrict=restrict, only_if=only_if)


def _severity(requirement: Requirement) -> tuple[int, bool]:
    return _GRAVITY[requirement.consequence], requirement.only_if is not None
