"""``zappa-iam destroy``: remove what `apply` made for a stage, and nothing that anyone else holds."""

from __future__ import annotations

from typing import Any

import click

from zappa_iam_ext.cli.shared.modes import PERMISSION_SET, mode_of, mode_options
from zappa_iam_ext.cli.shared.options import AwsOptions, aws_options, read, stage_options
from zappa_iam_ext.cli.shared.output import chosen, report_file, report_options, say
from zappa_iam_ext.cli.shared.progress import say_progress, silent
from zappa_iam_ext.cli.shared.provisioning import confirm, show


@click.command("destroy")
@stage_options
@aws_options
@mode_options
@report_options
@click.option(
    "--admin-profile", default="", help="The profile that looks and changes; default: AWS's own chain."
)
@click.option("--group", default="", metavar="NAME", help="The group that holds the policies.")
@click.option(
    "--delete-key", is_flag=True, help="The access key that the profile holds may go, if we made its user."
)
@click.option(
    "--delete-profile", is_flag=True, help="The profile that assumes the role may go from the config file."
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
    delete_key: bool,
    delete_profile: bool,
    **given: Any,
) -> None:
    """Remove what `apply` made for STAGE: policies, their attachment, and a user or a role that nothing is left of.

    Shows the plan and asks first. What another stage or project holds stays, and so does what we did not make. With the
    --mode that `apply` was given, `role` or `oidc`, it is the role that deploys, and the identity provider that we made;
    --role-name and --provider say which, the other options of the mode are not needed.
    """
    if given["mode"] == PERMISSION_SET:
        raise click.UsageError(
            "`--mode permission-set` makes nothing: delete the permission set in IAM Identity Center."
        )
    from zappa_iam_ext.workflow import ProvisioningOptions, apply_stages, plan_destruction, refuse_denied

    options = AwsOptions(given["profile"], given["region"], given["endpoint_url"])
    stages = read(given["stage"], given["settings_file"], all_stages=given["all_stages"], options=options)
    wanted = ProvisioningOptions(given["admin_profile"], group=given["group"], mode=mode_of(given))
    plans = plan_destruction(stages, options, wanted, delete_key=delete_key, delete_profile=delete_profile)
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
