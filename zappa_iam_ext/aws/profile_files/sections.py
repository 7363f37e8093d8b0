"""A profile's section in one of the two files: what it holds, what must not be replaced, and how it is edited."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zappa_iam_ext.aws.ini_reading import parse
from zappa_iam_ext.aws.profile_files.ini_text import drop_section, edit_section, read_section
from zappa_iam_ext.aws.profile_files.names import OTHER_KINDS, key_material, misspelt
from zappa_iam_ext.aws.profile_files.stored_file import StoredFile
from zappa_iam_ext.errors import CredentialsFileError

ROLE_SOURCES = ("source_profile", "credential_source")
"""Where a role's profile gets the credentials by which it is assumed."""


@dataclass(frozen=True, slots=True)
class Section:
    """A profile's section in one of the files: how it is recognised, and what a new one is called."""

    file: StoredFile
    named: Callable[[str], bool]
    header: str

    def settings(self) -> Mapping[str, str]:
        """Return the settings; raise `CredentialsFileError` when the file cannot be read."""
        return read_section(self.file.text(), self.named)


def holds_another(profile: str, file: StoredFile) -> CredentialsFileError:
    """Return the error for a profile whose key may not be replaced."""
    return CredentialsFileError(
        f"profile {profile!r} in {file.path} already holds another access key",
        hint="Choose another profile name, or say that it may be overwritten (`--overwrite-profile`).",
    )


def refuse_other_kind(profile: str, file: StoredFile, section: Mapping[str, str]) -> None:
    """Raise `CredentialsFileError` when the section gives credentials of another kind than a key."""
    for name in OTHER_KINDS:
        if name in section:
            raise CredentialsFileError(
                f"profile {profile!r} has {name} in {file.path}: an access key would shadow it, or never be used",
                hint="Choose another profile name for the access key.",
            )


def refuse_other_credentials(
    profile: str, file: StoredFile, section: Mapping[str, str], wanted: Mapping[str, str]
) -> None:
    """Raise `CredentialsFileError` when the section has credentials other than the wanted role."""
    others = (n for n in (*OTHER_KINDS, *ROLE_SOURCES) if n in section and section[n] != wanted.get(n))
    for name in (*others, *key_material(section)):
        raise CredentialsFileError(
            f"profile {profile!r} already has {name} in {file.path}",
            hint="Choose another profile name, or say that it may be overwritten (`--overwrite-profile`).",
        )


def refuse_misspelt(profile: str, file: StoredFile, section: Mapping[str, str], *, overwrite: bool) -> None:
    """Raise `CredentialsFileError` when the section has a misspelt setting of a key that may not be overwritten."""
    wrong = misspelt(section)
    if wrong and not overwrite:
        name, intended = next(iter(wrong.items()))
        raise CredentialsFileError(
            f"profile {profile!r} in {file.path} has {name}, which is no setting: did you mean {intended}?",
            hint="Correct its name, or say that the profile may be overwritten (`--overwrite-profile`).",
        )


def require_plain(values: Mapping[str, str]) -> None:
    """Refuse values that would not be read back, without telling them."""
    for name, value in values.items():
        if value != value.strip() or not value.isprintable() or not value:
            raise CredentialsFileError(
                f"{name} is empty, or has blanks around it or control characters in it"
            )


def edited(
    section: Section, before: str, values: Mapping[str, str], remove: frozenset[str] = frozenset()
) -> str:
    """Return the new text; raise `CredentialsFileError` unless it says what it must and the rest is as it was."""
    after = edit_section(before, section.named, section.header, values, remove)
    try:
        seen = parse(after)
    except configparser.Error:
        seen = configparser.RawConfigParser()
    old = parse(before)
    ours = next((name for name in reversed(seen.sections()) if section.named(name)), None)
    rest = [{s: dict(p[s]) for s in p.sections() if not section.named(s)} for p in (old, seen)]
    if rest[0] != rest[1] or ours is None or any(seen[ours].get(n) != v for n, v in values.items()):
        raise CredentialsFileError(
            f"the profile cannot be written to {section.file.path} without disturbing the rest; it was left as it is",
            hint=f"Look for oddly indented lines in it, or choose another file ({section.file.variable}).",
        )
    return after


def dropped(section: Section, before: str, profile: str, role_arn: str) -> str:
    """Return the text without the section of a role; raise `CredentialsFileError` unless only that section goes."""
    current = read_section(before, section.named)
    after = drop_section(before, section.named)
    try:
        old, seen = parse(before), parse(after)
    except configparser.Error:
        old = seen = configparser.RawConfigParser()
    rest = {s: dict(old[s]) for s in old.sections() if not section.named(s)}
    if not is_roles(current, role_arn) or rest != {s: dict(seen[s]) for s in seen.sections()}:
        raise CredentialsFileError(
            f"the profile {profile!r} in {section.file.path} says more than what we wrote; it was left as it is",
            hint="Take it out by hand if nobody needs it.",
        )
    return after


def is_roles(settings: Mapping[str, str], role_arn: str) -> bool:
    """Say whether a profile says just what is written for a role: the role, whose credentials, and a region."""
    return settings.get("role_arn") == role_arn and set(settings) <= {"role_arn", "source_profile", "region"}
