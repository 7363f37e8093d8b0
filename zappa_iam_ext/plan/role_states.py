"""Roles as they are wanted and as they are: the deploying role, execution roles, the identity provider, the profile. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from zappa_iam_ext.plan.ownership import StageKey, read_ownership

DEFAULT_SESSION = 3600
"""Seconds that a session of a role lasts unless more is asked for (IAM API Reference, CreateRole)."""


@dataclass(frozen=True, slots=True)
class DesiredRole:
    """The role that deploys: whom it trusts, and how many seconds a session of it may last."""

    name: str
    trust: Mapping[str, Any]
    path: str = "/"
    max_session: int = DEFAULT_SESSION
    boundary: str = ""


@dataclass(frozen=True, slots=True)
class DesiredProvider:
    """The identity provider whose tokens the role trusts, and the audience that it has to take."""

    arn: str
    url: str
    client_id: str


@dataclass(frozen=True, slots=True)
class DesiredExecutionRole:
    """The execution role of a stage, made before Zappa would: ``limit`` is the document of its boundary.

    ``limit`` is empty for a boundary of somebody else's. ``policy`` is the inline policy ``inline``. ``further`` are other
    stages whose functions run as it.
    """

    stage: StageKey
    name: str
    path: str
    trust: Mapping[str, Any]
    inline: str
    policy: Mapping[str, Any]
    boundary: str
    limit: Mapping[str, Any] = field(default_factory=dict)
    further: tuple[StageKey, ...] = ()

    @property
    def stages(self) -> frozenset[StageKey]:
        """All stages that it is wanted for."""
        return frozenset({self.stage, *self.further})


@dataclass(frozen=True, slots=True)
class RoleProfile:
    """The profile that assumes the deploying role with another profile's credentials."""

    profile: str
    role_arn: str
    source_profile: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class DesiredRoles:
    """What is wanted of roles. Without ``deployer`` it is a user that deploys."""

    deployer: DesiredRole | None = None
    provider: DesiredProvider | None = None
    execution: tuple[DesiredExecutionRole, ...] = ()
    profile: RoleProfile | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what is wanted, for a plan file."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> DesiredRoles:
        """Return what a plan file tells. Raises `TypeError`, `KeyError` or `AttributeError` for anything else."""
        return cls(
            deployer=DesiredRole(**told["deployer"]) if told["deployer"] else None,
            provider=DesiredProvider(**told["provider"]) if told["provider"] else None,
            execution=tuple(
                DesiredExecutionRole(
                    **{
                        **each,
                        "stage": StageKey(**each["stage"]),
                        "further": tuple(StageKey(**key) for key in each.get("further", ())),
                    }
                )
                for each in told["execution"]
            ),
            profile=RoleProfile(**told["profile"]) if told["profile"] else None,
        )


@dataclass(frozen=True, slots=True)
class CurrentRole:
    """A role as it is; ``inline`` holds its inline policies by name, ``attached`` the documents of managed ones by ARN.

    ``last_used`` is the day and the region of its last use, as far as it was asked and IAM tells.
    """

    name: str
    arn: str
    trust: Mapping[str, Any]
    boundary: str = ""
    max_session: int = DEFAULT_SESSION
    tags: Mapping[str, str] = field(default_factory=dict)
    inline: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    attached: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    instance_profiles: tuple[str, ...] = ()
    last_used: tuple[str, str] | None = None

    @property
    def ours(self) -> bool:
        """Whether it carries the tag that says we made it."""
        return read_ownership(self.tags).ours


@dataclass(frozen=True, slots=True)
class CurrentProvider:
    """An identity provider as it is; ``trusted_by`` names the roles whose trust names it, None where nobody could tell."""

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    trusted_by: tuple[str, ...] | None = None

    @property
    def ours(self) -> bool:
        """Whether it carries the tag that says we made it."""
        return read_ownership(self.tags).ours


@dataclass(frozen=True, slots=True)
class CurrentRoles:
    """What there is of the wanted roles: by name, with the provider's client ids and the profile's settings.

    ``provider`` is None where there is none. ``limits`` are the boundaries that exist, by name. ``providers`` are
    those that may be removed.
    """

    deployer: CurrentRole | None = None
    execution: Mapping[str, CurrentRole] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    provider: tuple[str, ...] | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    providers: tuple[CurrentProvider, ...] = ()


def is_bounded(wanted: DesiredExecutionRole, present: CurrentRole | None, *, adopt: bool = False) -> bool:
    """Say whether an execution role has the boundary once the plan is applied.

    A role that somebody else made without it is left as it is, unless it is adopted: a boundary can take rights from
    the function.
    """
    return present is None or present.boundary == wanted.boundary or present.ours or adopt
