"""``zappa-iam apply``: provision the user, the policy, the attachment and the access key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from zappa_iam_ext.cli.shared.modes import PERMISSION_SET, print_permission_set
from zappa_iam_ext.cli.shared.options import AwsOptions, format_options
from zappa_iam_ext.cli.shared.progress import say_progress, silent
from zappa_iam_ext.cli.shared.provisioning import confirm, make_plans, provisioning_options, show
from zappa_iam_ext.cli.shared.wanting_keys import wants_keys
from zappa_iam_ext.errors import UnsafePlan, ZappaIamError

if TYPE_CHECKING:
    from zappa_iam_ext.workflow import Provisioning

_WRITES_ONE = "`zappa-iam plan STAGE --out FILE` writes one."
_BESIDE_A_FILE = frozenset(
    {"admin_profile", "region", "endpoint_url", "as_json", "output", "verbose", "yes", "quiet"}
)
"""The options that may stand beside a plan file: who acts and where, and how it is told."""


@click.command("apply")
@provisioning_options
@format_options
@click.option("-v", "--verbose", is_flag=True, help="Show every change and every permission.")
@click.option("--rollback", is_flag=True, help="Return STAGE's policies to what they said before.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on success.")
def command(as_json: bool, output: str, verbose: bool, yes: bool, quiet: bool, **given: Any) -> None:
    """Provision what STAGE's profile lacks: user, policy, attachment, access key.

    Shows the plan and asks first. Applying twice changes nothing the second time. An access key is made with
    --create-keys, or when you say yes to the question for it; never in CI. In STAGE's place stands a file that
    `plan --out` wrote: just these changes are made, or none.
    """
    from zappa_iam_ext.workflow import apply_stages, refuse_denied

    as_json = as_json or output == "json"
    if given["mode"] == PERMISSION_SET:
        print_permission_set(given, as_json=as_json)
        return
    text = _plan_file(given["stage"])
    plans = _read(text, given) if text else _make(given, yes=yes)
    if not quiet:
        click.echo(show(plans, output="json" if as_json else "text", verbose=verbose))
    if all(item.plan.empty and not item.plan.unsafe for item in plans):
        return
    if all(not item.plan.unsafe and not item.plan.takes_away for item in plans):
        for item in plans:
            refuse_denied(item)
        confirm("Make these changes?", yes=yes)
    try:
        apply_stages(
            plans,
            progress=silent if quiet else say_progress,
            again=yes and not text and not given["rollback"],
        )
    except UnsafePlan as error:
        if text:
            error.hint = (
                "Consent is given when the plan is made: `zappa-iam plan STAGE --out FILE`, and review it."
            )
        raise
    if not quiet:
        click.echo("Done.", err=True)


def _make(given: dict[str, Any], *, yes: bool) -> tuple[Provisioning, ...]:
    """Return the plans; whoever answers the question after seeing a version go has consented to it."""
    wanted = {**given, "prune_versions": given["prune_versions"] or not yes}
    plans = make_plans(wanted)
    if given["rollback"]:
        from zappa_iam_ext.workflow import rolled_back

        return tuple(map(rolled_back, plans))
    return make_plans({**wanted, "create_keys": True}) if wants_keys(plans, given, yes=yes) else plans


def _plan_file(name: str | None) -> str:
    """Return the text of a plan file that is named in a stage's place; empty where a stage is."""
    from zappa_iam_ext.plan.plan_file import is_plan_file

    path = Path(name or "")
    meant = path.suffix == ".json" or "/" in (name or "")
    if not name or not path.is_file():
        if meant:
            raise ZappaIamError(f"there is no plan file {name}", hint=_WRITES_ONE)
        return ""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise ZappaIamError(f"{name} cannot be read: {error.strerror}", hint="May you read it?") from error
    except UnicodeDecodeError:
        text = ""
    if is_plan_file(text):
        return text
    if meant:
        raise ZappaIamError(f"{name} is no plan file", hint=_WRITES_ONE)
    return ""


def _read(text: str, given: dict[str, Any]) -> tuple[Provisioning, ...]:
    """Return the plans of a file. Raises `ZappaIamError` for an option that would change what was reviewed."""
    context = click.get_current_context()
    changed = [
        max(param.opts, key=len)
        for param in context.command.params
        if isinstance(param, click.Option)
        and param.name not in _BESIDE_A_FILE
        and context.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
    ]
    if changed:
        raise ZappaIamError(
            f"{changed[0]} cannot be given with a plan file: it says what was reviewed",
            hint="Plan again with it (`zappa-iam plan STAGE --out FILE`).",
        )
    options = AwsOptions(given["profile"], given["region"], given["endpoint_url"])
    from zappa_iam_ext.workflow import plans_of_file

    return plans_of_file(text, given["admin_profile"], options)
