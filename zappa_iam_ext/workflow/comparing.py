"""What a stage needs against what policies allow: documents in files, or those that bind the profile's user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from zappa_iam_ext.check import Evidence, Report, Verdict, check
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.documents import hand_made_document, read_text
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.permissions.authorizations import Scope
from zappa_iam_ext.permissions.difference import Difference, Unneeded, difference, unneeded
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.own_calls import self_inspection
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.own_rows import PRINCIPALS
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.checking import OFFLINE_ACCOUNT, held_policies

_ACCOUNT = re.compile(r":([0-9]{12}):")
Comparison = tuple[Difference, tuple[Unneeded, ...], int]
"""What is missing, what is granted beyond, and how many requirements could not be decided."""


def compared_with_files(stage: Stage, commands: Sequence[Command], files: Sequence[Path]) -> Comparison:
    """Compare what a stage needs with what documents in files allow.

    The account is the stage's, else the only one that the documents name.
    """
    named = {number for path in files for number in _ACCOUNT.findall(read_text(path))}
    located = stage.with_account(stage.account_id or (named.pop() if len(named) == 1 else OFFLINE_ACCOUNT))
    documents = tuple(hand_made_document(path, located) for path in files)
    principal = f"arn:{located.partition}:iam::{located.account}:user/{iam_ext_settings(stage).user}"
    return _compared(located, commands, PolicySet(identity=documents), principal, evidence=Evidence.OFFLINE)


def compared_with_profile(
    stage: Stage, commands: Sequence[Command], options: AwsOptions
) -> tuple[Comparison, str]:
    """Compare what a stage needs with what the profile's user holds, read from IAM; also return who that is."""
    profile = options.profile or stage.profile_name or ""
    held, arn = held_policies(AwsOptions(profile, options.region or stage.region, options.endpoint_url))
    _, partition, _, _, account, _ = arn.split(":", 5)
    located = stage.with_account(account, partition)
    found = _compared(
        located, commands, held.policies, arn, evidence=Evidence.POLICIES, unreadable=held.unreadable
    )
    return found, arn


def _compared(
    stage: Stage,
    commands: Sequence[Command],
    policies: PolicySet,
    principal: str,
    *,
    evidence: Evidence,
    unreadable: Sequence[str] = (),
) -> Comparison:
    needed = requirements(stage, commands)
    report: Report = check(
        stage, commands, needed, policies, principal, evidence=evidence, unreadable=unreadable
    )
    missing = difference((), (result.requirement for result in report.denied))
    beyond = unneeded(
        (*policies.identity, *policies.group),
        [(item.action, item.resource) for item in (*needed, *_own(stage))],
    )
    return missing, beyond, len(report.having(Verdict.UNKNOWN))


def _own(stage: Stage) -> Iterator[Requirement]:
    """Yield what a principal needs so that `zappa-iam check` can look at it: no surplus, whoever it is."""
    scope = Scope(stage.account, stage.region, stage.partition)
    for kind in PRINCIPALS:
        yield from (requirement for _, requirement in self_inspection(kind, "*", scope))
