"""Asks AWS's policy simulator, ``iam:SimulatePrincipalPolicy``, and reads its answers strictly.

What an answer looks like is recorded (``tests/cases/observed/simulator.json``). An answer that looks otherwise is not believed:
it is told as a fault, and what was asked stays open. No question raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from zappa_iam_ext.aws.errors import DENIED, code_of, scrub, translate
from zappa_iam_ext.check.simulation.words import (
    Answer,
    ContextEntry,
    Exclusion,
    InlinePolicy,
    MatchedStatement,
    PolicyType,
    Position,
    Question,
    SimulatedDecision,
)
from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam import Decision

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

ACTION = "iam:SimulatePrincipalPolicy"
_BAD_INPUT = frozenset({"InvalidInput", "InvalidInputException", "ValidationError"})
_GROUPS = re.compile(
    r"Invalid Input Actions: \[(?P<one>[^\]]*)\] and \[(?P<other>[^\]]*)\] require different authorization"
)
_BAD_PRINCIPAL = ("Invalid Policy Source Arn", "Invalid ARN provided in the request")
_SILENT_BOUNDARY = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}}'
)
"""A boundary that allows what needs no permission anyway (STS API Reference, GetCallerIdentity)."""
_DECISIONS = {
    str(decision): decision for decision in (Decision.ALLOWED, Decision.IMPLICIT_DENY, Decision.EXPLICIT_DENY)
}


class PolicySimulator:
    """Asks about one principal, a user or a role, by its ARN; sessions have none (see ``check.simulation.questions.source_arn``)."""

    def __init__(self, iam: IAMClient, source_arn: str) -> None:
        self._iam = iam
        self._source_arn = source_arn
        self._final: tuple[str, ...] = ()

    def ask(self, question: Question) -> Answer:
        """Return what is answered to a question; what fails is a fault, never raised."""
        try:
            return self.put(question)
        except Exception as error:  # noqa: BLE001  -- whatever a client and a network can do
            return self.failed(question, error)

    def put(self, question: Question) -> Answer:
        """Return the same; raise what may go away: throttling, a busy AWS, what fails on the way.

        One bad item fails a whole call (recorded), so what is refused as bad input is asked in parts, until the bad one is
        alone. What AWS groups as known and unknown names is asked by these groups. After an answer that any other question
        would meet as well nothing more is asked.
        """
        if self._final:
            return Answer(question, faults=self._final, final=True)
        try:
            return _read(question, self._pages(question))
        except ClientError as error:
            if code_of(error) in _BAD_INPUT and (parts := _parts(question, error)):
                return _together(question, [self.put(part) for part in parts])
            if code_of(error) not in _BAD_INPUT and not _is_final(error):
                raise
            answer = self.failed(question, error)
            if answer.final:
                self._final = answer.faults
            return answer

    @staticmethod
    def failed(question: Question, error: Exception) -> Answer:
        """Return the answer to a question that ended with an error."""
        if isinstance(error, ClientError):
            return Answer(question, faults=(_told(error),), final=_is_final(error))
        if isinstance(error, BotoCoreError):
            return Answer(question, faults=(f"{ACTION}: {translate(error, ACTION)}",))
        if isinstance(error, ZappaIamError):
            return Answer(question, faults=(f"{ACTION}: {error}",))
        return Answer(
            question, faults=(f"{ACTION}: an answer that cannot be read ({_kind(error)})",), odd=True
        )

    def _pages(self, question: Question) -> Iterator[Any]:
        """Yield the results of all pages: the marker is an offset, so each page repeats the request exactly."""
        pages = self._iam.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=self._source_arn, **_parameters(question)
        )
        for page in pages:
            yield from page["EvaluationResults"]


def _parameters(question: Question) -> dict[str, Any]:
    given: dict[str, Any] = {"ActionNames": list(question.actions)}
    if question.resources:
        given["ResourceArns"] = list(question.resources)
    if question.context:
        given["ContextEntries"] = [_entry(entry) for entry in question.context]
    if question.without:
        given["PolicyExclusionList"] = [_exclusion(each) for each in question.without]
    if question.silent_boundary:
        given["PermissionsBoundaryPolicyInputList"] = [_SILENT_BOUNDARY]
    return given


def _entry(entry: ContextEntry) -> dict[str, Any]:
    return {
        "ContextKeyName": entry.name,
        "ContextKeyType": entry.kind,
        "ContextKeyValues": list(entry.values),
    }


def _exclusion(excluded: Exclusion) -> dict[str, Any]:
    """Return a member of PolicyExclusionList: exactly one of its three forms, the inline one with all its fields."""
    if isinstance(excluded, PolicyType):
        return {"PolicyType": str(excluded)}
    if isinstance(excluded, InlinePolicy):
        return {
            "InlinePolicyIdentifier": {
                "PolicyName": excluded.policy_name,
                "AttachmentType": excluded.attachment_type,
                "AttachmentName": excluded.attachment_name,
            }
        }
    return {"PolicyArn": excluded}


def _read(question: Question, results: Iterator[Mapping[str, Any]]) -> Answer:
    """Return the decisions on each action and resource, those of resources and not of the whole."""
    wanted = {action.lower() for action in question.actions}
    found: dict[tuple[str, str], SimulatedDecision] = {}
    faults: list[str] = []
    odd = False
    for result in results:
        action = result["EvalActionName"]
        if action.lower() not in wanted:
            faults.append(f"{ACTION}: an answer about an action that was not asked")
            odd = True
            continue
        try:
            for decision in _decisions(question, result):
                found[action.lower(), decision.resource] = decision
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            faults.append(f"{ACTION}: the answer about {scrub(action)} cannot be read ({_kind(error)})")
            odd = True
    answered = {action for action, _ in found}
    lost = len(wanted - answered)
    if lost and not faults:
        faults.append(f"{ACTION}: no answer about {lost} of {len(wanted)} actions")
    return Answer(question, tuple(found.values()), tuple(dict.fromkeys(faults)), odd=odd)


def _decisions(question: Question, result: Mapping[str, Any]) -> Iterator[SimulatedDecision]:
    """Yield the decisions on one action.

    Recorded: with resources each has a result of its own, in their order; only the organization's part is told for the whole.
    What is allowed names the statements that allow it.
    """
    organization = _allows(result.get("OrganizationsDecisionDetail"), "AllowedByOrganizations")
    if not question.resources:
        yield _decision(result, "*", result["EvalDecision"], organization)
        return
    results = result["ResourceSpecificResults"]
    if [each["EvalResourceName"] for each in results] != list(question.resources):
        raise ValueError(results)
    for each in results:
        yield replace(
            _decision(each, each["EvalResourceName"], each["EvalResourceDecision"], organization),
            action=result["EvalActionName"],
        )


def _decision(
    told: Mapping[str, Any], resource: str, decision: str, organization: bool | None
) -> SimulatedDecision:
    if decision == Decision.ALLOWED and not told.get("MatchedStatements"):
        raise ValueError(decision)
    return SimulatedDecision(
        action=told.get("EvalActionName", ""),
        resource=resource,
        decision=_DECISIONS[decision],
        by_organization=organization,
        by_boundary=_allows(told.get("PermissionsBoundaryDecisionDetail"), "AllowedByPermissionsBoundary"),
        matched=tuple(_statement(each) for each in told.get("MatchedStatements") or ()),
        missing=frozenset(str(key).lower() for key in told.get("MissingContextValues") or ()),
    )


def _allows(detail: Mapping[str, Any] | None, name: str) -> bool | None:
    if detail is None:
        return None
    if not isinstance(detail[name], bool):
        raise TypeError(name)
    return bool(detail[name])


def _statement(told: Mapping[str, Any]) -> MatchedStatement:
    return MatchedStatement(
        scrub(str(told["SourcePolicyId"])),
        scrub(str(told.get("SourcePolicyType", ""))),
        _position(told.get("StartPosition")),
        _position(told.get("EndPosition")),
    )


def _position(told: Mapping[str, Any] | None) -> Position | None:
    return Position(int(told["Line"]), int(told["Column"])) if told else None


def _parts(question: Question, error: ClientError) -> Sequence[Question]:
    """Return the parts in which bad input is asked again; none where it is alone, or the principal is what is bad."""
    message = _message(error)
    if message.startswith(_BAD_PRINCIPAL):
        return ()
    if groups := _GROUPS.search(message):
        one = {name.strip() for name in groups["one"].split(",")}
        parted = (
            tuple(action for action in question.actions if action in one),
            tuple(action for action in question.actions if action not in one),
        )
        if all(parted):
            return [replace(question, actions=actions) for actions in parted]
    if len(question.actions) > 1:
        return [replace(question, actions=half) for half in _halves(question.actions)]
    if len(question.resources) > 1:
        return [replace(question, resources=half) for half in _halves(question.resources)]
    return ()


def _halves(items: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    middle = len(items) // 2
    return items[:middle], items[middle:]


def _together(question: Question, answers: Sequence[Answer]) -> Answer:
    return Answer(
        question,
        tuple(decision for answer in answers for decision in answer.decisions),
        tuple(dict.fromkeys(fault for answer in answers for fault in answer.faults)),
        final=any(answer.final for answer in answers),
        odd=any(answer.odd for answer in answers),
    )


def _is_final(error: ClientError) -> bool:
    """Say whether any other question would meet the same: the caller may not ask, or there is no such principal."""
    return (
        code_of(error) in DENIED
        or code_of(error) == "NoSuchEntity"
        or _message(error).startswith(_BAD_PRINCIPAL)
    )


def _told(error: ClientError) -> str:
    if code_of(error) in DENIED:
        return f"{ACTION} is denied"
    told = scrub(_message(error))
    return f"{ACTION}: {scrub(code_of(error)) or 'an error without a code'}" + (f" ({told})" if told else "")


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def _kind(error: Exception) -> str:
    """Return what is odd, without quoting what was answered."""
    kinds: dict[type[Exception], str] = {
        KeyError: "a part is missing",
        ResponseParserError: "no answer of IAM, perhaps a proxy's",
        ValueError: "about other resources than were asked, or a part that is none",
    }
    return kinds.get(type(error), "a part of another kind")
