"""The evaluator: a policy set, compiled, asked for decisions (IAM User Guide, "Policy evaluation logic")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from zappa_iam_ext.iam.arn import Principal, PrincipalKind
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.evaluation.compiled import compile_documents
from zappa_iam_ext.iam.evaluation.explanation import explain
from zappa_iam_ext.iam.evaluation.index import MAX_REMEMBERED, StatementIndex
from zappa_iam_ext.iam.evaluation.logic import (
    ALONE,
    SAYS_YES,
    SILENT,
    Heard,
    Matched,
    Named,
    Said,
    combine,
    named,
    said,
)
from zappa_iam_ext.iam.evaluation.pattern_requests import Answer, Matching, decide_whole
from zappa_iam_ext.iam.evaluation.prepared_request import Question
from zappa_iam_ext.iam.policyset import PolicySet
from zappa_iam_ext.iam.request import AuthorizationRequest, Decision, EvaluationResult, Layer

Derived = dict[str, tuple[str, ...]]


class CompiledPolicySet:
    """A policy set, compiled: built once, asked many times.

    ``evaluate`` explains its answer; ``decide`` gives the same decision and nothing else, quickly.
    """

    def __init__(self, policies: PolicySet) -> None:
        self._identity = _index((*policies.identity, *policies.group), Layer.IDENTITY)
        self._boundary = _index(policies.boundary, Layer.BOUNDARY) if policies.boundary else None
        self._session = _index(policies.session, Layer.SESSION) if policies.session else None
        self._resource = _index(policies.resource, Layer.RESOURCE) if policies.resource else None
        self._levels = [_index(level, Layer.ORGANIZATION) for level in policies.scp]
        optional = (self._boundary, self._session, self._resource)
        self._indexes = (self._identity, *(index for index in optional if index is not None), *self._levels)
        self._principals: dict[str, tuple[Principal, Derived]] = {}

    def decide(self, request: AuthorizationRequest) -> Decision:
        """Return the decision on a request. Raises `InvalidArn`, `PatternTooComplex`."""
        return self._decision(self._question(request))[0]

    def evaluate(self, request: AuthorizationRequest) -> EvaluationResult:
        """Return the decision on a request, with the statements that decided and those that nearly did.

        Raises `InvalidArn` for a principal that is none, `PatternTooComplex` for patterns too entangled to compare.
        """
        question = self._question(request)
        decision, layer = self._decision(question)
        statements = chain.from_iterable(index.statements for index in self._indexes)
        bounded = self._boundary is not None
        matched, misses, missing = explain(statements, question, decision, bounded=bounded)
        return EvaluationResult(
            action=request.action,
            resource=request.resource,
            decision=decision,
            matched=matched,
            layer=layer,
            near_misses=misses,
            missing_context=missing,
        )

    def _question(self, request: AuthorizationRequest) -> Question:
        given = request.principal
        if isinstance(given, Principal):
            return Question(request, given, _derived(given))
        known = self._principals.get(given)
        if known is None:
            if len(self._principals) >= MAX_REMEMBERED:
                self._principals.clear()
            principal = Principal.parse(given)
            known = self._principals[given] = principal, _derived(principal)
        return Question(request, *known)

    def _decision(self, question: Question) -> Answer:
        if question.for_many:
            return decide_whole(
                question.action,
                question.asked,
                question.context,
                self._indexes,
                lambda matching: self._of_class(question.principal, matching),
            )
        own = _say(self._identity, question)
        if len(self._indexes) == 1 and question.principal.kind is not PrincipalKind.ROOT:
            return ALONE[own]
        heard = Heard(
            own,
            _say(self._boundary, question),
            _say(self._session, question),
            self._name(_matching(self._resource, question), question.principal) if self._resource else SILENT,
            [_say(level, question) for level in self._levels] if self._levels else (),
        )
        return combine(question.principal, heard)

    def _name(self, matched: Iterable[Matched], principal: Principal) -> Named:
        return named(matched, principal, bounded=self._boundary is not None)

    def _of_class(self, principal: Principal, matching: Matching) -> Answer:
        """Return the decision on a class of requests that match the same statements."""

        def hear(index: StatementIndex | None) -> Said:
            return SAYS_YES if index is None else said(matching(index))

        heard = Heard(
            hear(self._identity),
            hear(self._boundary),
            hear(self._session),
            self._name(matching(self._resource), principal) if self._resource else SILENT,
            [hear(level) for level in self._levels],
        )
        return combine(principal, heard)


def _index(documents: Iterable[PolicyDocument], layer: Layer) -> StatementIndex:
    return StatementIndex(compile_documents(tuple(documents), layer))


def _derived(principal: Principal) -> Derived:
    return {key: (value,) for key, value in principal.context().items()}


def _say(index: StatementIndex | None, question: Question) -> Said:
    """Return what a layer says of a concrete request; one that is not there says yes."""
    if index is None:
        return SAYS_YES
    verdict = index.verdict(question.action, question.resource)
    allows, denies = verdict.allows, verdict.denies
    for statement in verdict.open:
        truth = statement.truth(question.resource, question.context)
        if statement.denies:
            denies = max(denies, truth)
        else:
            allows = max(allows, truth)
    return allows, denies


def _matching(index: StatementIndex, question: Question) -> Iterator[Matched]:
    for statement in index.about(question.action).candidates(question.resource):
        if truth := statement.truth(question.resource, question.context):
            yield statement, truth


def compile(policies: PolicySet) -> CompiledPolicySet:  # noqa: A001  -- the word of the public API
    """Return a policy set, compiled for many decisions."""
    return CompiledPolicySet(policies)


def evaluate(policies: PolicySet, request: AuthorizationRequest) -> EvaluationResult:
    """Return the decision on one request under a policy set, explained.

    Raises `InvalidArn` for a principal that is none, `PatternTooComplex` for patterns too entangled to compare.
    """
    return CompiledPolicySet(policies).evaluate(request)
