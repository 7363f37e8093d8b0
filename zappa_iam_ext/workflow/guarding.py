"""What stops a verdict before it is given, and what is odd about whose it is: account, quarantine, MFA, region."""

from __future__ import annotations

import os
from collections.abc import Iterator

from zappa_iam_ext.aws.credentials.choice import REGION_VARIABLE, SessionChoice
from zappa_iam_ext.aws.credentials.machine import this_machine
from zappa_iam_ext.aws.credentials.model import Machine
from zappa_iam_ext.aws.credentials.traps import odd
from zappa_iam_ext.aws.errors import scrub
from zappa_iam_ext.aws.principal_policies import PrincipalPolicies
from zappa_iam_ext.check import CredentialKind
from zappa_iam_ext.config import iam_ext_settings
from zappa_iam_ext.errors import CompromisedKey, CredentialSourceError, WrongAccount
from zappa_iam_ext.iam import Principal, PrincipalKind
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.sessions import AwsOptions

#: AWS attaches these to a user whose key it found in public (IAM User Guide, "AWS managed policies": ``AWSCompromisedKeyQuarantine``).
QUARANTINE = "AWSCompromisedKeyQuarantine"


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


def require_mfa(principal: Principal, held: PrincipalPolicies, *, temporary: bool) -> None:
    """Raise `CredentialSourceError` for a user's session that cannot call IAM, for it was begun without MFA.

    IAM then says that the token is invalid, though STS has just accepted it (STS API Reference, GetSessionToken).
    """
    own_session = temporary and principal.kind is PrincipalKind.USER
    if own_session and not held.held and any("does not accept" in told for told in held.unreadable):
        raise CredentialSourceError(
            f"the session of user {scrub(principal.name)} was begun without MFA: it can call no IAM, as Zappa"
            " has to",
            hint="Begin it with MFA (`aws sts get-session-token --serial-number ARN --token-code CODE`), or use a role.",
        )


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


def session_warnings(stage: Stage, options: AwsOptions, machine: Machine | None = None) -> tuple[str, ...]:
    """Return what is odd about whose session it is and where it deploys, each a sentence."""
    choice = options.choice(stage.profile_name)
    told = (*region_warnings(stage, options), *odd(choice, machine or this_machine()))
    return tuple(map(scrub, told))


def region_warnings(stage: Stage, options: AwsOptions) -> tuple[str, ...]:
    """Return what is odd about where a stage is deployed to, each a sentence."""
    return tuple(_region(stage, options.choice(stage.profile_name), options))


def _region(stage: Stage, choice: SessionChoice, options: AwsOptions) -> Iterator[str]:
    setting = stage.settings.get("aws_region")
    if options.region or not setting or setting == stage.region:
        return
    if choice.environment_keys and os.environ.get(REGION_VARIABLE) == stage.region:
        yield (
            f"aws_region of stage {stage.name} is {setting}, but Zappa deploys to {stage.region}: with keys in the environment"
            f" {REGION_VARIABLE} wins. It still calls Lambda in {setting}: make them equal"
        )
    else:
        yield f"aws_region of stage {stage.name} is {setting}, but the session is for {stage.region}"


def principal_warnings(kind: CredentialKind, principal: Principal) -> Iterator[str]:
    """Yield what is odd about whose credentials these are, each a sentence."""
    if kind is CredentialKind.ROOT:
        yield "these are credentials of the account's root user: nothing limits them; use a user or a role to deploy"
    if kind is CredentialKind.FEDERATED:
        yield "a federated user cannot call IAM at all (STS API, GetFederationToken)"
    of_sso = principal.kind is PrincipalKind.ASSUMED_ROLE and principal.name.startswith("AWSReservedSSO_")
    if of_sso and kind is not CredentialKind.SSO:
        yield f"{principal.name} is a role of IAM Identity Center: its permission set is edited, never the role"
