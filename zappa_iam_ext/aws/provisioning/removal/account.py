"""Looks through the whole account for what carries our tags, whatever it is called. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.documents import document_from, tags_from
from zappa_iam_ext.aws.errors import DENIED, code_of, translated
from zappa_iam_ext.aws.provisioning.current_roles import role_in_full
from zappa_iam_ext.aws.provisioning.managed_policies import managed_policy
from zappa_iam_ext.aws.provisioning.removal.roles import with_what_keeps
from zappa_iam_ext.plan import CurrentPolicy, CurrentState
from zappa_iam_ext.plan.entities import Entity
from zappa_iam_ext.plan.ownership import StageKey, read_ownership
from zappa_iam_ext.plan.role_states import CurrentRole, CurrentRoles

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

MAX_UNATTACHED = 100
"""So many policies that nobody holds are asked for their tags."""
_LISTS = {"UserDetailList": "User", "GroupDetailList": "Group", "RoleDetailList": "Role"}


@dataclass(frozen=True, slots=True)
class Account:
    """The users, groups and roles; ``unseen`` says what could not be looked through, empty where all was."""

    entities: tuple[Entity, ...] = ()
    unseen: str = ""


def read_account(iam: IAMClient) -> Account:
    """Return the users, groups and roles of the account with their tags and managed policies."""
    found: list[Entity] = []
    with translated("iam:GetAccountAuthorizationDetails"):
        try:
            pages = iam.get_paginator("get_account_authorization_details").paginate(
                Filter=["User", "Group", "Role"], PaginationConfig={"PageSize": 1000}
            )
            for page in pages:
                found += _entities(page)
        except ClientError as error:
            if code_of(error) not in DENIED:
                raise
            return Account(unseen="iam:GetAccountAuthorizationDetails")
    return Account(tuple(found))


def _entities(page: Any) -> Iterator[Entity]:
    for listed, kind in _LISTS.items():
        for each in page.get(listed, []):
            yield Entity(
                kind=kind.lower(),
                name=each[f"{kind}Name"],
                tags=tags_from(each),
                attached=tuple(policy["PolicyArn"] for policy in each.get("AttachedManagedPolicies", [])),
                trust=document_from(each.get("AssumeRolePolicyDocument")) if kind == "Role" else {},
                path=each.get("Path", "/"),
            )


def with_tagged(
    iam: IAMClient, current: CurrentState, account: Account, stages: frozenset[StageKey]
) -> CurrentState:
    """Return the state with what our tags say is for these stages, under any name.

    Policies are asked that the deployer holds, that a role of ours for the stages holds, and that nobody does; execution
    roles are found by their own tags, and their boundaries by them.
    """
    there = current.roles or CurrentRoles()
    roles = dict(there.execution)
    for entity in account.entities:
        if entity.ours and entity.runs_functions and entity.stages & stages and entity.name not in roles:
            role = role_in_full(iam, entity.name)
            if role is not None:
                roles[role.name] = with_what_keeps(iam, role)
    limits = {**there.limits, **dict(_boundaries(iam, current, roles.values()))}
    known = {each.arn for each in (*current.policies.values(), *limits.values())}
    held = {arn for each in account.entities if each.ours and each.stages & stages for arn in each.attached}
    arns = [
        arn for arn in sorted({*current.attached, *held}) if arn not in known and ":aws:policy/" not in arn
    ]
    further = _all_ours(iam, [*arns, *_unattached(iam, {*known, *arns})])
    return replace(
        current,
        policies={
            policy.name: policy
            for policy in (*current.policies.values(), *further)
            if policy.name not in limits
        },
        roles=replace(there, execution=roles, limits=limits),
    )


def _boundaries(
    iam: IAMClient, current: CurrentState, roles: Iterable[CurrentRole]
) -> Iterator[tuple[str, CurrentPolicy]]:
    """Yield the boundaries of roles that are ours, by name."""
    known = {each.arn: each for each in current.policies.values()}
    for arn in sorted({role.boundary for role in roles if role.boundary}):
        limit = known.get(arn) or _ours(iam, arn)
        if limit is not None and limit.ours:
            yield limit.name, limit


def _unattached(iam: IAMClient, known: Collection[str]) -> list[str]:
    """Return the ARNs of policies that nobody holds, and that bound nobody."""
    with translated("iam:ListPolicies"):
        try:
            return [
                policy["Arn"]
                for page in iam.get_paginator("list_policies").paginate(Scope="Local")
                for policy in page["Policies"]
                if not policy.get("AttachmentCount")
                and not policy.get("PermissionsBoundaryUsageCount")
                and policy["Arn"] not in known
            ][:MAX_UNATTACHED]
        except ClientError as error:
            if code_of(error) in DENIED:
                return []
            raise


def _all_ours(iam: IAMClient, arns: Iterable[str]) -> list[CurrentPolicy]:
    return [policy for arn in arns if (policy := _ours(iam, arn)) is not None]


def _ours(iam: IAMClient, arn: str) -> CurrentPolicy | None:
    """Return a policy of ours; None for one of somebody else, of which no more is asked."""
    with translated("iam:GetPolicy"):
        try:
            tags: Mapping[str, str] = tags_from(iam.get_policy(PolicyArn=arn)["Policy"])
        except ClientError as error:
            if code_of(error) in {"NoSuchEntity", *DENIED}:
                return None
            raise
    return managed_policy(iam, arn) if read_ownership(tags).ours else None
