"""What of a stage's settings asks the execution role for the action that it was denied. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from zappa_iam_ext.iam.patterns import arn_glob, is_pattern, overlaps
from zappa_iam_ext.permissions.denials.causes import Reason
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.principals import GATEWAY_SESSION, role_of, session_of, stage_role
from zappa_iam_ext.permissions.denials.resources import account_of, resource_pattern
from zappa_iam_ext.permissions.model import Consequence, Requirement, UsedBy
from zappa_iam_ext.permissions.runtime import RUNTIME, runtime_requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.own_rows import own_call_rows
from zappa_iam_ext.permissions.tables.rows import call_rows
from zappa_iam_ext.permissions.tables.runtime_rows import RuntimeRow, runtime_rows


def role_causes(denial: Denial, stage: Stage | None) -> tuple[Reason, ...]:
    """Return what needs the denied action of the execution role: of this stage, or of any, where Lambda asks for it.

    Without a stage only what Lambda refuses is told: the same action on a resource of the application's own is no cause.
    """
    if not denial.by_role or not denial.action:
        return ()
    if stage is not None:
        return tuple(dict.fromkeys(_of_stage(denial, stage)))
    if denial.principal or denial.resource:
        return ()
    rows = [row for row in runtime_rows() if row.consequence is Consequence.REFUSED]
    return tuple(dict.fromkeys(_of_row(row, denial) for row in rows if _is_asked(denial, row.action)))


def of_function(denial: Denial) -> Denial:
    """Return the denial of the function's role where nobody is named and only Zappa's code in the function makes the call."""
    if denial.principal or denial.by_role or denial.by_service_role or not denial.operation:
        return denial
    action = _called_in_function().get(denial.operation.lower(), "")
    called = bool(action) and denial.action.lower() in {"", action.lower()}
    return replace(denial, action=denial.action or action, by_role=True) if called else denial


@lru_cache(maxsize=1)
def _called_in_function() -> Mapping[str, str]:
    """Return the operations that Zappa calls in the function alone, in small letters, with the action of each."""
    deployed = {row.operation.lower() for row in call_rows()} | {
        row.operation.lower() for row in own_call_rows()
    }
    called = {row.call.partition(".")[2].lower(): row.action for row in runtime_rows() if row.call}
    return {operation: action for operation, action in called.items() if operation not in deployed}


def _of_stage(denial: Denial, stage: Stage) -> Iterator[Reason]:
    role = role_of(denial.principal)
    if role and role not in {stage.role.name, stage_role(stage)}:
        return
    account = account_of(denial.principal) or account_of(denial.resource)
    located = stage if stage.account_id or not account else stage.with_account(account)
    for requirement in runtime_requirements(located):
        if (
            _is_asked(denial, requirement.action)
            and _is_used(denial, requirement)
            and _touches(denial, requirement)
        ):
            yield _of_requirement(requirement, denial)


def _is_asked(denial: Denial, action: str) -> bool:
    return action.lower() in {name.lower() for name in (denial.action, *denial.also)}


def _is_used(denial: Denial, requirement: Requirement) -> bool:
    """Say whether who was denied is who needs it: API Gateway's session bears a name of its own."""
    if not session_of(denial.principal):
        return True
    return (session_of(denial.principal) == GATEWAY_SESSION) == (requirement.used_by is UsedBy.API_GATEWAY)


def _touches(denial: Denial, requirement: Requirement) -> bool:
    denied = resource_pattern(denial)
    if denied in {"", "*"} or requirement.resource == "*":
        return True
    glob = arn_glob(requirement.resource)
    return overlaps(glob, arn_glob(denied)) if is_pattern(denied) else glob.matches(denied)


def _operation(called: str, denial: Denial) -> str:
    """Return the call in which the denial comes up: Lambda's that validates the role, else the function's own."""
    service, _, operation = called.partition(".")
    validated = denial.operation and denial.operation != operation
    return f"lambda.{denial.operation}" if validated else f"{service}.{operation}"


def _of_requirement(requirement: Requirement, denial: Denial) -> Reason:
    call = requirement.call
    return Reason(
        action=requirement.action,
        resource=requirement.resource,
        operation=_operation(f"{call.service}.{call.operation}" if call else requirement.action, denial),
        commands=(RUNTIME.name,),
        because=requirement.because,
        source=requirement.source,
        setting=call.setting if call else "",
        consequence=requirement.consequence,
        symptom=requirement.symptom,
        dependent=False,
        caller=str(requirement.used_by),
    )


def _of_row(row: RuntimeRow, denial: Denial) -> Reason:
    return Reason(
        action=row.action,
        resource="*",
        operation=_operation(row.call or row.action.replace(":", "."), denial),
        commands=(RUNTIME.name,),
        because=row.because,
        source=row.source,
        setting=row.setting,
        consequence=row.consequence,
        symptom=row.symptom,
        dependent=False,
        caller=str(row.used_by),
    )
