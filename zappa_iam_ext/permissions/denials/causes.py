"""The calls of Zappa that can lead to a denial: of any stage, from the tables, or of one stage with its own ARNs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from zappa_iam_ext.permissions.authorizations import HANDLERS, Scope, authorize
from zappa_iam_ext.permissions.calls import predictions
from zappa_iam_ext.permissions.commands import life_cycle, parse_command
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.matching import (
    first_hand,
    is_asked,
    is_meant,
    of_another,
    rank,
    touches,
    wins,
)
from zappa_iam_ext.permissions.denials.own import own_advice, own_rows, unchecked_rows
from zappa_iam_ext.permissions.denials.resources import fill, home, pattern_of
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Call, Command, Consequence, OwnConsequence, Requirement
from zappa_iam_ext.permissions.stage import UNKNOWN_ACCOUNT, Stage
from zappa_iam_ext.permissions.tables.own_rows import OwnCallRow
from zappa_iam_ext.permissions.tables.rows import (
    AuthorizationRow,
    CallRow,
    ResourceRow,
    authorization_rows,
    call_rows,
    resource_rows,
    template_rows,
)

Row = AuthorizationRow | ResourceRow
Check = tuple[str, Row]
#: Command lines whose flags add calls to the life cycle.
_FLAGGED = ("undeploy --remove-logs", "deploy --docker-image-uri *", "update --docker-image-uri *")


@dataclass(frozen=True, slots=True)
class Reason:
    """One call that can lead to the denial: what checks it, and why.

    ``caller`` is ``zappa``, or ``zappa-iam`` for a call of our own; ``consequence`` and ``symptom`` are then what becomes
    of our own command. ``resource`` is what the action is checked on, ``*`` standing for names that are not known.
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


def table_causes(denial: Denial) -> tuple[tuple[Reason, ...], tuple[Requirement, ...]]:
    """Return the reasons for a denial in any stage, and what would have to be allowed."""
    checks = _narrowed(denial, _candidates(denial))
    wanted = tuple(
        fill(row, denial) for _, row in checks if denial.action or first_hand(row.action, row.because, denial)
    )
    return tuple(dict.fromkeys([*_reasons(checks), *_own_reasons(denial, checks)])), wanted


