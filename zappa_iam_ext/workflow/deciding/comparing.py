"""What a stage needs against what policies allow: documents in files, or those that bind the profile's user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zappa_iam_ext.check import NO_FACTS, Evidence, Facts, Report, check
from zappa_iam_ext.config import OFFLINE_ACCOUNT, iam_ext_settings
from zappa_iam_ext.documents import hand_made_documents, named_account, read_text
from zappa_iam_ext.iam import PolicySet, Principal
from zappa_iam_ext.iam.positions import statement_lines
from zappa_iam_ext.permissions.difference import Difference, difference
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.surplus import Surplus, surplus
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.deciding.checking import held_by_stage
from zappa_iam_ext.workflow.deciding.deployment_policy import inspection_needs

_OWN = ("identity", "group")
"""The layers that allow, in the order of `_compared`."""


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
    located = stage.with_account(stage.account_id or named_account(files) or OFFLINE_ACCOUNT)
    made = [(path, hand_made_documents(path, located)) for path in files]
    documents = tuple(document for _, found in made for document in found)
    principal = iam_ext_settings(stage).user_arn(located)
    found = _compared(
        located, stages, commands, PolicySet(identity=documents), principal, evidence=Evidence.OFFLINE
    )
    sources = tuple(str(path) for path, documents in made for _ in documents)
    lines = (lines for path in files for lines in statement_lines(read_text(path)))
    return replace(found, sources=sources, lines=tuple(lines))


def compared_with_profile(
    stage: Stage, stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions
) -> tuple[Comparison, str]:
    """Compare what a stage needs with what the profile's user holds, read from IAM; also return who that is.

    What any of ``stages`` needs is no surplus.
    """
    held, who, facts = held_by_stage(stage, options)
    located = stage.with_account(who.account, who.partition)
    found = _compared(
        located,
        stages,
        commands,
        held.policies,
        held.principal,
        evidence=Evidence.POLICIES,
        unreadable=held.unreadable,
        facts=facts,
    )
    sources = [policy.source for layer in _OWN for policy in held.held if policy.layer == layer]
    return replace(found, sources=tuple(sources)), who.arn


def _compared(
    stage: Stage,
    stages: Sequence[Stage],
    commands: Sequence[Command],
    policies: PolicySet,
    principal: str | Principal,
    *,
    evidence: Evidence,
    unreadable: Sequence[str] = (),
    facts: Facts = NO_FACTS,
) -> Comparison:
    needed = requirements(stage, commands)
    report: Report = check(
        stage, commands, needed, policies, principal, evidence=evidence, unreadable=unreadable, facts=facts
    )
    missing = difference((), (result.requirement for result in report.denied))
    others = [each.with_account(stage.account, stage.partition) for each in stages if each.name != stage.name]
    also = [item for other in others for item in requirements(other, commands)]
    beyond = surplus((*policies.identity, *policies.group), (*needed, *also, *inspection_needs(stage)))
    return Comparison(missing, beyond, len(report.unknown), ())
