"""What a stage needs against what policies allow: documents in files, or those that bind the profile's user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from zappa_iam_ext.aws.self_inspection import SELF_INSPECTION_ACTIONS
from zappa_iam_ext.check import Evidence, Report, Verdict, check
from zappa_iam_ext.config import OFFLINE_ACCOUNT, iam_ext_settings
from zappa_iam_ext.documents import hand_made_document, read_text
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.permissions.difference import Difference, Unneeded, difference, unneeded
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.checking import held_policies

_SELF_INSPECTION = [(action, "*") for actions, _ in SELF_INSPECTION_ACTIONS.values() for action in actions]
"""What a user needs so that `zappa-iam check` can look: no surplus."""
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
    principal = iam_ext_settings(stage).user_arn(located)
    return _compared(located, commands, PolicySet(identity=documents), principal, evidence=Evidence.OFFLINE)


def compared_with_profile(
    stage: Stage, commands: Sequence[Command], options: AwsOptions
) -> tuple[Comparison, str]:
    """Compare what a stage needs with what the profile's user holds, read from IAM; also return who that is."""
    profile = options.profile or stage.profile_name or ""
    held, who = held_policies(AwsOptions(profile, options.region or stage.region, options.endpoint_url))
    located = stage.with_account(who.account, who.partition)
    found = _compared(
        located, commands, held.policies, who.arn, evidence=Evidence.POLICIES, unreadable=held.unreadable
    )
    return found, who.arn


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
        [(item.action, item.resource) for item in needed] + _SELF_INSPECTION,
    )
    return missing, beyond, len(report.having(Verdict.UNKNOWN))
