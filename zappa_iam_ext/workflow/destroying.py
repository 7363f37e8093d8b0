"""What was made for some stages is removed again; what anyone else holds stays."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from zappa_iam_ext.aws.credentials_file import CredentialsFile
from zappa_iam_ext.aws.current_state import state_to_destroy
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import CurrentState
from zappa_iam_ext.plan.planning.destroying import destroy_plan
from zappa_iam_ext.plan.role_states import CurrentRoles
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.administrator import administrator_rights, open_administrator
from zappa_iam_ext.workflow.provisioning import Provisioning, ProvisioningOptions, plan_stages


def plan_destruction(
    stages: Sequence[Stage], options: AwsOptions, wanted: ProvisioningOptions, *, delete_key: bool = False
) -> tuple[Provisioning, ...]:
    """Return the plans that remove what is ours and for these stages only; ``notes`` say what stays, and why.

    Raises as `plan_stages`.
    """
    return tuple(
        _destruction(item, wanted, delete_key=delete_key)
        for item in plan_stages(stages, life_cycle(), options, wanted)
    )


def _destruction(item: Provisioning, wanted: ProvisioningOptions, *, delete_key: bool) -> Provisioning:
    assert item.iam is not None  # noqa: S101  -- plan_stages always sets it
    region = AwsOptions("", item.options.region, item.options.endpoint_url)
    who, iam = open_administrator(wanted.admin_profile, region)
    desired = replace(item.desired, profile=item.profile)
    current = state_to_destroy(iam, desired, CredentialsFile.from_environment(os.environ))
    made = destroy_plan(item.user, current, frozenset(item.desired.needs), delete_key=delete_key)
    return replace(
        item,
        plan=made.plan,
        current=current,
        notes=tuple(f"stays: {each}" for each in (*made.stays, *_roles(current))),
        findings=(),
        rights=administrator_rights(iam, who, made.plan, region.region),
    )


def _roles(current: CurrentState) -> Iterator[str]:
    """Yield the roles of ours that stay: a function may run as them, and grants point at their ids."""
    for role in (current.roles or CurrentRoles()).execution.values():
        if role.ours:
            yield f"the execution role {role.name} and its boundary: a function may run as it"
