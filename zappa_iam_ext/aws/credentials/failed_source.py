"""What to say of a source of credentials that failed: which profile's it is, what it is, and the next step. Pure.

A profile whose role is assumed by another profile fails where the chain begins, unless it is the role that refuses.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore import exceptions as boto

from zappa_iam_ext.aws.errors import DENIED, EXPIRED, REJECTED, code_of, scrub

Settings = Mapping[str, str]
_LONGEST = 300
_SECRET_OPTION = re.compile(
    r"((?:(?<=\s)-p[ =]+|(?<=\s)--?[\w-]*(?:pass|secret|token|pin)[\w-]*[ =]+|\b\w*(?:pass|secret|token|key)\w*=))"
    r"(\"[^\"]*\"|'[^']*'|\S+)",
    re.IGNORECASE,
)
#: What a program prints beside an error, in JSON or as a person writes it: a name, a separator, a value.
_SECRET_VALUE = re.compile(
    r"([\w-]*(?:pass(?:word|wd|phrase|code)?|secret|token|access_?key|api_?key|private_?key|credential)[\w-]*"
    r"[\"']?\s*(?:[:=]|\bis\b)\s*)(\"[^\"]*\"|'[^']*'|\S+)",
    re.IGNORECASE,
)
_ASSUMING = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity"})
_NO_JSON = (json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError, IndexError)
"""What botocore makes of an answer that is no JSON object."""
_SHELL = re.compile(r"(?:^|\s)(?:\||\|\||&&|>|>>|<|2>)(?:\s|$)|\$\(|`")


@dataclass(frozen=True, slots=True)
class Told:
    """What failed, as the subject of a sentence, and what to try."""

    what: str
    hint: str


def beginning(profile: str, profiles: Mapping[str, Settings], error: Exception) -> str:
    """Return the profile whose source failed: where the chain of roles begins, or the profile whose role refused."""
    if isinstance(error, boto.ClientError) and error.operation_name in _ASSUMING:
        return profile
    if isinstance(error, boto.InvalidConfigError | boto.InfiniteLoopConfigError):
        return profile
    seen = {profile}
    while "role_arn" in (own := profiles.get(profile, {})) and "web_identity_token_file" not in own:
        following = own.get("source_profile", "")
        if following in seen or following not in profiles:
            break
        seen.add(following)
        profile = following
    return profile


def told_of(source: Settings, error: Exception) -> Told:
    """Return what the source of a profile is and what to try, for the error that came of it."""
    if "credential_process" in source and "role_arn" not in source:
        return _of_program(source["credential_process"])
    if "sso_account_id" in source or "sso_role_name" in source:
        return Told("its sign-in by SSO", "`aws configure sso` writes what belongs into such a profile.")
    if file := source.get("web_identity_token_file"):
        return Told(f"its web identity token ({scrub(file)})", _about_token(error))
    if "role_arn" in source:
        return _of_role(source, error)
    if endpoint := source.get("container"):
        return Told(
            f"the container's credentials ({scrub(endpoint)})", "Is this the container that has the role?"
        )
    return Told("its credential source", "`aws sts get-caller-identity` with this profile shows it.")


def _about_token(error: Exception) -> str:
    if isinstance(error, boto.InvalidConfigError | boto.ParamValidationError):
        return "Such a token goes with a role's ARN: AWS_ROLE_ARN, or role_arn in the profile; the file holds the token alone."
    if code_of(error) in DENIED:
        return "The role has to trust the token's issuer, audience and subject: `zappa-iam lint` says more of a trust policy."
    return "Is the token file there, and not too old?"


def _of_role(source: Settings, error: Exception) -> Told:
    base, other = scrub(source.get("source_profile", "")), scrub(source.get("credential_source", ""))
    by = f"by profile {base}" if base else f"by credential_source {other}"
    what = f"assuming its role {by}"
    code = code_of(error)
    if isinstance(error, boto.InvalidConfigError | boto.InfiniteLoopConfigError):
        return Told(
            what,
            "Correct role_arn, source_profile and credential_source of these profiles;"
            " `aws configure list-profiles` names those there are.",
        )
    if code in DENIED:
        return Told(
            what,
            "The role has to trust whoever assumes it, and they need sts:AssumeRole on it; a trust that asks for MFA needs"
            " mfa_serial in the profile.",
        )
    if code and code not in EXPIRED | REJECTED:
        return Told(what, f"Correct the profile: its role_arn is {scrub(source['role_arn'])}.")
    if base:
        return Told(what, f"Does profile {base} work by itself?")
    return Told(what, _SOURCES.get(other, "It may be Environment, Ec2InstanceMetadata or EcsContainer."))


_SOURCES: Mapping[str, str] = {
    "Environment": "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: `credential_source = Environment` reads them.",
    "Ec2InstanceMetadata": "Is this an instance of EC2 with a role, and is its metadata not switched off?",
    "EcsContainer": "Is this a container with a role?",
}


def _of_program(line: str) -> Told:
    if not line.strip():
        return Told("its credential_process, which is empty,", "Write the program's command line behind it.")
    told = scrub(masked(line))
    what = f"its credential_process ({told})"
    try:
        program = shlex.split(line)[0]
    except ValueError:
        return Told(f"{what}, a quote of which is not closed,", "Close it in the config file.")
    if program.startswith("~") or "$" in program:
        return Told(
            what, "It is run without a shell, so write the whole path in place of ~ and of variables."
        )
    if _SHELL.search(line):
        return Told(what, "It is run without a shell: put a pipe or several commands into a script.")
    return Told(
        what, f"Run it by hand: {told}" if told == line else "Run it by hand: its line is in the config file"
    )


def masked(line: str) -> str:
    """Return a command line without what stands behind an option for a password, a secret or a token."""
    return _SECRET_OPTION.sub(r"\1***", line)


def reason(error: Exception) -> str:
    """Return what went wrong in one line: a missing file by its name, never a Python class alone, no secret."""
    if isinstance(error, FileNotFoundError):
        return f"there is no {scrub(str(error.filename))}"
    if isinstance(error, PermissionError):
        return f"{scrub(str(error.filename))} may not be run or read"
    if isinstance(error, boto.CredentialRetrievalError):
        said = str(error.kwargs.get("error_msg", "")).strip()
        return _plain(said) or "it ended with an error, and did not say why"
    if isinstance(error, _NO_JSON):
        return "it gave no credentials in JSON"
    if isinstance(error, RuntimeError) and "still expired" in str(error):
        return "it gave credentials that have expired"
    return _plain(str(error)) or type(error).__name__


def _plain(text: str) -> str:
    """Return what somebody else wrote in one line of some length, the secrets that it names left out."""
    told = scrub(_SECRET_VALUE.sub(r"\1***", text)).rstrip(": ")
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}..."


def gave_nothing_usable(
    values: Mapping[str, object], problem_of: Callable[[str, str], str], *, temporary: bool
) -> str:
    """Return what is wrong with credentials that a source gave, by their names; empty when nothing is."""
    for name, value in values.items():
        if not isinstance(value, str) or not value:
            return f"it gave no {name}"
        if problem := problem_of(name, value):
            return f"the {name} that it gave {problem}"
    if temporary and "session token" not in values:
        return "it gave a temporary key (ASIA...) without its session token"
    return ""
