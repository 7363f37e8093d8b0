"""Whose verdict it is: the credentials that Zappa will use, where they come from, and what they decide."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from zappa_iam_ext.aws.credentials.choice import REGION_VARIABLE, SessionChoice
from zappa_iam_ext.aws.credentials.facts import Credential, facts_of
from zappa_iam_ext.aws.credentials.machine import this_machine
from zappa_iam_ext.aws.credentials.providers import Provider, kind_of, provider_of, source_of
from zappa_iam_ext.aws.credentials.traps import Machine, odd
from zappa_iam_ext.aws.errors import scrub
from zappa_iam_ext.aws.identity import CallerIdentity
from zappa_iam_ext.aws.principal_policies import PrincipalPolicies
from zappa_iam_ext.check.subject import CredentialKind, Facts, Subject
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import CompromisedKey, CredentialsError, WrongAccount
from zappa_iam_ext.iam import Principal, PrincipalKind
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

#: AWS attaches these to a user whose key it found in public (IAM User Guide, "AWS managed policies": ``AWSCompromisedKeyQuarantine``).
QUARANTINE = "AWSCompromisedKeyQuarantine"
#: With these botocore begins the session itself, in this process.
_STARTED_HERE = frozenset({Provider.ASSUME_ROLE, Provider.WEB_IDENTITY})


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session, whose it is by the settings and this machine, and when it was asked for its credentials."""

    session: Any
    choice: SessionChoice
    machine: Machine

    @property
    def method(self) -> str:
        """The provider that gave the credentials, by botocore's name; empty when there are none."""
        credentials = self.session.get_credentials()
        return str(getattr(credentials, "method", "") or "")

    @property
    def temporary(self) -> bool:
        """Whether the credentials have a session token."""
        credentials = self.session.get_credentials()
        return bool(credentials and credentials.get_frozen_credentials().token)


def opened(session: Any, stage: Stage, options: AwsOptions) -> OpenedSession:
    """Return the session of a stage with what this machine says of its credentials."""
    return OpenedSession(session, options.choice(stage.profile_name), this_machine())


def account_alias(iam: IAMClient) -> str:
    """Return the account's alias, empty where there is none or it may not be read: it is there to be read by people."""
    try:
        aliases = iam.list_account_aliases()["AccountAliases"]
    except (BotoCoreError, ClientError, KeyError):
        return ""
    return scrub(aliases[0]) if aliases else ""


def subject_of(
    stage: Stage,
    found: OpenedSession,
    identity: CallerIdentity,
    held: PrincipalPolicies,
    options: AwsOptions,
    alias: str = "",
) -> Subject:
    """Return who deploys the stage.

    Raises `WrongAccount` when the stage expects another account, `CompromisedKey` when AWS holds the key to be leaked.
    """
    require_account(stage, identity.account)
    require_no_quarantine(held)
    kind = kind_of(found.method, identity.principal, temporary=found.temporary)
    return Subject(
        principal=held.principal,
        account=identity.account,
        partition=identity.partition,
        region=stage.region,
        kind=kind,
        source=scrub(source_of(found.method, found.choice, found.machine.files)),
        profile="" if found.choice.environment_keys else _profile(found),
        alias=alias,
        facts=facts_behind(found, identity, held),
        warnings=(*session_warnings(stage, options, found), *_of_principal(kind, identity.principal)),
    )


def facts_behind(found: OpenedSession, identity: CallerIdentity, held: PrincipalPolicies) -> Facts:
    """Return the condition keys that the credentials decide of every request."""
    kind = kind_of(found.method, identity.principal, temporary=found.temporary)
    return facts_of(_credential(found, identity, held, kind))


def require_account(stage: Stage, account: str, whose: str = "the credentials belong") -> None:
    """Raise `WrongAccount` when the stage expects another account than the one that the credentials belong to."""
    expected = iam_ext_settings(stage).expected_account
    if expected and expected != account:
        raise WrongAccount(
            f"stage {stage.name}: {whose} to account {account}, and iam_ext.expected_account is {expected}",
            hint="Use credentials of that account (`--profile`, profile_name), or correct the setting.",
        )


def require_no_quarantine(held: PrincipalPolicies) -> None:
    """Raise `CompromisedKey` when AWS has attached its quarantine policy: it has found the user's key in public."""
    attached = any(is_quarantine(policy.arn) for policy in held.held)
    if attached or any(f"managed policy {QUARANTINE}" in told for told in held.unreadable):
        raise compromised(held.principal.name)


def is_quarantine(arn: str) -> bool:
    """Say whether this is the ARN of one of AWS's own quarantine policies."""
    owner, _, name = arn.rpartition("/")
    return owner.endswith(":iam::aws:policy") and name.startswith(QUARANTINE)


def compromised(user: str) -> CompromisedKey:
    """Return the error for a user whose key AWS holds to be leaked."""
    return CompromisedKey(
        f"AWS treats an access key of user {scrub(user)} as leaked: it has attached its policy {QUARANTINE}",
        hint="Deactivate the key, look in CloudTrail for what was done with it, make another, and answer AWS's support case."
        " Leave the policy attached until then.",
    )


