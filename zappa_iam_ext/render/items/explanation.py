"""Explanations of denials as items for the formats of others. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.permissions.denials.explain import Explanation
from zappa_iam_ext.render.explanation import explanation_text
from zappa_iam_ext.render.formats.model import Item, Rule, Summary

RULE = Rule(
    "access-denied",
    "AWS denied a call",
    "The answer says whose policy it is about, which setting makes the call and how to mend it.",
)


def items(explanations: Sequence[Explanation]) -> tuple[Item, ...]:
    """Return an item for each denial."""
    return tuple(_item(explanation) for explanation in explanations)


def summaries(explanations: Sequence[Explanation]) -> tuple[Summary, ...]:
    """Return what each denial means, in full."""
    found = []
    for explanation in explanations:
        first, *rest = explanation_text([explanation]).splitlines()
        found.append(Summary(first, passed=False, advice="\n".join(rest), suite=_suite(explanation)))
    return tuple(found)


def _suite(explanation: Explanation) -> str:
    return explanation.stage or "denials"


def _item(explanation: Explanation) -> Item:
    denial = explanation.denial
    because = next((reason.because for reason in explanation.reasons), "")
    return Item(
        rule=RULE,
        name=explanation.action or denial.operation or "something that the text does not name",
        where=denial.resource,
        message=because or "denied",
        hint=explanation.fix,
        suite=_suite(explanation),
        logical=denial.operation or explanation.action,
        key=(explanation.action, denial.operation, denial.resource, denial.principal),
    )
