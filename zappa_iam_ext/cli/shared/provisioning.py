"""What ``plan`` and ``apply`` share: their options, and how a plan is shown."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from zappa_iam_ext.cli.shared.modes import mode_of, mode_options
from zappa_iam_ext.cli.shared.options import AwsOptions, aws_options, parse_commands, read, stage_options
from zappa_iam_ext.cli.shared.output import is_masked, machine_text, own_version
from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.mask import masked_values
from zappa_iam_ext.whole_file import write_whole

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
            default=None,
            help="Make an access key for the profile when it has none that works, or never; default: "
            "`apply` asks at a terminal, and makes none elsewhere.",
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
            create_key=bool(given["create_keys"]),
            group=given["group"],
            mode=mode_of(given),
        ),
    )


def show(
    plans: Sequence[Provisioning], *, output: str = "text", documents: bool = False, verbose: bool = False
) -> str:
    """Return plans in a format."""
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.items.plan import gains, items, summary
    from zappa_iam_ext.render.plan import plan_json, plans_text
    from zappa_iam_ext.terminal import style_of

    if output == "json":
        return plan_json((item.plan, _about(item)) for item in plans)
    entries = [(item.plan, _context(item)) for item in plans]
    if is_masked():
        entries = masked_values(entries)
    if output == "text":
        text = plans_text(entries, style_of(sys.stdout), verbose=verbose, documents=documents)
        advice = "\n".join(line for item in plans for line in item.advice)
        pipelines = (pipeline.rstrip() for item in plans for pipeline in item.pipelines)
        return "\n\n".join(filter(None, [text, advice, *pipelines]))
    told = Told(
        "zappa-iam plan",
        own_version(),
        tuple(
            found
            for plan, about in entries
            for found in (*items(plan, about), *(gains(plan, about) if output == "html" else ()))
        ),
        tuple(summary(plan, about) for plan, about in entries),
    )
    return machine_text(told, output)


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all. Raises `ZappaIamError`."""
    try:
        write_whole(path, text.encode(), private=True)
    except OSError as error:
        raise ZappaIamError(
            f"{path} cannot be written: {error.strerror}", hint="Name another file (`--out`)."
        ) from error


def confirm(question: str, *, yes: bool) -> None:
    """Ask before a change; without a terminal nobody can answer, so nothing is changed. Raises `ZappaIamError`."""
    if yes:
        return
    if not on_terminal():
        raise ZappaIamError(
            "nothing was changed: there is no terminal to ask on",
            hint=f"If the plan is right: {_pasted()}",
        )
    click.confirm(question, abort=True, err=True)


def on_terminal() -> bool:
    """Say whether somebody can answer a question."""
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError):
        return False


def _pasted() -> str:
    """Return the command line that was given, with consent to what it showed."""
    return shlex.join([*_given({}), "--yes"])


def command_line(**changed: Any) -> str:
    """Return the command line that was given with other values of some parameters; those that are empty are left out."""
    return shlex.join(_given(changed))


def _given(changed: Mapping[str, Any]) -> list[str]:
    context = click.get_current_context()
    words = ["zappa-iam", *_names(context)]
    for param in context.command.params:
        name = str(param.name)
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE and name in context.params
        if name in changed:
            words += _words(param, changed[name]) if changed[name] else []
        elif given and name != "yes":
            words += _words(param, context.params[name])
    return words


def _names(context: click.Context) -> list[str]:
    """Return the command's name, after that of the group that it is in."""
    outer = context.parent
    within = _names(outer) if outer is not None and outer.parent is not None else []
    return [*within, str(context.info_name)]


def _words(param: click.Parameter, value: Any) -> list[str]:
    if isinstance(param, click.Argument):
        return [str(value)]
    name = max(param.opts, key=len)
    if isinstance(value, bool):
        return [name if value else max(param.secondary_opts or [name], key=len)]
    values = value if isinstance(value, tuple) else (value,)
    return [word for each in values for word in (name, str(each))]


def _context(item: Provisioning) -> Any:
    from zappa_iam_ext.plan.planning.effects import written_documents
    from zappa_iam_ext.render.plan import PlanContext

    admin = f" (profile {item.admin_profile})" if item.admin_profile else ""
    unknown = item.rights.unknown
    return PlanContext(
        stages=", ".join(item.stages),
        target=f"{item.kind} {item.user} ({_whose(item)}) in account {item.account}",
        administrator=f"{item.administrator}{admin}",
        account=item.account,
        region=item.options.region,
        notes=(
            *item.told,
            *([f"whether the administrator may do this cannot be told: {unknown}"] if unknown else []),
        ),
        findings=item.findings,
        denied=item.rights.denied,
        documents=tuple(written_documents(item.plan, item.current)),
    )


def _whose(item: Provisioning) -> str:
    return f"profile {item.profile}" if item.profile else "no profile"


def _about(item: Provisioning) -> dict[str, Any]:
    return {
        "stages": list(item.stages),
        "account": item.account,
        "user": item.user,
        "kind": item.kind,
        "pipelines": list(item.pipelines),
        "advice": list(item.advice),
        "profile": item.profile,
        "administrator": item.administrator,
        "administrator_denied": list(item.rights.denied),
        "administrator_unknown": item.rights.unknown,
        "findings": list(item.findings),
        "notes": list(item.told),
    }
