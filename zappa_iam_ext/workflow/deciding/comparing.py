"""What a stage needs against what policies allow: documents in files, or those that bind the profile's user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zappa_iam_ext.aws.reading.sources import held_sources
from zappa_iam_ext.check import Report, Sources
from zappa_iam_ext.iam import PolicySet
from zappa_iam_ext.permissions.difference import Difference, difference
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.surplus import Surplus, surplus
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.deciding.checking import check_deployer, check_user_of_files
from zappa_iam_ext.workflow.deciding.deployment_policy import inspection_needs
from zappa_iam_ext.workflow.deciding.execution_role import roles_to_read
from zappa_iam_ext.workflow.deciding.principals import Principals
from zappa_iam_ext.workflow.deciding.sources import user_of_files


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is missing, what is granted beyond, and how many requirements could not be decided.

    ``sources`` names each document (a file, or where IAM has it), ``lines`` where its statements stand in the file,
    counted from 1; without lines for what IAM holds.
    """

    missing: Difference
    surplus: tuple[Surplus, ...]
    undecided: int
    sources: tuple[str, ...]
    lines: tuple[tuple[int, ...], ...] = ()


def compared_with_files(
    stage: Stage, stages: Sequence[Stage], commands: Sequence[Command], files: Sequence[Path]
) -> Comparison:
    """Compare what a stage needs with what documents in files allow; what any of ``stages`` needs is no surplus.

    The account is the stage's, else the only one that the documents name.
    """
    user = user_of_files(stage, files)
    report = check_user_of_files(user, commands)
    found = _compared(report, user.policies, user.sources, _needed(user.stage, stages, commands))
    return replace(found, lines=tuple(each.lines for each in user.sources.identity))


def compared_with_profiles(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions
) -> Callable[[Stage], tuple[Comparison, str]]:
    """Return what compares one of these stages with what its profile's principal holds, and says who that is.

    It judges as `check_stages` does. What binds a principal is read once; what any of ``stages`` needs is no surplus.
    """
    roles = dict.fromkeys(roles_to_read(stages, commands), False)
    principals = Principals(options, stages, roles=roles)

    def compared(stage: Stage) -> tuple[Comparison, str]:
        own, read = principals.deploying(stage)
        located = own.with_account(read.identity.account, read.identity.partition)
        report = check_deployer(located, commands, read, options)
        needed = _needed(located, stages, commands)
        found = _compared(report, read.held.policies, held_sources(read.held), needed)
        return found, read.identity.arn

    return compared


def _needed(stage: Stage, stages: Sequence[Stage], commands: Sequence[Command]) -> tuple[Requirement, ...]:
    """Return what is no surplus: what any of the stages needs in the account, whatever is there, and self-inspection."""
    others = [each.with_account(stage.account, stage.partition) for each in stages if each.name != stage.name]
    needed = [item for each in (stage, *others) for item in requirements(each, commands)]
    return (*needed, *inspection_needs(stage))


def _compared(
    report: Report, policies: PolicySet, sources: Sources, needed: Sequence[Requirement]
) -> Comparison:
    missing = difference((), (result.requirement for result in report.denied))
    judged = (result.requirement for result in report.results)
    beyond = surplus((*policies.identity, *policies.group), (*judged, *needed))
    return Comparison(missing, beyond, len(report.unknown), tuple(each.words for each in sources.identity))
