"""Who is behind the credentials: asked from STS, which needs no permission."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from zappa_iam_ext.aws.asking.deadline import Deadline
from zappa_iam_ext.aws.asking.together import ask
from zappa_iam_ext.aws.errors import code_of, scrub, translated
from zappa_iam_ext.errors import InvalidArn, UnknownPrincipal
from zappa_iam_ext.iam import Principal, PrincipalKind

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_sts import STSClient

_CALLERS = frozenset(
    {PrincipalKind.USER, PrincipalKind.ASSUMED_ROLE, PrincipalKind.FEDERATED_USER, PrincipalKind.ROOT}
)


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """The answer of ``sts:GetCallerIdentity``: the ARN as AWS spells it, and the principal it names."""

    arn: str
    account: str
    user_id: str
    principal: Principal
    partition: str

    @property
    def temporary(self) -> bool:
        """Whether these are temporary credentials, which a session policy may narrow unseen."""
        return self.principal.kind in {PrincipalKind.ASSUMED_ROLE, PrincipalKind.FEDERATED_USER}


def caller(sts: STSClient, deadline: Deadline | None = None) -> CallerIdentity:
    """Return who the client's credentials belong to; a busy AWS is asked again until the deadline.

    Raises `CredentialsProblem` when there are none or AWS does not accept them, `AwsUnavailable` when it
    cannot be reached, `UnknownPrincipal` when the answer is no principal that we know.
    """
    with translated("sts:GetCallerIdentity"):
        return ask(partial(_asked, sts), deadline or Deadline())


def _asked(sts: STSClient) -> CallerIdentity:
    try:
        answer = sts.get_caller_identity()
        return identity_from(answer["Arn"], answer["Account"], answer["UserId"])
    except (LookupError, TypeError, AttributeError) as error:  # what botocore makes of a page of a proxy
        raise ResponseParserError(str(error)) from None


def identity_from(arn: str, account: str, user_id: str = "") -> CallerIdentity:
    """Return the identity of a caller's ARN: a user, a role session, a federated user or root."""
    try:
        principal = Principal.parse(arn)
    except InvalidArn:
        principal = Principal(arn, PrincipalKind.OTHER)
    if principal.kind not in _CALLERS or (not principal.name and principal.kind is not PrincipalKind.ROOT):
        raise UnknownPrincipal(
            f"AWS says the caller is {scrub(arn)}: no user, role session, federated user or root",
            hint="Use the credentials of an IAM user or of a role.",
        )
    return CallerIdentity(arn, account, user_id, principal, principal.partition)


def role_arn(iam: IAMClient, principal: Principal) -> str:
    """Return the ARN of the role behind a session, with the role's path, which the session's ARN lacks.

    Raises `AccessDenied` when ``iam:GetRole`` is not allowed, `UnknownPrincipal` when the role is gone.
    """
    with translated("iam:GetRole"):
        try:
            return iam.get_role(RoleName=principal.name)["Role"]["Arn"]
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                raise UnknownPrincipal(f"IAM has no role {scrub(principal.name)}") from None
            raise
