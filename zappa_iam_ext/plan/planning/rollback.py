"""Back to what the policies of some stages said before the last change. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.plan.changes import Change, SetDefaultPolicyVersion, TagPolicy
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.model import Concern, ConcernKind, Plan
from zappa_iam_ext.plan.ownership import Ownership, StageKey
from zappa_iam_ext.plan.planning.effects import between
from zappa_iam_ext.plan.privileges import Held, lost
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState

_LOOK = "Look at it (`zappa-iam plan STAGE --documents`); `--adopt` says that it may be, and `--prune` what is lost."


def rollback_plan(
    current: CurrentState, stages: frozenset[StageKey], *, may_narrow: bool = False, adopt: bool = False
) -> Plan:
    """Return what makes the version before the last change the default one again, of each policy of these stages.

    ``current`` has the documents of former versions. An edit by hand is replaced, and a version that we may not have written
    returned to, only with ``adopt``; nothing is taken from stages that are not given. A policy that was returned stays, so
    that a rollback which stopped half-way is finished by another. Raises `ZappaIamError` when there is no version to return to.
    """
    policies = [policy for policy in current.policies.values() if policy.ours and _is_of(policy, stages)]
    back = {policy.name: version for policy in policies if (version := previous_version(policy))}
    if not back and not any(map(_is_back, policies)):
        raise ZappaIamError(
            f"there is no version to return to: {_why(policies)}",
            hint="`zappa-iam plan STAGE` shows what they should say.",
        )
    changed = [policy for policy in policies if policy.name in back]
    documents = {policy.name: policy.former[back[policy.name]] for policy in changed}
    narrowed, widened = between(current, documents)
    changes = tuple(change for policy in changed for change in _changes(policy, back[policy.name]))
    concerns = (
        *(concern for policy in changed for concern in _shared(policy, documents[policy.name], stages)),
        *(() if adopt else (each for policy in changed for each in _unknown(policy, back[policy.name]))),
    )
    return Plan(changes, concerns, narrowed, widened, may_narrow=may_narrow)


def previous_version(policy: CurrentPolicy) -> str:
    """Return the version that was the default one before ours; the newest older one where no tag tells, empty for none."""
    told = policy.ownership.previous
    if told:
        return told if told in policy.former and not _is_back(policy) else ""
    older = policy.versions[: policy.versions.index(policy.default_version)]
    return next((version for version in reversed(older) if version in policy.former), "")


def _is_back(policy: CurrentPolicy) -> bool:
    """Say whether the default version is the one that a rollback returns to."""
    return policy.ownership.previous == policy.default_version


def _why(policies: list[CurrentPolicy]) -> str:
    gone = [
        f"{policy.ownership.previous} of {policy.name}" for policy in policies if policy.ownership.previous
    ]
    if gone:
        return f"{', '.join(gone)} is not there"
    return "the policies of these stages were written once" if policies else "no policy names these stages"


def _shared(
    policy: CurrentPolicy, document: Mapping[str, object], stages: frozenset[StageKey]
) -> Iterator[Concern]:
    """Yield that stages which are not given lose by it."""
    others = sorted((policy.ownership.stages or frozenset()) - stages)
    if others and lost((Held(policy.name, policy.document),), (Held(policy.name, document),)):
        yield Concern(
            policy.arn,
            f"the policy is of {', '.join(map(str, others))} too, which would lose what was written since",
            "Return with all of its stages (`--all`), or plan the stage anew.",
            ConcernKind.CONSENT,
        )


def _unknown(policy: CurrentPolicy, version: str) -> Iterator[Concern]:
    """Yield what somebody else wrote: the version in place, or the one that is returned to."""
    told = policy.ownership
    if policy.edited:
        yield Concern(
            policy.arn,
            "somebody edited the policy since we wrote it; the edit would be replaced",
            _LOOK,
            ConcernKind.DRIFT,
        )
    elif version != told.previous and not told.wrote(fingerprint(policy.former[version])):
        yield Concern(
            policy.arn,
            f"no tag tells that we wrote its version {version}, which would be in force again",
            _LOOK,
        )


def _is_of(policy: CurrentPolicy, stages: frozenset[StageKey]) -> bool:
    named = policy.ownership.stages
    return named is not None and bool(named & stages)


def _changes(policy: CurrentPolicy, version: str) -> Iterator[Change]:
    told = policy.ownership
    written = (fingerprint(policy.former[version]), fingerprint(policy.document))
    tags = Ownership(True, told.stages, tuple(dict.fromkeys(written)), told.zappa, version, told.adopted)
    yield TagPolicy(policy.arn, tags.to_tags())
    yield SetDefaultPolicyVersion(policy.arn, version, policy.default_version)
