"""Writes an access key or a role into one profile of AWS's two files, and nothing else into them.

The files are botocore's (``AWS_SHARED_CREDENTIALS_FILE`` or ``~/.aws/credentials``, ``AWS_CONFIG_FILE`` or
``~/.aws/config``). What is written is read back as botocore reads it before it replaces the old text.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zappa_iam_ext.aws.profile_files.ini_text import read_section
from zappa_iam_ext.aws.profile_files.names import (
    KEY_ID,
    OF_ANOTHER_KEY,
    OTHER_KINDS,
    SECRET,
    check_profile_name,
    config_header,
    in_config,
    in_credentials,
    key_material,
    misspelt,
)
from zappa_iam_ext.aws.profile_files.sections import (
    ROLE_SOURCES,
    Section,
    dropped,
    edited,
    holds_another,
    refuse_misspelt,
    refuse_other_credentials,
    refuse_other_kind,
    require_plain,
)
from zappa_iam_ext.aws.profile_files.stored_file import StoredFile
from zappa_iam_ext.aws.secret import AccessKey, without_frames
from zappa_iam_ext.errors import CredentialsFileError

_ROLE_STRANGERS = ("web_identity_token_file", "credential_source", "source_profile")


@dataclass(frozen=True, slots=True)
class ProfileFiles:
    """Where credentials (``path``) and other profile settings (``config_path``) are kept."""

    path: Path
    config_path: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> ProfileFiles:
        """Find both files the way botocore does; raise `CredentialsFileError` when a variable is empty."""
        return cls(
            _located(environ, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
            _located(environ, "AWS_CONFIG_FILE", "~/.aws/config"),
        )

    @property
    def credentials(self) -> StoredFile:
        """The credentials file."""
        return StoredFile(self.path, "AWS_SHARED_CREDENTIALS_FILE", secret=True)

    @property
    def config(self) -> StoredFile:
        """The config file."""
        return StoredFile(self.config_path, "AWS_CONFIG_FILE")

    def access_key_id(self, profile: str) -> str | None:
        """Return the id of the access key that the profile holds in either file, or None."""
        return next(
            filter(None, (section.settings().get(KEY_ID) for section in self._sections(profile))), None
        )

    def sources(self, profile: str) -> Mapping[str, str]:
        """Return how the profile gets its credentials, by the settings of both files; no secret is among them."""
        names = {KEY_ID, "role_arn", *OTHER_KINDS, *ROLE_SOURCES}
        held = {name: value for each in self._sections(profile) for name, value in each.settings().items()}
        return {name: value for name, value in held.items() if name in names}

    def held_key(self, profile: str) -> str | None:
        """Return the id of the profile's access key, else the name of a setting that holds any part of one, or None."""
        held = [
            section.settings() for section in self._sections(profile)
        ]  # read once: others write meanwhile
        ids = (settings.get(KEY_ID) for settings in held)
        parts = (name for settings in held for name in key_material(settings))
        return next(filter(None, ids), None) or next(parts, None)

    def key_material(self, profile: str) -> tuple[str, ...]:
        """Return the settings of the profile that hold a part of a key, whatever they are called, in either file."""
        return tuple(name for section in self._sections(profile) for name in key_material(section.settings()))

    def check_kind(self, profile: str) -> None:
        """Raise `CredentialsFileError` when the profile gets its credentials from anything but an access key."""
        for section in self._sections(profile):
            refuse_other_kind(profile, section.file, section.settings())

    def check_replaceable(self, profile: str, *, overwrite: bool) -> None:
        """Raise `CredentialsFileError` when a new key would replace key material that is misspelt in the profile."""
        for section in self._sections(profile):
            refuse_misspelt(profile, section.file, section.settings(), overwrite=overwrite)

    def check_writable(self, profile: str, region: str | None = None, *, overwrite: bool = True) -> None:
        """Raise `CredentialsFileError` unless a key, and ``region``, could be written; leaves nothing behind.

        Without ``overwrite`` neither where the profile holds any part of a key.

        Meant to be asked before anything is created on AWS.
        """
        check_profile_name(profile)
        self.check_kind(profile)
        section = self._key_section(profile)
        if not overwrite and key_material(section.settings()):
            raise holds_another(profile, section.file)
        section.file.check_writable()
        if region and not self.region(profile):
            self.config.check_writable()

    def takes_region(self, profile: str) -> bool:
        """Say whether the config file has the profile's region, or looks as if it could be written; tries nothing."""
        return bool(self.region(profile)) or self.config.seems_writable()

    def region(self, profile: str) -> str | None:
        """Return the region that the config file has for the profile."""
        return self._config_section(profile).settings().get("region") or None

    @without_frames
    def write_key(
        self, profile: str, key: AccessKey, *, overwrite: bool = False, replacing: str | None = None
    ) -> bool:
        """Store ``key`` under ``profile``; return whether the file had to change.

        Raises `CredentialsFileError`, with the old file intact, when the profile holds another key, or anything like
        one, that is not ``replacing`` and ``overwrite`` is false, when botocore would not use the key, or when the
        file cannot be written. A key that the config file holds is replaced there.
        """
        check_profile_name(profile)
        wanted = {KEY_ID: key.access_key_id, SECRET: key.secret_access_key.reveal()}
        require_plain(wanted)
        self.check_kind(profile)
        section = self._key_section(profile)

        def edit(text: str) -> str:
            current = read_section(text, section.named)
            refuse_other_kind(profile, section.file, current)
            if {name: current.get(name) for name in wanted} == wanted and set(key_material(current)) == set(
                wanted
            ):
                return text
            known = current.get(KEY_ID) in {key.access_key_id, replacing} - {None}
            refuse_misspelt(profile, section.file, current, overwrite=overwrite)
            if key_material(current) and not known and not overwrite:
                raise holds_another(profile, section.file)
            gone = (
                OF_ANOTHER_KEY
                if current.get(KEY_ID) != key.access_key_id
                else OF_ANOTHER_KEY - {"aws_account_id"}
            )
            return edited(section, text, wanted, gone | set(misspelt(current)))

        return section.file.change(edit)

    @without_frames
    def write_region(self, profile: str, region: str, *, overwrite: bool = False) -> bool:
        """Store ``region`` for ``profile`` in the config file; return whether the file had to change."""
        check_profile_name(profile)
        require_plain({"region": region})
        section = self._config_section(profile)

        def edit(text: str) -> str:
            current = read_section(text, section.named).get("region")
            if current == region or (current and not overwrite):
                return text
            return edited(section, text, {"region": region})

        current = self.region(profile)
        return section.file.change(edit) if current != region and (overwrite or not current) else False

    @without_frames
    def write_role(
        self,
        profile: str,
        role_arn: str,
        *,
        source_profile: str = "",
        credential_source: str = "",
        region: str | None = None,
        overwrite: bool = False,
    ) -> bool:
        """Let ``profile`` assume a role, in the config file; return whether the file had to change.

        The role's credentials come from ``source_profile``, or from ``credential_source`` (``Environment``,
        ``Ec2InstanceMetadata``, ``EcsContainer``). Raises `CredentialsFileError`, with the file intact, when the
        profile has credentials of its own or another role and ``overwrite`` is false, when there is no such source,
        and when the file cannot be written. Keys of the profile stay where they are: botocore prefers the role.
        """
        check_profile_name(profile)
        if bool(source_profile) == bool(credential_source):
            raise CredentialsFileError(
                "a role's profile needs either a source profile or a credential source"
            )
        source = dict(zip(ROLE_SOURCES, (source_profile, credential_source), strict=True))
        wanted = {"role_arn": role_arn, **{name: value for name, value in source.items() if value}}
        require_plain(wanted if region is None else wanted | {"region": region})
        if source_profile:
            self._require_source(profile, source_profile)
        section, other = self._config_section(profile), self._credentials_section(profile)
        if not overwrite:
            refuse_other_credentials(profile, other.file, other.settings(), wanted)

        def edit(text: str) -> str:
            current = read_section(text, section.named)
            if not overwrite:
                refuse_other_credentials(profile, section.file, current, wanted)
            more = {"region": region} if region and (overwrite or not current.get("region")) else {}
            values = {name: value for name, value in (wanted | more).items() if current.get(name) != value}
            gone = frozenset(_ROLE_STRANGERS) - set(wanted)
            if not values and not gone & set(current):
                return text
            return edited(section, text, wanted | more, gone)

        return section.file.change(edit)

    def role_section(self, profile: str) -> Mapping[str, str]:
        """Return what the config file says of the profile; empty when it says nothing."""
        return dict(self._config_section(profile).settings())

    def delete_role(self, profile: str, role_arn: str) -> bool:
        """Take the profile out of the config file that assumes this role and says nothing else; return whether it was there.

        Raises `CredentialsFileError`, with the file intact, when the profile says more or something else, or when the
        file cannot be written.
        """
        section = self._config_section(profile)

        def edit(text: str) -> str:
            current = read_section(text, section.named)
            return dropped(section, text, profile, role_arn) if current else text

        return section.file.change(edit)

    def _require_source(self, profile: str, source: str) -> None:
        if source == profile and not self.access_key_id(profile):
            raise CredentialsFileError(
                f"profile {profile!r} cannot be its own source: it holds no access key"
            )
        if not any(section.settings() for section in self._sections(source)):
            raise CredentialsFileError(
                f"there is no profile {source!r} that the role could be assumed by",
                hint="`aws configure list-profiles` names those there are.",
            )

    def _sections(self, profile: str) -> tuple[Section, Section]:
        return self._credentials_section(profile), self._config_section(profile)

    def _key_section(self, profile: str) -> Section:
        """Return the section that holds the profile's key, else where a new one goes: the credentials file."""
        ours, config = self._sections(profile)
        if key_material(ours.settings()) or not key_material(config.settings()):
            return ours
        secret = StoredFile(self.config_path, "AWS_CONFIG_FILE", secret=True)
        return Section(secret, config.named, config.header)

    def _credentials_section(self, profile: str) -> Section:
        return Section(self.credentials, in_credentials(profile), profile)

    def _config_section(self, profile: str) -> Section:
        return Section(self.config, in_config(profile), config_header(profile))


def _located(environ: Mapping[str, str], variable: str, default: str) -> Path:
    text = environ.get(variable, default)
    if not text:
        raise CredentialsFileError(
            f"{variable} is set but empty", hint=f"Unset it, or name a file: {default}."
        )
    home = environ.get("HOME")
    text = os.path.expandvars(text)
    if home and (text == "~" or text.startswith("~/")):
        return Path(home, text[2:])
    return Path(text).expanduser()
