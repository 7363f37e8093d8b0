"""What is bound to fail before the first call, and what is only odd: from files and environment alone. Pure.

Each trap has a sentence of its own and the next step; no value of a key is ever told.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping

from zappa_iam_ext.aws.credentials.choice import (
    KEY_VARIABLES,
    PROFILE_VARIABLES,
    SessionChoice,
)
from zappa_iam_ext.aws.credentials.key_text import key_text_problem
from zappa_iam_ext.aws.credentials.missing_profile import missing_profile
from zappa_iam_ext.aws.credentials.model import Machine, Trap
from zappa_iam_ext.aws.credentials.profiles import ProfileFiles, Section
from zappa_iam_ext.aws.credentials.providers import Provider, provider_of

_ID, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_TOKENS = ("aws_security_token", _TOKEN)


def find_trap(choice: SessionChoice, machine: Machine) -> Trap | None:
    """Return the first thing that is certain to fail, or None."""
    rules: tuple[Callable[[SessionChoice, Machine], Trap | None], ...] = (
        _empty_variable,
        missing_profile,
        _environment_keys,
        _profile_keys,
        _login,
    )
    return next(filter(None, (rule(choice, machine) for rule in rules)), None)


def odd(choice: SessionChoice, machine: Machine) -> Iterator[str]:
    """Tell what works and is probably not meant so, each a sentence."""
    environ, files = machine.environ, machine.files
    profile = choice.settings_of
    settings, provider = files.of(profile), provider_of(profile, files)
    if choice.explicit and any(environ.get(name) for name in KEY_VARIABLES):
        if settings.get("credential_source") != "Environment":
            yield (
                f"the keys in the environment are not used: {choice.named_by} says {profile}, and a named profile wins"
            )
    elif choice.environment_keys and choice.profile:
        yield f"{choice.named_by} says {profile}, but the keys in the environment win"
    both = [environ[name] for name in PROFILE_VARIABLES if environ.get(name)]
    if choice.named_by in PROFILE_VARIABLES and len(set(both)) > 1:
        yield f"AWS_DEFAULT_PROFILE ({both[0]}) wins over AWS_PROFILE ({both[1]}) in boto3"
    if not choice.environment_keys:
        yield from _shadowed(profile, provider, settings, files)


def _shadowed(
    profile: str, provider: Provider | None, settings: Section, files: ProfileFiles
) -> Iterator[str]:
    """Say which of the sources that a profile has is not used."""
    others = [
        name
        for name in ("credential_process", "login_session", "sso_session", "sso_start_url")
        if name in settings
    ]
    keys = _ID in files.in_credentials(profile)
    if provider is Provider.CREDENTIALS_FILE and (others or _ID in files.in_config(profile)):
        other = others[0] if others else f"access key in {files.config_path}"
        yield f"profile {profile}: the access key in {files.credentials_path} wins over its {other}"
    stronger = provider in {Provider.ASSUME_ROLE, Provider.WEB_IDENTITY, Provider.SSO}
    if keys and stronger and settings.get("source_profile") != profile:
        winner = "SSO settings win" if provider is Provider.SSO else "role_arn wins"
        yield f"profile {profile}: its access key in {files.credentials_path} is not used, its {winner}"


def _empty_variable(choice: SessionChoice, _: Machine) -> Trap | None:
    if choice.profile == "" and choice.named_by:
        return Trap(
            f"{choice.named_by} is set but empty: boto3 looks for a profile without a name",
            f"Unset it (`unset {choice.named_by}`), or name a profile.",
        )
    return None


def _environment_keys(choice: SessionChoice, machine: Machine) -> Trap | None:
    """Find keys of the environment that cannot work: half of them, or text that is no key."""
    environ = machine.environ
    if choice.explicit:
        return None
    if choice.environment_keys:
        token = environ.get("AWS_SESSION_TOKEN", "")
        values = {name: environ[name] for name in KEY_VARIABLES}
        if token:
            values["AWS_SESSION_TOKEN"] = token
        key_id = values[KEY_VARIABLES[0]]
        return (
            _bad_text(values, "the environment", "Set the variable again, with the bare text.")
            or _no_token(key_id, token, "AWS_SESSION_TOKEN is not set")
            or _stale_token(
                key_id, token, "AWS_SESSION_TOKEN is set", "Unset it (`unset AWS_SESSION_TOKEN`)."
            )
        )
    given = [name for name in KEY_VARIABLES if environ.get(name)]
    if given and given[0] == KEY_VARIABLES[0]:
        return Trap(
            f"{KEY_VARIABLES[0]} is set in the environment, and {KEY_VARIABLES[1]} is not",
            "Set both, or unset it.",
        )
    return None


def _profile_keys(choice: SessionChoice, machine: Machine) -> Trap | None:
    """Find keys of a profile that cannot work: its own, or those of the profile that its role starts from."""
    files = machine.files
    name = "" if choice.environment_keys else _base(choice.settings_of, files)
    provider = provider_of(name, files) if name else None
    if provider in {Provider.CREDENTIALS_FILE, Provider.CONFIG_FILE}:
        return _static_keys(name, provider, files)
    if name in files.names and provider is None:
        return _no_credentials(name, files)
    return None


def _base(name: str, files: ProfileFiles) -> str:
    """Return the profile whose own credentials a chain of roles starts from; a role may start from its profile's keys."""
    seen = {name}
    while provider_of(name, files) is Provider.ASSUME_ROLE:
        following = files.of(name).get("source_profile", "")
        if following in seen:
            return ""
        seen.add(following)
        name = following
    return name


