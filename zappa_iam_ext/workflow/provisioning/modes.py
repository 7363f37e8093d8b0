"""Which way a deployer gets its credentials: a user with keys, a role that is assumed, or tokens of a CI system."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zappa_iam_ext.aws.provisioning.current_roles import execution_role
from zappa_iam_ext.ci import ci_service
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.permissions.stage import MAX_ROLE_NAME, Stage
from zappa_iam_ext.plan.naming import with_hash
from zappa_iam_ext.plan.role_states import (
    DesiredProvider,
    DesiredRole,
    DesiredRoles,
    RoleProfile,
)
from zappa_iam_ext.roles.pipelines import Pipeline, pipeline_text
from zappa_iam_ext.roles.providers import Federation, federation, issuer_url, provider_rows
from zappa_iam_ext.roles.trusts import federated_trust, principals_trust

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

MODES = ("user", "role", "oidc", "permission-set")
MIN_SESSION, MAX_SESSION = 3600, 43200
"""Seconds (IAM API Reference, CreateRole, MaxSessionDuration)."""
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
# Notes stand on one line of a terminal.
USER_NOTE = "a key lasts until it is deleted; `--mode role` and `--mode oidc` need none"
NEW_REPOSITORIES = "repositories made since 2026-07-15 need --owner-id and --repository-id"
MFA_NOTE = "the profile needs `mfa_serial = ARN of the device` beside its role_arn"
NO_PROFILE_NOTE = "no profile is written: --source-profile names whose credentials to use"


@dataclass(frozen=True, slots=True)
class ModeOptions:
    """How the deployer gets its credentials, and what limits it.

    ``trusted`` are the ARNs that may assume the role, with ``mfa`` only after multi-factor authentication. ``provider``
    names a CI system, ``given`` what is said of it. ``source_profile`` holds the credentials by which the role's profile
    assumes it. ``boundary`` False leaves out the permissions boundary of execution roles; None bounds those of policies
    that are made anew, and leaves policies in place as they are.
    """

    mode: str = "user"
    role_name: str = ""
    trusted: tuple[str, ...] = ()
    mfa: bool = False
    max_session: int = MIN_SESSION
    source_profile: str = ""
    provider: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    boundary: bool | None = None

    @property
    def is_role(self) -> bool:
        """Whether a role deploys."""
        return self.mode in {"role", "oidc"}

    def check(self, *, removing: bool = False) -> None:
        """Raise `SettingsError` for options that do not fit the mode; who is trusted is of no account when ``removing``."""
        if self.role_name and not _ROLE_NAME.fullmatch(self.role_name):
            raise SettingsError(
                f"{self.role_name[:80]!r} cannot be a role's name",
                hint="Letters, digits and + = , . @ _ - are allowed, 64 at most.",
            )
        if removing:
            return
        if self.mode == "role" and not self.trusted:
            raise SettingsError(
                "who may assume the role is not said",
                hint="Give --trusted ARN: of a user, a role, or arn:aws:iam::ACCOUNT:root for the whole account.",
            )
        if self.mode == "oidc" and not self.provider:
            raise SettingsError(
                "whose tokens the role trusts is not said", hint="Give --provider, such as --provider github."
            )
        if not MIN_SESSION <= self.max_session <= MAX_SESSION:
            raise SettingsError(
                f"a session cannot last up to {self.max_session} seconds",
                hint=f"AWS allows {MIN_SESSION} to {MAX_SESSION}.",
            )


def deployer_name(stages: Sequence[Stage], options: ModeOptions) -> str:
    """Return the name of the role that deploys: the one given, else the project's."""
    if options.role_name:
        return options.role_name
    projects = sorted({stage.project_name for stage in stages})
    plain = f"{'-'.join(projects)}-zappa-deployer"
    clean = re.sub(r"[^\w+=,.@-]", "-", plain, flags=re.ASCII)
    return clean if clean == plain and len(clean) <= MAX_ROLE_NAME else with_hash(clean, plain, MAX_ROLE_NAME)


