"""A Report as items for the formats of others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from zappa_iam_ext.check import CheckedRequirement, Report, RoleReport, Verdict
from zappa_iam_ext.check.grouping import (
    Kind,
    Standing,
    blocker_of,
    kind_of,
    short_resource,
    short_value,
    standing,
    values_of,
)
from zappa_iam_ext.check.remedies import account_of
from zappa_iam_ext.iam import Decision
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Requirement, UsedBy
from zappa_iam_ext.render.formats.model import Item, Level, Origin, Outcome, Place, Rule, Summary
from zappa_iam_ext.render.report.fixing import advice, policy_words
from zappa_iam_ext.render.report.role import role_line
from zappa_iam_ext.render.report.verdict import policy_line, subject_lines, verdict

RULES = {
    Kind.REFUSED: Rule(
        "missing-permission-refused",
        "AWS refuses the deployment, since the execution role lacks a permission",
        "AWS looks at the execution role when the function or an event source is made. Grant the role what it lacks.",
    ),
    Kind.STOPS: Rule(
        "missing-permission-stops",
        "A missing permission stops the Zappa command",
        "Zappa ends with AccessDenied when it makes the call. Grant the permission, or change the policy that denies it.",
    ),
    Kind.SILENT: Rule(
        "missing-permission-unnoticed",
        "A missing permission goes unnoticed",
        "Zappa passes over the denial: the command ends with exit code 0 and something is left undone.",
    ),
    Kind.HARMLESS: Rule(
        "missing-permission-harmless",
        "A missing permission does no harm",
        "Zappa goes on; what is left undone is cleaning up or cosmetic.",
        Level.NOTE,
    ),
    Kind.AT_TIMES: Rule(
        "missing-permission-at-times",
        "A permission is missing that is needed only the second time or after settings changed",
        "Only some states of the account need it, such as what former settings left over.",
        Level.WARNING,
    ),
    Kind.UNKNOWN: Rule(
        "undecided-permission",
        "Whether a permission is held could not be decided",
        "A condition, a policy that may not be read or a policy of the organization decides it.",
        Level.WARNING,
    ),
}
HELD = Rule("held-permission", "A permission is held", level=Level.NOTE)


def _first(_stage: str, _setting: str) -> int:
    return 1


@dataclass(frozen=True, slots=True)
class Positions:
    """Where the settings stand: the file, relative with forward slashes, and the line of a stage's setting."""

    file: str = ""
    line: Callable[[str, str], int] = _first

    def of(self, stage: str, setting: str = "") -> Place:
        """Return the line of a stage's setting, or that of the stage."""
        return Place(self.file, self.line(stage, setting)) if self.file else Place()


NOWHERE = Positions()


def summary(report: Report, given: CommandLines, positions: Positions = NOWHERE) -> Summary:
    """Return how the stage stands."""
    told = standing(report)
    notes = [*subject_lines(report)]
    notes += [f"warning: {warning}" for warning in report.subject.warnings] if report.subject else []
    notes += [policy_line(report.deployment_policy)] if report.deployment_policy else []
    notes += [role_line(report.role)] if report.role else []
    notes += [f"could not be read: {name}" for name in report.unreadable]
    notes += [f"evidence of {note.evidence}: {note.told}" for note in report.evidence if note.told]
    if report.not_seen:
        notes.append(f"not seen by this check: {'; '.join(report.not_seen)}")
    return Summary(
        text=verdict(report),
        passed=told is Standing.MAY,
        level=Level.WARNING if told is Standing.CANNOT_TELL else Level.ERROR,
        notes=tuple(notes),
        advice=advice(report, given),
        place=positions.of(report.stage),
        suite=report.stage,
    )


def items(report: Report, positions: Positions = NOWHERE) -> Iterator[Item]:
    """Yield an item for each permission, held ones too: those of the deploying principal, then the execution role's."""
    yield from _of_results(report, report.results, positions)
    if report.role:
        yield from role_items(report, report.role, positions)


def role_items(report: Report, role: RoleReport, positions: Positions = NOWHERE) -> Iterator[Item]:
    """Yield an item for each permission of the execution role, for each service that it trusts, and for the role as a whole."""
    for name, message, outcome in _as_a_whole(role):
        rule = _WHOLE[outcome]
        yield Item(
            rule=rule,
            name=name,
            where=role.arn,
            message=f"the execution role {role.name} {message}",
            outcome=outcome,
            level=rule.level,
            suite=report.stage,
            case=f"execution role: {name}",
            place=positions.of(report.stage),
            key=(report.stage, "execution role", name),
        )
    for item in _of_results(report, role.results, positions):
        yield replace(
            item,
            case=f"execution role: {item.case}",
            message=f"the execution role: {item.message}",
            level=item.level if item.outcome is not Outcome.FAILED or _refuses(item) else Level.WARNING,
            key=(*item.key, "execution role"),
        )


