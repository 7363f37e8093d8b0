"""The execution role that a function runs as: made, or brought up to date, with what it needs and no more. Pure.

A role is never deleted and made again: grants of keys and resource policies point at its id. Others' policies on it stay.
What other stages need of a role that they share stays too, though it may not be known here what that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zappa_iam_ext.errors import QuotaExceeded, SettingsError
from zappa_iam_ext.iam import Effect
from zappa_iam_ext.iam.synthesis import MANAGED_POLICY_LIMIT
from zappa_iam_ext.permissions.stage import MAX_ROLE_NAME
from zappa_iam_ext.plan.changes import (
    Change,
    CreateRole,
    DeleteRolePolicy,
    PutRolePermissionsBoundary,
    PutRolePolicy,
    TagRole,
    UpdateAssumeRolePolicy,
)
from zappa_iam_ext.plan.documents import fingerprint, same, size
from zappa_iam_ext.plan.model import Concern, ConcernKind, Plan
from zappa_iam_ext.plan.ownership import Ownership
from zappa_iam_ext.plan.planning import Consents
from zappa_iam_ext.plan.planning.effects import effects
from zappa_iam_ext.plan.planning.execution_documents import (
    EnsuredRole,
    RoleFacts,
    drops_zappas,
    held_after,
    limits_of,
    policy_of,
    readable,
    trust_of,
    trust_statements,
    untrusted,
)
from zappa_iam_ext.plan.planning.policies import (
    policy_changes,
    policy_concerns,
    policy_updates,
    version_concerns,
)
from zappa_iam_ext.plan.planning.roles import EXECUTION_ROLE
from zappa_iam_ext.plan.privileges import Held, Privilege, covered, lost
from zappa_iam_ext.plan.role_states import CurrentRole
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredState
from zappa_iam_ext.roles.trusts import TRUST_LIMIT
from zappa_iam_ext.roles.zappa_writes import INLINE_POLICY

INLINE_LIMIT = 10_240
"""Characters of all inline policies of a role together, white space not counted (IAM and STS quotas)."""
TRUST = "trust policy"


def execution_role_plan(
    wanted: EnsuredRole,
    present: CurrentRole | None,
    limit: CurrentPolicy | None = None,
    consents: Consents | None = None,
) -> Plan:
    """Return what makes the role what it has to be. ``limit`` is the policy that is its boundary, where it exists.

    A role that we did not make and that holds all that is needed is left alone. Raises `QuotaExceeded`, and
    `SettingsError` for a name that IAM does not take.
    """
    facts = RoleFacts(wanted, present, limit, consents or Consents())
    _require_name(wanted)
    if present is not None and not present.ours and not facts.consents.adopt:
        return Plan() if _suffices(facts) else Plan(concerns=(_not_owned(present),))
    policy, trust = policy_of(facts), trust_of(facts)
    _require_sizes(facts, policy, trust)
    after = held_after(facts, policy)
    limits = limits_of(facts, after)
    _require_room(limits[0])
    narrowed, widened = _effects(facts, after, limits, trust)
    return Plan(
        tuple(_changes(facts, policy, trust, limits)),
        tuple(_concerns(facts, policy, limits)),
        narrowed,
        widened,
        may_narrow=facts.consents.prune,
    )


def _changes(
    facts: RoleFacts,
    policy: Mapping[str, Any],
    trust: Mapping[str, Any],
    limits: tuple[DesiredState, CurrentState],
) -> Iterator[Change]:
    """Yield the changes: what gives before what takes, and tags before what they tell of."""
    wanted, present = facts.wanted, facts.present
    yield from policy_changes(*limits)
    yield from policy_updates(*limits)
    if present is None:
        yield CreateRole(
            wanted.name, wanted.path, trust, _tags(facts, policy), wanted.boundary, description=EXECUTION_ROLE
        )
        yield PutRolePolicy(wanted.name, wanted.inline, policy)
        return
    differs = facts.document is None or not same(facts.document, policy)
    if _tags_differ(facts, policy, differs=differs):
        yield TagRole(present.name, _tags(facts, policy))
    if not same(present.trust, trust):
        yield UpdateAssumeRolePolicy(present.name, trust)
    if differs:
        yield PutRolePolicy(present.name, wanted.inline, policy)
    if wanted.boundary and not present.boundary:
        yield PutRolePermissionsBoundary(present.name, wanted.boundary, present.boundary)
    if drops_zappas(facts):
        yield DeleteRolePolicy(present.name, INLINE_POLICY)


def _tags_differ(facts: RoleFacts, policy: Mapping[str, Any], *, differs: bool) -> bool:
    told = facts.told
    known = told.ours and facts.wanted.keys <= (told.stages or frozenset())
    return not known or not told.wrote(fingerprint(policy)) or (differs and facts.edited)


def _tags(facts: RoleFacts, policy: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags: while the policy is being replaced, both documents are known as ours."""
    told, document = facts.told, facts.document
    documents = {fingerprint(policy): None}
    if document is not None and told.wrote(fingerprint(document)):
        documents[fingerprint(document)] = None
    stages = (told.stages or frozenset()) | facts.wanted.keys
    zappa = facts.wanted.stages[0].zappa_version
    return {**facts.wanted.tags, **Ownership(True, stages, tuple(documents), zappa).to_tags()}


