"""The customer managed policies: made, brought up to date, never taken from somebody. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zappa_iam_ext.plan.changes import (
    Change,
    CreatePolicy,
    CreatePolicyVersion,
    DeletePolicyVersion,
    TagPolicy,
)
from zappa_iam_ext.plan.documents import fingerprint, same
from zappa_iam_ext.plan.model import Concern
from zappa_iam_ext.plan.ownership import OWNER_TAG, Ownership
from zappa_iam_ext.plan.states import CurrentState, DesiredPolicy, DesiredState


def policy_concerns(desired: DesiredState, current: CurrentState) -> Iterator[Concern]:
    """Yield what somebody else made or edited."""
    for policy in desired.policies:
        present = current.policies.get(policy.name)
        if present is None or same(present.document, policy.document):
            continue
        if not present.ours:
            yield Concern(
                present.arn,
                f"the policy exists, says something else, and does not carry our tag {'='.join(OWNER_TAG)}",
                "Adopt it (`--adopt`), so that its document is replaced, or choose another policy name (iam_ext.policy).",
            )
        elif present.edited:
            yield Concern(
                present.arn,
                "somebody edited the policy since we wrote it; replacing it would lose the edit",
                "Compare (`zappa-iam plan --documents`), then adopt it (`--adopt`), or choose another policy name (iam_ext.policy).",
            )


def policy_changes(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    """Yield what makes the policies say what is wanted."""
    for policy in desired.policies:
        tags = own_tags(desired, policy)
        present = current.policies.get(policy.name)
        if present is None:
            arn = desired.policy_arn(policy.name)
            yield CreatePolicy(arn, policy.name, desired.path, policy.document, tags)
        elif not same(present.document, policy.document):
            removable = [version for version in present.versions if version != present.default_version]
            if len(present.versions) >= current.quotas.policy_versions:
                yield DeletePolicyVersion(present.arn, removable[0])
            yield CreatePolicyVersion(present.arn, policy.document, present.default_version)
            yield TagPolicy(present.arn, tags)
        elif present.ours and present.edited:
            yield TagPolicy(present.arn, tags)


def own_tags(desired: DesiredState, policy: DesiredPolicy) -> Mapping[str, str]:
    """Return the tags of a policy of ours that says what is wanted."""
    ownership = Ownership(ours=True, documents=(fingerprint(policy.document),))
    return {**desired.tags, **ownership.to_tags()}
