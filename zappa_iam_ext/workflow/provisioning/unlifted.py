"""What would still deny a user that is provisioned, and that no plan lifts: a permissions boundary, a Deny of others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.credentials.facts import Credential, facts_of
from zappa_iam_ext.aws.credentials.machine import this_machine
from zappa_iam_ext.aws.credentials.providers import Provider, provider_of
from zappa_iam_ext.aws.principal_policies import principal_policies
from zappa_iam_ext.aws.reading.sources import held_sources
from zappa_iam_ext.check import check
from zappa_iam_ext.check.remedies import Step, remedies
from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam import PolicyDocument, Principal
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import DesiredState
from zappa_iam_ext.render.report.fixing import unblocking
from zappa_iam_ext.roles.boundary import as_the_role_is
from zappa_iam_ext.workflow.provisioning.bounding import ExecutionRoles
from zappa_iam_ext.workflow.provisioning.stage_documents import stage_key
from zappa_iam_ext.workflow.provisioning.targets import Target

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


def unlifted(
    iam: IAMClient,
    stages: Sequence[Stage],
    commands: Sequence[Command],
    desired: DesiredState,
    *,
    target: Target,
    execution: ExecutionRoles,
) -> Iterator[str]:
    """Yield whom to ask for what of the policies that would deny a user although all of a plan was carried out.

    Only what is certain: what may not be read, or hangs on a condition, is left to the check.
    """
    name = f"{target.path}{target.user}".lstrip("/")
    principal = Principal.parse(f"arn:{desired.partition}:iam::{desired.account}:user/{name}")
    try:
        held = principal_policies(iam, principal)
    except ZappaIamError:  # the check says it
        return
    made = tuple(
        PolicyDocument.parse(document, "identity", stored=False) for document in desired.needs.values()
    )
    policies = replace(held.policies, group=(*held.policies.group, *made))
    long_term = not target.works or _long_term(target.profile)
    facts = facts_of(
        Credential(
            principal, temporary=False, tags=held.tags, documents=(*policies.identity, *policies.group)
        )
    )
    told: dict[str, None] = {}
    for stage in stages:
        role = execution.bounded.get(stage_key(stage))
        needed = requirements(stage, commands)
        if role is not None:
            needed = as_the_role_is(needed, role.arn, exists=True, boundary=role.boundary_arn)
        report = check(
            stage,
            commands,
            needed,
            policies,
            held.principal,
            unreadable=held.unreadable,
            facts=facts if long_term else {},
            sources=held_sources(held),
        )
        told |= dict.fromkeys(unblocking(each) for each in remedies(report) if each.step is Step.UNBLOCK)
    yield from told


def _long_term(profile: str) -> bool:
    """Say whether the credentials in use are a long-term key of the profile, or of the environment."""
    if not profile:
        return bool(os.environ.get("AWS_ACCESS_KEY_ID")) and not os.environ.get("AWS_SESSION_TOKEN")
    files = this_machine().files
    keys = provider_of(profile, files) in {Provider.CREDENTIALS_FILE, Provider.CONFIG_FILE}
    return keys and not {"aws_session_token", "aws_security_token"} & set(files.of(profile))
