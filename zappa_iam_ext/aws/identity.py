"""Who is behind the credentials: asked from STS, which needs no permission."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from zappa_iam_ext.aws.errors import code_of, translated
from zappa_iam_ext.errors import UnknownPrincipal

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_sts import STSClient


class CallerKind(StrEnum):
    """What kind of principal credentials belong to, in IAM's words."""

    USER = "user"
    ASSUMED_ROLE = "assumed-role"
    FEDERATED_USER = "federated-user"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """The answer of ``sts:GetCallerIdentity``.

    ``name`` is the user's or the role's friendly name (empty for root), ``path`` the user's IAM path (the
    role's is not part of a session's ARN: see `role_arn`), ``session`` the name of a role's session.
    """

    arn: str
    account: str
    user_id: str
    partition: str
    kind: CallerKind
    name: str = ""
    path: str = "/"
    session: str = ""

    @property
    def temporary(self) -> bool:
        """Whether these are temporary credentials, which a session policy may narrow unseen."""
        return self.kind in {CallerKind.ASSUMED_ROLE, CallerKind.FEDERATED_USER}


def caller(sts: STSClient) -> CallerIdentity:
    """Return who the client's credentials belong to.

    Raises `CredentialsError` when there are none or AWS does not accept them, `AwsUnavailable` when it
    cannot be reached, `UnknownPrincipal` when the answer is no principal that we know.
    """
    with translated("sts:GetCallerIdentity"):
        answer = sts.get_caller_identity()
    return identity_from(answer["Arn"], answer["Account"], answer["UserId"])


def identity_from(arn: str, account: str, user_id: str = "") -> CallerIdentity:
    """Read a caller's ARN: ``arn:aws:iam::123456789012:user/path/name`` and the other three kinds."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and parts[2] in {"iam", "sts"}:  # noqa: PLR2004  -- fields of an ARN
        kind, _, rest = parts[5].partition("/")
        if (kind, rest) == ("root", ""):
            return CallerIdentity(arn, account, user_id, parts[1], CallerKind.ROOT)
        if kind == "user" and rest:
            path, _, name = rest.rpartition("/")
            return CallerIdentity(
                arn, account, user_id, parts[1], CallerKind.USER, name, f"/{path}/" if path else "/"
            )
        if kind == "assumed-role" and "/" in rest:
            role, _, session = rest.partition("/")
            return CallerIdentity(
                arn, account, user_id, parts[1], CallerKind.ASSUMED_ROLE, role, session=session
            )
        if kind == "federated-user" and rest:
            return CallerIdentity(arn, account, user_id, parts[1], CallerKind.FEDERATED_USER, rest)
    raise UnknownPrincipal(
        f"AWS says the caller is {arn!r}, which is neither user, role session, federated user nor root"
    )


def role_arn(iam: IAMClient, identity: CallerIdentity) -> str:
    """Return the ARN of the role behind a session, with the role's path, which the session's ARN lacks.

    Raises `AccessDenied` when ``iam:GetRole`` is not allowed, `UnknownPrincipal` when the role is gone.
    """
    with translated("iam:GetRole"):
        try:
            return iam.get_role(RoleName=identity.name)["Role"]["Arn"]
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                raise UnknownPrincipal(f"IAM has no role {identity.name}") from None
            raise
