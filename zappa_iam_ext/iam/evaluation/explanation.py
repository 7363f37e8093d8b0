"""Why a decision came out as it did: the statements that decided, and those that nearly did."""

from __future__ import annotations

from collections.abc import Iterable

from zappa_iam_ext.iam.conditions.evaluate import judge
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.evaluation.compiled import CompiledStatement
from zappa_iam_ext.iam.evaluation.prepared_request import PreparedRequest
from zappa_iam_ext.iam.evaluation.principals import principal_match
from zappa_iam_ext.iam.patterns.classes import may_escape
from zappa_iam_ext.iam.patterns.glob import is_pattern, text_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps
from zappa_iam_ext.iam.request import Decision, Layer, Match, Mismatch, NearMiss

Explanation = tuple[tuple[Match, ...], tuple[NearMiss, ...], tuple[str, ...]]
_REASONS = {FALSE: Mismatch.CONDITION, UNKNOWN: Mismatch.UNKNOWN, TRUE: None}


def explain(
    statements: Iterable[CompiledStatement],
    request: PreparedRequest,
    decision: Decision,
    *,
    has_boundary: bool,
) -> Explanation:
    """Tell which statements decided, which nearly did, and which keys were looked at and missing."""
    deciding: list[Match] = []
    misses: list[NearMiss] = []
    missing: list[str] = []
    wanted = decision is Decision.EXPLICIT_DENY
    for statement in statements:
        reason, detail, lacking = _mismatch(statement, request, has_boundary=has_boundary)
        missing += lacking
        if reason is None:
            if statement.denies == wanted:
                deciding.append(statement.match)
        elif reason is not Mismatch.ACTION or _same_service(statement, request.action):
            misses.append(NearMiss(statement.match, reason, detail))
    return tuple(deciding), tuple(misses), tuple(dict.fromkeys(missing))


def _mismatch(
    statement: CompiledStatement, request: PreparedRequest, *, has_boundary: bool
) -> tuple[Mismatch | None, str, tuple[str, ...]]:
    """Return why a statement does not match, what failed, and the keys that were missing."""
    if not _matches_action(statement, request.action):
        return Mismatch.ACTION, "", ()
    named = TRUE
    if statement.match.layer is Layer.RESOURCE:
        named = principal_match(statement.match.statement, request.principal, has_boundary=has_boundary).truth
        if named is FALSE:
            return Mismatch.PRINCIPAL, "", ()
    patterns = statement.patterns(request.context)
    touched = _touched(statement, request)
    if touched != TRUE:
        return Mismatch.UNKNOWN if touched else Mismatch.RESOURCE, "", patterns.missing if touched else ()
    result = judge(statement.tests, request.context)
    return _REASONS[min(result.truth, named)], result.failed, (*patterns.missing, *result.missing)


def _matches_action(statement: CompiledStatement, action: str) -> bool:
    """Say whether a statement is about an action, or about some of a pattern of actions."""
    if not is_pattern(action):
        return statement.matches_action(action)
    asked = text_glob(action)
    if statement.not_actions:
        return may_escape(asked, statement.not_actions)
    return any(overlaps(glob, asked) for glob in statement.actions)


def _touched(statement: CompiledStatement, request: PreparedRequest) -> Truth:
    """Return whether a statement is about the resource, or about some of a pattern of resources."""
    if not request.is_pattern:
        return statement.touches(request.resource, request.context)
    patterns = statement.patterns(request.context)
    asked = request.asked
    if statement.negated:
        if may_escape(asked, (*patterns.certain, *patterns.possible)):
            return TRUE
        return UNKNOWN if patterns.possible and may_escape(asked, patterns.certain) else FALSE
    if any(overlaps(asked, glob) for glob in patterns.certain):
        return TRUE
    return UNKNOWN if any(overlaps(asked, glob) for glob in patterns.possible) else FALSE


def _same_service(statement: CompiledStatement, action: str) -> bool:
    service = action.partition(":")[0]
    return any(
        glob.prefix.partition(":")[0] == service for glob in (*statement.actions, *statement.not_actions)
    )
