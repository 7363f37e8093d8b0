"""Wildcards that widen: actions and resources that nobody named, and elements that name what they leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zappa_iam_ext.iam.conditions.truth import Truth
from zappa_iam_ext.iam.definitions import AccessLevel, ActionDefinition
from zappa_iam_ext.iam.findings.catalogue import PASS_ROLE, found
from zappa_iam_ext.iam.findings.effective import AllowPath, Breadth, Effective, reaches_all
from zappa_iam_ext.iam.findings.escalation import NOBODY, PASSED_TO
from zappa_iam_ext.iam.findings.located_statements import EVERYTHING, LocatedStatement, definitions
from zappa_iam_ext.iam.findings.model import Finding, Severity
from zappa_iam_ext.iam.patterns.glob import is_pattern
from zappa_iam_ext.iam.patterns.tokens import ARN_PARTS

_CHOSEN_BY_AWS = (
    "Name the resources, or a pattern of their names; one whose id AWS chooses (an API, a mapping) can be named once it"
    " is there."
)
#: Actions that AWS itself asks for on every resource. Source: API Gateway Developer Guide, edge-optimized custom domains.
_ASKED_ON_ALL = {
    "cloudfront:UpdateDistribution": "Leave it for an edge-optimised domain, for which API Gateway asks for it on *; else"
    " name the distribution.",
}


def wildcards(effective: Effective) -> Iterator[Finding]:
    """Yield what the Allow statements leave open; the statement of an administrator is told elsewhere."""
    everything = effective.administrator()
    for located in effective.statements:
        if not located.denies and located is not everything:
            yield from _actions(located)
            yield from _left_out(located)
            yield from _resources(located)
    if everything is None:
        yield from _passed(effective)


def _actions(located: LocatedStatement) -> Iterator[Finding]:
    for action in located.statement.actions:
        if action in EVERYTHING or not action.strip("*"):
            yield found(
                "wildcard/all-actions", located.ref, f"{action} allows every action", actions=[action]
            )
            continue
        known = tuple(definitions(action))
        writing = [each for each in known if each.writes]
        if not is_pattern(action):
            continue
        if len(known) > 1 and not action.partition(":")[2].strip("*"):
            severity = Severity.WARNING if writing else Severity.NOTE
            told = f"{action} allows all {len(known)} actions of the service{_granting(known)}"
            yield found("wildcard/service-actions", located.ref, told, severity=severity, actions=[action])
        elif len(writing) > 1:
            told = f"{action} allows {len(known)} actions, {len(writing)} of which write{_granting(known)}"
            yield found("wildcard/action-pattern", located.ref, told, actions=[action])


def _granting(known: tuple[ActionDefinition, ...]) -> str:
    granting = [each.name for each in known if each.level is AccessLevel.PERMISSIONS]
    return f", {len(granting)} of which manage permissions (such as {granting[0]})" if granting else ""


def _left_out(located: LocatedStatement) -> Iterator[Finding]:
    statement = located.statement
    if statement.not_actions:
        told = f"everything but {', '.join(statement.not_actions)} is allowed"
        yield found("wildcard/not-action", located.ref, told, actions=statement.not_actions)
    if statement.not_resources:
        told = f"every resource but {', '.join(statement.not_resources)} is allowed"
        yield found("wildcard/not-resource", located.ref, told, resources=statement.not_resources)


def _resources(located: LocatedStatement) -> Iterator[Finding]:
    """Tell the actions that reach every resource of their type, the gravest severity first found for all."""
    statement = located.statement
    open_ones = [resource for resource in statement.resources if is_pattern(resource)]
    of_type: dict[str, frozenset[str]] = {}
    reached: dict[str, tuple[bool, list[str]]] = {}
    for action in statement.actions:
        for known in definitions(action):
            if known.name == PASS_ROLE or not known.resource_types:
                continue
            for kind in known.resource_types:
                if kind.arn not in of_type:
                    of_type[kind.arn] = frozenset(each for each in open_ones if reaches_all(each, kind.arn))
            every = frozenset().union(*(of_type[kind.arn] for kind in known.resource_types))
            wide = [each for each in open_ones if each in every] if every else []
            if wide:
                wrote, _ = reached.get(action, (False, wide))
                reached[action] = (wrote or known.writes, wide)
    if not reached:
        return
    resources = tuple(dict.fromkeys(each for _, wide in reached.values() for each in wide))
    anywhere = any(map(_anywhere, resources))
    writes = any(wrote for wrote, _ in reached.values())
    grave = anywhere and writes and not statement.condition
    yield found(
        "wildcard/resource",
        located.ref,
        f"{_some(tuple(reached))} on every resource of their kind ({', '.join(resources)})",
        severity=Severity.WARNING if grave else Severity.NOTE,
        actions=tuple(reached),
        resources=resources,
        hint=_named_how(reached, anywhere="*" in resources),
    )


def _named_how(actions: Iterable[str], *, anywhere: bool) -> str:
    """Return what can be done about open resources: an id that AWS chooses is known only when the resource is there."""
    if asked := [_ASKED_ON_ALL[action] for action in actions if action in _ASKED_ON_ALL]:
        return asked[0]
    return "" if anywhere else _CHOSEN_BY_AWS


def _anywhere(resource: str) -> bool:
    """Say whether a pattern leaves region and account open; a bucket's ARN has neither."""
    parts = resource.split(":", ARN_PARTS - 1)
    return len(parts) < ARN_PARTS or all(not part.strip("*") for part in parts[3:5])


def _passed(effective: Effective) -> Iterator[Finding]:
    told = set()
    for path in effective.paths(PASS_ROLE):
        if path.located not in told:
            told.add(path.located)
            yield from _pass_role(path)


def _pass_role(path: AllowPath) -> Iterator[Finding]:
    located = path.located
    limited = located.holds(PASS_ROLE, {PASSED_TO.lower(): (NOBODY,)}) is Truth.FALSE
    roles = ", ".join(path.resources)
    if path.breadth > Breadth.ONE:
        yield found(
            "pass-role/any-role",
            located.ref,
            f"roles that nobody named can be passed: {roles}",
            severity=Severity.WARNING if limited else Severity.ERROR,
            actions=[PASS_ROLE],
            resources=path.resources,
        )
    elif not limited:
        yield found(
            "pass-role/any-service",
            located.ref,
            f"{roles} can be passed to any service",
            actions=[PASS_ROLE],
            resources=path.resources,
        )


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:4])
    return shown + (f" and {len(names) - 4} more" if len(names) > 4 else "")  # noqa: PLR2004
