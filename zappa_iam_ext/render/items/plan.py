"""Plans as items for the formats of others. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.plan import Plan
from zappa_iam_ext.plan.privileges import Privilege
from zappa_iam_ext.render.formats.model import Item, Level, Origin, Outcome, Rule, Summary
from zappa_iam_ext.render.plan import PlanContext

CHANGE = Rule("plan-change", "A step that apply would make", level=Level.NOTE)
UNSAFE = Rule(
    "plan-unsafe",
    "The plan would touch what somebody else made or edited",
    "Nothing is changed without the option that the hint names.",
)
TAKES = Rule(
    "plan-takes-away",
    "The plan takes a permission away",
    "Look at who needs it; --prune consents to it.",
)
GAINS = Rule("plan-gains", "A permission that the plan gives", level=Level.NOTE)


def summary(plan: Plan, about: PlanContext) -> Summary:
    """Return what the plan would do, for whom."""
    steps = len(plan.changes)
    told = f"{steps} change{'' if steps == 1 else 's'}" if steps else "no changes"
    bad = plan.unsafe or plan.takes_away
    unsafe = ", unsafe" if plan.unsafe else ", takes permissions away" if plan.takes_away else ""
    return Summary(
        text=f"{about.stages}: {told} for {about.target}{unsafe}",
        passed=not bad,
        notes=(f"by {about.administrator}", *map(str, plan.changes), *about.notes, *about.findings),
        suite=about.stages,
    )


def items(plan: Plan, about: PlanContext) -> Iterator[Item]:
    """Yield an item for each concern, each permission taken away, and each change."""
    for concern in plan.concerns:
        yield Item(
            rule=UNSAFE,
            name=concern.subject,
            message=concern.reason,
            hint=concern.hint,
            suite=about.stages,
            logical=concern.subject,
            key=(about.stages, concern.subject, concern.reason),
        )
    for privilege in plan.narrowed:
        yield _narrowed(privilege, plan, about)
    for change in plan.changes:
        yield Item(
            rule=CHANGE,
            name=type(change).__name__,
            message=str(change),
            outcome=Outcome.PASSED,
            level=Level.NOTE,
            suite=about.stages,
            case=str(change),
            key=(about.stages, str(change)),
        )


def _narrowed(privilege: Privilege, plan: Plan, about: PlanContext) -> Item:
    condition = f" when {privilege.condition}" if privilege.condition else ""
    return Item(
        rule=TAKES,
        name=privilege.action,
        where=privilege.resource,
        message=f"no longer {'denied' if privilege.effect == 'Deny' else 'allowed'} by {privilege.policy}{condition}",
        outcome=Outcome.PASSED if plan.may_narrow else Outcome.FAILED,
        level=Level.WARNING if plan.may_narrow else Level.ERROR,
        suite=about.stages,
        case=f"{privilege.policy}: {privilege.action}",
        logical=privilege.policy,
        key=(about.stages, privilege.policy, privilege.action, privilege.resource, privilege.condition),
        origin=_origin(privilege),
    )


def gains(plan: Plan, about: PlanContext) -> Iterator[Item]:
    """Yield an item for each permission that the user or the role gains: for formats that show all of a plan."""
    for privilege in plan.widened:
        condition = f" when {privilege.condition}" if privilege.condition else ""
        yield Item(
            rule=GAINS,
            name=privilege.action,
            where=privilege.resource,
            message=f"{'denied' if privilege.effect == 'Deny' else 'allowed'} by {privilege.policy}{condition}",
            outcome=Outcome.PASSED,
            level=Level.NOTE,
            suite=about.stages,
            case=f"{privilege.policy}: {privilege.action}",
            logical=privilege.policy,
            key=(about.stages, privilege.policy, privilege.action, privilege.resource, privilege.condition),
            origin=_origin(privilege),
        )


def _origin(privilege: Privilege) -> Origin:
    return Origin(privilege.policy, privilege.sid or "a statement without a Sid")
