"""Stages to the resources that are handed over to somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.export import ManagedPolicy, Resources, User
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.model import Command
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.ownership import OWNER_TAG, Ownership, StageKey
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.policies import PolicyOptions, policy_documents, with_caller_account


def resources_of(
    stages: Sequence[Stage], commands: Sequence[Command], options: AwsOptions, account: str = ""
) -> tuple[Resources, tuple[str, ...]]:
    """Return what is to be made so that these stages may be deployed, and notes on it.

    Offline and without credentials once the account is given. Raises `SettingsError` for stages of several partitions,
    users or policy names, which have no one hand-over; `CredentialsProblem` when nobody knows the account.
    """
    located = [with_caller_account(stage, options, account) for stage in stages]
    user, name = _one(located)
    first = located[0]
    form = PolicyOptions(account=first.account, split=True, self_inspection=True, user=user)
    documents, notes = policy_documents(located, commands, options, form)
    policies = tuple(
        ManagedPolicy(
            name if number == 1 else f"{name}-{number}", document.to_dict(), _tags(located, document)
        )
        for number, document in enumerate(documents, 1)
    )
    made = Resources(
        account=first.account,
        partition=first.partition,
        stages=tuple(f"{stage.project_name}/{stage.name}" for stage in located),
        deployer=User(user),
        policies=policies,
        tags={OWNER_TAG[0]: OWNER_TAG[1]},
    )
    return made, notes


def _tags(stages: Sequence[Stage], document: PolicyDocument) -> dict[str, str]:
    """Return the tags that make the policy ours, so that `apply` may change it later."""
    keys = frozenset(StageKey(stage.project_name, stage.name) for stage in stages)
    made = fingerprint(document.to_dict())
    return Ownership(ours=True, stages=keys, documents=(made,), zappa=stages[0].zappa_version).to_tags()


def _one(stages: Sequence[Stage]) -> tuple[str, str]:
    found = {(own.user_or_default, own.policy) for own in map(iam_ext_settings, stages)}
    accounts = {(stage.account, stage.partition) for stage in stages}
    if len(found) > 1 or len(accounts) > 1:
        raise SettingsError(
            f"the stages {', '.join(stage.name for stage in stages)} differ in their account, user or policy",
            hint="Export them one at a time.",
        )
    return found.pop()
