"""Differences as items for the formats of others. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.check.grouping import short_resource
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.surplus import Surplus
from zappa_iam_ext.render.difference import Compared, head, more_than_needed, why_undecided
from zappa_iam_ext.render.formats.model import Item, Level, Origin, Outcome, Place, Rule, Summary
from zappa_iam_ext.render.report.items import NOWHERE, Positions, origin

NEEDED = Rule(
    "permission-not-allowed",
    "A permission is needed and was not before, or is not allowed",
    "Grant it before the other Zappa or the other settings are deployed.",
)
NO_LONGER = Rule("permission-no-longer-needed", "A permission is no longer needed", level=Level.NOTE)
SURPLUS = Rule(
    "permission-surplus",
    "A policy allows more than is needed",
    "Take it out of the statement, or limit its resource or its condition.",
    Level.WARNING,
)


def summary(compared: Compared, positions: Positions = NOWHERE) -> Summary:
    """Return how a stage compares."""
    return Summary(
        text=head(compared),
        passed=not compared.change.added and not compared.undecided,
        level=Level.ERROR if compared.change.added else Level.WARNING,
        advice=f"{why_undecided(compared)}" if compared.undecided else "",
        place=positions.of(compared.stage),
        suite=compared.stage,
    )


def items(compared: Compared, positions: Positions = NOWHERE) -> Iterator[Item]:
    """Yield an item for each permission that is needed now, no longer, or allowed beyond."""
    for requirement in compared.change.added:
        yield _requirement(compared, requirement, NEEDED, positions)
    for requirement in compared.change.removed:
        yield _requirement(compared, requirement, NO_LONGER, positions)
    for grant in compared.surplus:
        yield _surplus(compared, grant)


def _requirement(compared: Compared, requirement: Requirement, rule: Rule, positions: Positions) -> Item:
    setting = requirement.call.setting if requirement.call else ""
    return Item(
        rule=rule,
        name=requirement.action,
        where=requirement.resource,
        message=requirement.because,
        outcome=Outcome.FAILED if rule is NEEDED else Outcome.PASSED,
        level=rule.level,
        suite=compared.stage,
        case=f"{requirement.action.partition(':')[0]} {short_resource(requirement.resource)}",
        fold=rule.title,
        place=positions.of(compared.stage, setting),
        key=(
            compared.stage,
            requirement.action,
            requirement.resource,
            str(sorted(requirement.context.items())),
        ),
        origin=origin(requirement),
    )


def _surplus(compared: Compared, grant: Surplus) -> Item:
    line = compared.line(grant)
    source = compared.source(grant)
    return Item(
        rule=SURPLUS,
        name=grant.action,
        where=grant.resource,
        message=more_than_needed(grant),
        level=SURPLUS.level,
        suite=compared.stage,
        case=f"{source}: {grant.statement}: {grant.action} on {short_resource(grant.resource)}",
        place=Place(source, line) if line else Place(),
        logical=f"{source}: {grant.statement}",
        key=(compared.stage, str(grant.statement), grant.action, grant.resource),
        origin=Origin(source, str(grant.statement)),
    )
