"""A stand-in for AWS's policy simulator that follows the recorded rules; a test holds it against the recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.check.simulated import (
    Answer,
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
