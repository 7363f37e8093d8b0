"""The documents that stages need, as they are provisioned: for whom, within which boundary, and what is odd about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zappa_iam_ext.aws.identity import CallerIdentity
from zappa_iam_ext.iam.findings import findings
from zappa_iam_ext.iam.findings.catalogue import ESCALATION
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import DesiredState, StageKey
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.policies import TOO_LONG, PolicyOptions, policy_documents
from zappa_iam_ext.workflow.provisioning.bounding import ExecutionRoles
from zappa_iam_ext.workflow.provisioning.targets import Target


def stage_documents(
    stages: Sequence[Stage],
    commands: Sequence[Command],
    options: AwsOptions,
    administrator: CallerIdentity,
    target: Target,
    *,
    execution: ExecutionRoles,
) -> tuple[dict[StageKey, dict[str, Any]], tuple[str, ...]]:
    """Return the document of each stage, and notes on them; one that is too long is divided as it is planned."""
    form = PolicyOptions(
        account=administrator.account,
        partition=administrator.partition,
        self_inspection=True,
        user="" if target.role else target.user,
        user_path=target.path,
        role=f"{target.path}{target.user}".lstrip("/") if target.role else "",
    )
    needs: dict[StageKey, dict[str, Any]] = {}
    notes: tuple[str, ...] = ()
    for stage in stages:
        (document,), told = policy_documents((stage,), commands, options, form)
        needs[stage_key(stage)] = execution.limit(stage_key(stage), document).to_dict()
        notes += tuple(note for note in told if not note.startswith(TOO_LONG))
    return needs, notes


def escalations(desired: DesiredState) -> tuple[str, ...]:
    """Return how whoever holds these documents could give itself more, as `zappa-iam lint` finds it."""
    found = findings(list(desired.needs.values()))
    return tuple(
        dict.fromkeys(f"{each.id}: {each.message}" for each in found if each.id.startswith(ESCALATION))
    )


def stage_key(stage: Stage) -> StageKey:
    """Return what a policy's tags call the stage."""
    return StageKey(stage.project_name, stage.name)
