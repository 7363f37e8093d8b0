"""From a denial back to the requirement, the Zappa call, the setting and the fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zappa_iam_ext.permissions.denials import Denial
from zappa_iam_ext.permissions.tables import (
    AuthorizationRow,
    CallRow,
    ResourceRow,
    authorization_rows,
    call_rows,
    resource_rows,
    template_rows,
)

_STACK_OPERATIONS = ("cloudformation.CreateStack", "cloudformation.UpdateStack", "cloudformation.DeleteStack")
_ADVICE = {
    "boundary": "The permissions boundary of the user or role does not allow it: whoever owns the boundary has to widen it; a policy alone cannot.",
    "organization": "A policy of the organization does not allow it: only the organization's administrators can change that.",
    "resource": "The policy of the resource itself (or of a VPC endpoint) stands in the way: change it there.",
    "session": "The session policy of the temporary credentials does not allow it: start the session with a wider one.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One call of Zappa that can lead to the denial: what checks it, and why."""

    action: str
    operation: str
    commands: tuple[str, ...]
    because: str
    source: str
    setting: str
    consequence: str
    wrong: str
    dependent: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """The denial, the calls of Zappa that can lead to it, and what to do."""

    denial: Denial
    reasons: tuple[Reason, ...]
    fix: str


def explain(denial: Denial) -> Explanation:
    """Return where a denial comes from. ``reasons`` is empty when no call of Zappa needs the action."""
    reasons = tuple(dict.fromkeys(_reasons(denial)))
    return Explanation(denial, reasons, _fix(denial, reasons))


def _reasons(denial: Denial) -> Iterator[Reason]:
    for operation, row in _checks():
        if not _matches(denial, operation, row.action):
            continue
        for call in _calls(operation):
            yield Reason(
                action=row.action,
                operation=operation,
                commands=call.commands,
                because=row.because or call.because,
                source=call.source,
                setting=call.setting,
                consequence=str(call.on_denied),
                wrong=call.wrong,
                dependent=bool(row.because),
            )


def _checks() -> Iterator[tuple[str, AuthorizationRow | ResourceRow]]:
    for operation, rows in authorization_rows().items():
        yield from ((operation, row) for row in rows)
    for row_type in dict.fromkeys(row.type for row in template_rows()):
        for row in resource_rows().get(row_type, ()):
            for operation in _STACK_OPERATIONS:
                yield operation, row


def _matches(denial: Denial, operation: str, action: str) -> bool:
    if denial.action:
        return action.lower() == denial.action.lower()
    return bool(denial.operation) and denial.operation in {
        operation.partition(".")[2],
        action.partition(":")[2],
    }


def _calls(operation: str) -> Sequence[CallRow]:
    return [row for row in call_rows() if f"{row.service}.{row.operation}" == operation and not row.omitted]


def _fix(denial: Denial, reasons: Sequence[Reason]) -> str:
    if denial.by_role:
        return "The function's execution role lacks it, not the user who deploys: add it to extra_permissions or attach_policy."
    if denial.layer in _ADVICE:
        return _ADVICE[denial.layer]
    if denial.explicit:
        return 'A statement with "Effect": "Deny" says no: no further policy helps; find and change that statement.'
    if not reasons:
        return "No call of Zappa needs this: it comes from another tool, your own callback, or a newer Zappa than this library knows."
    return "zappa-iam apply STAGE --admin-profile PROFILE adds what is missing; zappa-iam check STAGE lists all of it."