_TRUSTED = {Decision.ALLOWED: Outcome.PASSED, Decision.UNKNOWN: Outcome.UNDECIDED}
_WHOLE = {Outcome.FAILED: RULES[Kind.REFUSED], Outcome.UNDECIDED: RULES[Kind.UNKNOWN], Outcome.PASSED: HELD}


def _as_a_whole(role: RoleReport) -> Iterator[tuple[str, str, Outcome]]:
    """Yield what is asked of the role beside its permissions, and the answer: that it is there, and whom it trusts."""
    if role.fault:
        yield "the role", f"is refused: {role.fault}", Outcome.FAILED
    elif role.exists is None and not role.managed:
        yield "the role", "may not be looked at", Outcome.UNDECIDED
    for each in role.trust or ():
        if each.needed:
            outcome = _TRUSTED.get(each.decision, Outcome.FAILED)
            why = "; ".join(filter(None, (each.symptom, each.because)))
            told = "trusts" if outcome is Outcome.PASSED else "may not trust"
            told = "does not trust" if outcome is Outcome.FAILED else told
            yield f"trust in {each.service}", f"{told} {each.service}{': ' if why else ''}{why}", outcome


def _refuses(item: Item) -> bool:
    return item.rule is RULES[Kind.REFUSED]


def _of_results(
    report: Report, results: Iterable[CheckedRequirement], positions: Positions
) -> Iterator[Item]:
    account = account_of(report)
    for result in results:
        requirement = result.requirement
        setting = requirement.call.setting if requirement.call else ""
        service = requirement.action.partition(":")[0]
        kind = kind_of(result)
        rule = HELD if result.verdict is Verdict.ALLOWED else RULES[kind]
        yield Item(
            rule=rule,
            name=_name(requirement),
            where=requirement.resource,
            message=_message(result),
            outcome=_OUTCOMES[result.verdict],
            level=rule.level,
            suite=report.stage,
            case=f"{service} {short_resource(requirement.resource, account, report.region)}",
            fold=_told(result),
            place=positions.of(report.stage, setting),
            key=(
                report.stage,
                requirement.action,
                requirement.resource,
                str(sorted(requirement.context.items())),
            ),
            origin=origin(requirement),
        )


_OUTCOMES = {
    Verdict.ALLOWED: Outcome.PASSED,
    Verdict.DENIED: Outcome.FAILED,
    Verdict.UNKNOWN: Outcome.UNDECIDED,
}


def origin(requirement: Requirement) -> Origin | None:
    """Return the command, or who uses the execution role, and the call that need it, and the setting that asks for them.

    None where no call is known.
    """
    call = requirement.call
    if call is None:
        return None
    step = f"{call.service}.{call.operation}"
    if requirement.used_by:
        return Origin(_CALLERS[requirement.used_by], step, call.setting, requirement.because, EXECUTION_ROLE)
    source = f"zappa {call.command}" if call.command else ""
    return Origin(source, step, call.setting, requirement.because)


EXECUTION_ROLE = "execution role"
_CALLERS = {
    UsedBy.FUNCTION: "the function's code",
    UsedBy.POLLER: "Lambda's pollers",
    UsedBy.API_GATEWAY: "API Gateway",
    UsedBy.EVENTBRIDGE: "EventBridge",
    UsedBy.LAMBDA: "Lambda",
}


def _name(requirement: Requirement) -> str:
    """Return the action, with the values of the conditions under which it is needed: ``iam:PassRole -> lambda``."""
    told = [short_value(value) for key in requirement.restrict for value in values_of(requirement, key)]
    return f"{requirement.action} -> {', '.join(told)}" if told else requirement.action


def _message(result: CheckedRequirement) -> str:
    requirement = result.requirement
    if result.verdict is Verdict.ALLOWED:
        return "held"
    symptom = [requirement.symptom] if requirement.symptom and result.verdict is Verdict.DENIED else []
    return "; ".join([_told(result), *symptom, *([requirement.because] if requirement.because else [])])


def _told(result: CheckedRequirement) -> str:
    """Return what it does that it is missing, and why it is."""
    if result.verdict is Verdict.UNKNOWN:
        return f"{Kind.UNKNOWN}: {result.why}"
    blocker = blocker_of(result)
    if not blocker:
        return f"{kind_of(result)}: no policy allows it"
    return f"{kind_of(result)}: {'denied' if blocker.explicit else 'blocked'} by {policy_words(blocker)}"
