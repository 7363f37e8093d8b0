"""What the execution role of a function is to hold, trust and stay within, by what is there. Pure.

What other stages need of a role that they share stays, though it may not be known here what that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import PolicyDocument, Statement
from zappa_iam_ext.iam.statement import PolicyKind
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.plan.documents import fingerprint, merged, same
from zappa_iam_ext.plan.ownership import Ownership, StageKey, read_ownership
from zappa_iam_ext.plan.planning import Consents
from zappa_iam_ext.plan.privileges import covered
from zappa_iam_ext.plan.role_states import CurrentRole
from zappa_iam_ext.plan.states import CurrentPolicy, CurrentState, DesiredPolicy, DesiredState
from zappa_iam_ext.roles.execution_trust import judge_trust
from zappa_iam_ext.roles.zappa_writes import INLINE_POLICY


@dataclass(frozen=True, slots=True)
class EnsuredRole:
    """The execution role as it is wanted, by the stages whose functions run as it.

    ``stages`` are in a known account. ``inline`` is the name of the policy that says ``policy``. ``boundary`` is the ARN of
    the permissions boundary, empty for none; ``bounds`` says that we write what it allows.
    """

    name: str
    path: str
    stages: tuple[Stage, ...]
    inline: str
    policy: Mapping[str, Any]
    trust: Mapping[str, Any]
    boundary: str = ""
    bounds: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> frozenset[StageKey]:
        """The stages as tags name them."""
        return frozenset(StageKey(stage.project_name, stage.name) for stage in self.stages)

    @property
    def arn(self) -> str:
        """The ARN that IAM stores."""
        first = self.stages[0]
        return f"arn:{first.partition}:iam::{first.account}:role{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What is wanted and what is there: the role, and ``limit``, the policy that is its boundary where it exists."""

    wanted: EnsuredRole
    present: CurrentRole | None
    limit: CurrentPolicy | None
    consents: Consents

    @property
    def told(self) -> Ownership:
        """Whose the role is, as its tags say."""
        return read_ownership(self.present.tags) if self.present else Ownership()

    @property
    def others(self) -> bool:
        """Whether stages share the role whose needs are not known here."""
        if self.present is None or not self.present.ours:
            return False
        return self.told.stages is None or bool(self.told.stages - self.wanted.keys)

    @property
    def document(self) -> Mapping[str, Any] | None:
        """What the policy says now; None where there is none."""
        return self.present.inline.get(self.wanted.inline) if self.present else None

    @property
    def edited(self) -> bool:
        """Whether somebody edited the policy since we wrote it."""
        document, told = self.document, self.told
        known = document is not None and told.ours and bool(told.documents)
        return known and not told.wrote(fingerprint(document or {}))

    @property
    def prunes(self) -> bool:
        """Whether permissions may be taken away that no other stage may need."""
        return self.consents.prune and not self.others


def policy_of(facts: RoleFacts) -> Mapping[str, Any]:
    """Return what the policy is to say: with what others may need of it, and with an edit that is adopted."""
    document, wanted = facts.document, facts.wanted.policy
    if document is None or same(document, wanted):
        return wanted
    adopted = facts.consents.adopt and not facts.prunes
    if (facts.others or adopted) and facts.wanted.inline != INLINE_POLICY:
        return document if covered(wanted, [document]) else merged([wanted, document])
    return wanted


def trust_of(facts: RoleFacts) -> Mapping[str, Any]:
    """Return whom the role is to trust: what it trusts already stays unless ``prune`` is given.

    What is missing stands first: Zappa compares the services of the first statement.
    """
    wanted, present = facts.wanted, facts.present
    if present is None:
        return wanted.trust
    if facts.prunes:
        return present.trust if same(present.trust, wanted.trust) else wanted.trust
    missing = list(untrusted(wanted, present.trust))
    if not missing:
        return present.trust
    there = present.trust.get("Statement", [])
    return {**wanted.trust, "Statement": [*missing, *(there if isinstance(there, list) else [there])]}


def untrusted(wanted: EnsuredRole, trust: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the statements of services that the role does not trust, or not so that it works.

    One that is there and does not work, for another one denies it, is not added again.
    """
    known = {statement.meaning() for statement in trust_statements(trust)}
    broken: set[str] = set()
    for stage in wanted.stages:
        try:
            broken |= {item.service for item in judge_trust(stage, trust) if item.broken}
        except InvalidPolicyDocument:
            broken |= {service for each in wanted.trust["Statement"] for service in _services(each)}
    for each in wanted.trust["Statement"]:
        (read,) = trust_statements({**wanted.trust, "Statement": [each]})
        if broken & set(_services(each)) and read.meaning() not in known:
            yield each


def _services(statement: Mapping[str, Any]) -> list[str]:
    found = statement["Principal"]["Service"]
    return found if isinstance(found, list) else [found]


def held_after(facts: RoleFacts, policy: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return all that the role holds afterwards, by name."""
    present = facts.present
    held = {**present.inline, **present.attached} if present else {}
    if drops_zappas(facts):
        held.pop(INLINE_POLICY, None)
    return {**held, facts.wanted.inline: policy}


def drops_zappas(facts: RoleFacts) -> bool:
    """Say whether the policy goes that Zappa wrote before: with consent, and where no other stage may need it."""
    present, wanted = facts.present, facts.wanted
    if present is None or wanted.inline == INLINE_POLICY or not facts.prunes:
        return False
    return INLINE_POLICY in present.inline


def limits_of(facts: RoleFacts, after: Mapping[str, Mapping[str, Any]]) -> tuple[DesiredState, CurrentState]:
    """Return the boundary as a policy of its own: it allows what the role holds, and keeps what it allowed.

    A boundary that allows all of it already stays as it is unless ``prune`` is given.
    """
    wanted, limit = facts.wanted, facts.limit
    first = wanted.stages[0]
    policies: tuple[DesiredPolicy, ...] = ()
    if _bounded_by_us(facts):
        document = merged(readable(after.values()), allows_only=True)
        if limit is not None and not facts.prunes:
            enough = covered(document, [limit.document])
            document = dict(limit.document) if enough else merged([document, limit.document])
        stages = facts.wanted.keys | ((limit.ownership.stages or frozenset()) if limit else frozenset())
        policies = (DesiredPolicy(wanted.boundary.rpartition("/")[2], _unnamed(document), stages),)
    desired = DesiredState(
        first.account, "-", policies, first.partition, tags=wanted.tags, zappa=first.zappa_version
    )
    return desired, CurrentState(policies={limit.name: limit} if limit else {})


def _bounded_by_us(facts: RoleFacts) -> bool:
    """Say whether the role has, or gets, a boundary that we write."""
    wanted, present = facts.wanted, facts.present
    if not wanted.boundary or not wanted.bounds:
        return False
    return present is None or present.boundary in {"", wanted.boundary}


def readable(documents: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the documents that can be read."""
    for document in documents:
        try:
            PolicyDocument.parse(document, readable=False)
        except InvalidPolicyDocument:
            continue
        yield document


def _unnamed(document: Mapping[str, Any]) -> dict[str, Any]:
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return {
        **document,
        "Statement": [{name: value for name, value in each.items() if name != "Sid"} for each in listed],
    }


def trust_statements(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """Return the statements of a trust policy; none of one that cannot be read."""
    try:
        return PolicyDocument.parse(document, PolicyKind.TRUST, readable=False).statements
    except InvalidPolicyDocument:
        return ()
