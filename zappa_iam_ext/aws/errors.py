"""Turns botocore's errors into ours: what happened, who can fix it, what to do next. No secret is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from zappa_iam_ext.errors import (
    AccessDenied,
    AwsUnavailable,
    CredentialSourceError,
    CredentialsProblem,
    InvalidPolicyDocument,
    QuotaExceeded,
    ZappaIamError,
)

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
REJECTED = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "Forbidden",
        "403",
        "UnauthorizedOperation",
    }
)
THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)

_SPACES = re.compile(r"\n+")
_CLOCK = re.compile(r"signature (?:expired|not yet current)|too skewed|clock", re.IGNORECASE)
_KEY_ID = re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{8,120}([A-Z0-9]{4})\b")
_LONG_TOKEN = re.compile(
    r"(?<![A-Za-z0-9/+=])(?=[A-Za-z/+=]*\d)(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9/+=]{40,}"
)
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture"})
_TIME = re.compile(r"\b\d{8}T\d{6}Z")
_TIMES = 3
"""AWS names three times: the signature's, the limit, its own."""
_NOT_AUTHORIZED = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z*]+)")
_SERVER_ERROR = 500

_MISSING_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.SSOError,
    boto.NoAuthTokenError,
    boto.RefreshWithMFAUnsupportedError,
)
_UNREACHABLE = (
    boto.HTTPClientError,
    boto.ConnectionError,
    boto.UnknownEndpointError,
    boto.UnknownServiceError,
    boto.InvalidRegionError,
    boto.EndpointVariantError,
)


_PROXY = "Is there a proxy on the way (HTTPS_PROXY), or a portal to sign in at? Is the endpoint AWS's?"


def scrub(text: str) -> str:
    """Return ``text`` fit for a terminal or a log: one line, no control characters, keys and tokens masked."""
    line = _SPACES.sub(" ", "".join(each if each.isprintable() else "\n" for each in text)).strip()
    return _LONG_TOKEN.sub("***", _KEY_ID.sub(r"\1***\2", line))


def code_of(error: BaseException) -> str:
    """Return the error code AWS gave (``NoSuchEntity``), empty when the answer never came."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def translate(error: BotoCoreError | ClientError | ResponseParserError, action: str = "") -> ZappaIamError:
    """Return our error for one of botocore's; ``action`` is the IAM action of the call that failed."""
    return _from_service(error, action) if isinstance(error, ClientError) else _from_botocore(error)


@contextmanager
def translated(action: str = "") -> Iterator[None]:
    """Raise our errors in place of botocore's; the original (which may quote tokens) is not chained."""
    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise translate(error, action) from None


def clock_skew(code: str, text: str) -> str:
    """Return by how much this machine's clock is off, from what AWS says of a signature's time; empty when it is not that.

    AWS names the time of the signature, and behind the bracket its own (IAM User Guide, "Signature Version 4
    troubleshooting").
    """
    if code not in _SKEWED and not (code in EXPIRED | REJECTED and _CLOCK.search(text)):
        return ""
    times = [datetime.strptime(found, "%Y%m%dT%H%M%SZ") for found in _TIME.findall(text)]  # noqa: DTZ007  -- all are UTC
    if len(times) < _TIMES:
        return "the clock of this machine is wrong: AWS does not accept the time of the request"
    off = times[0] - times[-1]
    minutes = round(abs(off).total_seconds() / 60)
    return f"the clock of this machine is {minutes} minutes {'ahead of' if off > timedelta() else 'behind'} that of AWS"


def _from_service(error: ClientError, action: str) -> ZappaIamError:  # noqa: PLR0911  -- a table, one row per kind
    code, text = code_of(error), scrub(str(error.response.get("Error", {}).get("Message", "")))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    called = f"{action or error.operation_name}: {code}" + (f" ({text})" if text else "")
    if code.isdigit() and not error.operation_name.startswith("Head"):
        return AwsUnavailable(f"what answered is not AWS (HTTP {code})", hint=_PROXY)
    if skew := clock_skew(code, text):
        return CredentialSourceError(
            skew,
            hint="Set the clock of this machine, or of the container's or virtual machine's host, and try again.",
        )
    if code in EXPIRED:
        return CredentialSourceError(
            f"the credentials have expired ({code})",
            hint="Sign in again (for example `aws sso login`), or check the clock of this machine.",
        )
    if code in REJECTED:
        return CredentialsProblem(
            f"AWS does not accept the credentials ({code})",
            hint="Is the access key deleted or inactive, its secret mistyped, or the endpoint another partition's?",
        )
    if code in DENIED:
        named = _NOT_AUTHORIZED.search(text)
        missing = named.group(1) if named else action or error.operation_name
        return AccessDenied(
            f"not allowed to call {missing}" + (f": {text}" if text else ""),
            hint=f"Use credentials that may {missing} (`--admin-profile`), or have it added to the policy.",
        )
    if not code and status < _SERVER_ERROR:
        return AwsUnavailable(f"what answered {action or error.operation_name} is not AWS", hint=_PROXY)
    if code in THROTTLED or status >= _SERVER_ERROR:
        return AwsUnavailable(f"AWS could not answer: {called}", hint="Try again in a minute.")
    if code in {"LimitExceeded", "LimitExceededException"}:
        return QuotaExceeded(
            f"an IAM quota is reached: {called}", hint="Remove what is unused, or raise the quota."
        )
    if code == "MalformedPolicyDocument":
        return InvalidPolicyDocument(
            f"AWS refuses the policy document: {text}", rule=code, hint="`zappa-iam lint` says more about it."
        )
    return ZappaIamError(f"AWS refused {called}")


def _from_botocore(error: BaseException) -> ZappaIamError:  # noqa: PLR0911  -- a table, one row per kind
    text = scrub(str(error))
    if isinstance(error, ResponseParserError):
        return AwsUnavailable("what answered is not AWS", hint=_PROXY)
    if isinstance(error, boto.ProfileNotFound):
        return CredentialsProblem(
            text, hint="`aws configure list-profiles` names those there are; is it misspelt?"
        )
    if isinstance(error, boto.ConfigParseError):
        return CredentialsProblem(
            text, hint="Mend the AWS config or credentials file; each line is `name = value`."
        )
    if isinstance(error, boto.PartialCredentialsError):
        return CredentialsProblem(text, hint="Give both aws_access_key_id and aws_secret_access_key.")
    if isinstance(error, _MISSING_CREDENTIALS):
        return CredentialsProblem(
            text,
            hint="Name a profile (`--profile`, AWS_PROFILE, Zappa's profile_name) or set AWS_ACCESS_KEY_ID.",
        )
    if isinstance(error, boto.NoRegionError):
        return CredentialsProblem(
            text, hint="Set aws_region in the Zappa settings, `--region` or AWS_DEFAULT_REGION."
        )
    if isinstance(error, boto.SSLError):
        return AwsUnavailable(
            f"AWS cannot be reached: {text}",
            hint="Which certificates count says AWS_CA_BUNDLE, or ca_bundle in the profile: is that file there, and are those of a"
            " proxy on the way in it?",
        )
    if isinstance(error, _UNREACHABLE):
        return AwsUnavailable(
            f"AWS cannot be reached: {text}",
            hint="Does the region exist, is the network up, and is the proxy (HTTPS_PROXY) right?",
        )
    return ZappaIamError(text)
