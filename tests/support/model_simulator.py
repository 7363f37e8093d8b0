"""A stand-in for AWS's policy simulator that follows the recorded rules; a test holds it against the recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse

from tests.support.recorded_simulator import client, question_of
from zappa_iam_ext.check.simulation.words import (
    Answer,
    ContextEntry,
    Exclusion,
    InlinePolicy,
    MatchedStatement,
    PolicyType,
    Question,
    SimulatedDecision,
    mentioned_in,
)
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, evaluate

SUPPLIED = frozenset({"aws:principalarn", "aws:principalaccount", "aws:username", "aws:userid"})
NOTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "none:None", "Resource": "*"}}


@dataclass(slots=True)
class ModelSimulator:
    """Answers for one user. ``identity`` maps the simulator's name of a policy to its document, ``arns`` to its ARN."""

    principal: str
    identity: Mapping[str, Any]
    boundary: Any = None
    scp: Any = None
    arns: Mapping[str, str] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def ask(self, question: Question) -> Answer:
        """Answer a question by the rules of the recordings."""
        self.asked.append(question)
        resources: Sequence[str] = question.resources or ("*",)
        found = tuple(self._decide(question, a, r) for a in question.actions for r in resources)
        whole = {
            action: all(each.by_organization is not False for each in found if each.action == action)
            for action in question.actions
        }
        limited = self.scp is not None and PolicyType.SCP not in question.without
        return Answer(
            question,
            tuple(
                SimulatedDecision(
                    each.action,
                    each.resource,
                    each.decision,
                    whole[each.action] if limited else None,
                    each.by_boundary,
                    each.matched,
                    each.missing,
                )
                for each in found
            ),
        )

    def ask_all(self, questions: Sequence[Question]) -> Sequence[Answer]:
        """Answer questions one after the other."""
        return [self.ask(question) for question in questions]

    def _decide(self, question: Question, action: str, resource: str) -> SimulatedDecision:
        left = {name: held for name, held in self.identity.items() if not self._excluded(name, question)}
        documents = {name: PolicyDocument.parse(held, stored=False) for name, held in left.items()}
        boundary = None if PolicyType.BOUNDARY in question.without else self.boundary
        boundary = NOTHING if question.silent_boundary else boundary
        scp = None if PolicyType.SCP in question.without else self.scp
        context = {
            entry.name: list(entry.values) if entry.kind.endswith("List") else entry.values[0]
            for entry in question.context
        }
        request = AuthorizationRequest(self.principal, action, resource, context)

        def decide(**layers: Any) -> Any:
            return evaluate(PolicySet(**layers), request)

        result = decide(identity=tuple(documents.values()), boundary=boundary)
        organization = None if scp is None else decide(identity=scp).decision is Decision.ALLOWED
        limit = None if boundary is None else decide(identity=boundary).decision is Decision.ALLOWED
        decision, matched = result.decision, result.matched
        if organization is False:
            by = decide(identity=scp).decision
            decision, matched = (by if decision is not Decision.EXPLICIT_DENY else decision), ()
        every = [
            *documents.values(),
            *([PolicyDocument.parse(boundary, "boundary", stored=False)] if boundary else []),
        ]
        missing = mentioned_in(every).keys - question.supplied - SUPPLIED
        names = list(documents)
        return SimulatedDecision(
            action,
            resource,
            decision,
            organization,
            limit,
            tuple(
                MatchedStatement("Limit", "Permissions Boundary Policy")
                if each.layer == "boundary"
                else MatchedStatement(names[each.document])
                for each in matched
                if each.layer != "boundary" or decision is Decision.EXPLICIT_DENY
            )
            if decision is not Decision.IMPLICIT_DENY
            else (),
            missing if decision is Decision.IMPLICIT_DENY else frozenset(),
        )

    def _excluded(self, name: str, question: Question) -> bool:
        return any(self._is(name, each) for each in question.without)

    def _is(self, name: str, excluded: Exclusion) -> bool:
        if isinstance(excluded, InlinePolicy):
            owner = f"{excluded.attachment_type}_{excluded.attachment_name}"
            return name == f"{owner}_{excluded.policy_name}"
        if isinstance(excluded, PolicyType):
            return False
        pathless = self.arns.get(name, "")
        if ":iam::aws:" not in pathless:
            head, _, rest = pathless.partition(":policy/")
            pathless = f"{head}:policy/{rest.rpartition('/')[2]}"
        return excluded == pathless


def answering(model: ModelSimulator, source: str = "") -> Any:
    """Return a real client of IAM that the model answers; it knows one principal, ``source``."""
    iam = client()

    def remember(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def answer(context: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        params = context["asked"]
        if source and params["PolicySourceArn"] != source:
            error = {"Code": "NoSuchEntity", "Message": "Unable to retrieve specified IAM entity."}
            return _http(404), {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 404}}
        return _http(200), _response(model.ask(_question(params)))

    iam.meta.events.register("provide-client-params.iam.SimulatePrincipalPolicy", remember)
    iam.meta.events.register("before-call.iam.SimulatePrincipalPolicy", answer)
    return iam


def _http(status: int) -> AWSResponse:
    return AWSResponse("https://iam.amazonaws.com", status, {}, None)


def _question(params: Mapping[str, Any]) -> Question:
    known = {"PolicySourceArn", "ActionNames", "ResourceArns", "PolicyExclusionList"}
    plain = question_of({name: value for name, value in params.items() if name in known})
    assert plain is not None
    entries = tuple(
        ContextEntry(each["ContextKeyName"], each["ContextKeyType"], tuple(each["ContextKeyValues"]))
        for each in params.get("ContextEntries", ())
    )
    silent = "PermissionsBoundaryPolicyInputList" in params
    return Question(plain.actions, plain.resources, entries, plain.without, silent)


def _response(answer: Answer) -> dict[str, Any]:
    """Return an answer in the shape of the recordings."""
    results = []
    for action in answer.question.actions:
        found = [each for each in answer.decisions if each.action == action]
        result: dict[str, Any] = {
            "EvalActionName": action,
            "EvalResourceName": "*",
            "EvalDecision": str(found[0].decision),
            **_details(found[0], whole=True),
        }
        if found[0].by_organization is not None:
            result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": found[0].by_organization}
        if answer.question.resources:
            result["ResourceSpecificResults"] = [
                {
                    "EvalResourceName": each.resource,
                    "EvalResourceDecision": str(each.decision),
                    **_details(each, whole=False),
                }
                for each in found
            ]
        results.append(result)
    return {
        "EvaluationResults": results,
        "IsTruncated": False,
        "ResponseMetadata": {"HTTPStatusCode": 200},
    }


def _details(found: SimulatedDecision, *, whole: bool) -> dict[str, Any]:
    matched = [
        {
            "SourcePolicyId": each.policy,
            "SourcePolicyType": each.kind,
            "StartPosition": {"Line": 1, "Column": 38},
            "EndPosition": {"Line": 1, "Column": 94},
        }
        for each in found.matched
    ]
    told: dict[str, Any] = {"MatchedStatements": matched, "MissingContextValues": sorted(found.missing)}
    if not whole:
        told = {name: value for name, value in told.items() if value}
    if found.by_boundary is not None:
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": found.by_boundary}
    return told
