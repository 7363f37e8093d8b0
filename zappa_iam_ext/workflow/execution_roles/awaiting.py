"""After a role was made or changed: until its policy is effective, not only until Lambda can assume it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from zappa_iam_ext.aws.provisioning.effective import Effective, wait_until_effective
from zappa_iam_ext.aws.provisioning.provisioner import patient
from zappa_iam_ext.check.simulation.questions import ask
from zappa_iam_ext.iam import Principal
from zappa_iam_ext.permissions.model import Requirement, UsedBy
from zappa_iam_ext.permissions.runtime import runtime_requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import Change
from zappa_iam_ext.plan.changes import CreateRole
from zappa_iam_ext.workflow.execution_roles.planning import RoleProvisioning

MAPPINGS_REFUSED = 130
"""Seconds for which Lambda was seen to refuse a mapping after its role was given the policy (60 to 130)."""
ROLE_REFUSED = 15
"""Seconds for which Lambda may refuse to assume a role that was just made (observed: up to 7.4, accepted after 9.7)."""


def await_role(
    item: RoleProvisioning,
    made: Sequence[Change],
    seconds: float,
    *,
    progress: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = patient,
) -> Effective:
    """Wait until the policy of a role is effective, for so many seconds at most, and return what is known then.

    The simulator is asked with the role as its source. Where it may not be asked the time is waited for which Lambda was
    seen to refuse; ``unknown`` of the answer then says why nobody can tell.
    """
    assert item.iam is not None  # noqa: S101  -- plan_roles always sets it
    progress(f"wait until IAM shows what {item.wanted.name} may do, {seconds:g} seconds at most")
    started = time.monotonic()
    principal = Principal.parse(item.wanted.arn)
    needed = _needed(item.wanted.stages)
    region = item.wanted.stages[0].region
    found = wait_until_effective(
        item.iam, item.wanted.arn, ask(needed, principal, region), seconds, sleep=sleep
    )
    if found.unknown and not found.denied:
        rest = min(seconds, _measured(made, needed)) - (time.monotonic() - started)
        if rest > 0:
            progress(
                f"the simulator cannot be asked; wait {rest:.0f} seconds, for which Lambda was seen to refuse"
            )
            sleep(rest)
    return found


def polls(stages: Sequence[Stage]) -> bool:
    """Say whether Lambda polls a source with the role: it refuses the mapping while the policy is not effective."""
    return any(each.used_by is UsedBy.POLLER for each in _needed(stages))


def _needed(stages: Sequence[Stage]) -> tuple[Requirement, ...]:
    return tuple(requirement for stage in stages for requirement in runtime_requirements(stage))


def _measured(made: Sequence[Change], needed: Sequence[Requirement]) -> float:
    if any(each.used_by is UsedBy.POLLER for each in needed):
        return MAPPINGS_REFUSED
    return ROLE_REFUSED if any(isinstance(change, CreateRole) for change in made) else 0
