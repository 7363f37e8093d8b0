"""The permission set of IAM Identity Center by which people deploy stages; printed, never applied."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.synthesis import merge, split
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.roles.boundary import BoundedRole, bounded, bounded_role
from zappa_iam_ext.roles.permission_set import INLINE_LIMIT, MAX_NAME, PermissionSet, set_name
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.inspecting import SSO_PATH
from zappa_iam_ext.workflow.policies import PolicyOptions, policy_documents
from zappa_iam_ext.workflow.provisioning.administrator import open_administrator
from zappa_iam_ext.workflow.provisioning.modes import ModeOptions


def permission_set(
    stages: Sequence[Stage],
    commands: Sequence[Command],
    options: AwsOptions,
    wanted: ModeOptions,
    admin_profile: str = "",
) -> tuple[PermissionSet, tuple[str, ...]]:
    """Return the permission set for stages of one account, and notes; the account is the administrator's.

    Who uses it may look at its own role, whatever hash its name ends in. Raises `SettingsError` for a name too long.
    """
    wanted.check()
    if len(wanted.role_name) > MAX_NAME:
        raise SettingsError(
            f"{wanted.role_name!r} cannot be the name of a permission set",
            hint=f"AWS allows {MAX_NAME} characters; it has {len(wanted.role_name)}.",
        )
    region = options.region or stages[0].region
    administrator, _ = open_administrator(admin_profile, AwsOptions("", region, options.endpoint_url))
    located = [stage.with_account(administrator.account, administrator.partition) for stage in stages]
    name = wanted.role_name or set_name(sorted({stage.project_name for stage in stages}))
    form = PolicyOptions(
        account=administrator.account,
        partition=administrator.partition,
        self_inspection=True,
        role=f"{SSO_PATH}*AWSReservedSSO_{name}_*",
    )
    roles: dict[str, BoundedRole] = {}
    made: list[PolicyDocument] = []
    notes: tuple[str, ...] = ()
    for stage in located:
        (document, *_), told = policy_documents((stage,), commands, options, form)
        if wanted.boundary is not False and (role := _bounded_role(stage)):
            roles[role.name] = role
            document = bounded(document, role.arn, role.boundary_arn)
        made.append(document)
        notes += tuple(note for note in told if "permission set" not in note and "too long" not in note)
    found = PermissionSet(
        name=name,
        account=administrator.account,
        stages=tuple(stage.name for stage in stages),
        documents=_documents(name, made),
        session=wanted.max_session,
        execution=tuple(roles.values()),
    )
    return found, notes


def _bounded_role(stage: Stage) -> BoundedRole | None:
    return bounded_role(stage, iam_ext_settings(stage).permissions_boundary)


def _documents(name: str, made: Sequence[PolicyDocument]) -> dict[str, PolicyDocument]:
    """Return the documents of a permission set by name: one while it fits the inline policy."""
    whole = merge(made) if len(made) > 1 else made[0]
    parts = (whole,) if whole.size <= INLINE_LIMIT else split(whole)
    return {name if number == 1 else f"{name}-{number}": part for number, part in enumerate(parts, 1)}
