"""What AWS checks for a call that was seen, and a policy less one grant. Pure.

The map from calls to actions is a table of its own, from AWS's reference: not the tables that the policy comes from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.support.function.cases import Judged, checked
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, compile_policies
from zappa_iam_ext.iam.document import as_list
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.rehearsal.observation import Observation

FUNCTION = "function"
SOURCE = "lambda:SourceFunctionArn"
"""In calls of the function's own code, absent in those of Lambda's pollers (observed: lambda-roles, condition_keys)."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource of one statement."""

    sid: str
    action: str
    resource: str


def names_of(stage: Stage, more: Mapping[str, str]) -> dict[str, str]:
    """Return what templates may name."""
    return {
        "partition": stage.partition,
        "region": stage.region,
        "account": stage.account,
        "function": stage.function_name,
        "function_arn": stage.function_arn,
        "stage": stage.name,
        **more,
    }


def request_of_call(seen: Observation, names: Mapping[str, str], stage: Stage) -> AuthorizationRequest | None:
    """Return what AWS checks for a call, or None for one that needs no permission; `Observation.at` is who called.

    Raises KeyError for a call that the table does not know.
    """
    row = checked()[f"{seen.service}.{seen.operation}"]
    if not row.get("action"):
        return None
    given = {name: str(value) for name, value in seen.parameters.items()}
    queue = given.get("QueueUrl", "").rpartition("/")[2]
    topic = given.get("TargetArn") or given.get("TopicArn", "")
    function = given.get("FunctionName", "")
    invoked = function if function.startswith("arn:") else f"{_before_name(stage)}{function}"
    more = {"queue": queue, "topic": topic, "invoked": invoked}
    resource = row["resource"].format_map({**names, **given, **more})
    return _request(row["action"], resource, seen.at, stage)


def _before_name(stage: Stage) -> str:
    return stage.function_arn.removesuffix(stage.function_name)


def request_of_judged(row: Judged, names: Mapping[str, str], stage: Stage) -> AuthorizationRequest:
    """Return what is judged without a call."""
    context = {key: value.format_map(names) for key, value in row.context.items()}
    return _request(row.action, row.resource.format_map(names), row.used_by, stage, context)


def _request(
    action: str, resource: str, used_by: str, stage: Stage, context: Mapping[str, str] | None = None
) -> AuthorizationRequest:
    account, role = stage.account, stage.role.name
    principal = f"arn:{stage.partition}:sts::{account}:assumed-role/{role}/{stage.function_name}"
    source = stage.function_arn if used_by == FUNCTION else None
    keys = {SOURCE: source, "aws:RequestedRegion": stage.region, **(context or {})}
    return AuthorizationRequest(principal, action, resource, keys)


def refused(document: PolicyDocument, requests: Iterable[AuthorizationRequest]) -> list[AuthorizationRequest]:
    """Return the requests that a role with this policy alone may not make, or perhaps not."""
    policies = compile_policies(PolicySet(identity=(document,)))
    return [request for request in requests if policies.decide(request) is not Decision.ALLOWED]


def grants(document: PolicyDocument) -> Iterator[tuple[Grant, PolicyDocument]]:
    """Yield each action on each resource that is allowed, and the policy without it.

    What the application declares once more, under the same conditions, is one grant: it is dropped in both places.
    """
    statements = document.to_dict()["Statement"]
    found: dict[tuple[str, str, str], Grant] = {}
    for statement in statements:
        for action, resource in product(as_list(statement["Action"]), as_list(statement["Resource"])):
            if statement["Effect"] == "Allow":
                grant = Grant(statement.get("Sid", ""), action, resource)
                found.setdefault((action, resource, _condition(statement)), grant)
    for (action, resource, condition), grant in found.items():
        left = [item for each in statements for item in _without(each, action, resource, condition)]
        yield grant, PolicyDocument.parse({"Version": "2012-10-17", "Statement": left or [_NOTHING]})


def _condition(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement.get("Condition", {}), sort_keys=True)


def _without(
    statement: Mapping[str, Any], action: str, resource: str, condition: str
) -> Iterator[dict[str, Any]]:
    actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
    held = action in actions and resource in resources and statement["Effect"] == "Allow"
    if not held or _condition(statement) != condition:
        yield dict(statement)
        return
    if others := [item for item in actions if item != action]:
        yield {**statement, "Action": others}
    if kept := [item for item in resources if item != resource]:
        yield {**statement, "Sid": f"{statement.get('Sid', '')}Rest", "Action": action, "Resource": kept}


_NOTHING = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
