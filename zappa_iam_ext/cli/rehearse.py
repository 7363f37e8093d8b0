"""``zappa-iam rehearse``: the user's own stage, the real Zappa, a local AWS, a policy."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.options import AwsOptions, format_options, read, require_account_id, stage_options
from zappa_iam_ext.errors import SettingsError, ZappaIamError

if TYPE_CHECKING:
    from zappa_iam_ext.iam import PolicySet
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.rehearsal.report import RehearsalReport

_ACCOUNT = re.compile(r":([0-9]{12}):")


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
@format_options
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
    quiet: bool,
) -> None:
    """Run STAGE's Zappa commands on a local AWS under a policy; list each call, what was authorised, what denied.

    Default: deploy, update, status, undeploy under the computed policy. Nothing leaves this machine.
    Exit codes: 0 nothing denied, 1 something denied, 2 could not run.
    """
    from zappa_iam_ext.permissions.commands import parse_command  # noqa: PLC0415
    from zappa_iam_ext.rehearsal.local_aws import local_aws  # noqa: PLC0415
    from zappa_iam_ext.rehearsal.loopback import require_loopback  # noqa: PLC0415
    from zappa_iam_ext.rehearsal.rehearse import DEFAULT_COMMANDS  # noqa: PLC0415

    if policy_files and profile_policy:
        raise SettingsError("--policy and --profile-policy exclude each other", hint="Give one of them.")
    if endpoint_url:
        require_loopback(endpoint_url)
    lines = command_lines or DEFAULT_COMMANDS
    for line in lines:
        parse_command(line)
    stages = read(stage, settings_file, all_stages=all_stages, options=AwsOptions("", region))
    tell = _silent if quiet else _tell
    reports = []
    for item in stages:
        located, policies, label = _policies(
            item, lines, policy_files, profile if profile_policy else None, account
        )
        with local_aws(endpoint_url, progress=tell, account=located.account_id or "") as aws:
            from zappa_iam_ext.rehearsal.rehearse import rehearse  # noqa: PLC0415

            source = settings_file.parent if settings_file else Path()
            reports.append(
                rehearse(located, lines, policies, aws, source=source, label=label, full=full, progress=tell)
            )
    _show(reports, as_json=as_json or output == "json", record=record)
    raise SystemExit(max(report.exit_code() for report in reports))


def _policies(
    stage: Stage, lines: tuple[str, ...], files: tuple[Path, ...], profile: str | None, account: str
) -> tuple[Stage, PolicySet, str]:
    """Return the stage in the account that is played, the policies, and what they are called."""
    from zappa_iam_ext.documents import hand_made_document, read_text  # noqa: PLC0415
    from zappa_iam_ext.iam import PolicySet  # noqa: PLC0415
    from zappa_iam_ext.rehearsal.local_aws import new_account  # noqa: PLC0415
    from zappa_iam_ext.rehearsal.rehearse import computed_policy  # noqa: PLC0415

    if profile is not None:
        from zappa_iam_ext.workflow import held_policies  # noqa: PLC0415

        held, arn = held_policies(AwsOptions(profile or stage.profile_name or "", stage.region))
        for gap in held.unreadable:
            click.echo(f"could not be read: {gap}", err=True)
        return stage.with_account(arn.split(":")[4]), held.policies, f"the policies of {arn}"
    if files:
        named = {number for path in files for number in _ACCOUNT.findall(read_text(path))}
        located = stage.with_account(account or (named.pop() if len(named) == 1 else new_account()))
        documents = tuple(hand_made_document(path, located) for path in files)
        return located, PolicySet(identity=documents), ", ".join(str(path) for path in files)
    located = stage.with_account(account or new_account())
    return located, computed_policy(located, lines), "the computed policy"


def _show(reports: list[RehearsalReport], *, as_json: bool, record: Path | None) -> None:
    from zappa_iam_ext.rehearsal.rendering import records, rehearsal_json, rehearsal_text  # noqa: PLC0415

    for report in reports:
        click.echo(rehearsal_json(report) if as_json else rehearsal_text(report))
    if record:
        raw = {report.stage: records(report) for report in reports}
        try:
            record.write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise ZappaIamError(
                f"the calls cannot be written to {record}: {error.strerror}",
                hint="Name a file that can be written.",
            ) from error


def _tell(text: str) -> None:
    click.echo(f"  {text} ...", err=True)


def _silent(_: str) -> None:
    return None
