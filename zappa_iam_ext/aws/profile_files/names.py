"""How profiles and their settings are named in the two files, as botocore reads them. Pure."""

from __future__ import annotations

import configparser
import contextlib
import difflib
import re
import shlex
from collections.abc import Callable, Mapping

from zappa_iam_ext.aws.errors import scrub
from zappa_iam_ext.errors import CredentialsFileError

KEY_ID, SECRET = "aws_access_key_id", "aws_secret_access_key"
TOKENS = ("aws_session_token", "aws_security_token")
OF_ANOTHER_KEY = frozenset({*TOKENS, "aws_account_id"})
"""What belongs to a key and does not to the one that takes its place."""
OTHER_KINDS = (
    "role_arn",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_account_id",
    "login_session",
    "credential_process",
)
"""Settings of a profile that give credentials of another kind: botocore would use them instead of an access key of the
profile, or an access key instead of them (``create_credential_resolver``)."""

_FORBIDDEN = frozenset("[]")
_LIKENESS = 0.85
_OTHER_WRITINGS = {
    "accesskeyid": KEY_ID, "accesskey": KEY_ID, "awsaccesskey": KEY_ID, "awskeyid": KEY_ID, "awskey": KEY_ID,
    "awsaccessid": KEY_ID, "awsaccess": KEY_ID, "keyid": KEY_ID, "accessid": KEY_ID,
    "secretaccesskey": SECRET, "secretkey": SECRET, "secret": SECRET, "awssecretkey": SECRET, "awssecret": SECRET,
    "awssecretaccess": SECRET, "secretaccess": SECRET, "awssecretkeyid": SECRET, "awssecretaccesskeyid": SECRET,
    "awssecretaccesskey": SECRET, "awsaccesskeyid": KEY_ID,
    "sessiontoken": TOKENS[0], "awstoken": TOKENS[0], "securitytoken": TOKENS[0], "awssession": TOKENS[0],
    "awssessiontoken": TOKENS[0], "awssecuritytoken": TOKENS[0],
}  # fmt: skip
_KNOWN = frozenset({KEY_ID, SECRET, *OF_ANOTHER_KEY})
_KEY_SHAPED = re.compile(r"[\"']?(?:AKIA|ASIA)[A-Z0-9]{12,124}\b")


def check_profile_name(profile: str) -> None:
    """Raise `CredentialsFileError` for a name that would break the file or not be read back."""
    if not profile or profile != profile.strip() or not profile.isprintable() or _FORBIDDEN & set(profile):
        raise CredentialsFileError(
            f"{scrub(profile)!r} cannot be the name of a profile",
            hint="Use letters, digits, dots, dashes and underscores.",
        )
    if profile == configparser.DEFAULTSECT:
        raise CredentialsFileError(
            "a profile named DEFAULT would lend its key to every other profile",
            hint="Did you mean `default`?",
        )


def in_credentials(profile: str) -> Callable[[str], bool]:
    """Recognise a profile's section of the credentials file: ``[name]``."""
    return lambda section: section == profile


def in_config(profile: str) -> Callable[[str], bool]:
    """Recognise a profile's section of the config file: ``[profile name]``, shell-quoted, or ``[default]``."""

    def matches(section: str) -> bool:
        if section == "default":
            return profile == "default"
        with contextlib.suppress(ValueError):
            return section.startswith("profile") and shlex.split(section)[1:] == [profile]
        return False

    return matches


def config_header(profile: str) -> str:
    """Return the name of a new section of the config file."""
    return profile if profile == "default" else f"profile {shlex.quote(profile)}"


def meant(name: str) -> str | None:
    """Return the setting that a name which botocore does not know is likely meant for: of a key, or None."""
    if name in _KNOWN:
        return None
    folded = re.sub(r"[^a-z]", "", name.lower())
    if folded in _OTHER_WRITINGS:
        return _OTHER_WRITINGS[folded]
    near = difflib.get_close_matches(name.lower(), (KEY_ID, SECRET, *TOKENS), n=1, cutoff=_LIKENESS)
    return near[0] if near else None


def misspelt(section: Mapping[str, str]) -> Mapping[str, str]:
    """Return the misspelt settings of a key in a section: name to what is meant."""
    found = {name: meant(name) for name in section}
    return {name: intended for name, intended in found.items() if intended}


def key_material(section: Mapping[str, str]) -> tuple[str, ...]:
    """Return the settings of a section that hold a part of a key, whatever they are called."""
    return tuple(
        name
        for name, value in section.items()
        if name in {KEY_ID, SECRET, *TOKENS} or meant(name) or _KEY_SHAPED.match(value)
    )
