"""One answer of the evaluator to text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from zappa_iam_ext.iam import AuthorizationRequest, Decision, EvaluationResult
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.patterns.glob import is_pattern
from zappa_iam_ext.iam.request import Layer, Match
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain


def evaluation_text(
    request: AuthorizationRequest,
    result: EvaluationResult,
    unreadable: Sequence[str] = (),
    *,
    explained: bool = False,
) -> str:
    """Return the answer in one line; with ``explained``, the statements that decided and the near misses."""
    lines = [f"{_answer(request, result)}: {plain(request.action)} on {plain(request.resource)}"]
    if result.decision is Decision.UNKNOWN:
        lines += _unknown(result, unreadable)
    if explained:
        lines += [f"  decided by: {_statement(match)}" for match in result.matched]
        lines += [
            f"  no match ({miss.reason}{': ' + plain(miss.detail) if miss.detail else ''}): {_statement(miss.match)}"
            for miss in result.near_misses
        ]
    return "\n".join(lines)


def _answer(request: AuthorizationRequest, result: EvaluationResult) -> str:
    """Return the decision in words. For a pattern, no means that not all of it is allowed."""
    many = _for_many(request)
    if result.decision is Decision.IMPLICIT_DENY:
        whole = "all of it" if many else "it"
        limited = result.layer and result.layer is not Layer.IDENTITY
        return (
            f"no: the {result.layer} policy does not allow {whole}"
            if limited
            else f"no: nothing allows {whole}"
        )
    if result.decision is Decision.EXPLICIT_DENY:
        what = "part of it" if many else "it"
        return f"no: {what} is denied explicitly by the {result.layer} policy"
    return "yes" if result.decision is Decision.ALLOWED else "unknown"


def _for_many(request: AuthorizationRequest) -> bool:
    if is_pattern(request.action):
        return True
    known = action_definition(request.action)
    alone = request.resource == "*" and known is not None and not known.limited_to_resources
    return is_pattern(request.resource) and not alone


def evaluation_json(
    request: AuthorizationRequest, result: EvaluationResult, unreadable: Sequence[str] = ()
) -> str:
    """Return the answer as one JSON document."""
    return dump(_fields(request, result, unreadable))


def evaluations_json(
    stage: str,
    answers: Sequence[tuple[AuthorizationRequest, EvaluationResult]],
    unreadable: Sequence[str] = (),
) -> str:
    """Return the answers about what a stage needs as one JSON document: that of the one that decides, and all of them."""
    deciding = min(answers, key=lambda answer: _ORDER.index(answer[1].decision))
    told = [_fields(request, result, unreadable) for request, result in answers]
    return dump({**_fields(*deciding, unreadable), "stage": stage, "answers": told})


_ORDER = (Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY, Decision.UNKNOWN, Decision.ALLOWED)


def _fields(
    request: AuthorizationRequest, result: EvaluationResult, unreadable: Sequence[str]
) -> dict[str, Any]:
    return {
        "action": request.action,
        "resource": request.resource,
        "decision": str(result.decision),
        "layer": str(result.layer) if result.layer else None,
        "matched": [_match(match) for match in result.matched],
        "near_misses": [
            {**_match(miss.match), "reason": str(miss.reason), "detail": miss.detail}
            for miss in result.near_misses
        ],
        "resource_account": result.resource_account,
        "missing_context": list(result.missing_context),
        "undecided": result.undecided or None,
        "unreadable": list(unreadable),
    }


def _unknown(result: EvaluationResult, unreadable: Sequence[str]) -> Iterator[str]:
    for name in unreadable:
        yield f"  could not be read: {plain(name)}"
    if result.undecided:
        yield f"  {result.undecided}"
    if result.missing_context:
        keys = ", ".join(sorted(map(plain, result.missing_context)))
        yield f"  it depends on {keys}; give the values with --context KEY=VALUE"
    if result.layer is Layer.RESOURCE and not result.missing_context:
        yield f"  account {result.resource_account} must allow it too, in the policy of the resource itself"


def _statement(match: Match) -> str:
    name = f" ({plain(match.statement.sid)})" if match.statement.sid else ""
    return f"{match.statement.effect} statement {match.index + 1}{name} of {match.layer} document {match.document + 1}"


def _match(match: Match) -> dict[str, Any]:
    return {
        "layer": str(match.layer),
        "document": match.document,
        "statement": match.index,
        "sid": match.statement.sid or None,
        "effect": str(match.statement.effect),
    }