class StageCalls:
    """What the calls of one stage ask for, worked out once for each account that the denials name."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._needs: dict[str, Sequence[Need]] = {}

    def needs(self, account: str) -> Sequence[Need]:
        """Return each call with what it asks for, in an account where the stage itself names none (``*``: any)."""
        known = self.stage.account_id or account
        if known not in self._needs:
            located = self.stage if known == UNKNOWN_ACCOUNT else self.stage.with_account(known)
            self._needs[known] = _needs(located)
        return self._needs[known]


def stage_causes(denial: Denial, calls: StageCalls) -> tuple[tuple[Reason, ...], tuple[Requirement, ...]]:
    """Return the reasons for a denial among the calls of one stage, and what would have to be allowed there."""
    _, account = home(denial)
    needs = [
        need
        for need in calls.needs(account)
        if is_asked(denial, _name(need), need[1].action, dependent=need[1].dependent)
    ]
    called = [need for need in needs if _name(need).lower() == denial.operation.lower()]
    asked = called if wins(denial) else called or needs
    needs = [
        need
        for need in asked
        if touches(need[1].resource, denial)
        and is_meant(f"{need[0].service}.{need[0].operation}", need[1].action, denial)
    ]
    needs.sort(key=lambda need: rank(denial, f"{need[0].service}.{need[0].operation}", need[1].action))
    reasons = tuple(dict.fromkeys(_reason(call, requirement) for call, requirement in needs))
    wanted = [
        requirement
        for _, requirement in needs
        if denial.action or first_hand(requirement.action, requirement.dependent, denial)
    ]
    checks = [check for check in _narrowed(denial, _candidates(denial)) if own_rows(denial, check[0])]
    reasons = tuple(dict.fromkeys([*reasons, *_own_reasons(denial, checks)]))
    return reasons, _distinct(wanted or [fill(row, denial) for _, row in checks])


def advice_on_own_calls(denial: Denial, lines: CommandLines) -> str:
    """Return what to do about a denied call of our own."""
    checks = _narrowed(denial, _candidates(denial))
    rows = [row for operation, _ in checks for row in own_rows(denial, operation)]
    return own_advice([*rows, *unchecked_rows(denial)], denial, lines)


def _distinct(wanted: Iterable[Requirement]) -> tuple[Requirement, ...]:
    found: dict[tuple[str, str, str], Requirement] = {}
    for item in wanted:
        found.setdefault((item.action, item.resource, repr(sorted(item.context.items()))), item)
    return tuple(found.values())


Need = tuple[Call, Requirement]


def _needs(stage: Stage) -> Sequence[Need]:
    scope = Scope(account=stage.account, region=stage.region, partition=stage.partition)
    commands: tuple[Command, ...] = (*life_cycle(), *map(parse_command, _FLAGGED))
    return [
        (call, requirement)
        for command in commands
        for _, call in predictions(stage, command)
        for requirement in authorize(call, scope)
    ]


def _name(need: Need) -> str:
    return need[0].operation


def _reason(call: Call, requirement: Requirement) -> Reason:
    return Reason(
        action=requirement.action,
        resource=requirement.resource,
        operation=f"{call.service}.{call.operation}",
        commands=(call.command,),
        because=requirement.because,
        source=call.source,
        setting=call.setting,
        consequence=call.consequence,
        symptom=call.symptom,
        dependent=requirement.dependent,
    )


@lru_cache(maxsize=1)
def _checks() -> tuple[Check, ...]:
    found: list[Check] = []
    for operation, rows in authorization_rows().items():
        found += [(operation, row) for row in rows]
    for row_type in dict.fromkeys(row.type for row in template_rows()):
        for row in resource_rows().get(row_type, ()):
            found += [
                (f"cloudformation.{operation}", row)
                for operation, handlers in HANDLERS.items()
                if handlers & set(row.handlers)
            ]
    return tuple(found)


def _candidates(denial: Denial) -> Sequence[Check]:
    """Return the checks of the action or operation; of the operation alone where the text names it."""
    return _checks_of(denial.action.lower(), denial.operation.lower(), denial.service, of_another(denial))


@lru_cache(maxsize=1024)
def _checks_of(action: str, operation: str, service: str, another: bool) -> Sequence[Check]:
    asked = Denial(action=action, operation=operation, service=service, by_role=another)
    checks = [
        (name, row)
        for name, row in _checks()
        if is_asked(asked, name.partition(".")[2], row.action, dependent=bool(row.because))
    ]
    called = [check for check in checks if check[0].partition(".")[2].lower() == operation]
    return called if wins(asked) else called or checks


def is_known_call(denial: Denial) -> bool:
    """Say whether Zappa makes the call that the text names, though the denied action is not known to be checked there."""
    called = denial.operation.lower()
    return wins(denial) and any(row.operation.lower() == called and not row.omitted for row in call_rows())


def _narrowed(denial: Denial, checks: Sequence[Check]) -> Sequence[Check]:
    """Keep the checks that the denied resource can be of, those that the words mean first."""
    named = [
        check
        for check in checks
        if touches(pattern_of(check[1], denial), denial) and is_meant(check[0], check[1].action, denial)
    ]
    return sorted(named, key=lambda check: rank(denial, check[0], check[1].action))


def _reasons(checks: Iterable[Check]) -> Iterator[Reason]:
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


def _own_reasons(denial: Denial, checks: Iterable[Check]) -> Iterator[Reason]:
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


@lru_cache(maxsize=512)
def _calls(operation: str) -> Sequence[CallRow]:
    return [row for row in call_rows() if f"{row.service}.{row.operation}" == operation and not row.omitted]
