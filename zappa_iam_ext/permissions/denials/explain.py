"""From a denial back to the requirement, the call of Zappa or of our own, the setting and the fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.permissions.denials.causes import (
    Reason,
    StageCalls,
    advice_on_own_calls,
    is_known_call,
    stage_causes,
    table_causes,
)
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.matching import (
    is_cross_account,
    is_layer_of_another,
    is_own_call,
    of_another,
)
from zappa_iam_ext.permissions.denials.principals import (
    CallerKind,
    caller_kind,
    names_execution_role,
    session_of,
)
from zappa_iam_ext.permissions.denials.remedies import Case, advice
from zappa_iam_ext.permissions.denials.role_causes import of_function, role_causes
from zappa_iam_ext.permissions.denials.statements import blanks, place_of, statements
from zappa_iam_ext.permissions.denials.wordings.services import action_of
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.stage import Stage

__all__ = ["Explanation", "Reason", "canonical", "explain", "explain_all"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The denial, whose policy it is about, the calls of Zappa that lead to it, and what to do.

    ``statements`` are JSON of IAM's policy grammar for the policy that ``place`` names, both empty where a statement
    does not help; ``to_fill_in`` are the placeholders in them. ``stage`` is the stage that was asked about, if any;
    ``lines`` prints command lines with the options that were given.
    """

    denial: Denial
    reasons: tuple[Reason, ...]
    fix: str
    statements: tuple[Mapping[str, Any], ...] = ()
    principal_kind: CallerKind = CallerKind.DEPLOYER
    place: str = ""
    to_fill_in: tuple[str, ...] = ()
    stage: str = ""
    lines: CommandLines = field(default_factory=CommandLines)

    @property
    def action(self) -> str:
        """The action as AWS writes it in policies; empty when the text names none and no single one follows from it."""
        if self.denial.action or of_another(self.denial):
            return canonical(self.denial.action)
        following = {reason.action for reason in self.reasons if not reason.dependent}
        if not self.reasons:
            return action_of(self.denial.operation)
        return following.pop() if len(following) == 1 else ""


def explain(
    denial: Denial, stage: Stage | None = None, *, deployer: str = "", lines: CommandLines | None = None
) -> Explanation:
    """Return where a denial comes from. ``reasons`` is empty when neither Zappa nor we need the action.

    With a stage only its own calls count, with their ARNs; ``deployer`` is then the name of the user who deploys it.
    """
    (explanation,) = explain_all((denial,), stage, deployer=deployer, lines=lines)
    return explanation


def explain_all(
    denials: Iterable[Denial],
    stage: Stage | None = None,
    *,
    deployer: str = "",
    lines: CommandLines | None = None,
) -> tuple[Explanation, ...]:
    """Return what `explain` does, for each denial of a text."""
    calls = StageCalls(stage) if stage else None
    given = replace(lines or CommandLines(), stage=stage.name if stage else "")
    return tuple(_explained(denial, calls, deployer, given) for denial in denials)


def _explained(denial: Denial, calls: StageCalls | None, deployer: str, lines: CommandLines) -> Explanation:
    stage = calls.stage if calls else None
    denial = of_function(denial)
    caller = caller_kind(denial, stage)
    if is_cross_account(denial, stage):
        denial = replace(denial, layer="cross-account")
    if caller is CallerKind.EXECUTION_ROLE or _is_not_trusted(denial, caller, stage):
        denial = replace(denial, by_role=True)
    reasons, wanted = table_causes(denial)
    elsewhere = bool(reasons)
    if calls is not None:
        reasons, wanted = stage_causes(denial, calls)
    if denial.by_role and (session_of(denial.principal) or is_own_call(denial)):
        reasons, elsewhere = (), False
    known_call = not reasons and is_known_call(denial)
    of_role = role_causes(denial, stage)
    case = Case(denial, caller, bool(reasons), elsewhere, stage, deployer, lines, known_call, bool(of_role))
    reasons = (*of_role, *reasons)
    allowing = statements(denial, caller, wanted, canonical(denial.action), stage)
    if is_layer_of_another(denial):
        allowing = ()
    needed = bool(reasons) or known_call
    return Explanation(
        denial=denial,
        reasons=reasons,
        fix=advice_on_own_calls(denial, lines) if _is_own(denial, reasons) else advice(case),
        statements=allowing,
        principal_kind=caller,
        place=_place(denial, caller, stage, reasons, needed=needed) if allowing else "",
        to_fill_in=blanks(allowing),
        stage=stage.name if stage else "",
        lines=lines,
    )


def _is_not_trusted(denial: Denial, caller: CallerKind, stage: Stage | None) -> bool:
    """Say whether a service may not assume the execution role, in AWS's own sentence."""
    assumes = caller is CallerKind.SERVICE and denial.action.lower() == "sts:assumerole"
    return assumes and names_execution_role(denial.resource, stage)


def _is_own(denial: Denial, reasons: Sequence[Reason]) -> bool:
    """Say whether a call of our own was denied, and nothing but the caller's own policy is in the way."""
    plain = not denial.explicit and denial.layer in {"", "identity"}
    return plain and bool(reasons) and all(reason.caller == "zappa-iam" for reason in reasons)


def _place(
    denial: Denial, caller: CallerKind, stage: Stage | None, reasons: Sequence[Reason], *, needed: bool
) -> str:
    place = place_of(denial, caller, stage, needed=needed)
    ours = all(reason.caller == "zappa-iam" and "check" not in reason.commands for reason in reasons)
    return "the policy of whoever runs zappa-iam" if reasons and ours else place


def canonical(action: str) -> str:
    """Return an action as AWS's Service Authorization Reference writes it; services write it their own way."""
    known = action_definition(action)
    return known.name if known else action
