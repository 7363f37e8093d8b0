"""The recorded calls of AWS's policy simulator, and a client that answers with them through botocore's Stubber."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.stub import Stubber

from zappa_iam_ext.check.simulation.words import InlinePolicy, PolicyType, Question

FILE = Path(__file__).parents[1] / "cases" / "observed" / "simulator.json"
CALLS = json.loads(FILE.read_text())["calls"]
BY_ID = {call["id"]: call for call in CALLS}


def client(service: str = "iam") -> Any:
    """Return a client with credentials that open nothing."""
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="none",
    )


@contextmanager
def stubbed(service: str = "iam"):
    """Yield a client and the stubber that answers for it; every answer must have been asked for."""
    iam = client(service)
    with Stubber(iam) as stubber:
        yield iam, stubber
        stubber.assert_no_pending_responses()


def add(stubber: Stubber, call: Mapping[str, Any], expected: Mapping[str, Any] | None = None) -> None:
    """Let the next call be answered as a recorded one was."""
    method = "simulate_principal_policy"
    if "response" in call:
        stubber.add_response(method, call["response"], expected)
    else:
        error = call["error"]["Error"]
        stubber.add_client_error(
            method,
            error["Code"],
            error["Message"],
            call["error"]["ResponseMetadata"]["HTTPStatusCode"],
            expected_params=expected,
        )


def question_of(params: Mapping[str, Any]) -> Question | None:
    """Return a recorded call's parameters as a question; None for what we never ask."""
    known = {"PolicySourceArn", "ActionNames", "ResourceArns", "PolicyExclusionList"}
    if not set(params) <= known:
        return None
    excluded = [_exclusion(member) for member in params.get("PolicyExclusionList", [])]
    if None in excluded:
        return None
    return Question(
        tuple(params["ActionNames"]), tuple(params.get("ResourceArns", ())), without=tuple(excluded)
    )


def as_sent(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recorded call's parameters less empty lists, which mean the same as none."""
    return {name: value for name, value in params.items() if value != []}


def _exclusion(member: Mapping[str, Any]) -> Any:
    if inline := member.get("InlinePolicyIdentifier"):
        if set(inline) != {"PolicyName", "AttachmentType", "AttachmentName"}:
            return None
        return InlinePolicy(inline["AttachmentType"], inline["AttachmentName"], inline["PolicyName"])
    if kind := member.get("PolicyType"):
        return PolicyType(kind) if kind in set(PolicyType) else None
    return member["PolicyArn"]


ALLOWING = {
    "SourcePolicyId": "Deploys",
    "SourcePolicyType": "IAM Policy",
    "StartPosition": {"Line": 1, "Column": 38},
    "EndPosition": {"Line": 1, "Column": 84},
}


def answered(
    action: str, resources: Mapping[str, str], *, organization: bool | None = None, **details: Any
) -> dict[str, Any]:
    """Return the result on one action in the shape of the recordings."""
    whole = "allowed" if set(resources.values()) <= {"allowed"} else next(iter(resources.values()))
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": next(iter(resources), "*"),
        "EvalDecision": whole,
        "MatchedStatements": details.get("matched", []),
        "MissingContextValues": details.get("missing", []),
        "EvalDecisionDetails": {},
    }
    if organization is not None:
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": organization}
    boundary = details.get("boundary")
    limited = {} if boundary is None else {"AllowedByPermissionsBoundary": boundary}
    if limited:
        result["PermissionsBoundaryDecisionDetail"] = limited
    specific = []
    for resource, decision in resources.items():
        each: dict[str, Any] = {"EvalResourceName": resource, "EvalResourceDecision": decision}
        if decision == "allowed":
            each["MatchedStatements"] = [ALLOWING]
        for name, key in (("MatchedStatements", "matched"), ("MissingContextValues", "missing")):
            if details.get(key) and decision != "allowed":
                each[name] = details[key]
        if limited:
            each["PermissionsBoundaryDecisionDetail"] = limited
        specific.append(each)
    result["ResourceSpecificResults"] = specific
    return result


def page(results: Iterable[Mapping[str, Any]], marker: str = "") -> dict[str, Any]:
    """Return one page of an answer."""
    return {
        "EvaluationResults": list(results),
        "IsTruncated": bool(marker),
        **({"Marker": marker} if marker else {}),
    }
