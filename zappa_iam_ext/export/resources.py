"""The IAM resources that are handed over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer managed policy: its name, the JSON of its document, its tags."""

    name: str
    document: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user. ``exists``: it is there already, so that nobody makes it again."""

    name: str
    exists: bool = False


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An IAM OIDC identity provider: the issuer's URL and the audiences (client ids). An account has one for each URL."""

    url: str
    client_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role: its trust policy, and the identity provider that it trusts, if it does.

    ``max_session_duration`` is in seconds; 0: IAM's default.
    """

    name: str
    trust: Mapping[str, Any]
    provider: OidcProvider | None = None
    max_session_duration: int = 0
    exists: bool = False


Deployer = User | Role
"""Who deploys, and has the policies attached."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything to be made for some stages, in one account.

    ``stages`` name them as ``project/stage``. ``path`` is the IAM path of what is made, ``tags`` are those of the deployer,
    ``boundary`` is the ARN of its permissions boundary. ``execution`` are the roles that the functions run as, where the
    policies write them only within their boundaries.
    """

    account: str
    partition: str
    stages: tuple[str, ...]
    deployer: Deployer
    policies: tuple[ManagedPolicy, ...]
    path: str = "/"
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str = ""
    execution: tuple[ExecutionRole, ...] = ()

    @property
    def kind(self) -> str:
        """Who deploys: a ``user`` or a ``role``."""
        return "user" if isinstance(self.deployer, User) else "role"

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of what is made: ``kind`` is ``policy``, ``user`` or ``role``."""
        return f"arn:{self.partition}:iam::{self.account}:{kind}{self.path}{name}"


@dataclass(frozen=True, slots=True)
class ExecutionRole:
    """The role that functions run as, with its inline policy and its boundary, in one account.

    ``stages`` name those that run as it as ``project/stage``. ``limit`` is what the boundary says; empty for a boundary of
    somebody else's, and for none (``boundary`` is its ARN).
    """

    account: str
    partition: str
    stages: tuple[str, ...]
    name: str
    path: str
    trust: Mapping[str, Any]
    policy: ManagedPolicy
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str = ""
    limit: Mapping[str, Any] = field(default_factory=dict)

    @property
    def boundary_name(self) -> str:
        """The name of the boundary, without its path."""
        return self.boundary.rpartition("/")[2]
