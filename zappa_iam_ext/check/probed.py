"""What harmless calls tell: whether AWS allowed them, and what is in the account. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from zappa_iam_ext.check.joining import Says, Voice
from zappa_iam_ext.check.model import Blocker, CheckedRequirement, Evidence
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.model import Requirement, ResourceState


class Presence(StrEnum):
    """Whether a thing is in the account. ``foreign``: it is another account's."""

    MISSING = "missing"
    EXISTING = "existing"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Probed:
    """What one harmless call told: ``call`` is Zappa's own (``iam.GetRole``), which AWS checks as ``action`` on ``resource``.

    ``why`` says what AWS answered where that settles nothing. ``warnings`` are what will stop a command though it is
    allowed.
    """

    call: str
    action: str
    resource: str
    says: Says
    presence: Presence = Presence.UNKNOWN
    why: str = ""
    layer: Layer | None = None
    explicit: bool = False
    policy: str = ""
    drifted: bool | None = None
    actual: str = ""
    warnings: tuple[str, ...] = field(default=())

    def voice(self) -> Voice:
        """Return it as one voice among others."""
        blocker = Blocker(self.layer, self.explicit, self.policy) if self.layer else None
        return Voice(Evidence.PROBE, self.says, self.layer, self.explicit, self.why, blocker)

    def is_about(self, requirement: Requirement) -> bool:
        """Say whether it was the very call that a requirement is for."""
        call = requirement.call
        return (
            call is not None
            and f"{call.service}.{call.operation}" == self.call
            and requirement.action == self.action
        )


#: The layers by the words of a denial; a quarantine is a policy that AWS attached to the user.
_LAYERS = {str(layer): (layer, False) for layer in Layer} | {"quarantine": (Layer.IDENTITY, True)}


def of_denial(denial: Denial | None, probed: Probed, text: str) -> Probed:
    """Return a refused call by what AWS's message says: which kind of policy, and since January 2026 which policy.

    A message that names another action is about something else on the way, and settles nothing.
    """
    if denial is None or not (denial.action or denial.layer):
        return replace(probed, says=Says.NOTHING, why=f"AWS refused {probed.action} without a reason: {text}")
    if denial.action and denial.action.lower() != probed.action.lower():
        why = f"AWS refused {denial.action}, which {probed.action} led to"
        return replace(probed, says=Says.NOTHING, why=why)
    layer, explicit = _LAYERS.get(denial.layer, (None, False))
    return replace(
        probed, says=Says.DENIED, layer=layer, explicit=denial.explicit or explicit, policy=denial.policy
    )


#: What is needed only where a thing is missing: Zappa's call, and the call that looks for the thing.
_MAKES = {
    "s3.CreateBucket": "s3.HeadBucket",
    "s3.PutBucketTagging": "s3.HeadBucket",
    "iam.CreateRole": "iam.GetRole",
}
_MENDS = {"iam.UpdateAssumeRolePolicy": "iam.GetRole"}


def resolved(
    results: Iterable[CheckedRequirement], probed: Iterable[Probed]
) -> tuple[tuple[CheckedRequirement, ...], tuple[str, ...]]:
    """Return what is needed in the account as it is, and in words what is not.

    What makes a bucket or a role is not needed where it exists; what is needed only where it is missing is needed for
    certain where it is. What mends a role's trust is needed where that differs from the settings.
    """
    seen: Mapping[str, Probed] = {each.call: each for each in probed}
    kept: list[CheckedRequirement] = []
    dropped: dict[str, None] = {}
    for result in results:
        needed = _needed(result.requirement, seen)
        if needed is None:
            kept.append(result)
        elif needed:
            kept.append(replace(result, requirement=replace(result.requirement, only_if=None)))
        else:
            dropped[result.requirement.action] = None
    return tuple(kept), tuple(
        f"{action} is not needed: what it makes or mends is there" for action in dropped
    )


def _needed(requirement: Requirement, seen: Mapping[str, Probed]) -> bool | None:
    """Return whether a requirement arises in the account as it is; None where that is not known."""
    if requirement.call is None or requirement.dependent:
        return None
    name = f"{requirement.call.service}.{requirement.call.operation}"
    if (found := seen.get(_MAKES.get(name, ""))) and _same(name, requirement, found):
        if found.presence in {Presence.EXISTING, Presence.FOREIGN}:
            return False
        return True if found.presence is Presence.MISSING else None
    if (found := seen.get(_MENDS.get(name, ""))) and requirement.only_if is ResourceState.DRIFTED:
        return False if found.presence is Presence.MISSING else found.drifted
    return None


def _same(name: str, requirement: Requirement, found: Probed) -> bool:
    """Say whether what would be made is what was looked for."""
    return requirement.resource == found.resource or name.startswith("iam.")
