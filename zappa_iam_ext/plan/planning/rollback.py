"""Back to what the policies of some stages said before the last change. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.plan.changes import Change, SetDefaultPolicyVersion, TagPolicy
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.model import Plan
from zappa_iam_ext.plan.ownership import Ownership, StageKey
from zappa_iam_ext.plan.planning.effects import between
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState


def rollback_plan(current: CurrentState, stages: frozenset[StageKey], *, may_narrow: bool = False) -> Plan:
    """Return what makes the version before the last change the default one again, of each policy of these stages.

    ``current`` has the documents of former versions. Raises `ZappaIamError` when there is none to return to.
    """
    policies = [policy for policy in current.policies.values() if policy.ours and _is_of(policy, stages)]
    back = {policy.name: version for policy in policies if (version := previous_version(policy))}
    if not back:
        raise ZappaIamError(
            "there is no version to return to: the policies of these stages were written once",
            hint="`zappa-iam plan STAGE` shows what they should say.",
        )
    documents = {name: current.policies[name].former[version] for name, version in back.items()}
    narrowed, widened = between(current, documents)
    changes = tuple(change for name in back for change in _changes(current.policies[name], back[name]))
    return Plan(changes, (), narrowed, widened, may_narrow=may_narrow)


def previous_version(policy: CurrentPolicy) -> str:
    """Return the version that was the default one before ours; the newest older one where no tag tells."""
    told = policy.ownership.previous
    if told in policy.former and told != policy.default_version:
        return told
    older = policy.versions[: policy.versions.index(policy.default_version)]
    return next((version for version in reversed(older) if version in policy.former), "")


def _is_of(policy: CurrentPolicy, stages: frozenset[StageKey]) -> bool:
    named = policy.ownership.stages
    return named is not None and bool(named & stages)


def _changes(policy: CurrentPolicy, version: str) -> Iterator[Change]:
    told = policy.ownership
    written = (fingerprint(policy.former[version]), fingerprint(policy.document))
    tags = Ownership(True, told.stages, tuple(dict.fromkeys(written)), told.zappa, policy.default_version)
    yield TagPolicy(policy.arn, tags.to_tags())
    yield SetDefaultPolicyVersion(policy.arn, version, policy.default_version)