def session_warnings(
    stage: Stage, options: AwsOptions, found: OpenedSession | None = None
) -> tuple[str, ...]:
    """Return what is odd about whose session it is and where it deploys, each a sentence."""
    machine = found.machine if found else this_machine()
    choice = found.choice if found else options.choice(stage.profile_name)
    return tuple(scrub(told) for told in (*_region(stage, choice, options), *odd(choice, machine)))


def _region(stage: Stage, choice: SessionChoice, options: AwsOptions) -> Iterator[str]:
    setting = stage.settings.get("aws_region")
    if options.region or not setting or setting == stage.region:
        return
    by = (
        f"{REGION_VARIABLE} wins over it, as the keys are in the environment"
        if choice.environment_keys and os.environ.get(REGION_VARIABLE) == stage.region
        else "the session has another"
    )
    yield f"aws_region of stage {stage.name} is {setting}, but Zappa deploys to {stage.region}: {by}"


def _of_principal(kind: CredentialKind, principal: Principal) -> Iterator[str]:
    if kind is CredentialKind.ROOT:
        yield "these are credentials of the account's root user: nothing limits them; use a user or a role to deploy"
    if kind is CredentialKind.FEDERATED:
        yield "a federated user cannot call IAM at all (STS API, GetFederationToken)"
    if principal.kind is PrincipalKind.ASSUMED_ROLE and principal.name.startswith("AWSReservedSSO_"):
        if kind is not CredentialKind.SSO:
            yield f"{principal.name} is a role of IAM Identity Center: its permission set is edited, never the role"


def _profile(found: OpenedSession) -> str:
    """Return the profile that the credentials come from; empty where they come from none."""
    if found.choice.profile is not None:
        return found.choice.profile
    return "default" if "default" in found.machine.files.names else ""


def _credential(
    found: OpenedSession, identity: CallerIdentity, held: PrincipalPolicies, kind: CredentialKind
) -> Credential:
    method, temporary = found.method, found.temporary
    described, policies = held.described, held.policies
    return Credential(
        principal=held.principal,
        user_id=identity.user_id,
        kind=kind,
        temporary=temporary,
        mfa=True if _called_iam_by_session(kind, held) else None,
        tags={tag["Key"]: tag["Value"] for tag in (described or {}).get("Tags", ())}
        if described is not None
        else None,
        from_long_term_key=method == Provider.ASSUME_ROLE and _base_is_long_term(found),
        issued=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if method in _STARTED_HERE else "",
        provider=_oidc_provider(found, identity) if method == Provider.WEB_IDENTITY else "",
        documents=(*policies.identity, *policies.group, *(policies.boundary or ())),
    )


def _called_iam_by_session(kind: CredentialKind, held: PrincipalPolicies) -> bool:
    """Say whether a user's session has called IAM: only one that was begun with MFA can (STS API, GetSessionToken)."""
    user = held.principal.kind is PrincipalKind.USER
    return kind is CredentialKind.SESSION_TOKEN and user and bool(held.held)


def _base_is_long_term(found: OpenedSession) -> bool:
    """Say whether botocore assumed the role with a long-term key of a profile."""
    files = found.machine.files
    base = files.of(found.choice.settings_of).get("source_profile", "")
    if provider_of(base, files) not in {Provider.CREDENTIALS_FILE, Provider.CONFIG_FILE}:
        return False
    return not any(name in files.of(base) for name in ("aws_session_token", "aws_security_token"))


def _oidc_provider(found: OpenedSession, identity: CallerIdentity) -> str:
    """Return the ARN of the OIDC provider that issued the token in the token file; empty where it cannot be read."""
    settings = found.machine.files.of(found.choice.settings_of)
    path = settings.get("web_identity_token_file") or os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
    with suppress(OSError, ValueError, binascii.Error, IndexError, TypeError, AttributeError):
        claims = Path(path).read_text(encoding="ascii").split(".")[1]
        issuer = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["iss"]
        if issuer.startswith("https://"):
            host = issuer.removeprefix("https://").rstrip("/")
            return f"arn:{identity.partition}:iam::{identity.account}:oidc-provider/{host}"
    return ""


def explained(error: CredentialsError, kind: CredentialKind, principal: Principal) -> CredentialsError:
    """Return the error of an IAM call that AWS did not accept, told by what the session is.

    A user's session that was begun without MFA, and a federated user, cannot call IAM; AWS then says that the token is
    invalid, though STS has just accepted it (STS API, GetSessionToken and GetFederationToken).
    """
    if kind is CredentialKind.SESSION_TOKEN and principal.kind is PrincipalKind.USER:
        return CredentialsError(
            f"the session of user {scrub(principal.name)} was begun without MFA: AWS lets such a session call no IAM,"
            " and Zappa has to",
            hint="Begin it with MFA (`aws sts get-session-token --serial-number ... --token-code ...`), or use a role.",
        )
    return error
