"""The users, groups and roles of an account: who deploys a stage besides, and in which mode that was made. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam import Effect, PolicyDocument
from zappa_iam_ext.iam.document import as_list
from zappa_iam_ext.plan.ownership import StageKey, read_ownership
from zappa_iam_ext.plan.states import CurrentPolicy

SHOWN = 3
"""So many names are told."""


_LOOKS_AT = {"iam:listattacheduserpolicies": "user", "iam:listattachedrolepolicies": "role"}
"""The actions by which a user or a role reads which policies it has, and the type of resource that they name."""
_PASSES = "iam:passrole"
OUR_GROUPS = "/zappa-iam-ext/"
"""The path of the groups that we make: groups have no tags."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A ``user``, a ``group`` or a ``role``, the ARNs of its managed policies, and of a role whom it trusts."""

    kind: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    trust: Mapping[str, Any] = field(default_factory=dict)
    path: str = "/"

    def __str__(self) -> str:
        return f"the {self.kind} {self.name}"

    @property
    def ours(self) -> bool:
        """Whether it carries the tag that says we made it."""
        return read_ownership(self.tags).ours

    @property
    def stages(self) -> frozenset[StageKey]:
        """The stages that its tags name; none where no tag tells."""
        return read_ownership(self.tags).stages or frozenset()

    @property
    def runs_functions(self) -> bool:
        """Whether a service runs as it: it is no role that deploys."""
        return any(trusted(self.trust, "Service"))

    @property
    def mode(self) -> str:
        """The ``--mode`` that makes such a deployer."""
        if self.kind != "role":
            return "user"
        return (
            "oidc" if any(":oidc-provider/" in each for each in trusted(self.trust, "Federated")) else "role"
        )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Who else deploys some of the stages: ``destroy`` removes it with this mode, under this name."""

    entity: Entity
    stages: tuple[StageKey, ...]

    def __str__(self) -> str:
        return f"{self.entity}, which deploys {', '.join(map(str, self.stages))}"


def elsewhere(
    found: Iterable[Entity],
    policies: Iterable[CurrentPolicy],
    stages: frozenset[StageKey],
    *,
    kind: str,
    name: str,
    group: str = "",
) -> Iterator[Elsewhere]:
    """Yield who deploys these stages besides the ``kind`` of this name: by its own tags, or by a policy made for it.

    Whoever was given a policy of ours by hand was not made by us: the policy names others.
    """
    ours = {each.arn: each for each in policies if each.ours}
    for entity in found:
        if entity.runs_functions or (entity.kind, entity.name) in {(kind, name), ("group", group)}:
            continue
        named = entity.stages if entity.ours and entity.kind == "role" else frozenset()
        mine = (ours[arn] for arn in entity.attached if arn in ours and _made_for(entity, ours[arn]))
        held = named.union(*(policy.ownership.stages or frozenset() for policy in mine))
        if held & stages:
            yield Elsewhere(entity, tuple(sorted(held & stages)))


def _made_for(entity: Entity, policy: CurrentPolicy) -> bool:
    if entity.kind == "group":
        return entity.path == OUR_GROUPS
    return f"{entity.kind}/{entity.name}" in named_deployers((policy.document,))


def named_deployers(documents: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the users and roles that may look at themselves by these documents: ``user/serverless``.

    A role that is passed is one that functions run as: whoever deploys looks at it too.
    """
    looked_at: set[str] = set()
    passed: set[str] = set()
    for document in documents:
        for actions, resources in _allowed(document):
            kinds = {kind for action, kind in _LOOKS_AT.items() if action in actions}
            names = {name for each in resources if (name := _name(each))}
            looked_at |= {name for name in names if name.partition("/")[0] in kinds}
            if _PASSES in actions:
                passed |= names
    return frozenset(looked_at - passed)


def holders(found: Iterable[Entity]) -> dict[str, tuple[str, ...]]:
    """Return who holds each managed policy, by its ARN."""
    held: dict[str, list[str]] = {}
    for entity in found:
        for arn in entity.attached:
            held.setdefault(arn, []).append(str(entity))
    return {arn: tuple(names) for arn, names in held.items()}


def some(names: Collection[str]) -> str:
    """Return some of the names."""
    told = sorted(names)
    return ", ".join(told[:SHOWN]) + (", ..." if told[SHOWN:] else "")


def trusted(trust: Mapping[str, Any], kind: str) -> Iterator[str]:
    """Yield whom a trust policy names, of one kind: ``Service``, ``Federated``."""
    for statement in as_list(trust.get("Statement", [])):
        principal = statement.get("Principal") if isinstance(statement, Mapping) else None
        named = principal.get(kind, []) if isinstance(principal, Mapping) else []
        yield from map(str, as_list(named))


def _allowed(document: Mapping[str, Any]) -> Iterator[tuple[frozenset[str], tuple[str, ...]]]:
    """Yield the actions, in lower case, and the resources of each Allow statement."""
    try:
        statements = PolicyDocument.parse(document).statements
    except ZappaIamError:
        return
    for statement in statements:
        if statement.effect is Effect.ALLOW:
            yield frozenset(map(str.lower, statement.actions)), tuple(statement.resources)


def _name(arn: str) -> str:
    """Return ``user/NAME`` or ``role/NAME`` of an ARN, without the path; empty for anything else."""
    kind, _, name = arn.partition(":iam::")[2].partition(":")[2].partition("/")
    return f"{kind}/{name.rpartition('/')[2]}" if kind in {"user", "role"} and name else ""