def _concerns(
    facts: RoleFacts, policy: Mapping[str, Any], limits: tuple[DesiredState, CurrentState]
) -> Iterator[Concern]:
    present, document = facts.present, facts.document
    if facts.others and facts.wanted.inline == INLINE_POLICY:
        yield Concern(
            facts.wanted.arn,
            "other stages run as this role too: what Zappa writes into it for one stage it takes from the others",
            "Let Zappa manage it for none of them (`--no-manage-roles`), or name another role (role_name).",
        )
    if not facts.consents.adopt:
        if present is not None and document is not None and facts.edited and not same(document, policy):
            yield Concern(
                f"{present.arn} {facts.wanted.inline}",
                "somebody edited the policy since we wrote it; replacing it would lose the edit",
                "Keep the edit (`--adopt`), or take it back (`--adopt --prune`).",
                ConcernKind.DRIFT,
            )
        yield from policy_concerns(*limits)
    if not facts.consents.prune_versions:
        yield from version_concerns(*limits)


def _not_owned(present: CurrentRole) -> Concern:
    return Concern(
        present.arn,
        "the role exists, lacks something, and does not carry our tag: others may rely on it",
        "Adopt it (`--adopt`): what it trusts and holds is kept. Or name another role (role_name).",
    )


def _suffices(facts: RoleFacts) -> bool:
    """Say whether a role of somebody else's holds all that is needed and trusts who uses it."""
    present, wanted = facts.present, facts.wanted
    assert present is not None  # noqa: S101
    held = list(readable({**present.inline, **present.attached}.values()))
    return covered(wanted.policy, held) and not any(untrusted(wanted, present.trust))


def _effects(
    facts: RoleFacts,
    after: Mapping[str, Mapping[str, Any]],
    limits: tuple[DesiredState, CurrentState],
    trust: Mapping[str, Any],
) -> tuple[tuple[Privilege, ...], tuple[Privilege, ...]]:
    """Return what the function, or who assumes the role, loses and what the function gains."""
    present, name = facts.present, facts.wanted.name
    before = {**present.inline, **present.attached} if present else {}
    old = tuple(Held(f"{name}/{policy}", document) for policy, document in before.items())
    new = tuple(Held(f"{name}/{policy}", document) for policy, document in after.items())
    losses = dict.fromkeys((*lost(old, new), *effects(*limits)[0]))
    if present is not None:
        losses |= dict.fromkeys(_no_longer_trusted(present, trust))
    return tuple(losses), lost(new, old)


def _no_longer_trusted(present: CurrentRole, trust: Mapping[str, Any]) -> Iterator[Privilege]:
    """Yield whom the role trusts and would not trust any more, or only under other conditions."""
    kept = {statement.meaning() for statement in trust_statements(trust)}
    for statement in trust_statements(present.trust):
        if statement.effect is not Effect.ALLOW or statement.meaning() in kept:
            continue
        for kind, values in (statement.principals or {}).items():
            for value in values:
                still = any(
                    value in (each.principals or {}).get(kind, ()) for each in trust_statements(trust)
                )
                yield Privilege(
                    TRUST, statement.sid, "sts:AssumeRole", present.arn, f"{kind} = {value}", partly=still
                )


def _require_name(wanted: EnsuredRole) -> None:
    if len(wanted.name) > MAX_ROLE_NAME:
        raise SettingsError(
            f"the role's name {wanted.name} has {len(wanted.name)} characters; IAM allows {MAX_ROLE_NAME}",
            hint="Name a shorter one: role_name in the stage's settings. Zappa could not make this one either.",
        )


def _require_sizes(facts: RoleFacts, policy: Mapping[str, Any], trust: Mapping[str, Any]) -> None:
    inline = dict(facts.present.inline) if facts.present else {}
    if drops_zappas(facts):
        inline.pop(INLINE_POLICY, None)
    total = sum(map(size, {**inline, facts.wanted.inline: policy}.values()))
    if total > INLINE_LIMIT:
        raise QuotaExceeded(
            f"the inline policies of {facts.wanted.name} would have {total:,} characters; IAM allows {INLINE_LIMIT:,}",
            hint="Give stages that share the role one of their own (role_name), or attach a managed policy for the rest.",
        )
    if size(trust) > TRUST_LIMIT and (facts.present is None or not same(facts.present.trust, trust)):
        raise QuotaExceeded(
            f"the trust policy of {facts.wanted.name} would have {size(trust):,} characters; IAM allows {TRUST_LIMIT:,}",
            hint="Take what the role need not trust out of it (`--prune`).",
        )


def _require_room(desired: DesiredState) -> None:
    for policy in desired.policies:
        if size(policy.document) > MANAGED_POLICY_LIMIT:
            raise QuotaExceeded(
                f"the boundary {policy.name} would have {size(policy.document):,} characters; IAM allows {MANAGED_POLICY_LIMIT:,}",
                hint="Name one of your own (iam_ext.permissions_boundary), or make none (`--no-boundary`).",
            )
