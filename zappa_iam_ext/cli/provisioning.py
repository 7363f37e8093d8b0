"""What ``plan`` and ``apply`` share: their options, and how a plan is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from zappa_iam_ext.cli.modes import mode_of, mode_options
from zappa_iam_ext.cli.options import AwsOptions, aws_options, parse_commands, read, stage_options

if TYPE_CHECKING:
    from zappa_iam_ext.workflow import Provisioning

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def provisioning_options(function: Decorated) -> Decorated:
    """Add what both commands take."""
    for option in (
        click.option(
            "--admin-profile",
            default="",
            help="The profile that looks and changes; default: AWS's own chain.",
        ),
        click.option(
            "--create-keys/--no-create-keys",
            default=True,
            show_default=True,
            help="Make an access key for the profile when it has none that works.",
        ),
        click.option(
            "--adopt",
            is_flag=True,
            help="Take over a policy that somebody else made or edited; what it says is kept.",
        ),
        click.option("--prune", is_flag=True, help="Permissions may be taken away, as the plan shows."),
        click.option(
            "--prune-versions",
            is_flag=True,
            help="The oldest version of a policy may be deleted to make room for a new one.",
        ),
        click.option(
            "--group", default="", metavar="NAME", help="A group holds the policies; the user joins it."
        ),
        click.option("--overwrite-profile", is_flag=True, help="Replace another key in the profile."),
    ):
        function = option(function)
    return stage_options(aws_options(mode_options(function)))


def make_plans(given: dict[str, Any]) -> tuple[Provisioning, ...]:
    """Return the plans for the options of a command line."""
    from zappa_iam_ext.plan import Consents
    from zappa_iam_ext.workflow import ProvisioningOptions, plan_stages

    options = AwsOptions(given["profile"], given["region"], given["endpoint_url"])
    stages = read(given["stage"], given["settings_file"], all_stages=given["all_stages"], options=options)
    return plan_stages(
        stages,
        parse_commands(given["command_lines"]),
        options,
        ProvisioningOptions(
            admin_profile=given["admin_profile"],
            consents=Consents(
                adopt=given["adopt"],
                prune=given["prune"],
                prune_versions=given["prune_versions"],
                overwrite_profile=given["overwrite_profile"],
            ),
            create_key=given["create_keys"],
            group=given["group"],
            mode=mode_of(given),
        ),
    )


def show(plans: Sequence[Provisioning], *, as_json: bool, documents: bool = False) -> str:
    """Return plans as text or JSON."""
    from zappa_iam_ext.render.plan import plan_json, plan_text

    if as_json:
        return plan_json((item.plan, _about(item)) for item in plans)
    return "\n".join(
        plan_text(item.plan, heading=_heading(item), notes=item.notes, documents=documents) for item in plans
    )


def _heading(item: Provisioning) -> str:
    stages = ", ".join(item.stages)
    return f"{stages}: user {item.user} (profile {item.profile}) in account {item.account}, by {item.administrator}"


def _about(item: Provisioning) -> dict[str, Any]:
    return {
        "stages": list(item.stages),
        "account": item.account,
        "user": item.user,
        "profile": item.profile,
        "administrator": item.administrator,
        "notes": list(item.notes),
    }
