"""``zappa-iam keys``: the access keys of the user behind a profile, and another one in their place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from zappa_iam_ext.cli.shared.groups import WholeGroup
from zappa_iam_ext.cli.shared.options import AwsOptions, format_options, read
from zappa_iam_ext.cli.shared.progress import say_progress
from zappa_iam_ext.cli.shared.provisioning import confirm
from zappa_iam_ext.errors import SettingsError

if TYPE_CHECKING:
    from zappa_iam_ext.workflow.provisioning.keys import ProfileKeys

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@click.group("keys", cls=WholeGroup)
def command() -> None:
    """Show and rotate the access keys of the user behind STAGE's profile."""


def key_options(function: Decorated) -> Decorated:
    """Add ``[STAGE] -s --profile --region --endpoint-url --admin-profile``."""
    for option in (
        click.argument("stage", required=False),
        click.option(
            "-s", "--settings-file", type=click.Path(path_type=Path), help="The Zappa settings file."
        ),
        click.option("--profile", default="", help="AWS profile; default: the stage's profile_name."),
        click.option("--region", default="", help="AWS region; default: the stage's aws_region."),
        click.option("--endpoint-url", default="", help="Another endpoint, such as a local AWS."),
        click.option(
            "--admin-profile",
            default="",
            help="The profile that looks and changes; default: the profile itself.",
        ),
    ):
        function = option(function)
    return function


@command.command("status")
@key_options
@format_options
def status(as_json: bool, output: str, **given: Any) -> None:
    """Show the keys with age, state and last use, and which one the profile holds. Changes nothing."""
    found = _found(given)
    click.echo(_shown(found, as_json=as_json or output == "json"))


@command.command("rotate")
@key_options
@format_options
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def rotate(as_json: bool, output: str, yes: bool, **given: Any) -> None:
    """Make a new key, write it into the profile, see that it works, and make the former one inactive.

    The former key is not deleted: `zappa-iam keys delete-old` does that, once nothing misses it. A rotation that was
    interrupted goes on when this is run again; the profile works at every moment. Never in CI.
    """
    from zappa_iam_ext.workflow.provisioning import keys

    found = _found(given)
    keys.check_rotation(found)
    as_json = as_json or output == "json"
    if not yes:
        click.echo(_shown(found, as_json=False), err=True)
    confirm(f"Put a new access key into the profile {found.profile}?", yes=yes)
    there = keys.rotate(found, say_progress)
    click.echo(_shown(_with(found, there), as_json=as_json))


@command.command("delete-old")
@key_options
@format_options
@click.option(
    "--key", "key_ids", multiple=True, metavar="ID", help="An inactive key to delete; may be repeated."
)
@click.option(
    "-y", "--yes", is_flag=True, help="Do not ask; deletes what a rotation made inactive, or each --key."
)
def delete_old(as_json: bool, output: str, key_ids: tuple[str, ...], yes: bool, **given: Any) -> None:
    """Delete inactive keys that the profile does not hold, after showing age and last use of each.

    Without --key those that `keys rotate` made inactive. An active key is never deleted.
    """
    from zappa_iam_ext.plan.rotation import described
    from zappa_iam_ext.workflow.provisioning import keys

    found = _found(given)
    there = found.there
    wanted = key_ids or tuple(
        key.access_key_id for key in there.removable if key.access_key_id in there.rotated
    )
    if not wanted and there.removable:
        told = "; ".join(map(described, there.removable))
        raise SettingsError(
            f"no rotation made these keys inactive: {told}", hint="Name the one to delete with `--key ID`."
        )
    known = {key.access_key_id: described(key) for key in there.keys}
    for key_id in wanted:
        confirm(f"Delete {known.get(key_id, key_id)}?", yes=yes)
        keys.delete_old(found, key_id)
        say_progress(f"deleted {key_id}")
    click.echo(_shown(_found(given), as_json=as_json or output == "json"))


def _found(given: dict[str, Any]) -> ProfileKeys:
    from zappa_iam_ext.workflow.provisioning.keys import profile_keys
    from zappa_iam_ext.workflow.provisioning.targets import profile_of

    options = AwsOptions(given["profile"], given["region"], given["endpoint_url"])
    (stage,) = read(given["stage"], given["settings_file"], all_stages=False, options=options)
    profile = profile_of(stage, options)
    if not profile:
        raise SettingsError(
            "the credentials come from the environment: there is no profile whose key could be looked at",
            hint="Name one with `--profile`, or in the stage's profile_name.",
        )
    reached = AwsOptions(profile, options.region or stage.region, options.endpoint_url)
    return profile_keys(profile, reached, given["admin_profile"])


def _shown(found: ProfileKeys, *, as_json: bool) -> str:
    from zappa_iam_ext.render.keys import keys_json, keys_text

    return (keys_json if as_json else keys_text)(found.there, found.account, datetime.now(UTC))


def _with(found: ProfileKeys, there: Any) -> ProfileKeys:
    from dataclasses import replace

    return replace(found, there=there)
