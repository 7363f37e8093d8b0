"""Whose verdict it is: the credentials that Zappa will use, where they come from, and what they decide."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from zappa_iam_ext.aws.credentials.choice import SessionChoice
from zappa_iam_ext.aws.credentials.facts import Credential, facts_of
from zappa_iam_ext.aws.credentials.machine import this_machine
from zappa_iam_ext.aws.credentials.providers import Provider, kind_of, provider_of, source_of
from zappa_iam_ext.aws.credentials.traps import Machine
from zappa_iam_ext.aws.credentials.web_identity import provider_of_token, token_file
from zappa_iam_ext.aws.errors import scrub
from zappa_iam_ext.aws.identity import CallerIdentity
from zappa_iam_ext.aws.principal_policies import PrincipalPolicies
from zappa_iam_ext.check.subject import CredentialKind, Facts, Subject
from zappa_iam_ext.iam import PrincipalKind
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.guarding import (
    principal_warnings,
    require_account,
    require_mfa,
    require_no_quarantine,
    session_warnings,
)

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


def subject_of(  # noqa: PLR0917  -- each is read by somebody else
    stage: Stage,
    found: OpenedSession,
    identity: CallerIdentity,
    held: PrincipalPolicies,
    options: AwsOptions,
    alias: Callable[[], str] = str,
) -> Subject:
    """Return who deploys the stage; ``alias`` tells the account's alias.

    Raises `WrongAccount` when the stage expects another account, `CompromisedKey` when AWS holds the key to be leaked.
    """
    require_account(stage, identity.account)
    require_no_quarantine(held)
    require_mfa(identity.principal, held, temporary=found.temporary)
    kind = kind_of(found.method, identity.principal, temporary=found.temporary)
    return Subject(
        principal=held.principal,
        account=identity.account,
        partition=identity.partition,
        region=stage.region,
        kind=kind,
        source=scrub(source_of(found.method, found.choice, found.machine.files)),
        profile="" if found.choice.environment_keys else _profile(found),
        alias=alias(),
        facts=facts_behind(found, identity, held),
        warnings=(
            *session_warnings(stage, options, found.machine),
            *principal_warnings(kind, identity.principal),
        ),
    )


def facts_behind(found: OpenedSession, identity: CallerIdentity, held: PrincipalPolicies) -> Facts:
    """Return the condition keys that the credentials decide of every request."""
    kind = kind_of(found.method, identity.principal, temporary=found.temporary)
    return facts_of(_credential(found, identity, held, kind))


def _profile(found: OpenedSession) -> str:
    """Return the profile that the credentials come from; empty where they come from none."""
    if found.choice.profile is not None:
        return found.choice.profile
    return "default" if "default" in found.machine.files.names else ""


def _credential(
    found: OpenedSession, identity: CallerIdentity, held: PrincipalPolicies, kind: CredentialKind
) -> Credential:
    method, temporary = found.method, found.temporary
    policies = held.policies
    return Credential(
        principal=held.principal,
        user_id=identity.user_id,
        kind=kind,
        temporary=temporary,
        mfa=True if _called_iam_by_session(kind, held) else None,
        tags=held.tags,
        from_long_term_key=method == Provider.ASSUME_ROLE and _base_is_long_term(found),
        issued=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if method in _STARTED_HERE else "",
        provider=provider_of_token(
            token_file(found.choice, found.machine.files, os.environ), identity.partition, identity.account
        )
        if method == Provider.WEB_IDENTITY
        else "",
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
