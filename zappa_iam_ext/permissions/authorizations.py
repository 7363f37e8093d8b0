"""The reader of ``authorizations.toml``: what AWS asks to be allowed for one API call.

It serves predicted and recorded calls alike, since both have the same shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.permissions.model import Call, Requirement
from zappa_iam_ext.permissions.tables import AuthorizationRow, ResourceRow, authorization_rows, resource_rows
from zappa_iam_ext.permissions.templating import UNKNOWN, fill, lookup

#: Which handlers of a resource type CloudFormation runs for each operation on its stack.
HANDLERS = {
    "CreateStack": frozenset({"create", "read"}),
    "UpdateStack": frozenset({"create", "read", "update", "delete"}),
    "DeleteStack": frozenset({"delete", "read"}),
}
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
        "account": scope.account,
        "region": call.region or scope.region,
        "partition": scope.partition,
        "dns_suffix": DNS_SUFFIXES.get(scope.partition, "amazonaws.com"),
    }


def _stack_resources(call: Call, names: Mapping[str, Any]) -> list[Requirement]:
    wanted = HANDLERS[call.operation]
    resources = lookup(call.parameters, "Template.Resources") or {}
    tagged = lookup(call.parameters, "Tags") or ()
    checked: list[Requirement] = []
    for resource in resources.values():
        properties = {**(resource.get("Properties") or {}), "StackTags": tagged}
        for row in resource_rows().get(resource["Type"], ()):
            if wanted & set(row.handlers):
                checked += _apply(row, call, {**names, **properties}, dependent=True)
    return checked


def _apply(
    row: AuthorizationRow | ResourceRow,
    call: Call,
    names: Mapping[str, Any],
    *,
    dependent: bool | None = None,
) -> Iterator[Requirement]:
    for item in _items(row.each, names):
        if all(_present(condition, item) for condition in row.when):
            yield Requirement(
                action=row.action,
                resource=str(fill(row.resource, item, FILTERS)),
                context=_filled(row.context, item),
                restrict=row.restrict,
                call=call,
                because=row.because or call.because,
                consequence=call.consequence,
                wrong=call.wrong,
                source=row.source,
                confidence=row.confidence,
                dependent=getattr(row, "dependent", False) if dependent is None else dependent,
            )


def _items(each: str, names: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if not each:
        yield names
        return
    values = lookup(names, each) or ()
    for value in values:
        yield {**names, "item": value}


def _present(condition: str, names: Mapping[str, Any]) -> bool:
    if condition.startswith("!"):
        return not _present(condition[1:], names)
    path, equals, wanted = condition.partition("=")
    value = lookup(names, path)
    return str(value) == wanted if equals else bool(value)


def _filled(context: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys that AWS sends; those without a value it does not send."""
    found = {key: _context(value) for key, value in fill(context, names, FILTERS).items()}
    return {key: value for key, value in found.items() if value}


def _context(value: Any) -> str | tuple[str, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(str(item) for item in value)
    return str(value)


def _function_name(text: str) -> str:
    """Return the bare name of a function given by name, ARN or partial ARN, without its qualifier."""
    parts = text.split(":")
    if "function" in parts:
        return parts[parts.index("function") + 1]
    return parts[0]


def _qualified_name(text: str) -> str:
    """Return ``name`` or ``name:qualifier`` of a function given by name, ARN or partial ARN."""
    parts = text.split(":")
    if "function" in parts:
        return ":".join(parts[parts.index("function") + 1 :])
    return text


def _stack_name(text: str) -> str:
    return text.rsplit(":", maxsplit=1)[-1].removeprefix("stack/").split("/")[0]


def _last(text: str) -> str:
    """Return what follows the last colon or slash: the name in an ARN."""
    return text.rsplit(":", 1)[-1].rsplit("/", 1)[-1]


def _repository(uri: str) -> str:
    """Return the ECR repository of an image URI."""
    path = uri.split("/", 1)[-1] if "/" in uri else uri
    return path.split("@")[0].split(":")[0]


def _registry_account(uri: str) -> str:
    return uri.split(".", 1)[0] if ".dkr." in uri else "*"


def _registry_region(uri: str) -> str:
    parts = uri.split("/", 1)[0].split(".")
    return parts[3] if len(parts) > 3 and parts[1:3] == ["dkr", "ecr"] else "*"  # noqa: PLR2004


def _record(name: str) -> str:
    """Return a record name as Route 53 normalises it: lower case, no dot at the end, odd characters in octal."""
    if name == UNKNOWN:
        return name
    return re.sub(r"[^a-z0-9_.-]", lambda odd: f"\\{ord(odd[0]):03o}", name.lower().removesuffix("."))


def _kms_key(arn: str) -> str:
    """Return the key's ARN; behind an alias stands a key of the same account that only AWS knows."""
    return f"{arn.partition(':alias/')[0]}:key/*" if ":alias/" in arn else arn


def _boolean(text: str) -> str:
    return text.lower()


def _s3_path(url: str) -> str:
    """Return ``bucket/key`` of a path-style S3 URL, as Zappa writes it."""
    return url.split("://", 1)[-1].partition("/")[2] or url


FILTERS = {
    "boolean": _boolean,
    "function": _function_name,
    "kms_key": _kms_key,
    "last": _last,
    "qualified": _qualified_name,
    "record": _record,
    "registry_account": _registry_account,
    "registry_region": _registry_region,
    "repository": _repository,
    "s3_path": _s3_path,
    "stack": _stack_name,
}
