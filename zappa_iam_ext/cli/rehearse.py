"""``zappa-iam rehearse``: the user's own stage, the real Zappa, a local AWS, a policy."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zappa_iam_ext.cli.shared.options import AwsOptions, read, require_account_id, stage_options
from zappa_iam_ext.cli.shared.output import chosen, is_masked, machine_text, own_version, report_options, say
from zappa_iam_ext.cli.shared.progress import say_progress, silent
from zappa_iam_ext.errors import ExitCode, SettingsError, ZappaIamError, worst
from zappa_iam_ext.mask import masked_values
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.iam import PolicySet
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.rehearsal.report import RehearsalReport


@dataclass(frozen=True, slots=True)
class _Setup:
    """One stage in the account that is played, the policies that it is rehearsed under, and their name.

    ``principal`` is whose policies they are (empty: the stage's user), ``unreadable`` which of them could not
    be read.
    """

    stage: Stage
    policies: PolicySet
    label: str
    principal: str = ""
    unreadable: tuple[str, ...] = ()


@click.command("rehearse")
@stage_options
@click.option(
    "--profile", default="", help="The profile of --profile-policy; default: the stage's profile_name."
)
@click.option("--region", default="", help="AWS region; default: the stage's aws_region.")
@click.option(
    "--policy",
    "policy_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Rehearse under these documents.",
)
@click.option(
    "--profile-policy",
    is_flag=True,
    help="Rehearse under what the profile's user really holds, read from AWS.",
)
@click.option(
    "--account", default="", callback=require_account_id, help="The account that the local AWS plays."
)
@click.option("--endpoint-url", default="", help="A local AWS that runs already; loopback only.")
@click.option("--full", is_flag=True, help="Package the project for real; takes as long as a deployment.")
@click.option("--record", type=click.Path(path_type=Path), help="Write the raw calls to this file, as JSON.")
@report_options
@click.option("-v", "--verbose", is_flag=True, help="List each call and what was authorised.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(
    stage: str | None,
    all_stages: bool,
    settings_file: Path | None,
    command_lines: tuple[str, ...],
    profile: str,
    region: str,
    policy_files: tuple[Path, ...],
    profile_policy: bool,
    account: str,
    endpoint_url: str,
    full: bool,
    record: Path | None,
    as_json: bool,
    output: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Run STAGE's Zappa commands on a local AWS under a policy; list each call, what was authorised, what denied.

    Default: deploy, update, status, undeploy under the computed policy. Nothing leaves this machine but what
    --profile-policy reads from IAM. Exit codes: 0 nothing denied, 1 something denied, 2 could not run, 3 something
    could not be rehearsed.
    """
    from zappa_iam_ext.documents import named_account
    from zappa_iam_ext.permissions.commands import parse_command
    from zappa_iam_ext.rehearsal.command_lines import DEFAULT_COMMANDS
    from zappa_iam_ext.rehearsal.local_aws.loopback import require_loopback
    from zappa_iam_ext.rehearsal.local_aws.server import new_account
    from zappa_iam_ext.rehearsal.zappa_process import zappa_executable

    if policy_files and profile_policy:
        raise SettingsError("--policy and --profile-policy exclude each other", hint="Give one of them.")
    if profile and not profile_policy:
        raise SettingsError(
            "--profile is only for --profile-policy",
            hint="A rehearsal runs with keys that the local AWS made; add --profile-policy to read the profile's policies.",
        )
    if endpoint_url:
        require_loopback(endpoint_url)
    lines = command_lines or DEFAULT_COMMANDS
    for line in lines:
        parse_command(line)
    if record:
        _write(record, {})
    stages = read(
        stage, settings_file, all_stages=all_stages, options=AwsOptions("", region), credentials="unused"
    )
    zappa_executable()
    asked = profile if profile_policy else None
    account = account or named_account(policy_files) or new_account()
    with _interruptible():
        setups = [_setup(item, lines, policy_files, asked, account) for item in stages]
        reports = _rehearsed(setups, lines, endpoint_url, full=full, tell=silent if quiet else say_progress)
    given = CommandLines("", str(settings_file or ""), region=region, commands=command_lines)
    say(_text(reports, chosen(output, as_json=as_json), given, as_list=all_stages, verbose=verbose))
    if record:
        from zappa_iam_ext.rehearsal.rendering import records

        _write(record, {"schema_version": 1, "rehearsals": [records(report) for report in reports]})
    raise SystemExit(worst(report.exit_code() for report in reports))


def _rehearsed(
    setups: list[_Setup], lines: tuple[str, ...], endpoint_url: str, *, full: bool, tell: Any
) -> list[RehearsalReport]:
    """Rehearse stage by stage on one local AWS, in the same account unless the profiles belong to others."""
    from zappa_iam_ext.rehearsal.command_lines import preparation
    from zappa_iam_ext.rehearsal.local_aws.server import local_aws
    from zappa_iam_ext.rehearsal.rehearse import rehearse

    reports = []
    with local_aws(endpoint_url, progress=tell, account=setups[0].stage.account_id or "") as aws:
        for setup in setups:
            report = rehearse(
                setup.stage,
                lines,
                setup.policies,
                replace(aws, account=setup.stage.account_id or aws.account),
                source=Path(),
                label=setup.label,
                principal=setup.principal,
                prepare=preparation(lines, setup.stage.name),
                full=full,
                progress=tell,
            )
            reports.append(replace(report, unreadable=setup.unreadable))
    return reports


def _setup(
    stage: Stage, lines: tuple[str, ...], files: tuple[Path, ...], profile: str | None, account: str
) -> _Setup:
    from zappa_iam_ext.documents import hand_made_documents
    from zappa_iam_ext.iam import PolicySet
    from zappa_iam_ext.rehearsal.rehearse import computed_policy

    if profile is not None:
        return _held(stage, profile)
    if files:
        located = stage.with_account(account)
        documents = tuple(document for path in files for document in hand_made_documents(path, located))
        return _Setup(located, PolicySet(identity=documents), ", ".join(str(path) for path in files))
    located = stage.with_account(account)
    return _Setup(located, computed_policy(located, lines), "the computed policy")


def _held(stage: Stage, profile: str) -> _Setup:
    """Return what the profile's user holds, read from AWS with list and get calls and nothing else."""
    from zappa_iam_ext.iam import PrincipalKind
    from zappa_iam_ext.workflow.deciding.checking import held_by_stage

    name = profile or stage.profile_name or ""
    held, who = held_by_stage(stage, AwsOptions(profile, stage.region))
    located = stage.with_account(who.account, who.partition)
    if who.principal.kind is PrincipalKind.ROOT:
        raise SettingsError(
            f"profile {name or 'default'} is the root of account {who.account}, whom no policy binds",
            hint="Rehearse under the profile of the user who deploys.",
        )
    return _Setup(located, held.policies, f"the policies of {who.arn}", who.arn, held.unreadable)


def _text(
    reports: list[RehearsalReport], output: str, given: CommandLines, *, as_list: bool, verbose: bool
) -> str:
    from zappa_iam_ext.rehearsal import rendering, summary
    from zappa_iam_ext.render.formats import Told

    if is_masked():
        reports = masked_values(reports)
    lines = [replace(given, stage=report.stage) for report in reports]
    if output == "json":
        return rendering.rehearsal_json(reports, as_list=as_list)
    if output == "text" and verbose:
        return "\n\n".join(rendering.rehearsal_text(report) for report in reports)
    if output == "text":
        return summary.several(reports, lines, style_of(sys.stdout))
    told = Told(
        "zappa-iam rehearse",
        own_version(),
        tuple(item for report in reports for item in summary.items(report)),
        tuple(summary.summary(report, line) for report, line in zip(reports, lines, strict=True)),
    )
    return machine_text(told, output)


def _write(record: Path, raw: dict[str, Any]) -> None:
    try:
        record.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ZappaIamError(
            f"the calls cannot be written to {record}: {error.strerror}",
            hint="Name a file that can be written.",
        ) from error


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C, and a pipeline's SIGTERM, end everything in order."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Interrupted: what was started is ended, what was made is removed.", err=True)
        raise SystemExit(ExitCode.INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
