"""The customer managed policies: made, brought up to date, never taken from somebody. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zappa_iam_ext.plan.changes import (
    Change,
    CreatePolicy,
    CreatePolicyVersion,
    DeletePolicyVersion,
    SetDefaultPolicyVersion,
    TagPolicy,
    UntagPolicy,
)
from zappa_iam_ext.plan.documents import fingerprint, same
from zappa_iam_ext.plan.model import Concern, ConcernKind
from zappa_iam_ext.plan.ownership import OWNER_TAG, Ownership, surplus_tags
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredPolicy, DesiredState


def policy_concerns(desired: DesiredState, current: CurrentState) -> Iterator[Concern]:
    """Yield what somebody else made or edited and would be replaced."""
    for policy in desired.policies:
        present = current.policy(policy.name)
        unsaid = policy.keeps and not (policy.edited and present and present.edited)
        if present is None or unsaid or same(present.document, policy.document):
            continue
        if not present.ours:
            yield Concern(
                present.arn,
                f"the policy exists, says something else, and does not carry our tag {'='.join(OWNER_TAG)}",
                "Take it over (`--adopt`: what it says is kept), or choose another policy name (iam_ext.policy).",
            )
        elif present.edited:
            yield Concern(
                present.arn,
                "somebody edited the policy since we wrote it; "
                + (
                    "writing it would make the edit ours"
                    if policy.keeps
                    else "replacing it would lose the edit"
                ),
                "Compare (`zappa-iam plan STAGE --documents`), then keep the edit (`--adopt`), or choose another policy name"
                " (iam_ext.policy).",
                ConcernKind.DRIFT,
            )


def version_concerns(desired: DesiredState, current: CurrentState) -> Iterator[Concern]:
    """Yield the policies whose oldest version would be deleted."""
    for change in policy_updates(desired, current):
        if isinstance(change, DeletePolicyVersion):
            yield Concern(
                change.arn,
                f"the policy has {current.quotas.policy_versions} versions, all that IAM allows; {change.version}, the"
                " oldest, would be deleted",
                "Say that it may be deleted (`--prune-versions`), or apply without `--yes` and answer the question.",
                ConcernKind.CONSENT,
            )


def policy_changes(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    """Yield what makes the policies say what is wanted, new ones first: nothing is taken before something else is there."""
    for policy in desired.policies:
        if current.policy(policy.name) is None:
            tags = {**desired.tags, **_ownership(desired, policy).to_tags()}
            arn = desired.policy_arn(policy.name)
            yield CreatePolicy(arn, policy.name, desired.path, policy.document, tags)


def policy_updates(desired: DesiredState, current: CurrentState) -> Iterator[Change]:
    """Yield what makes the policies in place say what is wanted."""
    for policy in desired.policies:
        present = current.policy(policy.name)
        if present is not None:
            yield from _update(desired, policy, present, current.quotas.policy_versions)


def _update(
    desired: DesiredState, policy: DesiredPolicy, present: CurrentPolicy, max_versions: int
) -> Iterator[Change]:
    """Yield tags, then the version: whoever is interrupted in between leaves a policy that is known as ours."""
    differs = not same(present.document, policy.document)
    if not differs and not present.ours:
        return
    yield from _tag_changes(_ownership(desired, policy, present), present, differs=differs)
    if not differs:
        return
    known = next((v for v, former in present.former.items() if same(former, policy.document)), None)
    if known:
        yield SetDefaultPolicyVersion(present.arn, known, present.default_version)
        return
    removable = [version for version in present.versions if version != present.default_version]
    if len(present.versions) >= max_versions:
        yield DeletePolicyVersion(present.arn, removable[0])
    yield CreatePolicyVersion(present.arn, policy.document, present.default_version)


def _tag_changes(wanted: Ownership, present: CurrentPolicy, *, differs: bool) -> Iterator[Change]:
    """Yield the tags that are not so yet; of a document that stays they must tell stages and that we wrote it."""
    told = present.ownership
    if (
        not differs
        and (told.stages, told.adopted) == (wanted.stages, wanted.adopted)
        and set(wanted.documents) <= set(told.documents)
    ):
        return
    tags = wanted.to_tags()
    yield TagPolicy(present.arn, tags)
    if surplus := surplus_tags(present.tags, tags):
        yield UntagPolicy(present.arn, surplus)


def _ownership(
    desired: DesiredState, policy: DesiredPolicy, present: CurrentPolicy | None = None
) -> Ownership:
    """Return whose the policy is; while its document is being replaced both are known as ours.

    Of a document that stays the version before stays known, and an edit that nobody adopted stays an edit.
    """
    documents: Mapping[str, None] = {fingerprint(policy.document): None}
    previous = ""
    if present is not None:
        told, stays = present.ownership, same(present.document, policy.document)
        if stays:
            previous = told.previous
            documents = dict.fromkeys(told.documents) if policy.edited or not present.edited else documents
        else:
            previous = present.default_version
            if present.ours and (not present.edited or not told.documents):  # version 0.1 told no document
                documents = {**documents, fingerprint(present.document): None}
    return Ownership(True, policy.stages, tuple(documents), desired.zappa, previous, policy.adopted)
