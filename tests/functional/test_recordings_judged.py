"""The recordings judged once more by parts that are not ours: another map from calls to actions, another evaluator.

Actions come from TrailScraper, resources from AWS's service definitions and botocore's models, the verdict from
iam-simulate. Where that map is wrong about AWS, ``outside_map.toml`` says how.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.judges.fixtures import node_judge
from tests.judges.judges import Judge
from tests.judges.outside_map import actions_of, api_gateway, formats, resource_of
from tests.recordings.matching import needs_no_permission, stage_of
from tests.recordings.recording import ACCOUNT, RecordedCall, read, recordings
from tests.recordings.scenarios import scenarios
from zappa_iam_ext.iam.document import as_list
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements

__all__ = ["node_judge"]  # a fixture
pytestmark = [pytest.mark.node, pytest.mark.slow, pytest.mark.xdist_group("recordings-judged")]
DIFFERENCES = Path(__file__).parents[1] / "recordings" / "outside_map.toml"
_API_GATEWAY = frozenset({"apigateway", "apigatewayv2"})


def test_the_policies_allow_every_recording_after_another_map_and_another_evaluator(
    node_judge: Judge,
) -> None:
    asked: dict[str, dict[str, Any]] = {}
    for scenario in scenarios():
        for command in read(scenario).commands:
            document = _document(scenario.name, command.line)
            for call in command.calls:
                if not needs_no_permission(call):
                    action, resource = _asked(scenario.name, call)
                    pair = _pair(document, action, resource, stage_of(scenario.name).region, call)
                    asked.setdefault(f"{scenario.name}, {command.line}: {action} on {resource}", pair)
    assert len(asked) > 2000
    answers = node_judge.decide(list(asked.values()))
    refused = [line for line, answer in zip(asked, answers, strict=True) if answer.decision != "allowed"]
    assert "\n".join(refused) == ""


def test_an_action_less_is_refused(node_judge: Judge) -> None:
    """The judgement can fail: without one action of the policy, its calls are refused."""
    document = _document("default", "deploy")
    for statement in document["Statement"]:
        listed = as_list(statement["Action"])
        statement["Action"] = [item for item in listed if item != "lambda:CreateFunction"] or [
            "sts:GetCallerIdentity"
        ]
    call = next(item for item in read(scenarios()[0]).calls if item.name == "lambda.CreateFunction")
    (answer,) = node_judge.decide([_pair(document, *_asked("default", call), "us-east-1", call)])
    assert answer.decision == "implicitDeny"


def test_every_difference_is_still_one() -> None:
    names = {call.name for recording in recordings() for call in recording.calls}
    outside = _outside()
    for name, row in _differences().items():
        assert name in names, f"{name} is recorded no more"
        assert outside.get(name) != row["action"], f"{name}: the outside map agrees by now"
        assert formats(row["action"]), f"{row['action']} does not exist"
        assert row["reason"]


def _asked(scenario: str, call: RecordedCall) -> tuple[str, str]:
    region = call.region or stage_of(scenario).region
    if call.service in _API_GATEWAY:
        return api_gateway(call.service, call.operation, call.parameters, region)
    row = _differences().get(call.name, {})
    action = row.get("action") or _outside()[call.name]
    assert formats(action), f"{call.name}: the outside map says {action}, which does not exist"
    names = {"partition": "aws", "region": region, "account": ACCOUNT}
    resource = row.get("resource") or resource_of(action, call.parameters, names)
    return action, _with_path(call, _qualified(call, resource.format(**names, **_plain(call.parameters))))


def _qualified(call: RecordedCall, resource: str) -> str:
    """Return the ARN with the version or alias of the call (Lambda Developer Guide: Resources and conditions)."""
    qualifier = call.parameters.get("Qualifier")
    if call.service != "lambda" or not qualifier or resource.endswith(f":{qualifier}"):
        return resource
    return f"{resource}:{qualifier}"


def _with_path(call: RecordedCall, resource: str) -> str:
    """Return the ARN that IAM stores: the path of a role stands before its name (as observed)."""
    path = str(call.parameters.get("Path", "/"))
    return resource.replace(":role/", f":role{path}") if call.service == "iam" else resource


def _plain(parameters: Any) -> dict[str, str]:
    return {key: value for key, value in parameters.items() if isinstance(value, str)}


_known: dict[str, str] = {}


def _outside() -> dict[str, str]:
    if not _known:
        names = sorted(
            {
                (call.service, call.operation)
                for recording in recordings()
                for call in recording.calls
                if call.service not in _API_GATEWAY and not needs_no_permission(call)
            }
        )
        for (service, operation), actions in zip(names, actions_of(names), strict=True):
            _known[f"{service}.{operation}"] = actions[0] if actions else ""
    return _known


@cache
def _differences() -> dict[str, dict[str, str]]:
    table = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))
    return {row["call"]: row for row in table["difference"]}


def _document(scenario: str, line: str) -> dict[str, Any]:
    needed = requirements(stage_of(scenario), [parse_command(line)])
    return deployment_policy(needed).to_dict()


def _pair(
    document: dict[str, Any], action: str, resource: str, region: str, call: RecordedCall
) -> dict[str, Any]:
    """Ask about the statements that could allow the action: the rest of the document decides nothing."""
    statements = [item for item in document["Statement"] if action in as_list(item["Action"])]
    document = {**document, "Statement": statements or document["Statement"][:1]}
    return {
        "policies": {"identity": [document]},
        "request": {
            "principal": f"arn:aws:iam::{ACCOUNT}:user/serverless",
            "action": action,
            "resource": resource,
            "context": {"aws:RequestedRegion": region, **_context(call)},
        },
    }


def _context(call: RecordedCall) -> dict[str, str]:
    """Return the condition keys that the service definitions tie to parameters of the call."""
    function = call.parameters.get("FunctionArn") or call.parameters.get("FunctionName")
    if "EventSourceMapping" in call.operation and isinstance(function, str):
        return {"lambda:FunctionArn": function}
    return {}
