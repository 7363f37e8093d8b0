"""From a denial back to the requirement, the call of Zappa or of our own, the setting and the fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.patterns.glob import arn_glob
from zappa_iam_ext.permissions.authorizations import HANDLERS
from zappa_iam_ext.permissions.denials.own import own_advice, own_rows, unchecked_rows
from zappa_iam_ext.permissions.denials.parse import Denial
from zappa_iam_ext.permissions.denials.remedy import Row, advice, pattern_of, resource_arn, statements
from zappa_iam_ext.permissions.model import Consequence, OwnConsequence
from zappa_iam_ext.permissions.tables.own_rows import OwnCallRow
from zappa_iam_ext.permissions.tables.rows import (
    CallRow,
    authorization_rows,
    call_rows,
    resource_rows,
    template_rows,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One call that can lead to the denial: what checks it, and why.

    ``caller`` is ``zappa``, or ``zappa-iam`` for a call of our own; ``consequence`` and ``symptom`` are then what becomes
    of our own command. ``resource`` is what the action is checked on, ``*`` standing for names that the tables do not know.
    """

    action: str
    resource: str
    operation: str
    commands: tuple[str, ...]
    because: str
    source: str
    setting: str
    consequence: Consequence | OwnConsequence
    symptom: str
    dependent: bool
    caller: str = "zappa"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The denial, the calls of Zappa that can lead to it, what to do, and the statements that would allow it.

    ``statements`` are JSON of IAM's policy grammar; empty where a statement does not help.
    """

    denial: Denial
    reasons: tuple[Reason, ...]
    fix: str
    statements: tuple[Mapping[str, Any], ...] = ()

    @property
    def action(self) -> str:
        """The action as AWS writes it in policies; empty when the text names none and no single one follows from it."""
        if self.denial.action or self.denial.by_role:
            return canonical(self.denial.action)
        following = {reason.action for reason in self.reasons if not reason.dependent}
        return following.pop() if len(following) == 1 else ""


def explain(denial: Denial) -> Explanation:
    """Return where a denial comes from. ``reasons`` is empty when no call of Zappa, and none of ours, needs the action."""
    checks = _narrowed(denial, [(name, row) for name, row in _checks() if _matches(denial, name, row)])
    reasons = tuple(dict.fromkeys([*_reasons(checks), *_own_reasons(denial, checks)]))
    rows = [row for _, row in checks]
    return Explanation(
        denial,
        reasons,
        _fix(denial, checks, reasons),
        statements(denial, rows, canonical(denial.action)),
    )


def canonical(action: str) -> str:
    """Return an action as AWS's Service Authorization Reference writes it; services write it their own way."""
    known = action_definition(action)
    return known.name if known else action


def _checks() -> Iterator[tuple[str, Row]]:
    for operation, rows in authorization_rows().items():
        yield from ((operation, row) for row in rows)
    for row_type in dict.fromkeys(row.type for row in template_rows()):
        for row in resource_rows().get(row_type, ()):
            for operation, handlers in HANDLERS.items():
                if handlers & set(row.handlers):
                    yield f"cloudformation.{operation}", row


def _matches(denial: Denial, operation: str, row: Row) -> bool:
    action, called = row.action, denial.operation.lower()
    if denial.by_role:
        return called == operation.partition(".")[2].lower() and not row.because
    if denial.action:
        return action.lower() == denial.action.lower()
    return bool(called) and called in {operation.partition(".")[2].lower(), action.partition(":")[2].lower()}


def _narrowed(denial: Denial, checks: Sequence[tuple[str, Row]]) -> Sequence[tuple[str, Row]]:
    """Keep the checks of the operation that was called and of the resource that was named, where there are any."""
    called = [check for check in checks if check[0].partition(".")[2].lower() == denial.operation.lower()]
    checks = called or checks
    resource = resource_arn(denial)
    named = [check for check in checks if arn_glob(pattern_of(check[1], denial)).matches(resource)]
    return named or checks


def _reasons(checks: Iterable[tuple[str, Row]]) -> Iterator[Reason]:
    for operation, row in checks:
        for call in _calls(operation):
            yield Reason(
                action=row.action,
                resource=pattern_of(row),
                operation=operation,
                commands=call.commands,
                because=row.because or call.because,
                source=call.source,
                setting=call.setting,
                consequence=call.on_denied,
                symptom=call.symptom,
                dependent=bool(row.because),
            )


def _own_reasons(denial: Denial, checks: Iterable[tuple[str, Row]]) -> Iterator[Reason]:
    for operation, row in checks:
        for call in own_rows(denial, operation):
            yield _own_reason(call, row.action, pattern_of(row), row.because)
    for call in unchecked_rows(denial):
        yield _own_reason(call, f"{call.service}:{call.operation}", "*")


def _own_reason(call: OwnCallRow, action: str, resource: str, because: str = "") -> Reason:
    return Reason(
        action=action,
        resource=resource,
        operation=f"{call.service}.{call.operation}",
        commands=call.commands,
        because=because or call.because,
        source=call.source,
        setting="",
        consequence=call.on_denied,
        symptom=call.symptom,
        dependent=bool(because),
        caller="zappa-iam",
    )


def _fix(denial: Denial, checks: Iterable[tuple[str, Row]], reasons: Sequence[Reason]) -> str:
    """Return what to do; a denied call of our own has words of its own where nothing but its policy is in the way."""
    plain = not denial.explicit and denial.layer in {"", "identity"}
    if plain and reasons and all(reason.caller == "zappa-iam" for reason in reasons):
        rows = [row for operation, _ in checks for row in own_rows(denial, operation)]
        return own_advice([*rows, *unchecked_rows(denial)], denial)
    return advice(denial, needed=bool(reasons))


def _calls(operation: str) -> Sequence[CallRow]:
    return [row for row in call_rows() if f"{row.service}.{row.operation}" == operation and not row.omitted]
