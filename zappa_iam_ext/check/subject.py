"""Whose verdict it is: the principal, its credentials and where they came from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from zappa_iam_ext.iam import Principal

#: Facts about the credentials as condition keys of every request; None: the key is absent for certain.
Facts = Mapping[str, str | list[str] | None]
NO_FACTS: Facts = {}


class CredentialKind(StrEnum):
    """What kind of credentials a session uses; ``other`` where botocore names a source that we do not know."""

    LONG_TERM_KEY = "long-term access key"
    SESSION_TOKEN = "session token"  # noqa: S105  -- a kind, no secret
    ASSUME_ROLE = "assumed role"
    WEB_IDENTITY = "web identity (OIDC)"
    SSO = "IAM Identity Center (SSO)"
    LOGIN = "aws login"
    PROCESS = "credential_process"
    CONTAINER = "container credentials"
    INSTANCE = "instance credentials"
    FEDERATED = "federated user"
    ROOT = "root user"
    OTHER = "other credentials"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who really deploys: the principal behind the credentials that Zappa will use.

    ``kind`` and ``source`` say what the credentials are and where they came from, in words (``profile serverless in
    ~/.aws/credentials``); ``alias`` is the account's, where it may be read. ``facts`` are what the credentials themselves
    decide of a request's context. ``warnings`` are what is likely to be a mistake, each a sentence.
    """

    principal: Principal
    account: str
    partition: str
    region: str
    kind: CredentialKind = CredentialKind.OTHER
    source: str = ""
    profile: str = ""
    alias: str = ""
    facts: Facts = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
