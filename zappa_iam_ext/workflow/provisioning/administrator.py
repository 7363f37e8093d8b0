"""Who carries a plan out, and whether they may: the plan's own calls against the administrator's policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.credentials.choice import ADMINISTRATOR
from zappa_iam_ext.aws.identity import CallerIdentity, caller
from zappa_iam_ext.aws.principal_policies import principal_policies
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import NoCredentials, SettingsError, ZappaIamError
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PrincipalKind, compile_policies
from zappa_iam_ext.iam.synthesis import Grant, synthesize
from zappa_iam_ext.permissions.authorizations import Scope, authorize
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.own_calls import administration
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import Plan
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session
from zappa_iam_ext.workflow.provisioning.modes import ModeOptions, deployer_name

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient


_OF_PROVIDERS = frozenset({"ListRoles"})
"""Calls about identity providers, beside those that have it in their names: who else trusts one."""
_OF_USERS = ("User", "Group", "AccessKey")
"""In the names of calls on users, which a role that deploys needs none of."""
_OF_DEPLOYING_ROLES = frozenset({"AttachRolePolicy", "DetachRolePolicy"})
"""Calls on a role that deploys only: an execution role holds inline policies."""
_OF_EXECUTION_ROLES = frozenset({"DeleteRolePolicy", "PutRolePermissionsBoundary", "PutRolePolicy"})
"""Calls on an execution role only: a role that deploys holds managed policies."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What an administrator may not do of a plan (``iam:CreateUser on ...``), and why that cannot be told."""

    denied: tuple[str, ...] = ()
    unknown: str = ""


def open_administrator(profile: str, options: AwsOptions) -> tuple[CallerIdentity, IAMClient]:
    """Return who acts, and a client with these credentials; without a profile boto3's own chain decides."""
    session = open_session(profile or None, options.region, ADMINISTRATOR)
    try:
        sts = open_client(session, "sts", options)
    except NoCredentials as error:
        if profile:
            raise
        raise NoCredentials(
            f"nobody acts as the administrator: {error}", hint="Name who does: `--admin-profile PROFILE`."
        ) from error
    return caller(sts), open_client(session, "iam", options)


def require_one_partition(stages: Sequence[Stage], administrator: CallerIdentity) -> None:
    """Refuse stages of another partition: an account lies in one, and IAM refuses a document with ARNs of another."""
    others = [stage for stage in stages if stage.partition != administrator.partition]
    if others:
        named = ", ".join(f"{stage.name} ({stage.partition})" for stage in others)
        raise SettingsError(
            f"the administrator's account is in the partition {administrator.partition}; not so the stages {named}",
            hint="Provision them one at a time, with credentials of their own partition (`--admin-profile`).",
        )


def plan_requirements(plan: Plan, scope: Scope) -> Iterator[Requirement]:
    """Yield what AWS checks for the calls of a plan."""
    for change in plan.changes:
        call = change.call()
        if call is not None:
            yield from authorize(call, scope)


def administrator_rights(iam: IAMClient, who: CallerIdentity, plan: Plan, region: str) -> Rights:
    """Return what the administrator may not do of a plan, as far as its own policies can be read.

    What hangs on a condition that nobody knows (MFA, addresses) is not called denied.
    """
    needed = list(plan_requirements(plan, Scope(who.account, region, who.partition)))
    if not needed or who.principal.kind is PrincipalKind.ROOT:
        return Rights()
    try:
        held = principal_policies(iam, who.principal)
    except ZappaIamError as error:
        return Rights(unknown=str(error))
    policies = compile_policies(held.policies)
    denied = []
    for item in needed:
        request = AuthorizationRequest(
            held.principal, item.action, item.resource, item.context, unknown_context=True
        )
        decision = policies.decide(request)
        if decision is Decision.EXPLICIT_DENY or (decision is Decision.IMPLICIT_DENY and held.complete):
            denied.append(f"{item.action} on {item.resource}")
    unseen = "" if held.complete else "; ".join(held.unreadable)
    return Rights(tuple(dict.fromkeys(denied)), unseen)


def administrator_document(
    stage: Stage, account: str, partition: str, mode: str = "user", role_name: str = ""
) -> PolicyDocument:
    """Return what an administrator needs to plan, apply and destroy for a stage in a mode, and to rotate a user's keys.

    Of policies those named as the stage's or after it, and the boundary of the execution role; of roles the execution role.
    A user that deploys is the stage's, groups are any, and keys can be made and deleted for that user; a role that deploys
    is ``role_name`` or the project's, identity providers are any.
    """
    own = iam_ext_settings(stage)
    options = ModeOptions(mode, role_name)
    options.check(removing=True)
    deployer = deployer_name((stage,), options) if options.is_role else ""
    execution = f"{stage.role.path}{stage.role.name}".lstrip("/")
    grants = []
    for policy, role in (
        (f"{own.policy}*", execution),
        (f"{stage.role.name}*", execution),
        *([(f"{own.policy}*", deployer)] if deployer else []),
    ):
        names = {
            "user": own.user_or_default,
            "group": "*",
            "role": role,
            "function": stage.function_name,
            "policy_name": policy,
            "policy_arn": f"arn:{partition}:iam::{account}:policy/{policy}",
            "issuer": "*",
        }
        needed = administration(names, Scope(account, stage.region, partition))
        grants += [
            Grant(item.action, item.resource, purpose=row.purpose)
            for row, item in needed
            if _belongs(row.operation, mode, deploys=role == deployer)
        ]
    return synthesize(grants)


def _belongs(operation: str, mode: str, *, deploys: bool) -> bool:
    """Say whether plans of a mode make a call; of a role that deploys, or of an execution role."""
    if operation in _OF_PROVIDERS or "OpenIDConnect" in operation:
        return mode == "oidc"
    if any(part in operation for part in _OF_USERS):
        return mode == "user"
    if operation in _OF_DEPLOYING_ROLES:
        return deploys
    return not (deploys and operation in _OF_EXECUTION_ROLES)
