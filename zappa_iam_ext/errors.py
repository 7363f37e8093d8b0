"""Everything that can go wrong, each with the next step for the person who reads it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What every command and the gate end with, whatever the format; no command ends with another one."""

    OK = 0
    """Allowed, or done."""
    DENIED = 1
    """Something is denied or found, and nothing else is wrong."""
    COULD_NOT_RUN = 2
    """Wrong input, no credentials, no AWS, an answer of no, output that cannot be written, an error of ours."""
    CANNOT_TELL = 3
    """Something could not be decided."""
    INTERRUPTED = 130
    """Ended by Ctrl-C or SIGTERM: 128 and the number of SIGINT, as shells count."""


def worst(codes: Iterable[int]) -> ExitCode:
    """Return the code of several answers together: a denial, else what did not run, else what cannot be told."""
    found = set(codes)
    order = (ExitCode.DENIED, ExitCode.COULD_NOT_RUN, ExitCode.CANNOT_TELL)
    return next((code for code in order if code in found), ExitCode.OK)


class ZappaIamError(Exception):
    """Base of all our errors: what happened, and a hint what to do about it.

    ``exit_code`` is what the command line and the gate end with.
    """

    exit_code: ExitCode = ExitCode.COULD_NOT_RUN

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InvalidPolicyDocument(ZappaIamError):
    """A policy document that AWS would refuse (``MalformedPolicyDocument``).

    ``path`` is the JSON path of the offending element, ``rule`` the rule of the grammar it breaks, ``reason`` what
    is wrong, without either.
    """

    def __init__(
        self, message: str, *, path: str = "$", rule: str = "", hint: str = "", document: str = ""
    ) -> None:
        told = f"{path}: {message}" if path else message
        super().__init__(f"{document} is not a policy document: {told}" if document else told, hint=hint)
        self.reason = message
        self.path = path
        self.rule = rule


class InvalidArn(ZappaIamError):
    """A string that is not an Amazon Resource Name."""


class InvalidRequest(ZappaIamError):
    """An authorization request that is none: an action, a resource or a context of the wrong shape."""


class SettingsError(ZappaIamError):
    """The settings file is missing, unreadable, malformed, or has no such stage."""


class CannotEdit(SettingsError):
    """A settings file cannot be edited so that surely nothing else in it changes; nothing was written."""


class CredentialsProblem(ZappaIamError):
    """There is no profile, no credentials, or they are expired or not accepted."""


class NoCredentials(CredentialsProblem):
    """There is no such profile anywhere, or nothing gives it credentials: nobody is behind it yet."""


class WrongAccount(CredentialsProblem):
    """The credentials belong to another account than the stage expects (``iam_ext.expected_account``)."""


class CompromisedKey(CredentialsProblem):
    """AWS holds the user's key to be leaked: it has attached its quarantine policy."""


class CredentialSourceError(CredentialsProblem):
    """The source of a profile's credentials fails: a program, a token, a prompt, a sign-in that has expired."""


class AwsUnavailable(ZappaIamError):
    """AWS could not be reached: no network, no such region, no such endpoint."""


class TimeLimitReached(AwsUnavailable):
    """AWS did not answer within the time that was given."""


class AccessDenied(ZappaIamError):
    """AWS refused a call that we made ourselves (reading policies, provisioning)."""


class UnknownPrincipal(ZappaIamError):
    """IAM has no such user or role."""


class CredentialsFileError(CredentialsProblem):
    """The credentials or config file cannot be read or written, or must not be changed that way."""


class UnsafePlan(ZappaIamError):
    """A plan would change what someone else made or edited; nothing was changed."""


class NotOwned(UnsafePlan):
    """A plan would change what carries no tag of ours, or has a value that we did not write; nothing was changed."""


class PolicyDrift(UnsafePlan):
    """A plan would replace what somebody edited since we wrote it; nothing was changed."""


class LosesPermissions(UnsafePlan):
    """A plan would take permissions away from somebody, and nobody consented; nothing was changed."""

    exit_code = ExitCode.DENIED


class AccountChanged(ZappaIamError):
    """The account is no longer as it was when the plan was made: somebody else changed it meanwhile."""


class QuotaExceeded(ZappaIamError):
    """An IAM quota is in the way: policies per user, keys per user, characters per policy."""


class ProvisioningError(ZappaIamError):
    """Applying a plan stopped half-way; ``done`` says what was done, and planning again resumes.

    ``done`` holds the descriptions of the completed changes, in order.
    """

    def __init__(self, message: str, *, done: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.done = done


class OutputError(ZappaIamError):
    """Standard output cannot be written."""


class LocalAwsError(ZappaIamError):
    """The local AWS could not be installed or started, or an endpoint is not a safe one."""


class MissingPermissions(ZappaIamError):
    """The principal may not do what the stage needs; ``report`` says what is missing."""

    exit_code = ExitCode.DENIED

    def __init__(self, message: str, *, report: object, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.report = report


class InconclusiveCheck(MissingPermissions):
    """It could not be decided whether the principal may do what the stage needs; ``report`` says what hangs on what."""

    exit_code = ExitCode.CANNOT_TELL


DeployPermissionsMissing = MissingPermissions
"""The name of 0.1."""
