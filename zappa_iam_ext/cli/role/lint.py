"""``zappa-iam role lint``: findings on the policies and the trust of the execution role, live or computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from zappa_iam_ext.cli.lint import exit_code, rendered
from zappa_iam_ext.cli.shared.options import AwsOptions, Selection, require_account_id, selects_stages
from zappa_iam_ext.cli.shared.output import chosen, report_options, say
from zappa_iam_ext.errors import ExitCode

if TYPE_CHECKING:
    from zappa_iam_ext.permissions.stage import Stage
    from zappa_iam_ext.render.findings import LintResult


@click.command("lint")
@selects_stages
@click.option(
    "--computed", is_flag=True, help="Judge the computed documents instead of the live role; offline."
)
@click.option(
    "--account", default="", callback=require_account_id, help="Account id for --computed; default: any."
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
    selected: Selection,
    computed: bool,
    account: str,
    fail_on: str,
    as_json: bool,
    output: str,
) -> None:
    """Tell security findings, words without effect, and style in the policies and the trust of STAGE's execution role.

    The live role's, within its boundary; of a role that Zappa makes at the next deployment what Zappa will write. Reads only.
    Exit codes: 0 nothing to fail on, 1 findings, 2 could not run or there is no such role, 3 a policy could not be read.
    """
    stages = selected.read("unused" if computed else "used")
    unreadable: tuple[str, ...] = ()
    if computed:
        results = [found for each in stages for found in _computed(each, account)]
    else:
        results, unreadable = _live(stages, selected.aws)
    for name in unreadable:
        click.echo(f"could not be read: {name}", err=True)
    say(rendered(results, chosen(output, as_json=as_json), tool="zappa-iam role lint"))
    raise SystemExit(exit_code(results, fail_on) or (ExitCode.CANNOT_TELL if unreadable else ExitCode.OK))


def _computed(stage: Stage, account: str) -> Iterator[LintResult]:
    from zappa_iam_ext.config import OFFLINE_ACCOUNT
    from zappa_iam_ext.iam.findings import findings
    from zappa_iam_ext.permissions.runtime import execution_policy
    from zappa_iam_ext.render.findings import LintResult
    from zappa_iam_ext.roles.execution_trust import execution_trust
    from zappa_iam_ext.workflow.deciding.roles import trust_document

    located = stage.with_account(account or stage.account_id or OFFLINE_ACCOUNT)
    whose = f"stage {stage.name}"
    yield LintResult((f"{whose}, policy of the execution role",), findings([execution_policy(located)]))
    trust = trust_document(execution_trust(located))
    yield LintResult((f"{whose}, trust of the execution role",), findings([trust]))


def _live(stages: Sequence[Stage], options: AwsOptions) -> tuple[list[LintResult], tuple[str, ...]]:
    from zappa_iam_ext.iam.findings import findings
    from zappa_iam_ext.render.findings import LintResult
    from zappa_iam_ext.workflow.deciding.roles import Roles, documents_of_role

    roles = Roles(stages, options)
    results: list[LintResult] = []
    unreadable: dict[str, None] = {}
    for stage in stages:
        found = documents_of_role(roles.read(stage))
        unreadable |= dict.fromkeys(found.unreadable)
        names = tuple(name for name, _ in found.policies)
        results.append(
            LintResult(names, findings([each for _, each in found.policies], boundary=found.boundaries))
        )
        if found.trust:
            results.append(LintResult((f"role {found.name} / trust policy",), findings([found.trust])))
    return results, tuple(unreadable)
