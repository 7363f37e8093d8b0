"""What a plan for one profile may do, and what it is: the words between planning, applying and destroying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zappa_iam_ext.plan import Consents, CurrentState, DesiredState, Plan
from zappa_iam_ext.plan.entities import Elsewhere
from zappa_iam_ext.plan.ownership import StageKey
from zappa_iam_ext.plan.planning.deployers import deployer_kind
from zappa_iam_ext.plan.planning.effects import told_of_others
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.provisioning.administrator import Rights
from zappa_iam_ext.workflow.provisioning.modes import ModeOptions

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True)
class Provisioning:
    """The plan for one profile, who would carry it out, and what it is for.

    ``notes`` say what a hand-made document lacks. ``desired``, ``current`` and ``consents`` are what the plan was made
    of, so that it can be made again; ``rights`` is what the administrator may not do of it. ``lacks_key`` says that the
    profile has no credentials of the user that work, and that the plan makes none. ``elsewhere`` are others that deploy
    stages that are destroyed, ``further`` the other stages that tags of ours name (does the deployer hold a policy for
    it?), ``advice`` the lines that say what to run for them.
    """

    plan: Plan
    desired: DesiredState
    current: CurrentState
    consents: Consents
    administrator: str
    account: str
    user: str
    profile: str
    stages: tuple[str, ...]
    notes: tuple[str, ...] = ()
    admin_profile: str = ""
    rights: Rights = field(default_factory=Rights)
    findings: tuple[str, ...] = ()
    lacks_key: bool = False
    pipelines: tuple[str, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    further: Mapping[StageKey, bool] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    iam: IAMClient | None = field(default=None, repr=False, compare=False)
    options: AwsOptions = field(default_factory=AwsOptions)

    @property
    def kind(self) -> str:
        """What deploys: a ``user`` or a ``role``."""
        return deployer_kind(self.desired)

    @property
    def told(self) -> tuple[str, ...]:
        """The notes, and who else holds what is written."""
        return (*told_of_others(self.plan, self.current), *self.notes)


@dataclass(frozen=True, slots=True)
class ProvisioningOptions:
    """What a plan may do.

    ``admin_profile`` names the credentials that look and later change (empty: boto3's own chain). ``consents`` are
    what it may touch and take away. ``create_key`` makes an access key for a profile that has no
    credentials that work: only when asked for.
    ``group`` names a group that is to hold the policies. ``only_add`` leaves in what nobody may need any more.
    ``mode`` says how the deployer gets its credentials. ``removing``: what is made of it is removed again, so that nothing
    is planned yet; ``user`` names the one that is removed.
    """

    admin_profile: str = ""
    consents: Consents = field(default_factory=Consents)
    create_key: bool = False
    group: str = ""
    only_add: bool = False
    mode: ModeOptions = field(default_factory=ModeOptions)
    removing: bool = False
    user: str = ""
