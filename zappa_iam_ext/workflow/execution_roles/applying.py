"""The plans for execution roles are carried out, until nothing is left to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zappa_iam_ext.aws.provisioning.provisioner import apply_plan, patient
from zappa_iam_ext.errors import AccessDenied, AccountChanged
from zappa_iam_ext.plan import Change, Plan
from zappa_iam_ext.workflow.execution_roles.planning import RoleProvisioning, look
from zappa_iam_ext.workflow.provisioning.applying import MAX_ATTEMPTS, SETTLING


def apply_roles(
    provisionings: Sequence[RoleProvisioning], *, progress: Callable[[str], None] = lambda _: None
) -> tuple[Change, ...]:
    """Carry the plans out, in order, and return what was made; a plan with nothing to do makes no call.

    Plans anew where the account changes meanwhile. Raises `UnsafePlan` or `LosesPermissions` before the first change,
    `AccessDenied` where the administrator may not make one, and `ProvisioningError` when one fails: once more goes on there.
    """
    for item in provisionings:
        refuse_denied_role(item)
    made: tuple[Change, ...] = ()
    for item in provisionings:
        if not item.plan.empty or item.plan.unsafe:
            made += _apply(item, progress)
    return made


def refuse_denied_role(item: RoleProvisioning) -> None:
    """Raise `AccessDenied` before the first change when the administrator may not make one of them."""
    if denied := item.rights.denied:
        raise AccessDenied(
            f"{item.administrator} may not {denied[0]}"
            + (f", nor {len(denied) - 1} more" if len(denied) > 1 else "")
            + "; nothing was changed",
            hint="Use credentials that may (`--admin-profile`); `zappa-iam policy STAGE --for-admin` prints what they need.",
        )


def _apply(item: RoleProvisioning, progress: Callable[[str], None]) -> tuple[Change, ...]:
    assert item.iam is not None  # noqa: S101  -- plan_roles always sets it
    made: tuple[Change, ...] = ()
    plan = item.plan
    for attempt in range(MAX_ATTEMPTS):
        try:
            made += apply_plan(item.iam, plan, progress=progress)
            plan = _left(item, made, progress)
        except AccountChanged:
            if attempt == MAX_ATTEMPTS - 1:
                raise
            patient(0.1 * attempt)
            _, _, plan = look(item.iam, item.wanted, item.asked.consents)
        if plan.empty:
            break
    return made


def _left(item: RoleProvisioning, made: Sequence[Change], progress: Callable[[str], None]) -> Plan:
    """Return what is left to do, after waiting for IAM to show what was made."""
    assert item.iam is not None  # noqa: S101
    for delay in (*SETTLING, None):
        _, _, left = look(item.iam, item.wanted, item.asked.consents)
        if left.empty or any(change not in made for change in left.changes):
            return left
        if delay:
            patient(delay)
    progress("made, and not visible everywhere yet: IAM may need a minute")
    return Plan()
