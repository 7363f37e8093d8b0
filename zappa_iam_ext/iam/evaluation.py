"""The policy evaluation logic of one account (IAM User Guide, "Policy evaluation logic").

An explicit deny wins; then every level of the organization must allow; then identity policies, limited by
boundary and session policy, or a resource policy that names the principal, must allow. All of it is
three-valued: what hangs on a key that nobody knows is unknown, unless the rest decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from zappa_iam_ext.iam.arn import Principal, PrincipalKind
from zappa_iam_ext.iam.compiled import CompiledStatement, ResourcePatterns, StatementIndex, compile_documents
from zappa_iam_ext.iam.conditions import Context, Truth
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.patterns import Glob, arn_glob, is_pattern, overlaps, some_word, text_glob
from zappa_iam_ext.iam.policyset import PolicySet
from zappa_iam_ext.iam.principals import Naming, naming
from zappa_iam_ext.iam.request import (
    AuthorizationRequest,
    Decision,
    EvaluationResult,
    Layer,
    Match,
    Mismatch,
    NearMiss,
)

_FALSE, _UNKNOWN, _TRUE = Truth.FALSE.value, Truth.UNKNOWN.value, Truth.TRUE.value
Matched = tuple[CompiledStatement, int]


@dataclass(frozen=True, slots=True)
class _Question:
    """A request, prepared."""

    principal: Principal
    action: str
    resource: str
    context: Context

    @property
    def for_many(self) -> bool:
        """Whether it is asked for all that a pattern covers.

        A lone star is what AWS itself asks for an action that knows no resources; for such an action it is not a
        pattern (Service Authorization Reference, actions without resource types).
        """
        if is_pattern(self.action):
            return True
        return is_pattern(self.resource) and not (self.resource == "*" and _knows_no_resources(self.action))


def _knows_no_resources(action: str) -> bool:
    known = action_definition(action)
    return known is not None and not known.limited_to_resources


class CompiledPolicySet:
    """A policy set, compiled: built once, asked many times.

    ``evaluate`` explains its answer; ``decide`` gives the same decision and nothing else, quickly.
    """

    def __init__(self, policies: PolicySet) -> None:
        identity = compile_documents((*policies.identity, *policies.group), Layer.IDENTITY)
        self._identity = StatementIndex(tuple(identity))
        self._boundary = _optional(policies.boundary, Layer.BOUNDARY)
        self._session = _optional(policies.session, Layer.SESSION)
        self._resource = StatementIndex(tuple(compile_documents(policies.resource, Layer.RESOURCE)))
        self._levels = [
            StatementIndex(tuple(compile_documents(level, Layer.ORGANIZATION))) for level in policies.scp
        ]
        self._principals: dict[str, Principal] = {}

    def decide(self, request: AuthorizationRequest) -> Decision:
        """Return the decision on a request."""
        return self._decision(self._question(request))[0]

    def evaluate(self, request: AuthorizationRequest) -> EvaluationResult:
        """Return the decision on a request, with the statements that decided and those that nearly did."""
        question = self._question(request)
        decision, layer = self._decision(question)
        matched, misses, missing = self._account(question, decision)
        return EvaluationResult(
            action=request.action,
            resource=request.resource,
            decision=decision,
            matched=matched,
            layer=layer,
            near_misses=misses,
            missing_context=missing,
        )

    def _question(self, request: AuthorizationRequest) -> _Question:
        principal = request.principal
        if isinstance(principal, str):
            known = self._principals.get(principal)
            if known is None:
                known = self._principals[principal] = Principal.parse(principal)
            principal = known
        named = frozenset(key.lower() for key in request.unknown_keys)
        unknown = None if request.unknown_context else named
        values: dict[str, tuple[str, ...]] = {
            key: (value,) for key, value in principal.context().items() if key not in named
        }
        for key, given in request.context.items():
            values[key.lower()] = (given,) if isinstance(given, str) else tuple(str(item) for item in given)
        return _Question(principal, request.action.lower(), request.resource, Context(values, unknown))

    def _decision(self, question: _Question) -> tuple[Decision, Layer | None]:
        if question.for_many:
            return self._decide_pattern(question)
        return self._combine(question.principal, lambda index: _literal(index, question))

    def _combine(
        self,
        principal: Principal,
        matching: Callable[[StatementIndex], Iterable[Matched]],
    ) -> tuple[Decision, Layer | None]:
        """Join the layers for one concrete request, given the statements of each that match it."""
        denied = _Denied()
        root = principal.kind is PrincipalKind.ROOT
        own = _TRUE if root else denied.allow(Layer.IDENTITY, matching(self._identity))
        boundary = (
            _TRUE
            if root or self._boundary is None
            else denied.allow(Layer.BOUNDARY, matching(self._boundary))
        )
        session = _TRUE if self._session is None else denied.allow(Layer.SESSION, matching(self._session))
        bounded = self._boundary is not None
        by_role, directly = denied.allow_named(matching(self._resource), principal, bounded=bounded)
        levels = [denied.allow(Layer.ORGANIZATION, matching(level)) for level in self._levels]
        own = max(own, by_role)
        granted = max(min(own, boundary, session), directly)
        allowed = min([granted, *levels])
        if denied.certain is not None:
            return Decision.EXPLICIT_DENY, denied.certain
        if allowed == _FALSE:
            return Decision.IMPLICIT_DENY, _blocking(granted, own, boundary)
        if allowed == _UNKNOWN or denied.possible is not None:
            return Decision.UNKNOWN, denied.possible
        return Decision.ALLOWED, None

    def _decide_pattern(self, question: _Question) -> tuple[Decision, Layer | None]:
        """Ask for every concrete resource of a pattern at once: the decisions that occur, and the gravest of them."""
        relevant = {id(index): list(_relevant(index, question)) for index in self._indexes()}
        globs = list(
            dict.fromkeys(glob for found in relevant.values() for item in found for glob in item.globs)
        )
        outcomes: dict[Decision, Layer | None] = {}

        def judged(accepted: tuple[bool, ...]) -> bool:
            matched = {glob for glob, accepts in zip(globs, accepted, strict=True) if accepts}

            def matching(index: StatementIndex) -> Iterator[Matched]:
                for item in relevant[id(index)]:
                    if truth := item.truth_for(matched):
                        yield item.statement, truth

            decision, layer = self._combine(question.principal, matching)
            outcomes.setdefault(decision, layer)
            return decision is Decision.EXPLICIT_DENY

        some_word(arn_glob(question.resource), globs, judged)
        for decision in (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.UNKNOWN, Decision.ALLOWED):
            if decision in outcomes:
                return decision, outcomes[decision]
        return Decision.IMPLICIT_DENY, Layer.IDENTITY

    def _indexes(self) -> Iterator[StatementIndex]:
        optional = (index for index in (self._boundary, self._session) if index is not None)
        return chain((self._identity, self._resource), optional, self._levels)

    def _account(
        self, question: _Question, decision: Decision
    ) -> tuple[tuple[Match, ...], tuple[NearMiss, ...], tuple[str, ...]]:
        """Tell which statements decided, which nearly did, and which keys were missing."""
        deciding: list[Match] = []
        misses: list[NearMiss] = []
        missing: list[str] = []
        wanted = decision is Decision.EXPLICIT_DENY
        for statement in chain.from_iterable(index.statements for index in self._indexes()):
            reason, detail, lacking = _mismatch(statement, question)
            missing += lacking
            if reason is None:
                if statement.denies == wanted:
                    deciding.append(statement.match)
            elif reason is not Mismatch.ACTION or _same_service(statement, question.action):
                misses.append(NearMiss(statement.match, reason, detail))
        return tuple(deciding), tuple(misses), tuple(dict.fromkeys(missing))


@dataclass(frozen=True, slots=True)
class _Relevant:
    """A statement that may match part of a pattern: how certain its condition is, and its resource patterns."""

    statement: CompiledStatement
    truth: int
    certain: tuple[Glob, ...]
    possible: tuple[Glob, ...]

    @property
    def globs(self) -> tuple[Glob, ...]:
        return (*self.certain, *self.possible)

    def truth_for(self, matched: Collection[Glob]) -> int:
        """Return how certainly the statement matches a resource that is of these patterns and no others."""
        found = _TRUE if any(glob in matched for glob in self.certain) else _FALSE
        if not found and any(glob in matched for glob in self.possible):
            found = _UNKNOWN
        return min(self.truth, _TRUE - found if self.statement.negated else found)


class _Denied:
    """Collects, over all layers, whether and where a Deny matched."""

    __slots__ = ("certain", "possible")

    def __init__(self) -> None:
        self.certain: Layer | None = None
        self.possible: Layer | None = None

    def allow(self, layer: Layer, matched: Iterable[Matched]) -> int:
        """Return how far a layer allows, noting what it denies."""
        best = _FALSE
        for statement, truth in matched:
            if statement.denies:
                self._note(layer, truth)
            elif truth > best:
                best = truth
        return best

    def allow_named(
        self, matched: Iterable[Matched], principal: Principal, *, bounded: bool
    ) -> tuple[int, int]:
        """Return how far the resource policy allows a role, and how far it allows by itself."""
        by_role = directly = _FALSE
        for statement, truth in matched:
            named = naming(statement.match.statement, principal, bounded=bounded)
            if named is Naming.NOT:
                continue
            if statement.denies:
                self._note(Layer.RESOURCE, truth)
            elif named is Naming.ROLE:
                by_role = max(by_role, truth)
            elif named is Naming.DIRECTLY:
                directly = max(directly, truth)
        return by_role, directly

    def _note(self, layer: Layer, truth: int) -> None:
        if truth == _TRUE and self.certain is None:
            self.certain = layer
        elif truth == _UNKNOWN and self.possible is None:
            self.possible = layer


def _optional(documents: tuple[PolicyDocument, ...] | None, layer: Layer) -> StatementIndex | None:
    return StatementIndex(tuple(compile_documents(documents, layer))) if documents else None


def _blocking(granted: int, own: int, boundary: int) -> Layer:
    """Name the layer that does not allow what all before it would have."""
    if granted != _FALSE:
        return Layer.ORGANIZATION
    if own == _FALSE:
        return Layer.IDENTITY
    return Layer.BOUNDARY if boundary == _FALSE else Layer.SESSION


def _literal(index: StatementIndex, question: _Question) -> Iterator[Matched]:
    """Yield the statements that match a concrete request, each with how certain that is."""
    for statement in index.candidates(question.action, question.resource):
        truth = _TRUE
        if statement.negated or statement.templates:
            truth = _resource_truth(statement, question)
        if truth and statement.tests:
            truth = min(truth, statement.condition(question.context).truth.value)
        if truth:
            yield statement, truth


def _resource_truth(statement: CompiledStatement, question: _Question) -> int:
    patterns = statement.globs(question.context)
    if any(glob.matches(question.resource) for glob in patterns.certain):
        matched = _TRUE
    else:
        matched = _UNKNOWN if any(glob.matches(question.resource) for glob in patterns.possible) else _FALSE
    return min(_TRUE - matched, _at_most(patterns)) if statement.negated else matched


def _at_most(patterns: ResourcePatterns) -> int:
    """Return how certain a NotResource can be: a variable without a value makes the statement void.

    IAM User Guide, "IAM policy elements: Variables and tags": a variable that cannot be resolved can make the
    entire statement invalid.
    """
    if patterns.unresolved:
        return _FALSE
    return _UNKNOWN if patterns.possible else _TRUE


def _relevant(index: StatementIndex, question: _Question) -> Iterator[_Relevant]:
    """Yield the statements that may match part of a pattern."""
    asked = text_glob(question.action)
    for statement in index.speaking(question.action):
        truth = statement.condition(question.context).truth.value if statement.tests else _TRUE
        if truth and is_pattern(question.action) and not _whole_action(statement, asked):
            continue
        if truth:
            patterns = statement.globs(question.context)
            if statement.negated:
                truth = min(truth, _at_most(patterns))
        if truth:
            yield _Relevant(statement, truth, patterns.certain, patterns.possible)


def _whole_action(statement: CompiledStatement, asked: Glob) -> bool:
    """Say whether a statement counts: a Deny about part of an action pattern, an Allow about all of it."""
    if statement.not_actions:
        return statement.denies or not some_word(asked, statement.not_actions, any)
    return statement.denies or not some_word(asked, statement.actions, lambda matched: not any(matched))


def _mismatch(
    statement: CompiledStatement, question: _Question
) -> tuple[Mismatch | None, str, tuple[str, ...]]:
    """Return why a statement does not match, what failed, and the keys that were missing."""
    if not is_pattern(question.action) and not statement.speaks_of(question.action):
        return Mismatch.ACTION, "", ()
    written = statement.match.statement
    if statement.match.layer is Layer.RESOURCE and naming(written, question.principal) is Naming.NOT:
        return Mismatch.PRINCIPAL, "", ()
    patterns = statement.globs(question.context)
    touched = _touched(statement, question)
    if touched != _TRUE:
        return Mismatch.UNKNOWN if touched else Mismatch.RESOURCE, "", patterns.missing if touched else ()
    outcome = statement.condition(question.context)
    reasons = {Truth.FALSE: Mismatch.CONDITION, Truth.UNKNOWN: Mismatch.UNKNOWN, Truth.TRUE: None}
    return reasons[outcome.truth], outcome.failed, (*patterns.missing, *outcome.missing)


def _touched(statement: CompiledStatement, question: _Question) -> int:
    """Return whether a statement is about the resource, or about some of a pattern of resources."""
    if not question.for_many:
        return _resource_truth(statement, question)
    patterns = statement.globs(question.context)
    asked = arn_glob(question.resource)
    if statement.negated:
        found = some_word(asked, patterns.certain, lambda matched: not any(matched))
        return _at_most(patterns) if found else _FALSE
    if any(overlaps(asked, glob) for glob in patterns.certain):
        return _TRUE
    return _UNKNOWN if any(overlaps(asked, glob) for glob in patterns.possible) else _FALSE


def _same_service(statement: CompiledStatement, action: str) -> bool:
    service = action.partition(":")[0]
    return any(
        glob.prefix.partition(":")[0] == service for glob in (*statement.actions, *statement.not_actions)
    )


def compile(policies: PolicySet) -> CompiledPolicySet:  # noqa: A001  -- the word of the public API
    """Return a policy set, compiled for many decisions."""
    return CompiledPolicySet(policies)


def evaluate(policies: PolicySet, request: AuthorizationRequest) -> EvaluationResult:
    """Return the decision on one request under a policy set, explained."""
    return CompiledPolicySet(policies).evaluate(request)
