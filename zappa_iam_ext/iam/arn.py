"""Amazon Resource Names, and the principals that they name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
    """What a principal is (IAM User Guide, "AWS JSON policy elements: Principal")."""

    __hash__ = str.__hash__  # that of an enum is slow, and every decision asks for it

    USER = "user"
    ROLE = "role"
    ASSUMED_ROLE = "assumed-role"
    FEDERATED_USER = "federated-user"
    ROOT = "root"
    ACCOUNT = "account"
    SERVICE = "service"
    FEDERATED = "federated"
    CANONICAL_USER = "canonical-user"
    OTHER = "other"


#: ``aws:PrincipalType`` (IAM User Guide, global condition context keys).
_TYPES = {
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE: "AssumedRole",
    PrincipalKind.ASSUMED_ROLE: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.ROOT: "Account",
}
_KINDS = {
    ("iam", "user"): PrincipalKind.USER,
    ("iam", "role"): PrincipalKind.ROLE,
    ("iam", "saml-provider"): PrincipalKind.FEDERATED,
    ("iam", "oidc-provider"): PrincipalKind.FEDERATED,
    ("sts", "federated-user"): PrincipalKind.FEDERATED_USER,
}
#: The identity providers that have no ARN (IAM User Guide, "AWS JSON policy elements: Principal").
BUILT_IN_PROVIDERS = frozenset(
    {
        "accounts.google.com",
        "cognito-identity-us-gov.amazonaws.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "www.amazon.com",
    }
)
_SERVICE = re.compile(r"(?:[a-z0-9-]+\.)+(?:amazonaws\.com(?:\.cn)?|amazon\.com|amazonaws\.eu|aws\.internal)")
_CANONICAL_USER = re.compile(r"[0-9a-f]{64,128}")
#: AWS keeps this path, and the names that begin so, for service-linked roles (IAM User Guide, "Service-linked roles").
_SERVICE_LINKED_PATH, _SERVICE_LINKED_NAME = "role/aws-service-role/", "AWSServiceRoleFor"


def is_service(name: str) -> bool:
    """Say whether a name is that of a service, like ``lambda.amazonaws.com``."""
    return _SERVICE.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request. ``name`` is the last part of the path; ``session`` that of an assumed role.

    The ARN of a role session has lost the role's path (``role_arn`` is then that of a role without one), unless
    ``stored_role_arn`` holds the ARN under which IAM keeps the role.
    ``arn`` of a service, a built-in identity provider or a canonical user is its name.
    """

    arn: str
    kind: PrincipalKind
    partition: str = "aws"
    account: str = ""
    name: str = ""
    session: str = ""
    stored_role_arn: str = ""

    @classmethod
    def parse(cls, text: str) -> Principal:
        """Return the principal of an ARN, a service, an identity provider or a canonical user id.

        Raises `InvalidArn` when it is none.
        """
        if text in BUILT_IN_PROVIDERS:
            return cls(text, PrincipalKind.FEDERATED, name=text)
        if is_service(text):
            return cls(text, PrincipalKind.SERVICE, name=text)
        if _CANONICAL_USER.fullmatch(text):
            return cls(text, PrincipalKind.CANONICAL_USER, name=text)
        arn = Arn.parse(text)
        kind, _, rest = arn.resource.partition("/")
        if arn.service == "iam" and arn.resource == "root":
            return cls(text, PrincipalKind.ROOT, arn.partition, arn.account)
        if arn.service == "sts" and kind == "assumed-role":
            role, _, session = rest.partition("/")
            return cls(text, PrincipalKind.ASSUMED_ROLE, arn.partition, arn.account, role, session)
        known = _KINDS.get((arn.service, kind), PrincipalKind.OTHER)
        name = rest if known is PrincipalKind.FEDERATED else rest.rsplit("/", 1)[-1]
        return cls(text, known, arn.partition, arn.account, name)

    def of_role(self, arn: str) -> Principal:
        """Return a session with the ARN of its role as IAM keeps it; itself where that is no ARN of this role."""
        own = self.kind is PrincipalKind.ASSUMED_ROLE and (
            arn == self.role_arn
            or (
                arn.startswith(f"arn:{self.partition}:iam::{self.account}:role/")
                and arn.endswith(f"/{self.name}")
            )
        )
        return replace(self, stored_role_arn=arn) if own else self

    @property
    def has_identity_policies(self) -> bool:
        """Whether it belongs to an account and policies of that account bind it.

        A service, an identity provider and an anonymous caller are bound by the policy of the resource alone.
        """
        return self.kind not in {
            PrincipalKind.SERVICE,
            PrincipalKind.FEDERATED,
            PrincipalKind.CANONICAL_USER,
        }

    @property
    def is_service_linked_role(self) -> bool:
        """Whether it is a service-linked role or a session of one; the name of a role tells where its path is lost."""
        if self.kind is PrincipalKind.ASSUMED_ROLE and not self.stored_role_arn:
            return self.name.startswith(_SERVICE_LINKED_NAME)
        return f":{_SERVICE_LINKED_PATH}" in self.role_arn

    @property
    def role_arn(self) -> str:
        """The ARN of the role behind a role or one of its sessions; empty for others."""
        if self.kind is PrincipalKind.ROLE:
            return self.arn
        if self.kind is PrincipalKind.ASSUMED_ROLE:
            return self.stored_role_arn or f"arn:{self.partition}:iam::{self.account}:role/{self.name}"
        return ""

    @property
    def path(self) -> str:
        """The path of a user or a role, which begins and ends with a slash; ``/`` for others, which have none."""
        if self.kind not in {PrincipalKind.USER, PrincipalKind.ROLE}:
            return "/"
        _, slash, rest = Arn.parse(self.arn).resource.partition("/")
        return f"{slash}{rest.removesuffix(self.name)}"

    def context(self) -> dict[str, str]:
        """Return the condition keys that follow from who it is (IAM User Guide, global condition context keys).

        ``aws:PrincipalArn`` of a role session is the ARN of the role; where that is not known, see ``role_arns``.
        """
        if self.kind is PrincipalKind.SERVICE:
            return {"aws:principalisawsservice": "true", "aws:principalservicename": self.name}
        if not self.has_identity_policies:
            return {}
        keys = {"aws:principalaccount": self.account, "aws:principalisawsservice": "false"}
        keys["aws:principalarn"] = (
            self.stored_role_arn if self.kind is PrincipalKind.ASSUMED_ROLE else self.arn
        )
        if self.kind in _TYPES:
            keys["aws:principaltype"] = _TYPES[self.kind]
        if self.kind is PrincipalKind.USER:
            keys["aws:username"] = self.name
        return {key: value for key, value in keys.items() if value}

    @property
    def role_arns(self) -> tuple[str, ...]:
        """The patterns of ARNs that the role behind a session may have, without path and with one; empty where known."""
        if self.kind is not PrincipalKind.ASSUMED_ROLE or self.stored_role_arn:
            return ()
        return (self.role_arn, f"arn:{self.partition}:iam::{self.account}:role/*/{self.name}")

    def __str__(self) -> str:
        return self.arn
