"""``zappa-iam policy``: print the least-privilege document of a stage, and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from zappa_iam_ext.cli.shared.command_line import again
from zappa_iam_ext.cli.shared.options import (
    Selection,
    require_account_id,
    require_partition,
    selects_commands,
)
from zappa_iam_ext.cli.shared.policy_file import documents_json, report, stale
from zappa_iam_ext.cli.shared.report_file import STDOUT, require_writable, write_output
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.synthesis.grants import MANAGED_POLICY_LIMIT
from zappa_iam_ext.permissions.stage import Stage

#: The exit code of a document that --compact could not shorten enough, and of a file that is stale.
TOO_LONG = STALE = 1


@click.command("policy")
@selects_commands
@click.option(
    "--account", default="", callback=require_account_id, help="AWS account id; asked of AWS when left out."
)
@click.option(
    "--partition", default="", callback=require_partition, help="AWS partition; default: the region's."
)
@click.option("--split", is_flag=True, help="Print a JSON list of documents that each fit a managed policy.")
@click.option(
    "--compact", is_flag=True, help="Shorten with wildcards until it fits; each widening is told on stderr."
)
@click.option(
    "--computed", is_flag=True, help="Print the computed document although the stage names one of its own."
)
@click.option(
    "--self-inspection/--no-self-inspection",
    default=True,
    help="Let whoever deploys check itself.",
    show_default=True,
)
@click.option(
    "--user",
    default="",
    metavar="NAME|ARN",
    help="Who checks itself: this user; default: who the profile is.",
)
@click.option(
    "--role",
    default="",
    metavar="NAME|ARN",
    help="Who checks itself: this role, or the role of this session.",
)
@click.option(
    "--for-admin",
    is_flag=True,
    help="Print what an administrator needs for plan, apply and destroy instead.",
)
@click.option(
    "--mode",
    type=click.Choice(["user", "role", "oidc"]),
    default="user",
    show_default=True,
    help="With --for-admin: how the deployer gets its credentials.",
)
@click.option(
    "--role-name",
    default="",
    metavar="NAME",
    help="With --for-admin: the role that deploys; default: the project's.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it to this file, over what it held; `-` is stdout.",
)
@click.option(
    "--check",
    "kept",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write nothing: say whether this file means the same, and show a diff.",
)
def command(
    selected: Selection,
    account: str,
    partition: str,
    split: bool,
    compact: bool,
    computed: bool,
    self_inspection: bool,
    user: str,
    role: str,
    for_admin: bool,
    mode: str,
    role_name: str,
    output: Path | None,
    kept: Path | None,
) -> None:
    """Print the least-privilege policy document of STAGE: real ARNs, grouped, in a stable order.

    Offline and without credentials once --account is given; stderr says which account was taken otherwise. The
    statements by which whoever deploys reads its own policies are for --user or --role; without them for who the
    profile is where AWS is asked, else for the user that iam_ext.user names. Stages
    of several partitions (--all) give a JSON list, one document for each. Exit codes: 0 printed, 1 printed, and
    with --compact still too long for a managed policy, or the file of --check is stale, 2 could not run.
    """
    from zappa_iam_ext.workflow import PolicyOptions, policy_documents

    if user and role:
        raise SettingsError("give --user or --role, not both", hint="Whoever deploys is one of them.")
    if not for_admin and (role_name or mode != "user"):
        raise SettingsError(
            "--mode and --role-name belong to --for-admin",
            hint="The document of who deploys is the same in each mode; --role NAME says which role checks itself.",
        )
    if output:
        require_writable(str(output), "policy")
    stages = selected.read("unused")
    if for_admin:
        from zappa_iam_ext.workflow import with_caller_account

        documents = tuple(
            _of_administrator(with_caller_account(each, selected.aws, account, partition), mode, role_name)
            for each in stages
        )
        _deliver(documents_json(documents, as_list=split), output, kept, account)
        return
    wanted = PolicyOptions(
        account=account,
        partition=partition,
        split=split,
        compact=compact,
        computed=computed,
        self_inspection=self_inspection,
        user=user,
        role=role,
    )
    documents, notes = policy_documents(stages, selected.commands, selected.aws, wanted)
    for note in notes:
        click.echo(note, err=True)
    _deliver(documents_json(documents, as_list=split), output, kept, account)
    if compact and any(document.size > MANAGED_POLICY_LIMIT for document in documents):
        raise SystemExit(TOO_LONG)


def _of_administrator(located: Stage, mode: str, role_name: str) -> PolicyDocument:
    from zappa_iam_ext.workflow import administrator_document

    return administrator_document(located, located.account, located.partition, mode, role_name)


def _deliver(text: str, output: Path | None, kept: Path | None, account: str) -> None:
    """Print the text, write it, or hold a file against it."""
    if kept:
        difference = stale(kept, text, account)
        report(kept, difference, again("-o", str(kept), without="kept"))
        if difference:
            raise SystemExit(STALE)
    elif output and str(output) != STDOUT:
        write_output(output, text, "policy")
    else:
        click.echo(text)
