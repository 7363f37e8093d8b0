"""``zappa-iam destroy``: remove what `apply` made for a stage, and nothing that anyone else holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.cli.shared.modes import PERMISSION_SET, mode_of, mode_options
from zappa_iam_ext.cli.shared.options import AwsOptions, aws_options, read, stage_options
from zappa_iam_ext.cli.shared.output import chosen, report_file, report_options, say
from zappa_iam_ext.cli.shared.progress import say_progress, silent
from zappa_iam_ext.cli.shared.provisioning import command_line, confirm, show

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.plan import StageKey
    from zappa_iam_ext.workflow import Provisioning


@click.command("destroy")
@stage_options
@aws_options
@mode_options
@report_options
@click.option(
    "--admin-profile", default="", help="The profile that looks and changes; default: AWS's own chain."
)
@click.option("--user", default="", metavar="NAME", help="The user that deploys; default: as for `apply`.")
@click.option("--group", default="", metavar="NAME", help="The group that holds the policies.")
@click.option(
    "--delete-key", is_flag=True, help="The access key that the profile holds may go, if we made its user."
)
@click.option(
    "--delete-profile", is_flag=True, help="The profile that assumes the role may go from the config file."
)
@click.option(
    "--assume-unused",
    is_flag=True,
    help="An execution role may go though not every region could be asked whether a function runs as it.",
)
@click.option(
    "--tagged",
    multiple=True,
    metavar="PROJECT/STAGE",
    help="In STAGE's place what our tags say is for this one, renamed or no longer in the settings; may be repeated.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show every change and every permission.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on success.")
def command(
    as_json: bool,
    output: str,
    verbose: bool,
    yes: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Remove what `apply` made for STAGE: policies, their attachment, and a user or a role that nothing is left of.

    Shows the plan and asks first. What another stage or project holds stays, and so does what we did not make. With the
    --mode that `apply` was given, `role` or `oidc`, it is the role that deploys, and the identity provider that we made;
    --role-name and --provider say which, the other options of the mode are not needed. Whoever else deploys the stage is told,
    with the command that removes it.
    """
    if given["mode"] == PERMISSION_SET:
        raise click.UsageError(
            "`--mode permission-set` makes nothing: delete the permission set in IAM Identity Center."
        )
    from zappa_iam_ext.workflow import apply_stages, refuse_denied

    stages = _stages(given)
    plans = tuple(
        replace(item, advice=(*_others(item), *_renamed(item, stages, given)))
        for item in _plans(stages, given)
    )
    if not quiet or report_file():
        say(show(plans, output=chosen(output, as_json=as_json), verbose=verbose), quiet=quiet)
    if all(item.plan.empty for item in plans):
        return
    for item in plans:
        refuse_denied(item)
    confirm("Remove this?", yes=yes)
    apply_stages(plans, progress=silent if quiet else say_progress, again=False)
    if not quiet:
        click.echo("Done.", err=True)


def _stages(given: dict[str, Any]) -> tuple[Stage, ...]:
    """Return the stages; raise `SettingsError`, for one that the settings no longer have with what removes it."""
    from zappa_iam_ext.errors import SettingsError
    from zappa_iam_ext.settings_file import stage_names

    options = AwsOptions(given["profile"], given["region"], given["endpoint_url"])
    file, name = given["settings_file"], given["stage"]
    try:
        return read(name, file, all_stages=given["all_stages"], options=options)
    except SettingsError as error:
        there = stage_names(file)
        if not name or name in there or not there:
            raise
        (other,) = read(there[0], file, all_stages=False, options=options)
        line = command_line(stage=there[0], tagged=(f"{other.project_name}/{name}",))
        raise SettingsError(
            str(error), hint=f"{error.hint} What was made for one that is no longer there:\n  {line}"
        ) from error


def _plans(stages: Sequence[Stage], given: dict[str, Any]) -> tuple[Provisioning, ...]:
    """Return the plans for the options of a command line."""
    from zappa_iam_ext.workflow import DestroyOptions, ProvisioningOptions, plan_destruction

    consents = DestroyOptions(
        delete_key=given["delete_key"],
        delete_profile=given["delete_profile"],
        assume_unused=given["assume_unused"],
        tagged=frozenset(map(_stage_key, given["tagged"])),
    )
    options = AwsOptions(given["profile"], given["region"], given["endpoint_url"])
    wanted = ProvisioningOptions(
        given["admin_profile"], group=given["group"], mode=mode_of(given), user=given["user"]
    )
    return plan_destruction(stages, options, wanted, consents)


def _stage_key(text: str) -> StageKey:
    """Return the stage of ``PROJECT/STAGE``. Raises `click.UsageError`."""
    from zappa_iam_ext.plan import StageKey

    project, slash, stage = text.partition("/")
    if not (project and slash and stage) or "/" in stage:
        raise click.UsageError(f"--tagged takes PROJECT/STAGE, as the tags name it, not {text[:80]!r}")
    return StageKey(project, stage)


def _others(item: Provisioning) -> Iterator[str]:
    """Yield what to run for those that deploy the stages too."""
    for each in item.elsewhere:
        entity = each.entity
        named = {"role": "role_name", "user": "user", "group": "group"}
        changed = {"mode": entity.mode, "provider": None, **dict.fromkeys(named.values(), "")}
        changed[named[entity.kind]] = entity.name
        yield f"To remove what was made for {entity} too:"
        yield f"  {command_line(**changed)}"


def _renamed(item: Provisioning, stages: Sequence[Stage], given: dict[str, Any]) -> Iterator[str]:
    """Yield what to run for stages that our tags name and the settings do not.

    Those of another project are told where nothing was found and this deployer holds a policy for them: they may be
    another project's, or this one's under its former name.
    """
    from zappa_iam_ext.settings_file import stage_names

    projects = {stage.project_name for stage in stages}
    names = stage_names(given["settings_file"])
    nothing = item.plan.empty and not item.elsewhere and not given["tagged"]
    for key, held in item.further.items():
        known = key.project in projects and key.stage in names
        if known or f"{key}" in given["tagged"] or not (key.project in projects or (nothing and held)):
            continue
        yield f"{key} is no stage of these settings" + (
            "." if key.project in projects else ": another project's, unless it was renamed."
        )
        yield "To remove what was made for it:"
        yield f"  {command_line(tagged=(str(key),))}"
