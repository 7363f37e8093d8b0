"""``zappa-iam role ensure``: make or repair the execution role, so that Zappa has nothing to write into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.cli.role.plans import show_plans
from zappa_iam_ext.cli.shared.options import AwsOptions, aws_options, read, stages_options
from zappa_iam_ext.cli.shared.output import report_options
from zappa_iam_ext.cli.shared.progress import say_progress, silent
from zappa_iam_ext.cli.shared.provisioning import confirm
from zappa_iam_ext.errors import ExitCode, LosesPermissions, SettingsError, ZappaIamError, worst

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.workflow.execution_roles.planning import RoleProvisioning
    from zappa_iam_ext.workflow.execution_roles.stable import StableSettings

NO_CHANGES, ERROR, CHANGES = 0, 1, 2
"""What ``--detailed-exitcode`` ends with, as Terraform does."""
DEFAULT_WAIT = 130.0


@click.command("ensure")
@stages_options
@aws_options
@report_options
@click.option(
    "--admin-profile", default="", help="The profile that looks and changes; default: AWS's own chain."
)
@click.option(
    "--adopt", is_flag=True, help="Take over a role that somebody else made; what it holds is kept."
)
@click.option("--prune", is_flag=True, help="Permissions may be taken away, as the plan shows.")
@click.option(
    "--prune-versions", is_flag=True, help="The oldest version of the boundary may be deleted to make room."
)
@click.option(
    "--manage-roles/--no-manage-roles",
    default=False,
    help="Zappa goes on to manage the role and finds nothing to write, by files of assume_policy and attach_policy;"
    " default: manage_roles is false in the settings, and Zappa only finds the role.",
)
@click.option(
    "--boundary/--no-boundary", default=True, help="Limit the role by a permissions boundary; default: yes."
)
@click.option(
    "--lambda-source-account/--no-lambda-source-account",
    default=True,
    help="Let Lambda assume the role for this account only; default: yes.",
)
@click.option("--write-settings", is_flag=True, help="Write the settings and files that are shown as a diff.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=DEFAULT_WAIT,
    show_default=True,
    metavar="SECONDS",
    help="Wait so long at most until the policy is effective.",
)
@click.option("--plan", "only_plan", is_flag=True, help="Show what would change; change nothing.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="With --plan: end with 0: no changes, 1: an error, 2: changes.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show every change and every permission.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on success.")
def command(only_plan: bool, detailed_exitcode: bool, **given: Any) -> None:
    """Make or repair the execution role of STAGE: what its function needs, bounded, and trusted by who uses it.

    Shows the plan and asks first. A role is never deleted and made again. Ends in a state in which Zappa's next deployment
    writes nothing to IAM: the settings that it takes are shown as a diff, and written with --write-settings.

    Exit codes: 0 done, or nothing to do; 1 permissions would be taken away, or a boundary or the organization denies what
    the function needs; 2 could not run; 3 the policy is not effective yet.
    """
    if detailed_exitcode and not only_plan:
        raise click.UsageError("--detailed-exitcode goes with --plan.")
    if given["write_settings"] and only_plan:
        raise click.UsageError("--plan writes nothing: leave out --write-settings.")
    try:
        plans, settings = _planned(given)
        if not given["quiet"] or only_plan:
            show_plans(plans, settings, given)
    except ZappaIamError as error:
        if not detailed_exitcode:
            raise
        click.echo(f"Error: {error}\n{error.hint}".rstrip(), err=True)
        raise SystemExit(ERROR) from error
    raise SystemExit(
        _plan_code(plans, detailed=detailed_exitcode) if only_plan else _apply(plans, settings, given)
    )


def _planned(given: Mapping[str, Any]) -> tuple[tuple[RoleProvisioning, ...], tuple[StableSettings, ...]]:
    from zappa_iam_ext.plan import Consents
    from zappa_iam_ext.settings_file import settings_path
    from zappa_iam_ext.workflow.execution_roles.planning import RoleOptions, plan_roles
    from zappa_iam_ext.workflow.execution_roles.stable import stable_settings

    options = AwsOptions(given["profile"], given["region"], given["endpoint_url"])
    stages = read(
        given["stage"],
        given["settings_file"],
        all_stages=given["all_stages"],
        options=options,
        credentials="unused",
    )
    consents = Consents(
        adopt=given["adopt"], prune=given["prune"], prune_versions=given["prune_versions"] or not given["yes"]
    )
    asked = RoleOptions(
        admin_profile=given["admin_profile"],
        consents=consents,
        manage_roles=given["manage_roles"],
        boundary=given["boundary"],
        lambda_source_account=given["lambda_source_account"],
    )
    plans = plan_roles(stages, _neighbours(stages, given, options), options, asked)
    path = settings_path(given["settings_file"])
    return plans, tuple(found for item in plans for found in stable_settings(item, path))


def _neighbours(stages: Sequence[Stage], given: Mapping[str, Any], options: AwsOptions) -> list[Stage]:
    """Return the other stages of the settings that can be read: they may share a role with one that is asked for."""
    from zappa_iam_ext.settings_file import read_stages, stage_names

    found: list[Stage] = []
    for name in stage_names(given["settings_file"]):
        if name in {stage.name for stage in stages}:
            continue
        try:
            found += read_stages(
                given["settings_file"],
                stage=name,
                profile=options.profile or None,
                region=options.region or None,
            )
        except SettingsError as error:
            click.echo(f"warning: stage {name} is left out of account: {error}", err=True)
    return found


def _plan_code(plans: Sequence[RoleProvisioning], *, detailed: bool) -> int:
    unsafe = any(item.plan.unsafe or item.plan.takes_away or item.blocked for item in plans)
    if detailed:
        return ERROR if unsafe else CHANGES if any(not item.plan.empty for item in plans) else NO_CHANGES
    return ExitCode.DENIED if unsafe else ExitCode.OK


def _apply(
    plans: Sequence[RoleProvisioning], settings: Sequence[StableSettings], given: Mapping[str, Any]
) -> int:
    from zappa_iam_ext.workflow.execution_roles.applying import apply_roles, refuse_denied_role

    writes = given["write_settings"] and any(found.edits or found.later for found in settings)
    changes = any(not item.plan.empty or item.plan.unsafe for item in plans)
    blocked = [told for item in plans for told in item.blocked]
    if not changes and not writes:
        return ExitCode.DENIED if blocked else ExitCode.OK
    progress = silent if given["quiet"] else say_progress
    if all(not item.plan.unsafe and not item.plan.takes_away for item in plans):
        for item in plans:
            refuse_denied_role(item)
        confirm("Make these changes?", yes=given["yes"])
    code = ExitCode.OK
    try:
        for item in plans:
            made = apply_roles((item,), progress=progress)
            if made and given["wait"]:
                code = worst((code, _wait(item, made, given["wait"])))
    except LosesPermissions as error:
        raise LosesPermissions(
            str(error),
            hint="Look at them (`zappa-iam role ensure STAGE --plan -v`); `--prune` says that they may be taken away.",
        ) from error
    if writes:
        _write(plans, given)
    if blocked:
        click.echo(f"Done, and the function is denied things still: {_first(blocked)}.", err=True)
        return worst((code, ExitCode.DENIED))
    if not given["quiet"]:
        click.echo("Done.", err=True)
    return code


def _wait(item: RoleProvisioning, made: Sequence[Any], seconds: float) -> ExitCode:
    from zappa_iam_ext.workflow.execution_roles.awaiting import MAPPINGS_REFUSED, await_role, polls

    found = await_role(item, made, seconds, progress=say_progress)
    name = item.wanted.name
    if found.blocked:
        click.echo(f"{name}: a boundary or the organization denies {_first(found.blocked)}", err=True)
        return ExitCode.DENIED
    if found.denied:
        click.echo(
            f"{name}: made, and not effective yet: the simulator denies {_first(found.denied)}", err=True
        )
        return ExitCode.CANNOT_TELL
    if found.unknown:
        click.echo(f"{name}: made; whether it is effective could not be asked: {found.unknown}", err=True)
    elif polls(item.wanted.stages):
        click.echo(
            f"{name}: IAM has it. Lambda was seen to refuse mappings up to {MAPPINGS_REFUSED} seconds after a change:"
            " deploy again if it does.",
            err=True,
        )
    return ExitCode.OK


def _first(told: Sequence[str]) -> str:
    return told[0] + (f" and {len(told) - 1} more" if len(told) > 1 else "")


def _write(plans: Sequence[RoleProvisioning], given: Mapping[str, Any]) -> None:
    """Write the settings by what IAM gives back now."""
    from zappa_iam_ext.settings_file import settings_path
    from zappa_iam_ext.workflow.execution_roles.stable import stable_settings, write_edits

    path = settings_path(given["settings_file"])
    for item in plans:
        for found in stable_settings(item, path, as_it_is=True):
            if found.unstable:
                raise SettingsError(f"stage {found.stage}: {found.unstable}", hint=found.hint)
            for edit in found.edits:
                click.echo(f"  write {edit.path} ...", err=True)
            write_edits(found.edits)
