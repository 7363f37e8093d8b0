"""One answer of the evaluator to text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from zappa_iam_ext.iam import AuthorizationRequest, Decision, EvaluationResult
from zappa_iam_ext.iam.request import Match
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain

_ANSWER = {
    Decision.ALLOWED: "yes",
    Decision.IMPLICIT_DENY: "no: nothing allows it",
    Decision.EXPLICIT_DENY: "no: it is denied explicitly",
    Decision.UNKNOWN: "unknown",
}


def evaluation_text(
    request: AuthorizationRequest,
    result: EvaluationResult,
    unreadable: Sequence[str] = (),
    *,
    explained: bool = False,
) -> str:
    """Return the answer in one line; with ``explained``, the statements that decided and the near misses."""
    lines = [f"{_ANSWER[result.decision]}: {plain(request.action)} on {plain(request.resource)}"]
    if result.layer and result.decision is not Decision.ALLOWED:
        lines.append(f"  blocked by: {result.layer} policy")
    if result.decision is Decision.UNKNOWN:
        lines += _unknown(result, unreadable)
    if explained:
        lines += [f"  decided by: {_statement(match)}" for match in result.matched]
        lines += [
            f"  no match ({miss.reason}{': ' + plain(miss.detail) if miss.detail else ''}): {_statement(miss.match)}"
            for miss in result.near_misses
        ]
    return "\n".join(lines)


def evaluation_json(
    request: AuthorizationRequest, result: EvaluationResult, unreadable: Sequence[str] = ()
) -> str:
    """Return the answer as one JSON document."""
    return dump(
        {
            "action": request.action,
            "resource": request.resource,
            "decision": str(result.decision),
            "layer": str(result.layer) if result.layer else None,
            "matched": [_match(match) for match in result.matched],
            "near_misses": [
                {**_match(miss.match), "reason": str(miss.reason), "detail": miss.detail}
                for miss in result.near_misses
            ],
            "missing_context": list(result.missing_context),
            "unreadable": list(unreadable),
        }
    )


def _unknown(result: EvaluationResult, unreadable: Sequence[str]) -> Iterator[str]:
    for name in unreadable:
        yield f"  could not be read: {plain(name)}"
    if result.missing_context:
        keys = ", ".join(sorted(map(plain, result.missing_context)))
        yield f"  it depends on {keys}; give the values with --context KEY=VALUE"


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
