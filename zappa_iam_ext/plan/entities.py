"""The users, groups and roles of an account: who deploys a stage besides, and in which mode that was made. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.plan.ownership import StageKey, read_ownership
from zappa_iam_ext.plan.states import CurrentPolicy

SHOWN = 3
"""So many names are told."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A ``user``, a ``group`` or a ``role``, the ARNs of its managed policies, and of a role whom it trusts."""

    kind: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    trust: Mapping[str, Any] = field(default_factory=dict)

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
        return any(_trusts(self.trust, "Service"))

    @property
    def mode(self) -> str:
        """The ``--mode`` that makes such a deployer."""
        if self.kind != "role":
            return "user"
        return (
            "oidc" if any(":oidc-provider/" in each for each in _trusts(self.trust, "Federated")) else "role"
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
    """Yield who deploys these stages besides the ``kind`` of this name: by its own tags, or by a policy of ours."""
    ours = {each.arn: each.ownership.stages or frozenset() for each in policies if each.ours}
    for entity in found:
        if entity.runs_functions or (entity.kind, entity.name) in {(kind, name), ("group", group)}:
            continue
        named = entity.stages if entity.ours and entity.kind == "role" else frozenset()
        held = named.union(*(ours.get(arn, frozenset()) for arn in entity.attached))
        if held & stages:
            yield Elsewhere(entity, tuple(sorted(held & stages)))


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


def _trusts(trust: Mapping[str, Any], kind: str) -> Iterator[str]:
    """Yield whom a trust policy names, of one kind."""
    statements = trust.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") if isinstance(statement, Mapping) else None
        named = principal.get(kind, []) if isinstance(principal, Mapping) else []
        yield from map(str, named if isinstance(named, list) else [named])
