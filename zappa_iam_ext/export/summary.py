"""What the policies allow, by service: for somebody who decides whether to make them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.export.resources import Resources
from zappa_iam_ext.iam.document import as_list


@dataclass(frozen=True, slots=True)
class ServiceRights:
    """What is allowed in one service: actions, and the resources by the last part of their ARNs."""

    service: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    @property
    def everywhere(self) -> bool:
        """Whether some of it is allowed on every resource."""
        return "*" in self.resources


def rights(resources: Resources) -> tuple[ServiceRights, ...]:
    """Return what all policies allow together, a row for each service, by name."""
    actions: dict[str, dict[str, None]] = {}
    named: dict[str, dict[str, None]] = {}
    for statement in _allowing(policy.document for policy in resources.policies):
        where = as_list(statement.get("Resource", []))
        for action in as_list(statement.get("Action", [])):
            service, _, name = action.partition(":")
            actions.setdefault(service, {})[name] = None
            named.setdefault(service, {}).update(dict.fromkeys(map(_short, where)))
    return tuple(
        ServiceRights(service, tuple(sorted(actions[service])), tuple(sorted(named[service])))
        for service in sorted(actions)
    )


def writes_roles(resources: Resources) -> bool:
    """Say whether the policies allow to write what a role is allowed, whatever its boundary is."""
    return any(
        "iam:PutRolePolicy" in as_list(statement.get("Action", []))
        and "iam:PermissionsBoundary" not in str(statement.get("Condition", {}))
        for statement in _allowing(policy.document for policy in resources.policies)
    )


def _allowing(documents: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for document in documents:
        for statement in as_list(document.get("Statement", [])):
            if statement.get("Effect") == "Allow":
                yield statement


def _short(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[5] if len(parts) == 6 else arn  # noqa: PLR2004  -- an ARN has six parts
