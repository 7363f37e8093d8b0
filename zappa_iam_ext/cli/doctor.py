"""``zappa-iam doctor``: a look at everything once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.shared.options import AwsOptions, aws_options, format_options
from zappa_iam_ext.cli.shared.output import chosen, say
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.terminal import style_of

if TYPE_CHECKING:
    from zappa_iam_ext.check.diagnostics import Finding


@click.command("doctor")
@click.argument("stage", required=False)
@click.option("--all", "all_stages", is_flag=True, help="Every stage; the default where none is named.")
@click.option(
    "-s",
    "--settings-file",
    type=click.Path(path_type=Path),
    help="The Zappa settings file; found as Zappa does.",
)
@aws_options
@format_options
def command(
    stage: str | None,
    all_stages: bool,
    settings_file: Path | None,
    profile: str,
    region: str,
    endpoint_url: str,
    as_json: bool,
    output: str,
) -> None:
    """Look at all that a deployment of STAGE hangs on, and say what mends what is wrong.

    Python, Zappa, settings, gate, profile, region, reachability, identity, policy, execution role and the local AWS have a
    line each. Nothing is written. Exit codes: 0 nothing is in the way, 1 permissions are missing, 2 something else is
    wrong, 3 something could not be looked at. What is only odd (!) counts for nothing.
    """
    from zappa_iam_ext.check.diagnostics import exit_code
    from zappa_iam_ext.render.diagnostics import diagnostics_json, diagnostics_text
    from zappa_iam_ext.workflow.diagnosing import diagnose

    given = CommandLines("", str(settings_file or ""), profile, region, endpoint_url)
    options = AwsOptions(profile, region, endpoint_url)
    findings = diagnose(None if all_stages else stage, settings_file, options, given)
    general = [finding for finding in findings if not finding.stage]
    findings = (*general, _local_aws(), *(finding for finding in findings if finding.stage))
    if chosen(output, as_json=as_json) == "json":
        say(diagnostics_json(findings))
    else:
        say(diagnostics_text(findings, style_of(sys.stdout)))
    raise SystemExit(exit_code(findings))


def _local_aws() -> Finding:
    from zappa_iam_ext.check.diagnostics import Finding, Standing
    from zappa_iam_ext.rehearsal.local_aws.environment import LOCAL_AWS, is_installed

    name = LOCAL_AWS.replace("==", " ")
    if is_installed():
        return Finding("local AWS", Standing.OK, f"{name}, for rehearse and demo")
    return Finding(
        "local AWS",
        Standing.WARNING,
        f"{name} is not installed yet: rehearse and demo need it",
        "zappa-iam demo",
    )
