"""What was made for some stages is removed again; what anyone else holds stays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.provisioning.current_state import state_to_destroy
from zappa_iam_ext.aws.provisioning.functions import runs_as, still_runs
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan.planning.destroying import destroy_plan
from zappa_iam_ext.plan.planning.destroying_roles import RoleDestruction
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.workflow.provisioning.administrator import administrator_rights, open_administrator
from zappa_iam_ext.workflow.provisioning.planning import (
    Provisioning,
    ProvisioningOptions,
    plan_stages,
)
from zappa_iam_ext.workflow.provisioning.stage_documents import stage_key
from zappa_iam_ext.workflow.provisioning.targets import DEFAULT_PROFILE


def plan_destruction(
    stages: Sequence[Stage],
    options: AwsOptions,
    wanted: ProvisioningOptions,
    *,
    delete_key: bool = False,
    delete_profile: bool = False,
) -> tuple[Provisioning, ...]:
    """Return the plans that remove what is ours and for these stages only; ``notes`` say what stays, and why.

    ``delete_key`` and ``delete_profile`` let the profile's access key go, or the profile that assumes the role. Raises as
    `plan_stages`.
    """
    wanted = replace(wanted, removing=True)
    return tuple(
        _destruction(item, wanted, stages, delete_key=delete_key, delete_profile=delete_profile)
        for item in plan_stages(stages, life_cycle(), options, wanted)
    )


def _destruction(
    item: Provisioning,
    wanted: ProvisioningOptions,
    stages: Sequence[Stage],
    *,
    delete_key: bool,
    delete_profile: bool,
) -> Provisioning:
    assert item.iam is not None  # noqa: S101  -- plan_stages always sets it
    region = AwsOptions("", item.options.region, item.options.endpoint_url)
    who, iam = open_administrator(wanted.admin_profile, region)
    profile = item.profile or (DEFAULT_PROFILE if wanted.mode.is_role else "")
    desired = replace(item.desired, profile=profile)
    current = state_to_destroy(iam, desired, ProfileFiles.from_environment(os.environ))
    own = frozenset(item.desired.needs)
    idle = (
        _idle(region, wanted.admin_profile, [each for each in stages if stage_key(each) in own])
        if current.roles
        else {}
    )
    role = _role(item, wanted, stages, profile, delete_profile=delete_profile)
    made = destroy_plan(item.user, current, own, delete_key=delete_key, idle=idle, role=role)
    return replace(
        item,
        plan=made.plan,
        current=current,
        notes=tuple(f"stays: {each}" for each in made.stays),
        findings=(),
        rights=administrator_rights(iam, who, made.plan, region.region),
    )


def _role(
    item: Provisioning,
    wanted: ProvisioningOptions,
    stages: Sequence[Stage],
    profile: str,
    *,
    delete_profile: bool,
) -> RoleDestruction | None:
    """Return what is to go of a role that deploys; None where a user does."""
    if not wanted.mode.is_role:
        return None
    return RoleDestruction(
        name=item.user,
        arn=f"arn:{item.desired.partition}:iam::{item.account}:role/{item.user}",
        stages=frozenset(map(stage_key, stages)),
        providers=wanted.mode.mode == "oidc",
        profile=profile,
        delete_profile=delete_profile,
    )


def _idle(iam_options: AwsOptions, admin_profile: str, stages: Sequence[Stage]) -> dict[str, str]:
    """Return the execution roles of the stages, each with why a function may run as it; empty where none does."""
    session = open_session(admin_profile or None, iam_options.region)
    client = open_client(session, "lambda", iam_options)
    found: dict[str, str] = {}
    for stage in stages:
        name = stage.role.name
        found[name] = found.get(name) or still_runs(client, stage.function_name) or runs_as(client, name)
    return found
