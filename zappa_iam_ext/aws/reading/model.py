"""What was read: the policies that bind a principal, or a role by name, each with its origin, and what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zappa_iam_ext.aws.documents import document_from, tags_from
from zappa_iam_ext.iam import PolicyDocument, PolicySet, Principal

HeldLayer = Literal["identity", "group", "boundary"]


@dataclass(frozen=True, slots=True)
class HeldPolicy:
    """A policy that binds the principal.

    ``source`` says where it comes from in words (``group deployers / managed policy X``), ``arn`` names a
    managed policy and is empty for an inline one. ``text`` is the JSON as IAM stores it, empty where it is not known.
    """

    source: str
    layer: HeldLayer
    document: PolicyDocument
    arn: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A managed policy that was looked for by name, and found in the account.

    ``version`` is the default one. ``tags`` is None where they may not be read, ``document`` where it may not or is none.
    """

    name: str
    arn: str
    version: str = ""
    tags: Mapping[str, str] | None = None
    document: PolicyDocument | None = None


@dataclass(frozen=True, slots=True)
class PrincipalPolicies:
    """Everything that binds a principal as far as it could be read.

    ``policies`` is for the evaluator, ``held`` for the evidence. ``unreadable`` names what could not be
    read, with the action that was denied or the reason; empty means that the picture is complete. ``principal`` knows
    the ARN of the role behind a session where the role could be read; ``described`` is IAM's answer about the user or role, its tags
    among it, None where it could not be read. ``named`` are the policies that were looked for by name, and their further parts; ``absent`` the
    names that the account has not. ``alias`` is the account's, empty where there is none or it may not be read. ``roles`` are
    other roles that were looked for by name.
    """

    principal: Principal
    held: tuple[HeldPolicy, ...] = ()
    unreadable: tuple[str, ...] = ()
    described: Mapping[str, Any] | None = None
    named: tuple[NamedPolicy, ...] = ()
    absent: frozenset[str] = frozenset()
    alias: str = ""
    roles: tuple[LiveRole, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every policy that binds the principal was read."""
        return not self.unreadable

    @property
    def tags(self) -> Mapping[str, str] | None:
        """The tags of the user or role; None where they could not be read."""
        if self.described is None:
            return None
        return tags_from(self.described)

    @property
    def policies(self) -> PolicySet:
        """The documents by layer."""
        return PolicySet(
            identity=self._layer("identity"), group=self._layer("group"), boundary=self._layer("boundary")
        )

    def _layer(self, layer: HeldLayer) -> tuple[PolicyDocument, ...]:
        return tuple(policy.document for policy in self.held if policy.layer == layer)


@dataclass(frozen=True, slots=True)
class LiveRole:
    """A role that was looked for by name, as it is in the account.

    ``exists`` is None where that may not be read. ``held`` is what binds the role, as of a principal; its ARN is the
    stored one, path included, where the role could be read.
    """

    name: str
    exists: bool | None
    held: PrincipalPolicies

    @property
    def arn(self) -> str:
        """The ARN that IAM stores; empty where it is not known."""
        return str((self.held.described or {}).get("Arn", ""))

    @property
    def unique_id(self) -> str:
        """What IAM calls this very role, however often one of its name is made; empty where it is not known."""
        return str((self.held.described or {}).get("RoleId", ""))

    @property
    def boundary(self) -> str:
        """The ARN of the permissions boundary; empty where there is none."""
        boundary = (self.held.described or {}).get("PermissionsBoundary") or {}
        return str(boundary.get("PermissionsBoundaryArn", ""))

    @property
    def trust(self) -> dict[str, Any] | None:
        """The trust policy; None where it could not be read."""
        if self.held.described is None:
            return None
        return document_from(self.held.described.get("AssumeRolePolicyDocument"))