def _static_keys(name: str, provider: Provider | None, files: ProfileFiles) -> Trap | None:
    shared = provider is Provider.CREDENTIALS_FILE
    section = files.in_credentials(name) if shared else files.in_config(name)
    path = files.credentials_path if shared else files.config_path
    if _ID not in section:
        return None
    if half := _half_a_key(section):
        told, hint = half
        return Trap(f"profile {name} in {path} {told}", hint or f"Correct the profile in {path}.")
    token = next((section[key] for key in _TOKENS if section.get(key)), "")
    values = {key: section[key] for key in (_ID, _SECRET)} | ({_TOKEN: token} if token else {})
    where = f"profile {name} in {path}"
    return (
        _bad_text(values, where, f"Correct the profile in {path}: the bare text, alone.")
        or _no_token(section[_ID], token, f"{where} has no {_TOKEN}")
        or _stale_token(section[_ID], token, f"{where} has a session token", f"Take its line out of {path}.")
    )


def _half_a_key(section: Section) -> tuple[str, str] | None:
    """Return what is missing of a key, and what to do if that is not plain."""
    if not section.get(_SECRET):
        if _SECRET in section[_ID]:
            return (
                f"has no {_SECRET}: its line is indented, and so belongs to the line above it",
                "Begin it at the left edge.",
            )
        stray = _typed_for(_SECRET, section)
        return f"has no {_SECRET}" + (f" (it has {stray}: did you mean that?)" if stray else ""), ""
    return None if section[_ID] else (f"has an empty {_ID}", "")


def _bad_text(values: Mapping[str, str], where: str, hint: str) -> Trap | None:
    for name, value in values.items():
        problem = key_text_problem(value, is_id=name in {_ID, KEY_VARIABLES[0]})
        if problem:
            return Trap(f"{name} of {where} {problem}", hint)
    return None


def _no_token(key_id: str, token: str, told: str) -> Trap | None:
    """Find a temporary key alone: ids that begin with ASIA need a session token (IAM User Guide, "unique identifiers")."""
    if key_id.startswith("ASIA") and not token:
        return Trap(
            f"{told}, and its key is a temporary one (ASIA...)",
            "Copy all three: id, secret and session token.",
        )
    return None


def _stale_token(key_id: str, token: str, told: str, hint: str) -> Trap | None:
    """Find the token of another session beside a long-term key (AKIA...): AWS refuses the two together."""
    if key_id.startswith("AKIA") and token:
        return Trap(f"{told}, and its key is a long-term one (AKIA...), which goes without", hint)
    return None


def _no_credentials(name: str, files: ProfileFiles) -> Trap | None:
    """Find what is wrong in a profile without any source of credentials; botocore then looks for a container's or an instance's."""
    section = files.of(name)
    stray = _typed_for(_ID, section)
    if stray:
        return Trap(
            f"profile {name} has no {_ID} (it has {stray}: did you mean that?)",
            f"Correct the name in {files.credentials_path}; the value may stay.",
        )
    if f"profile {name}" in files.credentials:
        return Trap(
            f"profile {name} has no credentials: {files.credentials_path} has [profile {name}], which is a profile of"
            " another name there",
            f"In {files.credentials_path} write the line as [{name}].",
        )
    if name in files.config and name != "default":
        return Trap(
            f"profile {name} has no credentials: {files.config_path} has [{name}], which is no profile there",
            f"In {files.config_path} write the line as [profile {name}].",
        )
    if _SECRET in section:
        return Trap(f"profile {name} has {_SECRET}, but no {_ID}", f"Add the id in {files.credentials_path}.")
    return None


def _typed_for(wanted: str, section: Section) -> str:
    """Return the setting of a profile that was probably meant to be this one, by its words; empty when there is none."""
    secret = wanted == _SECRET
    for name in section:
        words = name.replace("-", "_").replace(" ", "_")
        known = name in {_ID, _SECRET, *_TOKENS}
        if known or "token" in words or ("secret" in words) != secret:
            continue
        if secret or "access" in words or "key_id" in words or words in {"aws_key", "key", "aws_id"}:
            return name
    near = difflib.get_close_matches(wanted, set(section) - {_ID, _SECRET, *_TOKENS}, n=1, cutoff=0.8)
    return near[0] if near else ""


def _login(choice: SessionChoice, machine: Machine) -> Trap | None:
    """Credentials of ``aws login`` need an extra of botocore (``botocore/credentials.py: LoginProvider``)."""
    profile = choice.settings_of
    if choice.environment_keys or machine.login_works:
        return None
    if provider_of(profile, machine.files) is Provider.LOGIN:
        return Trap(
            f"profile {profile} is one of `aws login`, which needs botocore's crt extra",
            "pip install 'botocore[crt]'",
        )
    return None
