"""The execution role of a stage as it is in the account, and as Zappa leaves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from zappa_iam_ext.aws.documents import document_from
from zappa_iam_ext.aws.reading.model import HeldPolicy, LiveRole, PrincipalPolicies
from zappa_iam_ext.aws.reading.sources import held_sources
from zappa_iam_ext.check import RoleReport
from zappa_iam_ext.check.execution_role import RoleAsItIs, check_role
from zappa_iam_ext.errors import InvalidPolicyDocument, SettingsError
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.model import Command, Requirement
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.roles.zappa_writes import (
    INLINE_POLICY,
    LiveDocuments,
    ZappaWrites,
    wanted_inline,
    wanted_trust,
    zappa_writes,
)
from zappa_iam_ext.workflow.deciding.principals import ReadPrincipal, role_name

#: The commands with which AWS looks at the role: they make or change the function, or what calls it.
LOOKED_AT = frozenset({"deploy", "update", "schedule"})


#: What a check does not read of a role that Zappa writes: it needs permissions that Zappa does not.
OTHER_POLICIES = "policies of the execution role that others gave it"


def roles_to_read(stages: Iterable[Stage], commands: Iterable[Command]) -> Mapping[str, bool]:
    """Return the roles that a check reads, by name: none where no command has AWS look at them.

    All policies are read of a role that Zappa only finds; of one that Zappa writes it is known what it will hold.
    """
    if not any(command.name in LOOKED_AT for command in commands):
        return {}
    found: dict[str, bool] = {}
    for stage in stages:
        name = role_name(stage)
        found[name] = found.get(name, False) or not stage.role.managed
    return found


def execution_role_report(stage: Stage, principal: ReadPrincipal) -> RoleReport | None:
    """Return how the role of a stage in a known account stands; None where it was not read."""
    live = live_role(stage, principal)
    return check_role(stage, as_zappa_leaves_it(stage, live)) if live else None


def live_role(stage: Stage, principal: ReadPrincipal) -> LiveRole | None:
    """Return the role of a stage as it was read beside the principal; None where it was not."""
    return next((each for each in principal.held.roles if each.name == role_name(stage)), None)


def as_it_is(live: LiveRole) -> RoleAsItIs:
    """Return a role as it is in the account."""
    return RoleAsItIs(
        name=live.name,
        exists=live.exists,
        arn=live.arn,
        policies=live.held.policies,
        sources=held_sources(live.held),
        trust=live.trust,
        unreadable=live.held.unreadable,
        unique_id=live.unique_id,
        boundary=live.boundary,
    )


def as_zappa_leaves_it(stage: Stage, live: LiveRole) -> RoleAsItIs:
    """Return the role as the next deployment leaves it: one that Zappa manages with the documents that Zappa writes.

    Where Zappa cannot use the documents of the settings the role counts as it is.
    """
    now = as_it_is(live)
    if not stage.role.managed:
        return now
    try:
        written = PolicyDocument.parse(wanted_inline(stage), readable=False)
        trust = wanted_trust(stage)
        writes = zappa_writes(stage, documents_of(live))
    except (InvalidPolicyDocument, SettingsError):
        return now
    others = [policy for policy in live.held.held if not is_zappas(policy)]
    zappas = HeldPolicy(
        f"role {live.name} / inline policy {INLINE_POLICY} as Zappa writes it", "identity", written
    )
    held = PrincipalPolicies(live.held.principal, (*others, zappas), live.held.unreadable)
    rewritten = live.exists is False or any(
        each.operation == "UpdateAssumeRolePolicy" for each in writes.writes
    )
    return replace(
        now,
        policies=held.policies,
        sources=held_sources(held),
        trust=trust if rewritten or live.trust is None else live.trust,
    )


def documents_of(live: LiveRole) -> LiveDocuments | None:
    """Return what Zappa compares of a role; None where there is no role."""
    if live.exists is False or live.trust is None:
        return None
    own = next(filter(is_zappas, live.held.held), None)
    inline = (document_from(own.text) or own.document.to_dict()) if own else None
    return LiveDocuments(live.trust, inline)


def writes_of(stage: Stage, live: LiveRole) -> ZappaWrites | None:
    """Return what Zappa's next deployment writes into the role; None where it could not be read."""
    told = f"inline policy {INLINE_POLICY}", "the inline policies of"
    if live.exists is None or any(part in each for each in live.held.unreadable for part in told):
        return None
    return zappa_writes(stage, documents_of(live))


def is_zappas(policy: HeldPolicy) -> bool:
    """Say whether a policy is the inline one that Zappa writes."""
    return not policy.arn and policy.source.endswith(f" / inline policy {INLINE_POLICY}")


def on_stored_arn(
    needed: Sequence[Requirement], stage: Stage, live: LiveRole | None
) -> tuple[Requirement, ...]:
    """Return what the deploying principal needs, of the role by the ARN that IAM stores: a path included, which no setting tells."""
    if live is None or not live.arn or live.arn == stage.named_role_arn or stage.role.arn:
        return tuple(needed)
    return tuple(
        replace(each, resource=live.arn) if each.resource == stage.named_role_arn else each for each in needed
    )
