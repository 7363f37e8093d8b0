"""What was made for some stages is removed again; what anyone else holds stays."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.aws.provisioning.current_state import state_to_destroy
from zappa_iam_ext.aws.provisioning.removal.account import Account, read_account, with_tagged
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import CurrentState
from zappa_iam_ext.plan.entities import Elsewhere, elsewhere, holders
from zappa_iam_ext.plan.ownership import StageKey
from zappa_iam_ext.plan.planning.destroying import destroy_plan
from zappa_iam_ext.plan.planning.destroying_roles import RoleDestruction
from zappa_iam_ext.plan.role_states import CurrentRoles, DesiredRoles
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.provisioning.administrator import administrator_rights, open_administrator
from zappa_iam_ext.workflow.provisioning.idle_roles import AskedRegions, asked_regions, kept_roles
from zappa_iam_ext.workflow.provisioning.model import Provisioning, ProvisioningOptions
from zappa_iam_ext.workflow.provisioning.planning import plan_stages
from zappa_iam_ext.workflow.provisioning.targets import DEFAULT_PROFILE

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


@dataclass(frozen=True, slots=True)
class DestroyOptions:
    """What may go, and what is looked for.

    ``delete_key`` and ``delete_profile`` let the profile's access key go, or the profile that assumes the role.
    ``assume_unused`` lets an execution role go though not every region could be asked whether a function runs as it.
    ``tagged`` are stages as the tags name them, in the place of those of the settings: for what was renamed, or is no
    longer there.
    """

    delete_key: bool = False
    delete_profile: bool = False
    assume_unused: bool = False
    tagged: frozenset[StageKey] = frozenset()


def plan_destruction(
    stages: Sequence[Stage],
    options: AwsOptions,
    wanted: ProvisioningOptions,
    consents: DestroyOptions | None = None,
) -> tuple[Provisioning, ...]:
    """Return the plans that remove what is ours and for these stages only, one for each user or role that deploys.

    ``notes`` say what stays, and why; ``elsewhere`` who else deploys these stages. Raises as `plan_stages`.
    """
    wanted = replace(wanted, removing=True)
    by_deployer: dict[tuple[str, str], list[Provisioning]] = {}
    for item in plan_stages(stages, life_cycle(), options, wanted):
        by_deployer.setdefault((item.kind, item.user), []).append(item)
    return tuple(
        _destruction(items, wanted, stages, consents or DestroyOptions()) for items in by_deployer.values()
    )


def _destruction(
    items: Sequence[Provisioning],
    wanted: ProvisioningOptions,
    stages: Sequence[Stage],
    consents: DestroyOptions,
) -> Provisioning:
    first = items[0]
    region = AwsOptions("", first.options.region, first.options.endpoint_url)
    who, iam = open_administrator(wanted.admin_profile, region)
    own = consents.tagged or frozenset(key for item in items for key in item.desired.needs)
    states = [_state(iam, item) for item in items]
    account = read_account(iam)
    current = with_tagged(iam, reduce(_joined, states), account, own)
    others = tuple(
        elsewhere(
            account.entities,
            current.policies.values(),
            own,
            kind=first.kind,
            name=first.user,
            group=wanted.group,
        )
    )
    asked = asked_regions(
        region, wanted.admin_profile, partition=who.partition, current=current, stages=stages, own=own
    )
    made = destroy_plan(
        first.user,
        current,
        own,
        delete_keys=[each.profile_key for each in states if consents.delete_key and each.profile_key],
        idle=kept_roles(current, own, others, asked, assume_unused=consents.assume_unused),
        role=_role(items, states, wanted, own, delete_profile=consents.delete_profile),
        holders=holders(account.entities),
        told=[str(each.entity) for each in others],
    )
    return replace(
        first,
        plan=made.plan,
        current=current,
        stages=tuple(map(str, sorted(consents.tagged)))
        or tuple(dict.fromkeys(name for item in items for name in item.stages)),
        profile=", ".join(dict.fromkeys(item.profile for item in items if item.profile)),
        notes=tuple(_notes(made.stays, others, account, asked)),
        findings=(),
        rights=administrator_rights(iam, who, made.plan, region.region),
        elsewhere=others,
        further=_further(current, account, own),
    )


def _state(iam: IAMClient, item: Provisioning) -> CurrentState:
    """Return what is there of one profile's plan."""
    wanted = replace(item.desired, profile=_profile(item), roles=item.desired.roles or DesiredRoles())
    return state_to_destroy(iam, wanted, ProfileFiles.from_environment(os.environ))


def _further(current: CurrentState, account: Account, own: frozenset[StageKey]) -> Mapping[StageKey, bool]:
    """Return the other stages that tags of ours name, each with whether the deployer holds a policy for it."""
    found: dict[StageKey, bool] = {}
    for entity in account.entities:
        if entity.ours:
            found |= dict.fromkeys(entity.stages - own, False)
    for policy in current.policies.values():
        if policy.ours:
            held = current.holds(policy.arn)
            for key in (policy.ownership.stages or frozenset()) - own:
                found[key] = held or found.get(key, False)
    return dict(sorted(found.items()))


def _notes(
    stays: Sequence[str], others: Sequence[Elsewhere], account: Account, asked: AskedRegions
) -> Iterator[str]:
    yield from (f"stays: {each}" for each in (*stays, *others))
    if account.unseen:
        yield f"what has other names and carries our tags was not looked for: {account.unseen} may not be called"
    yield from asked.notes


def _profile(item: Provisioning) -> str:
    return item.profile or (DEFAULT_PROFILE if item.kind == "role" else "")


def _joined(one: CurrentState, other: CurrentState) -> CurrentState:
    """Return what two looks at one deployer found; each looked for policies and roles of other names."""
    first, then = one.roles or CurrentRoles(), other.roles or CurrentRoles()
    roles = replace(
        first,
        execution={**first.execution, **then.execution},
        limits={**first.limits, **then.limits},
        providers=tuple({each.arn: each for each in (*first.providers, *then.providers)}.values()),
    )
    return replace(one, policies={**one.policies, **other.policies}, roles=roles)


def _role(
    items: Sequence[Provisioning],
    states: Sequence[CurrentState],
    wanted: ProvisioningOptions,
    stages: frozenset[StageKey],
    *,
    delete_profile: bool,
) -> RoleDestruction | None:
    """Return what is to go of a role that deploys; None where a user does."""
    if not wanted.mode.is_role:
        return None
    first = items[0]
    return RoleDestruction(
        name=first.user,
        arn=f"arn:{first.desired.partition}:iam::{first.account}:role/{first.user}",
        stages=stages,
        providers=wanted.mode.mode == "oidc",
        profiles={
            _profile(item): state.roles.profile
            for item, state in zip(items, states, strict=True)
            if state.roles is not None
        },
        delete_profile=delete_profile,
    )
