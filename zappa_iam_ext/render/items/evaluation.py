"""One answer of the evaluator as an item for the formats of others. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.iam import AuthorizationRequest, Decision, EvaluationResult
from zappa_iam_ext.render.evaluation import evaluation_text
from zappa_iam_ext.render.formats.model import Item, Level, Outcome, Rule, Summary

RULE = Rule("not-allowed", "An action is not allowed", "Grant it, or change the policy that denies it.")
UNKNOWN = Rule("undecided", "Whether an action is allowed could not be decided", level=Level.WARNING)
SUITE = "can-i"


def items(
    request: AuthorizationRequest, result: EvaluationResult, unreadable: Sequence[str] = ()
) -> tuple[tuple[Item, ...], tuple[Summary, ...]]:
    """Return the item and the summary of one question."""
    first, *rest = evaluation_text(request, result, unreadable, explained=True).splitlines()
    answer = first.partition(f": {request.action}")[0]
    level = Level.WARNING if result.decision is Decision.UNKNOWN else Level.ERROR
    item = Item(
        rule=UNKNOWN if result.decision is Decision.UNKNOWN else RULE,
        name=request.action,
        where=request.resource,
        message=answer,
        outcome=_OUTCOMES.get(result.decision, Outcome.FAILED),
        level=level,
        suite=SUITE,
        logical=request.resource,
        key=(request.action, request.resource, str(request.principal)),
    )
    passed = result.decision is Decision.ALLOWED
    return (item,), (Summary(first, passed, level, tuple(each.strip() for each in rest), suite=SUITE),)


_OUTCOMES = {Decision.ALLOWED: Outcome.PASSED, Decision.UNKNOWN: Outcome.UNDECIDED}
