"""Reads the table of what AWS authorises: what AWS asks to be allowed for one API call.

It serves predicted and recorded calls alike, since both have the same shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.permissions.model import Call, Requirement
from zappa_iam_ext.permissions.tables.rows import (
    AuthorizationRow,
    ResourceRow,
    authorization_rows,
    resource_rows,
)
from zappa_iam_ext.permissions.tables.templating import UNKNOWN, lookup

#: Which handlers of a resource type CloudFormation runs for each operation on its stack.
HANDLERS = {
    "CreateStack": frozenset({"create", "read"}),
    "UpdateStack": frozenset({"create", "read", "update", "delete"}),
    "DeleteStack": frozenset({"delete", "read"}),
}
#: What CloudFormation does with a resource that the stack has and the new template has not.
REMOVAL = frozenset({"delete", "read"})
#: The end of a partition's host names, where it is not that of the standard partition.
DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a call goes: the parts of an ARN that a call's parameters do not say."""

    account: str
    region: str
    partition: str = "aws"


def authorize(call: Call, scope: Scope) -> tuple[Requirement, ...]:
    """Return everything AWS checks before it carries out the call, in table order.

    An operation that no row knows yields no requirement; `is_known` tells the two apart.
    """
    names = _names(call, scope)
    rows = authorization_rows().get(f"{call.service}.{call.operation}", ())
    checked = [requirement for row in rows for requirement in _apply(row, call, names)]
    if call.service == "cloudformation" and call.operation in HANDLERS:
        checked += _stack_resources(call, names)
    return tuple(checked)


def is_known(call: Call) -> bool:
    """Say whether the table has a row for the call's operation."""
    return f"{call.service}.{call.operation}" in authorization_rows()


def _names(call: Call, scope: Scope) -> dict[str, Any]:
    return {
        **call.parameters,
        **_with_path(call.parameters),
        "account": scope.account,
        "region": call.region or scope.region,
        "partition": scope.partition,
        "dns_suffix": DNS_SUFFIXES.get(scope.partition, "amazonaws.com"),
    }


def _with_path(parameters: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the name of a role as it stands in the ARN that IAM stores and decides on: after its path."""
    path, name = str(parameters.get("Path", "/")), parameters.get("RoleName")
    return {"RoleName": f"{path.strip('/')}/{name}"} if name and path.strip("/") else {}


def _stack_resources(call: Call, names: Mapping[str, Any]) -> list[Requirement]:
    """Return what CloudFormation does as the caller: for the template, and for what the stack had and it has not."""
    return [
        requirement
        for template, wanted in (("Template", HANDLERS[call.operation]), ("FormerTemplate", REMOVAL))
        for resource in (lookup(call.parameters, f"{template}.Resources") or {}).values()
        for requirement in _resource(resource, wanted, call, names)
    ]


def _resource(
    resource: Mapping[str, Any], wanted: frozenset[str], call: Call, names: Mapping[str, Any]
) -> Iterator[Requirement]:
    tagged = lookup(call.parameters, "Tags") or ()
    known = {**names, **(resource.get("Properties") or {}), "StackTags": tagged}
    for row in resource_rows().get(resource["Type"], ()):
        if wanted & set(row.handlers):
            yield from _apply(row, call, known, dependent=True)


def _apply(
    row: AuthorizationRow | ResourceRow,
    call: Call,
    names: Mapping[str, Any],
    *,
    dependent: bool | None = None,
) -> Iterator[Requirement]:
    for item in _items(row.each, names):
        if all(present(item) for present in row.present):
            yield Requirement(
                action=row.action,
                resource=str(row.fill_resource(item) or UNKNOWN),
                context=_context(row, item),
                restrict=row.restrict,
                call=call,
                because=row.because or call.because,
                consequence=call.consequence,
                symptom=call.symptom,
                source=row.source,
                confidence=row.confidence,
                dependent=getattr(row, "dependent", False) if dependent is None else dependent,
                only_if=row.only_if or call.only_if,
            )


def _items(each: str, names: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if not each:
        yield names
        return
    values = lookup(names, each) or ()
    for value in values:
        yield {**names, "item": value}


def _context(
    row: AuthorizationRow | ResourceRow, names: Mapping[str, Any]
) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys that AWS sends; those without a value it does not send."""
    if not row.context:
        return {}
    found = {key: _value(value) for key, value in row.fill_context(names).items()}
    return {key: value for key, value in found.items() if value}


def _value(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(str(item) for item in value)
    return str(value)
