"""The desired state and the current state, which a plan compares. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.ownership import Ownership, StageKey, read_ownership
from zappa_iam_ext.plan.role_states import CurrentRoles, DesiredRoles


@dataclass(frozen=True, slots=True)
class Quotas:
    """What an account may have, as GetAccountSummary tells it; the defaults are those of a new account.

    IAM and STS quotas: ``attached_to_user`` (AttachedPoliciesPerUserQuota), ``attached_to_group``
    (AttachedPoliciesPerGroupQuota) and ``attached_to_role`` (AttachedPoliciesPerRoleQuota) can be raised; ``policy_versions`` (VersionsPerPolicyQuota), ``policy_size``
    (PolicySizeQuota, in characters), ``access_keys`` (AccessKeysPerUserQuota) and ``groups``
    (GroupsPerUserQuota) cannot. ``policies`` and ``policies_quota`` are how many customer managed policies there are
    and may be; None where nobody told.
    """

    attached_to_user: int = 10
    attached_to_group: int = 10
    attached_to_role: int = 10
    policy_versions: int = 5
    policy_size: int = MANAGED_POLICY_LIMIT
    access_keys: int = 2
    groups: int = 10
    policies: int | None = None
    policies_quota: int | None = None


@dataclass(frozen=True, slots=True)
class DesiredPolicy:
    """One customer managed policy; ``document`` is the JSON of the policy document.

    ``stages`` are those that its tags are to name; None for no such tags: everybody's. ``keeps`` says that the document
    holds all that is in place, so that nobody's edit is lost by it; ``edited`` that an edit by hand is among it which nobody
    has adopted, ``adopted`` that one is which was.
    """

    name: str
    document: Mapping[str, Any]
    stages: frozenset[StageKey] | None = None
    keeps: bool = False
    edited: bool = False
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The desired state: a user with these policies attached and, if ``profile`` is given, its access key there.

    ``policies`` are wanted by name, just so. ``needs`` are the documents of stages: which policies hold them is decided
    by whose the policies in place are, of those named ``base`` or after it. ``path`` is the IAM path of what has to be
    created, ``region`` is written into the config file when given, ``tags`` are put beside our own, ``zappa`` is the
    version that the documents are for. With ``group`` it is a group that the user is a member of that has the policies.
    ``only_add`` leaves everything in that is in place, though nobody may need it.
    ``roles`` are those wanted besides; with a ``deployer`` among them that role stands in the user's place.
    """

    account: str
    user: str
    policies: tuple[DesiredPolicy, ...] = ()
    partition: str = "aws"
    path: str = "/"
    profile: str | None = None
    region: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    base: str = ""
    needs: Mapping[StageKey, Mapping[str, Any]] = field(default_factory=dict)
    zappa: str = ""
    group: str = ""
    only_add: bool = False
    roles: DesiredRoles | None = None

    def policy_arn(self, name: str) -> str:
        """Return the ARN of the customer managed policy ``name``."""
        return f"arn:{self.partition}:iam::{self.account}:policy{self.path}{name}"


@dataclass(frozen=True, slots=True)
class CurrentPolicy:
    """A customer managed policy as it is: the default version's document, and all versions, oldest first.

    ``former`` are the documents of other versions, as far as they were read. ``holders`` counts the users, groups and
    roles that it is attached to, and ``boundary_of`` those that it is the permissions boundary of.
    """

    arn: str
    document: Mapping[str, Any]
    default_version: str
    versions: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    holders: int = 0
    boundary_of: int = 0

    @property
    def name(self) -> str:
        """The name, without the path."""
        return self.arn.rpartition("/")[2]

    @property
    def ownership(self) -> Ownership:
        """Whose it is, as its tags say."""
        return read_ownership(self.tags)

    @property
    def ours(self) -> bool:
        """Whether it carries the tag that says we made it."""
        return self.ownership.ours

    @property
    def edited(self) -> bool:
        """Whether somebody changed the document since we wrote it."""
        return not self.ownership.wrote(fingerprint(self.document))


@dataclass(frozen=True, slots=True)
class CurrentKey:
    """An access key of the user: its id, and whether it is active; ``told`` says more of it, where somebody has to choose."""

    access_key_id: str
    active: bool
    told: str = ""


@dataclass(frozen=True, slots=True)
class CurrentGroup:
    """A group by name: its path, the ARNs of its managed policies, its members, the names of its inline policies."""

    name: str
    path: str = "/"
    attached: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CurrentState:
    """The current state, read from IAM and the credentials file.

    ``policies`` holds those that are named as the desired ones or after their base; ``attached`` the ARNs of all managed
    policies attached to the user, ``groups`` the names of its groups; ``profile_key`` the access key id that the profile
    holds; ``group`` the group of that name, if there is one. ``user_tags`` are those of the user.
    """

    user_exists: bool = False
    policies: Mapping[str, CurrentPolicy] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    keys: tuple[CurrentKey, ...] = ()
    profile_key: str | None = None
    quotas: Quotas = Quotas()
    groups: tuple[str, ...] = ()
    group: CurrentGroup | None = None
    user_tags: Mapping[str, str] = field(default_factory=dict)
    user_inline: tuple[str, ...] = ()
    user_boundary: str = ""
    roles: CurrentRoles | None = None

    def policy(self, name: str) -> CurrentPolicy | None:
        """Return the policy of this name; upper and lower case do not differ."""
        found = self.policies.get(name)
        if found is not None:
            return found
        return next((each for key, each in self.policies.items() if key.lower() == name.lower()), None)

    def holds(self, arn: str) -> bool:
        """Say whether the user has the policy, itself or through the group that is asked for."""
        group = self.group
        through = group is not None and arn in group.attached and group.name in self.groups
        return arn in self.attached or through

    def described(self, arn: str) -> str:
        """Return the name of a managed policy, and of one of ours for which stages it is."""
        name = arn.rpartition("/")[2]
        policy = self.policies.get(name)
        stages = policy.ownership.stages if policy is not None and policy.ours else None
        return f"{name} for {', '.join(map(str, sorted(stages)))}" if stages else name
