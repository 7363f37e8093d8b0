"""The execution roles of stages: what they have to be, and what has to change for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from zappa_iam_ext.aws.provisioning.current_roles import policy_document as policy_document_of
from zappa_iam_ext.aws.provisioning.current_roles import role_and_boundary
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam.document import as_list
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan import Consents, Plan
from zappa_iam_ext.plan.documents import merged
from zappa_iam_ext.plan.planning.execution_documents import EnsuredRole, RoleFacts
from zappa_iam_ext.plan.planning.execution_role import execution_role_plan
from zappa_iam_ext.plan.role_states import CurrentRole
from zappa_iam_ext.plan.states import CurrentPolicy
from zappa_iam_ext.roles.execution_trust import execution_trust, judge_trust
from zappa_iam_ext.roles.zappa_writes import (
    INLINE_POLICY,
    appended_statements,
    as_managed,
    own_extra_permissions,
    wanted_inline,
    wanted_trust,
)
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.execution_roles.files import generated, policy_file, trust_file
from zappa_iam_ext.workflow.execution_roles.still_denied import others_boundary, still_denied
from zappa_iam_ext.workflow.guarding import require_account
from zappa_iam_ext.workflow.provisioning.administrator import (
    Rights,
    administrator_rights,
    open_administrator,
    require_one_partition,
)

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

EXECUTION_POLICY = "ZappaLambdaExecutionPolicy"
"""The inline policy of a role that Zappa does not manage, by the name that the convention has for it."""
BOUNDARY_ENDING = "-Boundary"


@dataclass(frozen=True, slots=True)
class RoleOptions:
    """What is wanted of execution roles, and what may be done for it.

    ``manage_roles``: Zappa goes on to manage the role and finds nothing to write; else the settings tell it not to.
    ``boundary`` False makes no permissions boundary. ``lambda_source_account`` demands the function's account from Lambda.
    """

    admin_profile: str = ""
    consents: Consents = field(default_factory=Consents)
    manage_roles: bool = False
    boundary: bool = True
    lambda_source_account: bool = True


@dataclass(frozen=True, slots=True)
class RoleProvisioning:
    """The plan for one role, for which stages it is, and who would carry it out.

    ``blocked`` tells what stays denied to the function when it is carried out.
    """

    plan: Plan
    wanted: EnsuredRole
    current: CurrentRole | None
    limit: CurrentPolicy | None
    asked: RoleOptions
    administrator: str
    stages: tuple[str, ...]
    notes: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    rights: Rights = field(default_factory=Rights)
    iam: IAMClient | None = field(default=None, repr=False, compare=False)
    options: AwsOptions = field(default_factory=AwsOptions)


def plan_roles(
    stages: Sequence[Stage], neighbours: Sequence[Stage], options: AwsOptions, asked: RoleOptions
) -> tuple[RoleProvisioning, ...]:
    """Return what has to change so that the stages' functions may do what they need; changes nothing.

    One plan for each role. ``neighbours`` are the other stages of the settings: those that name the same role keep what
    they need. Raises `CredentialsProblem`, `AccessDenied` or `AwsUnavailable`, `SettingsError` for a role that cannot be
    ensured so, and `QuotaExceeded`.
    """
    region = options.region or stages[0].region
    own = AwsOptions("", region, options.endpoint_url)
    administrator, iam = open_administrator(asked.admin_profile, own)
    require_one_partition(stages, administrator)
    located = []
    for stage in stages:
        require_account(stage, administrator.account, "the administrator belongs")
        located.append(stage.with_account(administrator.account, administrator.partition))
    others = [
        each.with_account(administrator.account, administrator.partition)
        for each in neighbours
        if each.partition == administrator.partition
    ]
    found = []
    for wanted, members in wanted_roles(located, others, asked):
        role, limit, planned = look(iam, wanted, asked.consents)
        facts = RoleFacts(wanted, role, limit, asked.consents)
        foreign = others_boundary(facts)
        blocked = still_denied(facts, policy_document_of(iam, foreign) if foreign else None)
        found.append(
            RoleProvisioning(
                plan=planned,
                wanted=wanted,
                current=role,
                limit=limit,
                asked=asked,
                administrator=administrator.arn,
                stages=tuple(stage.name for stage in members),
                notes=(*_notes(wanted, role, planned, asked, blocked=bool(blocked)), *blocked),
                blocked=blocked,
                rights=administrator_rights(iam, administrator, planned, region),
                iam=iam,
                options=own,
            )
        )
    return tuple(found)


def wanted_roles(
    stages: Sequence[Stage], neighbours: Sequence[Stage], asked: RoleOptions
) -> tuple[tuple[EnsuredRole, tuple[Stage, ...]], ...]:
    """Return the roles that stages in a known account run as, each with those of the stages that do. Raises as `plan_roles`."""
    groups: dict[tuple[str, str], list[Stage]] = {}
    for stage in stages:
        groups.setdefault(target(stage, asked), []).append(stage)
    return tuple(
        (
            _wanted(
                name,
                path,
                (*members, *(each for each in neighbours if each not in members and name in _names(each))),
                asked,
            ),
            tuple(members),
        )
        for (name, path), members in groups.items()
    )


def _names(stage: Stage) -> tuple[str, ...]:
    """Return the names of the role that a function may run as: with ``role_arn`` Zappa may still manage the one by name."""
    return (stage.role.name, *([stage.role.arn.rpartition("/")[2]] if stage.role.arn else []))


def target(stage: Stage, asked: RoleOptions) -> tuple[str, str]:
    """Return the name and the path of the role that the stage's function runs as.

    Raises `SettingsError` for ``role_arn`` with a role that Zappa manages: it manages the one by name, and runs as it.
    """
    if stage.role.arn is None:
        return stage.role.name, stage.role.path
    if asked.manage_roles:
        raise SettingsError(
            f"stage {stage.name} names role_arn, and Zappa manages roles by their name only",
            hint="Name the role by role_name, or let Zappa not manage it (`--no-manage-roles`).",
        )
    if stage.account_id and f":{stage.account_id}:" not in stage.role.arn:
        raise SettingsError(
            f"stage {stage.name}: role_arn {stage.role.arn} is a role of another account than {stage.account_id}",
            hint="Use credentials of that account (`--admin-profile`). A function runs as a role of its own account.",
        )
    _, _, resource = stage.role.arn.partition(":role/")
    *folders, name = resource.split("/")
    return name, "/".join(["", *folders, ""])


def look(
    iam: IAMClient, wanted: EnsuredRole, consents: Consents
) -> tuple[CurrentRole | None, CurrentPolicy | None, Plan]:
    """Return the role as it is, the policy that is its boundary, and the plan."""
    role, limit = role_and_boundary(iam, wanted.name, wanted.boundary if wanted.bounds else "")
    return role, limit, execution_role_plan(wanted, role, limit, consents)


def _wanted(name: str, path: str, members: tuple[Stage, ...], asked: RoleOptions) -> EnsuredRole:
    if asked.manage_roles and len(members) > 1:
        shared = ", ".join(stage.name for stage in members)
        raise SettingsError(
            f"the stages {shared} share the role {name}: what Zappa writes into it for one it takes from the others",
            hint="Let Zappa not manage it (`--no-manage-roles`), or give each stage a role of its own (role_name).",
        )
    named = iam_ext_settings(members[0]).permissions_boundary
    boundary = named or f"{name}{BOUNDARY_ENDING}"
    first = members[0]
    arn = (
        boundary
        if boundary.startswith("arn:")
        else f"arn:{first.partition}:iam::{first.account}:policy/{boundary}"
    )
    return EnsuredRole(
        name=name,
        path=path,
        stages=members,
        inline=INLINE_POLICY if asked.manage_roles else EXECUTION_POLICY,
        policy=_managed_policy(as_managed(first))
        if asked.manage_roles
        else merged(map(policy_document, members)),
        trust=_trust(members, asked),
        boundary=arn if asked.boundary else "",
        bounds=not named,
    )


def policy_document(stage: Stage) -> dict[str, Any]:
    """Return what the function needs: what is computed, and what the user's own settings give it besides."""
    documents = [execution_policy(stage).to_dict()]
    if "attach_policy" in stage.settings and not generated(stage, "attach_policy", policy_file(stage)):
        documents.append(
            {**wanted_inline(stage), "Statement": as_list(wanted_inline(stage).get("Statement", []))}
        )
    elif extra := own_extra_permissions(stage):
        documents.append({"Version": "2012-10-17", "Statement": list(extra)})
    return merged(documents)


