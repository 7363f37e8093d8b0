"""The desired state and the current state, which a plan compares. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.plan.documents import fingerprint
from zappa_iam_ext.plan.ownership import Ownership, read_ownership


@dataclass(frozen=True, slots=True)
class Quotas:
    """What an account may have, as GetAccountSummary tells it; the defaults are those of a new account.

    IAM and STS quotas: ``attached_to_user`` (AttachedPoliciesPerUserQuota) and ``attached_to_group``
    (AttachedPoliciesPerGroupQuota) can be raised; ``policy_versions`` (VersionsPerPolicyQuota), ``policy_size``
    (PolicySizeQuota, in characters), ``access_keys`` (AccessKeysPerUserQuota) and ``groups``
    (GroupsPerUserQuota) cannot.
    """

    attached_to_user: int = 10
    attached_to_group: int = 10
    policy_versions: int = 5
    policy_size: int = MANAGED_POLICY_LIMIT
    access_keys: int = 2
    groups: int = 10


@dataclass(frozen=True, slots=True)
class DesiredPolicy:
    """One customer managed policy; ``document`` is the JSON of the policy document."""

    name: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The desired state: a user with these policies attached and, if ``profile`` is given, its access key there.

    ``path`` is the IAM path of what has to be created, ``region`` is written into the config file when
    given, ``tags`` are put beside our own.
    """

    account: str
    user: str
    policies: tuple[DesiredPolicy, ...]
    partition: str = "aws"
    path: str = "/"
    profile: str | None = None
    region: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def policy_arn(self, name: str) -> str:
        """Return the ARN of the customer managed policy ``name``."""
        return f"arn:{self.partition}:iam::{self.account}:policy{self.path}{name}"


@dataclass(frozen=True, slots=True)
class CurrentPolicy:
    """A customer managed policy as it is: the default version's document, and all versions, oldest first."""

    arn: str
    document: Mapping[str, Any]
    default_version: str
    versions: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)

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
    """An access key of the user: its id, and whether it is active."""

    access_key_id: str
    active: bool


@dataclass(frozen=True, slots=True)
class CurrentState:
    """The current state, read from IAM and the credentials file.

    ``policies`` holds those of the desired names that exist, and our own numbered parts that are attached;
    ``attached`` the ARNs of all managed policies attached to the user; ``profile_key`` the access key id
    that the profile holds.
    """

    user_exists: bool = False
    policies: Mapping[str, CurrentPolicy] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    keys: tuple[CurrentKey, ...] = ()
    profile_key: str | None = None
    quotas: Quotas = Quotas()
