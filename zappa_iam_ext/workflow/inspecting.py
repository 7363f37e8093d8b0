"""Whose policies the self-inspection statements are about: they fit who the profile is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.identity import CallerIdentity, caller, role_arn
from zappa_iam_ext.aws.self_inspection import role_reading_grant, self_inspection_grants
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import InvalidArn, SettingsError, ZappaIamError
from zappa_iam_ext.iam import Principal, PrincipalKind, Statement
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions, open_client, open_session

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

#: The path under which Identity Center keeps the roles that it makes of permission sets, a region's name may follow
#: (IAM Identity Center User Guide, "Referencing permission sets in resource policies").
SSO_PATH = "/aws-reserved/sso.amazonaws.com/"
_SSO_NAME = "AWSReservedSSO_"
_SSO_HASH = 17


@dataclass(frozen=True, slots=True)
class Inspected:
    """Who is to look at its own policies: a ``user`` or a ``role`` by the names that its ARN may have, path included.

    ``permission_set`` is the one that a role of Identity Center is made of: it is edited, not the role.
    """

    kind: str
    names: tuple[str, ...]
    permission_set: str = ""

    def statements(self, stage: Stage) -> tuple[Statement, ...]:
        """Return the statements with which it can check itself, and the execution role, in the stage's account.

        Of a role that Zappa manages a check reads what Zappa reads, too.
        """
        made = [
            self_inspection_grants(stage.partition, stage.account, name, role=self.kind == "role")
            for name in self.names
        ]
        here = stage.role_arn.startswith(f"arn:{stage.partition}:iam::{stage.account}:role/")
        found = here and not stage.role.managed
        role = (role_reading_grant(stage.partition, stage.role_arn),) if found else ()
        return (*(_joined(parts) for parts in zip(*made, strict=True)), *role)

    def notes(self) -> Iterator[str]:
        """Yield what has to be known about where the document belongs."""
        if self.permission_set:
            yield (
                f"for the permission set {self.permission_set}: edit it in IAM Identity Center"
                " (inline policy); AWS lets nobody edit the role that is made of it"
            )


def of_user(name: str, path: str = "/") -> Inspected:
    """Return a user by its name, or by its ARN; raise `SettingsError` for an ARN of something else."""
    principal = _principal(name, "user")
    if principal is None:
        return Inspected("user", (f"{path}{name}".lstrip("/"),))
    return Inspected("user", (f"{principal.path}{principal.name}".lstrip("/"),))


def of_role(name: str) -> Inspected:
    """Return a role by its name, path and name, or ARN (that of a session as well)."""
    principal = _principal(name, "role")
    if principal is None:
        return _role(name.lstrip("/"))
    if principal.kind is PrincipalKind.ROLE:
        return _role(f"{principal.path}{principal.name}".lstrip("/"))
    return of_session(principal)


def of_session(principal: Principal) -> Inspected:
    """Return the role behind a session, whose ARN has lost the role's path unless it is known by now."""
    if principal.stored_role_arn:
        return of_role(principal.stored_role_arn)
    if principal.name.startswith(_SSO_NAME):
        path = SSO_PATH.lstrip("/")
        return _role(f"{path}{principal.name}", f"{path}*/{principal.name}")
    return _role(principal.name, f"*/{principal.name}")


def of_identity(identity: CallerIdentity, iam: IAMClient | None) -> Inspected | None:
    """Return who a caller is to its own policies; None for root and federated users, which hold none to be read.

    The path of a role is asked of IAM where ``iam`` is given; without an answer both forms of the ARN are named.
    """
    principal = identity.principal
    if principal.kind is PrincipalKind.USER:
        return of_user(principal.arn)
    if principal.kind is not PrincipalKind.ASSUMED_ROLE:
        return None
    if iam is not None:
        with contextlib.suppress(ZappaIamError):  # it may not look at itself yet: that is what it asks for
            principal = principal.of_role(role_arn(iam, principal))
    return of_session(principal)


def role_hint(principal: Principal) -> str:
    """Return what to do for whoever is no user: edit the permission set, or the role."""
    if principal.kind is not PrincipalKind.ASSUMED_ROLE:
        return "Use a profile of a user or a role."
    found = of_session(principal)
    command = "`zappa-iam policy --self-inspection`"
    if found.permission_set:
        return (
            f"Paste what {command} prints into the permission set {found.permission_set} (IAM Identity Center, inline"
            " policy): AWS lets nobody edit the role. `zappa-iam plan --mode permission-set` has the steps."
        )
    return (
        f"Print the document with {command}, and attach it to the role {principal.name};"
        f" one that apply made is brought up to date by `--mode role --role-name {principal.name}`."
    )


def inspected(
    stage: Stage, options: AwsOptions, *, user: str = "", role: str = "", asked: bool = False
) -> Inspected:
    """Return whom the statements of a stage are about: who is named, else who the profile is, else ``iam_ext.user``.

    ``asked`` lets AWS be asked who the profile is; a user that ``iam_ext`` names differs from it in name only where
    the profile is another user.
    """
    if user or role:
        return of_user(user) if user else of_role(role)
    own = iam_ext_settings(stage)
    found = _of_profile(stage, options) if asked else None
    if found is not None and (found.kind == "role" or not own.user or _same_name(found, own.user)):
        return found
    return of_user(own.user_or_default)


def _of_profile(stage: Stage, options: AwsOptions) -> Inspected | None:
    session = open_session(options.profile or stage.profile_name, options.region or stage.region)
    identity = caller(open_client(session, "sts", options))
    return of_identity(identity, open_client(session, "iam", options))


def _same_name(found: Inspected, user: str) -> bool:
    return found.names[0].rsplit("/", 1)[-1].lower() == user.rsplit("/", 1)[-1].lower()


def _role(*names: str) -> Inspected:
    bare = names[0].rsplit("/", 1)[-1]
    managed = names[0].startswith(SSO_PATH.lstrip("/")) or bare.startswith(_SSO_NAME)
    return Inspected("role", names, bare[len(_SSO_NAME) : -_SSO_HASH] if managed else "")


def _principal(name: str, kind: str) -> Principal | None:
    """Return the principal of an ARN; None for a name."""
    if not name.startswith("arn:"):
        return None
    kinds = {
        "user": {PrincipalKind.USER},
        "role": {PrincipalKind.ROLE, PrincipalKind.ASSUMED_ROLE},
    }
    try:
        principal = Principal.parse(name)
    except InvalidArn as error:
        raise SettingsError(str(error), hint=error.hint) from error
    if principal.kind not in kinds[kind]:
        raise SettingsError(
            f"{name[:200]} is no ARN of a {kind}",
            hint="Give --user for a user, --role for a role or a session of one.",
        )
    return principal


def _joined(parts: tuple[Statement, ...]) -> Statement:
    return replace(parts[0], resources=tuple(sorted({name for part in parts for name in part.resources})))
