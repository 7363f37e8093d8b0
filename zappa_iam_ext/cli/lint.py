"""``zappa-iam lint``: findings on policy documents in files, of a stage, or attached to a profile."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.shared.options import (
    AwsOptions,
    aws_options,
    parse_commands,
    read,
    require_account_id,
    settings_option,
)
from zappa_iam_ext.cli.shared.output import chosen, is_masked, machine_text, own_version, report_options, say
from zappa_iam_ext.documents import MAX_SIZE, UnreadableDocument, parse_documents, read_text
from zappa_iam_ext.errors import ExitCode, SettingsError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.mask import masked_values

if TYPE_CHECKING:
    from zappa_iam_ext.render.findings import LintResult

STDIN = "-"


@click.command("lint")
@click.argument("targets", nargs=-1, metavar="[FILE... | STAGE]")
@click.option("--all", "all_stages", is_flag=True, help="Every stage of the settings file.")
@settings_option
@aws_options
@click.option("--account", default="", callback=require_account_id, help="AWS account id; default: any.")
@click.option("--together", is_flag=True, help="Judge all FILEs as the policies of one principal.")
@click.option(
    "--boundary",
    "boundaries",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A permissions boundary of whoever holds the FILEs.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note"]),
    default="error",
    show_default=True,
    help="Exit with 1 for findings of this severity and graver ones.",
)
@report_options
def command(
    targets: tuple[str, ...],
    all_stages: bool,
    settings_file: Path | None,
    profile: str,
    region: str,
    endpoint_url: str,
    account: str,
    together: bool,
    boundaries: tuple[Path, ...],
    fail_on: str,
    as_json: bool,
    output: str,
) -> None:
    """Tell security findings, words without effect, and style in policy documents.

    FILEs ("-" is stdin; a JSON list of documents is judged together), or the computed document of STAGE, or with
    --profile and nothing else the policies attached to the profile. Exit codes: 0 nothing to fail on, 1 findings,
    2 could not run, 3 a policy could not be read. The trust policy of a role is judged by rules of its own: whether AWS
    would store it, and whom it lets in. Each finding names the page that explains it.
    """
    options = AwsOptions(profile, region, endpoint_url)
    unreadable: tuple[str, ...] = ()
    if any(map(_is_file, targets)):
        results = _files(targets, boundaries, together=together)
    elif profile and not (targets or all_stages or settings_file):
        results, unreadable = _attached(options)
    else:
        results = _stages(targets, settings_file, options, account, all_stages=all_stages)
    for name in unreadable:
        click.echo(f"could not be read: {name}", err=True)
    say(rendered(results, chosen(output, as_json=as_json)))
    raise SystemExit(exit_code(results, fail_on) or (ExitCode.CANNOT_TELL if unreadable else ExitCode.OK))


def exit_code(results: Sequence[LintResult], fail_on: str) -> ExitCode:
    """Return what findings end with: those of this severity and graver ones count."""
    from zappa_iam_ext.iam.findings import Severity

    least = Severity(fail_on).rank
    found = any(finding.severity.rank >= least for group in results for finding in group.findings)
    return ExitCode.DENIED if found else ExitCode.OK


def rendered(results: Sequence[LintResult], output: str, tool: str = "zappa-iam lint") -> str:
    """Return findings in a format."""
    from zappa_iam_ext.render import findings as render
    from zappa_iam_ext.render.formats import Told
    from zappa_iam_ext.render.items.findings import items, summary

    if is_masked():
        results = masked_values(list(results))
    if output in {"text", "json", "github"}:
        write = {"text": render.findings_text, "json": render.findings_json, "github": render.findings_github}
        return write[output](results)
    found = tuple(item for group in results for item in items(group))
    return machine_text(Told(tool, own_version(), found, tuple(map(summary, results))), output)


def _is_file(target: str) -> bool:
    """Say whether a word of the command line names a file; what does not look like one is a stage."""
    return target == STDIN or target.endswith(".json") or "/" in target or Path(target).is_file()


def _files(targets: Sequence[str], boundaries: Sequence[Path], *, together: bool) -> list[LintResult]:
    from zappa_iam_ext.iam.findings import findings
    from zappa_iam_ext.render.findings import LintResult

    limits = [
        document for path in boundaries for document in parse_documents(read_text(path), path, readable=False)
    ]
    groups: list[list[tuple[str, PolicyDocument, tuple[int, ...]]]] = []
    for target in targets:
        text = _stdin() if target == STDIN else read_text(target)
        groups.append(list(_located(text, target)))
    if together:
        groups = [[entry for group in groups for entry in group]]
    return [
        LintResult(
            sources=tuple(name for name, _, _ in group),
            findings=findings([document for _, document, _ in group], boundary=limits),
            lines=tuple(lines for *_, lines in group),
            is_file=True,
        )
        for group in groups
    ]


def _stdin() -> str:
    data = sys.stdin.buffer.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise UnreadableDocument(
            "stdin is too large to be a policy document",
            hint=f"IAM allows {MANAGED_POLICY_LIMIT:,} characters.",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableDocument("stdin is not UTF-8 text", hint="Give the document as UTF-8.") from error


def _located(text: str, name: str) -> Iterator[tuple[str, PolicyDocument, tuple[int, ...]]]:
    """Yield each document of a text, its name, and the lines of its statements."""
    from zappa_iam_ext.iam.positions import statement_lines

    lines = statement_lines(text)
    for index, document in enumerate(parse_documents(text, name, readable=False, trusts=True)):
        yield name, document, lines[index] if index < len(lines) else ()


def _attached(options: AwsOptions) -> tuple[list[LintResult], tuple[str, ...]]:
    from zappa_iam_ext.iam.findings import findings
    from zappa_iam_ext.render.findings import LintResult
    from zappa_iam_ext.workflow import held_policies

    held, _ = held_policies(options)
    own = [policy for policy in held.held if policy.layer != "boundary"]
    limits = [policy.document for policy in held.held if policy.layer == "boundary"]
    found = findings([policy.document for policy in own], boundary=limits)
    return [LintResult(tuple(policy.source for policy in own), found)], held.unreadable


def _stages(
    targets: Sequence[str], settings_file: Path | None, options: AwsOptions, account: str, *, all_stages: bool
) -> list[LintResult]:
    from zappa_iam_ext.config import OFFLINE_ACCOUNT
    from zappa_iam_ext.iam.findings import findings
    from zappa_iam_ext.render.findings import LintResult
    from zappa_iam_ext.workflow import PolicyOptions, policy_documents

    if len(targets) > 1:
        raise SettingsError("only one stage can be named", hint="Use --all for every stage, or name files.")
    results = []
    for stage in read(
        next(iter(targets), None), settings_file, all_stages=all_stages, options=options, credentials="unused"
    ):
        wanted = PolicyOptions(account=account or stage.account_id or OFFLINE_ACCOUNT, self_inspection=True)
        documents, _ = policy_documents((stage,), parse_commands(()), options, wanted)
        results.append(LintResult((f"stage {stage.name}",) * len(documents), findings(documents)))
    return results