def _managed_policy(stage: Stage) -> dict[str, Any]:
    """Return the policy that Zappa is to find: what the file says, then all that Zappa appends, just so."""
    base = replace(stage, role=replace(stage.role, extra_permissions=()))
    document = policy_document(base)
    return {**document, "Statement": [*as_list(document.get("Statement", [])), *appended_statements(stage)]}


def _trust(members: Sequence[Stage], asked: RoleOptions) -> dict[str, Any]:
    """Return whom the role is to trust: who uses it for any of the stages, and whom the user's own file trusts besides."""
    found: dict[str, Mapping[str, Any]] = {}
    for stage in members:
        document = execution_trust(stage, lambda_source_account=asked.lambda_source_account)
        for statement in document["Statement"]:
            found.setdefault(statement["Sid"], statement)
    statements = list(found.values())
    for stage in members:
        if "assume_policy" in stage.settings and not generated(stage, "assume_policy", trust_file(stage)):
            statements += [
                each for each in as_list(wanted_trust(stage).get("Statement", [])) if each not in statements
            ]
    return {"Version": "2012-10-17", "Statement": statements}


def _notes(
    wanted: EnsuredRole, role: CurrentRole | None, planned: Plan, asked: RoleOptions, *, blocked: bool
) -> Iterator[str]:
    if role is None:
        return
    if not role.ours and planned.empty and not planned.unsafe:
        holds = "" if blocked else ", and it holds what is needed"
        yield f"it is left as it is: somebody else made {role.name}{holds}"
    if wanted.boundary and role.boundary not in {"", wanted.boundary}:
        yield f"the boundary {role.boundary.rpartition('/')[2]} of {role.name} stays"
    if wanted.inline != INLINE_POLICY and INLINE_POLICY in role.inline and not asked.consents.prune:
        yield f"{INLINE_POLICY}, which Zappa wrote, stays; --prune takes it away"
    for stage in wanted.stages:
        for item in judge_trust(stage, role.trust):
            if item.broken and item.decision == "explicitDeny":
                yield f"the trust policy denies {item.service}: {item.symptom}"
