"""How the policy simulator differs from AWS itself (recorded: ``tests/cases/observed/conditions.json``, ``live`` false).

The simulator is told the types of context values: it refuses those that are none of their type, and compares dates and
numbers in a spelling of its own. NotIpAddress with an address that it cannot read does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from zappa_iam_ext.errors import InvalidRequest
from zappa_iam_ext.iam.conditions.addresses import address, network
from zappa_iam_ext.iam.conditions.dates import milliseconds
from zappa_iam_ext.iam.conditions.operators import parse_operator
from zappa_iam_ext.iam.conditions.values import binary, number
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.policyset import PolicySet
from zappa_iam_ext.iam.statement import Condition

_EVERYWHERE = ("0.0.0.0/0", "::/0")
_YEAR_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def as_simulated(policies: PolicySet) -> PolicySet:
    """Return policies that decide as the simulator decides on the given ones."""

    def of(documents: Iterable[PolicyDocument]) -> tuple[PolicyDocument, ...]:
        return tuple(map(_document, documents))

    return PolicySet(
        identity=of(policies.identity),
        group=of(policies.group),
        boundary=of(policies.boundary),
        session=of(policies.session),
        scp=tuple(map(of, policies.scp)),
        resource=of(policies.resource),
        rcp=tuple(map(of, policies.rcp)),
    )


def _document(document: PolicyDocument) -> PolicyDocument:
    return replace(
        document,
        statements=tuple(
            replace(statement, condition=_condition(statement.condition)) for statement in document.statements
        ),
    )


def _condition(condition: Condition) -> Condition:
    return {
        name: {key: _values(name, values) for key, values in tests.items()}
        for name, tests in condition.items()
    }


def _values(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    operator = parse_operator(name)
    negated = operator is not None and operator.family == "ip" and operator.negated
    return _EVERYWHERE if negated and not all(map(network, values)) else values


def simulated_context(entries: Iterable[Mapping[str, Any]]) -> dict[str, str | tuple[str, ...]]:
    """Return the context of ``ContextEntries`` of SimulateCustomPolicy, as the simulator compares it.

    Raises `InvalidRequest` where the simulator answers InvalidInput.
    """
    return {
        entry["ContextKeyName"]: _entry(entry["ContextKeyType"], entry["ContextKeyValues"])
        for entry in entries
    }


def _entry(kind: str, values: Iterable[str]) -> str | tuple[str, ...]:
    listed = kind.endswith("List")
    name = kind.removesuffix("List")
    if name not in _SPELLED:
        raise InvalidRequest(f"{kind[:100]!r} is no type of context keys")
    found = tuple(_spelled(name, value) for value in values)
    if not found or (len(found) > 1 and not listed):
        raise InvalidRequest(f"a key of type {kind} has {'values' if listed else 'one value'}")
    return found if listed else found[0]


def _spelled(kind: str, value: str) -> str:
    spelled = _SPELLED[kind](value)
    if spelled is None:
        raise InvalidRequest(f"{value[:100]!r} is no value of type {kind}")
    return spelled


def _number(text: str) -> str | None:
    """Return a number without leading zeros or a plus, its scale kept."""
    return re.sub(r"^(-?)\+?0+(?=\d)", r"\1", text).removeprefix("+") if number(text) is not None else None


def _date(text: str) -> str | None:
    """Return a date in UTC with milliseconds."""
    known = milliseconds(text)
    if known is None:
        return None
    try:
        moment = _YEAR_ZERO + timedelta(milliseconds=known)
    except OverflowError:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_SPELLED: Mapping[str, Callable[[str], str | None]] = {
    "string": lambda text: text,
    "boolean": lambda text: text,
    "numeric": _number,
    "date": _date,
    "ip": lambda text: text if address(text) else None,
    "binary": lambda text: text if binary(text) is not None else None,
}
