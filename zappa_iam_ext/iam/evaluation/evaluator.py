"""The evaluator: a policy set, compiled, asked for decisions (IAM User Guide, "Policy evaluation logic")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from zappa_iam_ext.iam.arn import Principal
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.evaluation.compiled import compile_documents
from zappa_iam_ext.iam.evaluation.explanation import explain
from zappa_iam_ext.iam.evaluation.index import MAX_REMEMBERED, StatementIndex
from zappa_iam_ext.iam.evaluation.logic import (
    IDENTITY_ONLY,
    NO_RESOURCE_POLICY,
    NOT_LIMITING,
    LayerVerdict,
    LayerVerdicts,
    Matched,
    ResourcePolicyVerdict,
    combine,
    layer_verdict,
    resource_policy_verdict,
)
from zappa_iam_ext.iam.evaluation.pattern_requests import Answer, Matching, decide_pattern
from zappa_iam_ext.iam.evaluation.prepared_request import PreparedRequest
from zappa_iam_ext.iam.evaluation.reach import Reach, reach
from zappa_iam_ext.iam.policyset import PolicySet
from zappa_iam_ext.iam.request import AuthorizationRequest, Decision, EvaluationResult, Layer

Derived = Mapping[str, str]


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
        self._resource_levels = [_index(level, Layer.ORGANIZATION) for level in policies.rcp]
        optional = (self._boundary, self._session, self._resource)
        self._indexes = (
            self._identity,
            *(index for index in optional if index is not None),
            *self._levels,
            *self._resource_levels,
        )
        self._principals: dict[str | Principal, tuple[Principal, Derived]] = {}

    def decide(self, request: AuthorizationRequest) -> Decision:
        """Return the decision on a request. Raises `InvalidArn`."""
        return self._decision(self._prepared(request))[0]

    def evaluate(self, request: AuthorizationRequest) -> EvaluationResult:
        """Return the decision on a request, with the statements that decided and those that nearly did.

        Raises `InvalidArn` for a principal that is none.
        """
        prepared = self._prepared(request)
        decision, layer = self._decision(prepared)
        statements = chain.from_iterable(index.statements for index in self._reaching(prepared))
        has_boundary = self._boundary is not None
        matched, misses, missing = explain(statements, prepared, decision, has_boundary=has_boundary)
        return EvaluationResult(
            action=request.action,
            resource=request.resource,
            decision=decision,
            matched=matched,
            layer=layer,
            near_misses=misses,
            missing_context=missing,
            undecided=prepared.undecided[0] if prepared.undecided else "",
            resource_account=request.resource_account or prepared.principal.account,
        )

    def _prepared(self, request: AuthorizationRequest) -> PreparedRequest:
        given = request.principal
        known = self._principals.get(given)
        if known is None:
            if len(self._principals) >= MAX_REMEMBERED:
                self._principals.clear()
            principal = given if isinstance(given, Principal) else Principal.parse(given)
            known = self._principals[given] = principal, _derived(principal)
        return PreparedRequest(request, *known)

    def _decision(self, request: PreparedRequest) -> Answer:
        if request.is_pattern:
            return decide_pattern(
                request.action,
                request.asked,
                request.context,
                self._indexes,
                lambda matching: self._of_class(request, matching),
                undecided=request.undecided.append,
            )
        own = _layer_verdict(self._identity, request)
        if len(self._indexes) == 1 and request.plain:
            return IDENTITY_ONLY[own]
        verdicts = LayerVerdicts(
            own,
            _layer_verdict(self._boundary, request),
            _layer_verdict(self._session, request),
            self._resource_verdict(_matching(self._resource, request), request.principal)
            if self._resource
            else NO_RESOURCE_POLICY,
            [_layer_verdict(level, request) for level in self._levels] if self._levels else (),
            [_layer_verdict(level, request) for level in self._resource_levels],
        )
        return combine(request.principal, verdicts, self._reach(request))

    def _reach(self, request: PreparedRequest) -> Reach:
        return reach(
            request.principal,
            request.action,
            request.resource,
            request.resource_account,
            given=self._resource is not None,
        )

    def _reaching(self, request: PreparedRequest) -> Iterator[StatementIndex]:
        """Yield the layers that reach a request, which its explanation is about."""
        reached = self._reach(request)
        unreached = [
            *(self._levels if not reached.scp else ()),
            *(self._resource_levels if not reached.rcp else ()),
        ]
        yield from (index for index in self._indexes if index not in unreached)

    def _resource_verdict(self, matched: Iterable[Matched], principal: Principal) -> ResourcePolicyVerdict:
        return resource_policy_verdict(matched, principal, has_boundary=self._boundary is not None)

    def _of_class(self, request: PreparedRequest, matching: Matching) -> Answer:
        """Return the decision on a class of requests that match the same statements."""

        def verdict(index: StatementIndex | None) -> LayerVerdict:
            return NOT_LIMITING if index is None else layer_verdict(matching(index))

        verdicts = LayerVerdicts(
            verdict(self._identity),
            verdict(self._boundary),
            verdict(self._session),
            self._resource_verdict(matching(self._resource), request.principal)
            if self._resource
            else NO_RESOURCE_POLICY,
            [verdict(level) for level in self._levels],
            [verdict(level) for level in self._resource_levels],
        )
        return combine(request.principal, verdicts, self._reach(request))


def _index(documents: Iterable[PolicyDocument], layer: Layer) -> StatementIndex:
    return StatementIndex(compile_documents(tuple(documents), layer))


def _derived(principal: Principal) -> Derived:
    return principal.context()


def _layer_verdict(index: StatementIndex | None, request: PreparedRequest) -> LayerVerdict:
    """Return what a layer says of a concrete request; one that is not there says yes."""
    if index is None:
        return NOT_LIMITING
    verdict = index.verdict(request.action, request.resource)
    allows, denies = verdict.allows, verdict.denies
    for statement in verdict.open:
        truth = statement.truth(request.resource, request.context)
        if statement.denies:
            denies = max(denies, truth)
        else:
            allows = max(allows, truth)
    return LayerVerdict(allows, denies)


def _matching(index: StatementIndex, request: PreparedRequest) -> Iterator[Matched]:
    for statement in index.about(request.action).candidates(request.resource):
        if truth := statement.truth(request.resource, request.context):
            yield statement, truth


def compile_policies(policies: PolicySet) -> CompiledPolicySet:
    """Return a policy set, compiled for many decisions."""
    return CompiledPolicySet(policies)


def evaluate(policies: PolicySet, request: AuthorizationRequest) -> EvaluationResult:
    """Return the decision on one request under a policy set, explained.

    Raises `InvalidArn` for a principal that is none.
    """
    return CompiledPolicySet(policies).evaluate(request)
