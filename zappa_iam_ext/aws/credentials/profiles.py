"""The profiles of the AWS credentials and config files, as botocore reads them, and what else stands there."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zappa_iam_ext.aws.ini_reading import require_text

Section = Mapping[str, str]
CREDENTIALS_FILE, CONFIG_FILE = "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"
_DEFAULTS = {CREDENTIALS_FILE: "~/.aws/credentials", CONFIG_FILE: "~/.aws/config"}


@dataclass(frozen=True, slots=True)
class ProfileFiles:
    """The sections of both files by their headers as written; paths as a person calls them.

    ``absent`` names the variables that point to a file which is not there, ``empty`` those that are set to nothing.
    """

    credentials: Mapping[str, Section] = field(default_factory=dict)
    config: Mapping[str, Section] = field(default_factory=dict)
    credentials_path: str = _DEFAULTS[CREDENTIALS_FILE]
    config_path: str = _DEFAULTS[CONFIG_FILE]
    absent: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()

    def in_credentials(self, profile: str) -> Section:
        """Return what the credentials file says of a profile: its section has the profile's bare name."""
        return self.credentials.get(profile, {})

    def in_config(self, profile: str) -> Section:
        """Return what the config file says of a profile: ``[profile name]``, or ``[default]``."""
        return next((section for name, section in self._config_profiles() if name == profile), {})

    def of(self, profile: str) -> Section:
        """Return all settings of a profile; those of the credentials file win (``botocore/session.py: full_config``)."""
        return {**self.in_config(profile), **self.in_credentials(profile)}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all profiles, as botocore counts them."""
        return tuple(dict.fromkeys([*self.credentials, *(name for name, _ in self._config_profiles())]))

    def _config_profiles(self) -> Iterator[tuple[str, Section]]:
        for header, section in reversed([*self.config.items()]):
            words = _words(header) if header.startswith("profile") else []
            if header == "default":
                yield header, section
            elif len(words) == 2:  # noqa: PLR2004  -- `profile` and its name
                yield words[1], section


def read_profile_files(environ: Mapping[str, str]) -> ProfileFiles:
    """Read both files where botocore looks for them; raise `CredentialsFileError`, with the line, for one that it cannot read."""
    from botocore.configloader import raw_config_parse
    from botocore.exceptions import ConfigNotFound, ConfigParseError

    def sections(path: str) -> Mapping[str, Section]:
        try:
            return raw_config_parse(path, parse_subsections=False) if path else {}
        except ConfigNotFound:
            return {}
        except ConfigParseError:
            require_text(path, Path(path).read_bytes())
            raise

    paths = {name: environ.get(name, default) for name, default in _DEFAULTS.items()}
    there = {
        name: str(Path(os.path.expandvars(path)).expanduser()) if path else "" for name, path in paths.items()
    }
    return ProfileFiles(
        sections(there[CREDENTIALS_FILE]),
        sections(there[CONFIG_FILE]),
        paths[CREDENTIALS_FILE],
        paths[CONFIG_FILE],
        tuple(name for name, path in there.items() if environ.get(name) and not Path(path).is_file()),
        tuple(name for name in there if environ.get(name) == ""),
    )


def _words(header: str) -> list[str]:
    try:
        return shlex.split(header)
    except ValueError:
        return []