def deployer_there(iam: IAMClient, stages: Sequence[Stage], options: ModeOptions) -> tuple[str, str]:
    """Return the name and the path of the role that deploys, as IAM has them; of one that is to be made its name and ``/``.

    IAM finds a role by its name alone, whatever the case, and assumes it by its whole ARN (as observed).
    """
    name = deployer_name(stages, options)
    there = execution_role(iam, name)
    if there is None:
        return name, "/"
    return there.name, there.arn.partition(":role")[2].removesuffix(there.name)


def desired_roles(
    stages: Sequence[Stage], options: ModeOptions, role: tuple[str, str], profile: str, region: str | None
) -> tuple[DesiredRoles, Federation | None]:
    """Return the deploying role with whom it trusts, for stages in a known account. Raises as `federation` does.

    ``role`` is its name and path.
    """
    first = stages[0]
    name, path = role
    arn = _role_arn(first, role)
    if options.mode == "oidc":
        trusted = federation(options.provider, options.given)
        trust = federated_trust(trusted, first.partition, first.account)
        provider = DesiredProvider(
            trusted.provider_arn(first.partition, first.account), trusted.url, trusted.audience
        )
        wanted = DesiredRole(name, trust, path, max_session=options.max_session)
        return DesiredRoles(wanted, provider), trusted
    trust = principals_trust(options.trusted, partition=first.partition, mfa=options.mfa)
    wanted = DesiredRole(name, trust, path, max_session=options.max_session)
    source = options.source_profile
    own = RoleProfile(profile, arn, source, region) if source else None
    return DesiredRoles(wanted, profile=own), None


def _role_arn(stage: Stage, role: tuple[str, str]) -> str:
    name, path = role
    return f"arn:{stage.partition}:iam::{stage.account}:role{path}{name}"


def roles_to_destroy(stages: Sequence[Stage], options: ModeOptions) -> DesiredRoles:
    """Return the deploying role by its name, with the provider if one is named. Raises as `issuer_url` does."""
    first = stages[0]
    role = DesiredRole(deployer_name(stages, options), {})
    if options.mode != "oidc" or not options.provider:
        return DesiredRoles(role)
    url = issuer_url(options.provider, options.given)
    arn = f"arn:{first.partition}:iam::{first.account}:oidc-provider/{url.removeprefix('https://')}"
    return DesiredRoles(role, DesiredProvider(arn, url, ""))


def pipelines_of(
    stages: Sequence[Stage], options: ModeOptions, role: tuple[str, str], profile: str
) -> tuple[str, ...]:
    """Return, for each stage, the piece of the CI system's configuration that deploys it with the role; none elsewhere."""
    if options.mode != "oidc":
        return ()
    trusted = federation(options.provider, options.given)
    return tuple(
        pipeline_text(
            trusted,
            Pipeline(
                stage.name,
                stage.region,
                profile,
                _role_arn(stage, role),
                str(stage.settings.get("runtime", "")),
            ),
        )
        for stage in stages
    )


def mode_notes(options: ModeOptions, environ: Mapping[str, str], *, makes_key: bool) -> Iterator[str]:
    """Yield what has to be known about the way that was chosen."""
    service = ci_service(environ)
    if options.mode == "user" and service:
        yield f"in CI ({service}) `--mode oidc` needs no key"
    elif options.mode == "user" and makes_key:
        yield USER_NOTE
    row = provider_rows().get(options.provider)
    if (
        row is not None
        and "owner_id" in row.parameters
        and not {"owner_id", "repository_id"} <= set(options.given)
    ):
        yield NEW_REPOSITORIES
    if options.mode == "role" and options.mfa:
        yield MFA_NOTE
    if options.mode == "role" and not options.source_profile:
        yield NO_PROFILE_NOTE
