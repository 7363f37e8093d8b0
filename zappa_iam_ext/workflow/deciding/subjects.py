"""Whose verdict it is: the credentials that Zappa will use, where they come from, and what they decide."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from zappa_iam_ext.aws.credentials.choice import SessionChoice
from zappa_iam_ext.aws.credentials.facts import Credential, facts_of
from zappa_iam_ext.aws.credentials.machine import this_machine
from zappa_iam_ext.aws.credentials.model import Machine
from zappa_iam_ext.aws.credentials.providers import Provider, kind_of, provider_of, source_of
from zappa_iam_ext.aws.credentials.web_identity import provider_of_token, token_file
from zappa_iam_ext.aws.errors import scrub
from zappa_iam_ext.aws.identity import CallerIdentity
from zappa_iam_ext.aws.principal_policies import PrincipalPolicies
from zappa_iam_ext.check.subject import CredentialKind, Facts, Subject
from zappa_iam_ext.iam import PrincipalKind
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions
from zappa_iam_ext.workflow.deciding.principals import ReadPrincipal
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
class _Opened:
    """A session that was opened, whose it is by the settings, and what this machine says."""

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


def subject_of(stage: Stage, read: ReadPrincipal, options: AwsOptions) -> Subject:
    """Return who deploys the stage.

    Raises `WrongAccount` when the stage expects another account, `CompromisedKey` when AWS holds the key to be leaked,
    `CredentialSourceError` for a session that cannot call IAM.
    """
    identity, held = read.identity, read.held
    found = _Opened(read.session, options.choice(stage.profile_name), this_machine())
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
        alias=held.alias,
        facts=facts_of(_credential(found, identity, held)),
        warnings=(
            *session_warnings(stage, options, found.machine),
            *principal_warnings(kind, identity.principal),
        ),
    )


def facts_behind(read: ReadPrincipal, choice: SessionChoice) -> Facts:
    """Return the condition keys that the credentials decide of every request."""
    return facts_of(_credential(_Opened(read.session, choice, this_machine()), read.identity, read.held))


def _profile(found: _Opened) -> str:
    """Return the profile that the credentials come from; empty where they come from none."""
    if found.choice.profile is not None:
        return found.choice.profile
    return "default" if "default" in found.machine.files.names else ""


def _credential(found: _Opened, identity: CallerIdentity, held: PrincipalPolicies) -> Credential:
    method, temporary = found.method, found.temporary
    policies = held.policies
    return Credential(
        principal=held.principal,
        user_id=identity.user_id,
        temporary=temporary,
        mfa=True if _called_iam_by_session(found, held) else None,
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


def _called_iam_by_session(found: _Opened, held: PrincipalPolicies) -> bool:
    """Say whether a user's session has called IAM: only one that was begun with MFA can (STS API, GetSessionToken)."""
    kind = kind_of(found.method, held.principal, temporary=found.temporary)
    own = kind is CredentialKind.SESSION_TOKEN and held.principal.kind is PrincipalKind.USER
    return own and bool(held.held)


def _base_is_long_term(found: _Opened) -> bool:
    """Say whether botocore assumed the role with a long-term key of a profile."""
    files = found.machine.files
    base = files.of(found.choice.settings_of).get("source_profile", "")
    if provider_of(base, files) not in {Provider.CREDENTIALS_FILE, Provider.CONFIG_FILE}:
        return False
    return not any(name in files.of(base) for name in ("aws_session_token", "aws_security_token"))
