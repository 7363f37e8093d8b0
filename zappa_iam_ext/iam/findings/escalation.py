"""Privilege escalation: combinations of actions that give more than each of them, over all documents together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from zappa_iam_ext.iam.conditions.truth import Truth
from zappa_iam_ext.iam.findings.catalogue import ESCALATION, PASS_ROLE, found, rules
from zappa_iam_ext.iam.findings.effective import AllowPath, Breadth, Effective
from zappa_iam_ext.iam.findings.located_statements import LocatedStatement
from zappa_iam_ext.iam.findings.model import EscalationPath, Finding, Rule, Severity

PASSED_TO = "iam:PassedToService"
NOBODY = "nobody.invalid"
ADMINISTRATOR = ESCALATION + "administrator"


def escalations(effective: Effective) -> Iterator[Finding]:
    """Yield a finding for every path that is open; for an administrator one that stands for all."""
    everything = effective.administrator()
    if everything is not None:
        yield found(
            ADMINISTRATOR,
            everything.ref,
            f"every action on every resource is allowed, so every path of escalation is open{_under([everything])}",
            actions=("*",),
            resources=("*",),
        )
        return
    for rule in rules().values():
        if rule.path is not None:
            yield from _judge(rule, rule.path, effective)


#: Of a role that is named, passed to services that are named: what the rule's advice asks for is done.
AS_NARROW_AS_CAN_BE = (
    "It is as narrow as it can be: whoever deploys code runs it as its role. See that the role holds no more than needed"
    " (`zappa-iam role lint`)."
)


def _judge(rule: Rule, path: EscalationPath, effective: Effective) -> Iterator[Finding]:
    steps = _steps(path, effective)
    if not all(steps.values()):
        return
    choices = {action: effective.paths(action, path.context) for action in path.any}
    if path.any and not any(choices.values()):
        return
    taken = steps | {action: paths for action, paths in choices.items() if paths}
    subject = tuple(path for action in path.subjects for path in taken.get(action, ()))
    breadth = max(path.breadth for path in subject)
    severity = path.severities.get(breadth.name.lower())
    if severity is None:
        return
    if path.passes and breadth is Breadth.ONE and all(map(_limited_to_service, subject)):
        severity = Severity.NOTE
    yield _told(rule, severity, subject, taken)


def _steps(path: EscalationPath, effective: Effective) -> dict[str, tuple[AllowPath, ...]]:
    steps = {}
    if path.passes:
        steps[PASS_ROLE] = effective.paths(PASS_ROLE, {PASSED_TO: path.passes})
        if not steps[PASS_ROLE]:
            return steps
    for action in path.all:
        steps[action] = effective.paths(action, path.context)
        if not steps[action]:
            break
    return steps


def _limited_to_service(path: AllowPath) -> bool:
    return path.located.holds(PASS_ROLE, {PASSED_TO.lower(): NOBODY}) is Truth.FALSE


def _told(
    rule: Rule, severity: Severity, subject: tuple[AllowPath, ...], taken: Mapping[str, tuple[AllowPath, ...]]
) -> Finding:
    widest = max(subject, key=lambda path: path.breadth)
    resources = tuple(dict.fromkeys(resource for path in subject for resource in path.resources))
    statements = dict.fromkeys(path.located for paths in taken.values() for path in paths)
    also = sorted({located.ref for located in statements} - {widest.located.ref})
    actions = ", ".join(taken)
    return found(
        rule.id,
        widest.located.ref,
        f"{rule.means} ({actions} on {_some(resources)}{_under(statements)})",
        severity=severity,
        actions=tuple(taken),
        resources=resources,
        also=also,
        hint=AS_NARROW_AS_CAN_BE if rule.path and rule.path.passes and severity is Severity.NOTE else "",
    )


def _some(resources: tuple[str, ...]) -> str:
    shown = ", ".join(resources[:3])
    return shown + (f" and {len(resources) - 3} more" if len(resources) > 3 else "")  # noqa: PLR2004


def _under(statements: Iterable[LocatedStatement]) -> str:
    keys = dict.fromkeys(key for located in statements for key in located.condition_keys)
    return f", under conditions on {', '.join(keys)}" if keys else ""
