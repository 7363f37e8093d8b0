"""Amazon Resource Names, and the principals that they name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zappa_iam_ext.errors import InvalidArn

SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class Arn:
    """``arn:partition:service:region:account:resource``; the resource may hold further colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Return the ARN of a string; raise `InvalidArn` when it is none."""
        parts = text.split(":", SEGMENTS - 1)
        if len(parts) != SEGMENTS or parts[0] != "arn" or not parts[1] or not parts[2]:
            raise InvalidArn(
                f"{text[:200]!r} is not an ARN",
                hint="An ARN has six parts: arn:partition:service:region:account:resource.",
            )
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def user_arn(partition: str, account: str, name: str, path: str = "/") -> str:
    """Return the ARN of an IAM user; a path begins and ends with a slash."""
    return f"arn:{partition}:iam::{account}:user{path}{name}"


class PrincipalKind(StrEnum):
    """What an ARN of IAM or STS stands for."""

    USER = "user"
    ROLE = "role"
    ASSUMED_ROLE = "assumed-role"
    FEDERATED_USER = "federated-user"
    ROOT = "root"
    ACCOUNT = "account"
    OTHER = "other"


#: ``aws:PrincipalType`` (IAM User Guide, global condition context keys).
_TYPES = {
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE: "AssumedRole",
    PrincipalKind.ASSUMED_ROLE: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.ROOT: "Account",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request. ``name`` is the last part of the path; ``session`` that of an assumed role.

    The ARN of a role session has lost the role's path (``role_arn`` is then that of a role without one).
    """

    arn: str
    kind: PrincipalKind
    partition: str = "aws"
    account: str = ""
    name: str = ""
    session: str = ""

    @classmethod
    def parse(cls, text: str) -> Principal:
        """Return the principal of an ARN; raise `InvalidArn` when it is none."""
        arn = Arn.parse(text)
        kind, _, rest = arn.resource.partition("/")
        if arn.service == "iam" and arn.resource == "root":
            return cls(text, PrincipalKind.ROOT, arn.partition, arn.account)
        if arn.service == "sts" and kind == "assumed-role":
            role, _, session = rest.partition("/")
            return cls(text, PrincipalKind.ASSUMED_ROLE, arn.partition, arn.account, role, session)
        kinds = {
            ("iam", "user"): PrincipalKind.USER,
            ("iam", "role"): PrincipalKind.ROLE,
            ("sts", "federated-user"): PrincipalKind.FEDERATED_USER,
        }
        known = kinds.get((arn.service, kind), PrincipalKind.OTHER)
        return cls(text, known, arn.partition, arn.account, rest.rsplit("/", 1)[-1])

    @property
    def role_arn(self) -> str:
        """The ARN of the role behind a role or one of its sessions; empty for others."""
        if self.kind is PrincipalKind.ROLE:
            return self.arn
        if self.kind is PrincipalKind.ASSUMED_ROLE:
            return f"arn:{self.partition}:iam::{self.account}:role/{self.name}"
        return ""

    def context(self) -> dict[str, str]:
        """Return the condition keys that follow from who it is."""
        keys = {"aws:principalarn": self.role_arn or self.arn, "aws:principalaccount": self.account}
        if self.kind in _TYPES:
            keys["aws:principaltype"] = _TYPES[self.kind]
        if self.kind is PrincipalKind.USER:
            keys["aws:username"] = self.name
        return {key: value for key, value in keys.items() if value}

    def __str__(self) -> str:
        return self.arn
