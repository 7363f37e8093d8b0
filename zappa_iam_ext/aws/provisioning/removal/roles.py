"""Reads what may keep a role or an identity provider from being deleted. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.documents import document_from, tags_from
from zappa_iam_ext.aws.errors import DENIED, code_of, translated
from zappa_iam_ext.aws.provisioning.current_roles import inline_policies
from zappa_iam_ext.aws.provisioning.managed_policies import managed_policy
from zappa_iam_ext.plan.entities import trusted
from zappa_iam_ext.plan.role_states import CurrentProvider, CurrentRole, CurrentRoles
from zappa_iam_ext.plan.states import CurrentState, DesiredState

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

    from zappa_iam_ext.aws.profile_files import ProfileFiles


def with_roles_to_destroy(
    iam: IAMClient,
    desired: DesiredState,
    current: CurrentState,
    credentials: ProfileFiles | None,
) -> CurrentState:
    """Return the state with all that may keep its roles and their identity providers from being deleted."""
    wanted, there = desired.roles, current.roles
    if wanted is None or there is None:
        return current
    execution = {name: with_what_keeps(iam, role) for name, role in there.execution.items()}
    there = replace(there, execution=execution)
    if wanted.deployer is not None:
        there = _with_deployer(iam, desired, there)
        there = replace(
            there,
            profile=credentials.role_section(desired.profile) if credentials and desired.profile else {},
        )
    return replace(current, roles=there)


def _with_deployer(iam: IAMClient, desired: DesiredState, there: CurrentRoles) -> CurrentRoles:
    assert desired.roles is not None  # noqa: S101
    role, provider = there.deployer, desired.roles.provider
    arns = {provider.arn} if provider else set()
    if role is not None:
        role = replace(with_what_keeps(iam, role), inline=dict(inline_policies(iam, role.name)))
        arns |= set(_federated(role.trust))
        own = f":iam::{desired.account}:"
        if own in role.boundary and (limit := managed_policy(iam, role.boundary)) is not None:
            there = replace(there, limits={**there.limits, limit.name: limit})
    return replace(there, deployer=role, providers=tuple(_providers(iam, arns)))


def _providers(iam: IAMClient, named: Collection[str]) -> Iterator[CurrentProvider]:
    """Yield the identity providers that are named, and those of ours that no role trusts: their role is gone already."""
    found = {arn: _provider(iam, arn) for arn in sorted({*named, *_listed_providers(iam)})}
    there = [each for each in found.values() if each is not None and (each.arn in named or each.ours)]
    trusts = _trusts(iam) if there else {}
    for each in there:
        told = replace(each, trusted_by=None if trusts is None else tuple(_naming(each.arn, trusts)))
        if each.arn in named or told.trusted_by == ():
            yield told


def _listed_providers(iam: IAMClient) -> list[str]:
    """Return the ARNs of the account's identity providers; none where they may not be asked."""
    with translated("iam:ListOpenIDConnectProviders"):
        try:
            found = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        except ClientError as error:
            if code_of(error) in DENIED:
                return []
            raise
    return [provider["Arn"] for provider in found]


def with_what_keeps(iam: IAMClient, role: CurrentRole) -> CurrentRole:
    """Return the role with the instance profiles that it is in, and when and where it was last used."""
    with translated("iam:ListInstanceProfilesForRole"):
        pages = iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=role.name)
        names = tuple(each["InstanceProfileName"] for page in pages for each in page["InstanceProfiles"])
    return replace(role, instance_profiles=names, last_used=_last_used(iam, role.name))


def _last_used(iam: IAMClient, name: str) -> tuple[str, str] | None:
    """Return the day and the region of a role's last use; None where IAM tells of none.

    IAM tells it hours later, and of the last 400 days (IAM User Guide, "View last accessed information for IAM").
    """
    with translated("iam:GetRole"):
        used: Any = iam.get_role(RoleName=name)["Role"].get("RoleLastUsed", {})
    when = used.get("LastUsedDate")
    return (f"{when:%Y-%m-%d}", str(used.get("Region", ""))) if when else None


def _federated(trust: Mapping[str, Any]) -> Iterator[str]:
    """Return the ARNs of the identity providers that a trust policy names."""
    return (arn for arn in trusted(trust, "Federated") if ":oidc-provider/" in arn)


def _provider(iam: IAMClient, arn: str) -> CurrentProvider | None:
    with translated("iam:GetOpenIDConnectProvider"):
        try:
            answer: Any = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                return None
            raise
    return CurrentProvider(arn, tags_from(answer))


def _trusts(iam: IAMClient) -> Mapping[str, str] | None:
    """Return the trust policies of all roles, by name, as text; None where they may not be asked."""
    with translated("iam:ListRoles"):
        try:
            return {
                role["RoleName"]: json.dumps(document_from(role.get("AssumeRolePolicyDocument"))).lower()
                for page in iam.get_paginator("list_roles").paginate()
                for role in page["Roles"]
            }
        except ClientError as error:
            if code_of(error) in DENIED:
                return None
            raise


def _naming(arn: str, trusts: Mapping[str, str]) -> Iterator[str]:
    """Yield the roles whose trust has the ARN anywhere in it."""
    text = json.dumps(arn).lower()
    return (name for name, trust in trusts.items() if text in trust)
