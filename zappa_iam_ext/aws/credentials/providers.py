"""Where the credentials of a session come from: botocore's chain of providers, told beforehand and afterwards. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import StrEnum

from zappa_iam_ext.aws.credentials.choice import SessionChoice
from zappa_iam_ext.aws.credentials.profiles import ProfileFiles
from zappa_iam_ext.check.subject import CredentialKind
from zappa_iam_ext.iam import Principal, PrincipalKind


class Provider(StrEnum):
    """A credential provider by botocore's name for it (``botocore/credentials.py``, ``METHOD``)."""

    ENVIRONMENT = "env"
    ASSUME_ROLE = "assume-role"
    WEB_IDENTITY = "assume-role-with-web-identity"
    SSO = "sso"
    CREDENTIALS_FILE = "shared-credentials-file"
    LOGIN = "login"
    PROCESS = "custom-process"
    CONFIG_FILE = "config-file"
    CONTAINER = "container-role"
    INSTANCE = "iam-role"
    EXPLICIT = "explicit"


_KINDS = {
    Provider.ASSUME_ROLE: CredentialKind.ASSUME_ROLE,
    Provider.WEB_IDENTITY: CredentialKind.WEB_IDENTITY,
    Provider.SSO: CredentialKind.SSO,
    Provider.LOGIN: CredentialKind.LOGIN,
    Provider.PROCESS: CredentialKind.PROCESS,
    Provider.CONTAINER: CredentialKind.CONTAINER,
    Provider.INSTANCE: CredentialKind.INSTANCE,
}
_STATIC = frozenset(
    {
        Provider.ENVIRONMENT,
        Provider.EXPLICIT,
        Provider.CREDENTIALS_FILE,
        Provider.CONFIG_FILE,
        "boto-config",
        "ec2-credentials-file",
    }
)


def provider_of(profile: str, files: ProfileFiles) -> Provider | None:
    """Return the provider that finds credentials in a profile, in botocore's order; None where none does."""
    settings = files.of(profile)
    shared = files.in_credentials(profile)
    order = (
        (Provider.ASSUME_ROLE, "role_arn" in settings and "web_identity_token_file" not in settings),
        (Provider.WEB_IDENTITY, "web_identity_token_file" in settings),
        (Provider.SSO, "sso_role_name" in settings or "sso_account_id" in settings),
        (Provider.CREDENTIALS_FILE, "aws_access_key_id" in shared),
        (Provider.LOGIN, "login_session" in settings),
        (Provider.PROCESS, "credential_process" in settings),
        (Provider.CONFIG_FILE, "aws_access_key_id" in files.in_config(profile)),
    )
    return next((provider for provider, found in order if found), None)


def kind_of(method: str, principal: Principal, *, temporary: bool) -> CredentialKind:
    """Return the kind of credentials: whose they are first, then how botocore got them, then whether they expire."""
    if principal.kind is PrincipalKind.ROOT:
        return CredentialKind.ROOT
    if principal.kind is PrincipalKind.FEDERATED_USER:
        return CredentialKind.FEDERATED
    if method in _STATIC:
        return CredentialKind.SESSION_TOKEN if temporary else CredentialKind.LONG_TERM_KEY
    return next((kind for provider, kind in _KINDS.items() if provider == method), CredentialKind.OTHER)


def source_of(method: str, choice: SessionChoice, files: ProfileFiles) -> str:
    """Return in words where the credentials come from: a file, variables, a role and by whom, a program, an endpoint.

    Of a program only its name is told: what follows it may be a secret.
    """
    profile = choice.settings_of
    settings = files.of(profile)
    elsewhere = {
        Provider.ENVIRONMENT: "AWS_ACCESS_KEY_ID in the environment",
        Provider.EXPLICIT: "AWS_ACCESS_KEY_ID in the environment",
        Provider.CREDENTIALS_FILE: f"profile {profile} in {files.credentials_path}",
        Provider.CONFIG_FILE: f"profile {profile} in {files.config_path}",
        Provider.CONTAINER: "the container's endpoint",
        Provider.INSTANCE: "the instance's metadata",
    }
    named = next((told for provider, told in elsewhere.items() if provider == method), "")
    if named:
        return named
    if method == Provider.WEB_IDENTITY and "web_identity_token_file" not in settings:
        return "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN in the environment"
    told = _of_profile(method, settings)
    return f"profile {profile}: {told}" if told else method


def _of_profile(method: str, settings: Mapping[str, str]) -> str:
    if method == Provider.ASSUME_ROLE:
        base = settings.get("source_profile")
        by = (
            f"source_profile {base}" if base else f"credential_source {settings.get('credential_source', '')}"
        )
        return f"role_arn {settings.get('role_arn', '')} by {by}"
    if method == Provider.WEB_IDENTITY:
        return (
            f"role_arn {settings.get('role_arn', '')} by the token in {settings['web_identity_token_file']}"
        )
    if method == Provider.SSO:
        session = settings.get("sso_session")
        where = f"sso_session {session}" if session else f"sso_start_url {settings.get('sso_start_url', '')}"
        return f"{where}, permission set {settings.get('sso_role_name', '')}"
    if method == Provider.LOGIN:
        return f"login_session {settings.get('login_session', '')}"
    if method == Provider.PROCESS:
        return f"credential_process {program_of(settings.get('credential_process', ''))}"
    return ""


def program_of(line: str) -> str:
    """Return the program of a ``credential_process`` without its arguments."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    return words[0] if words else ""
