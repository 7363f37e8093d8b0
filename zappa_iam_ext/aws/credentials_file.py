"""Writes an access key into one profile of the AWS credentials file, and nothing else into it.

The file is botocore's (``AWS_SHARED_CREDENTIALS_FILE`` or ``~/.aws/credentials``): what is written is read
back with botocore's own reader before the old file is replaced, in one step, by the new one.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import shlex
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.configloader import raw_config_parse
from botocore.exceptions import BotoCoreError

from zappa_iam_ext.aws.errors import scrub
from zappa_iam_ext.aws.ini_text import edit_section, parse, read_section
from zappa_iam_ext.aws.secret import AccessKey
from zappa_iam_ext.errors import CredentialsFileError

_KEY_ID, _SECRET = "aws_access_key_id", "aws_secret_access_key"
_STALE = frozenset({"aws_session_token", "aws_security_token"})
_STRONGER = ("role_arn", "web_identity_token_file", "sso_session", "sso_start_url")
"""Settings that botocore prefers to an access key of the same profile (its credential provider chain)."""
_FORBIDDEN = frozenset("[]")


@dataclass(frozen=True, slots=True)
class CredentialsFile:
    """Where credentials (``path``) and other profile settings (``config_path``) are kept."""

    path: Path
    config_path: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> CredentialsFile:
        """Find both files the way botocore does; raise `CredentialsFileError` when a variable is empty."""
        return cls(
            _located(environ, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
            _located(environ, "AWS_CONFIG_FILE", "~/.aws/config"),
        )

    def access_key_id(self, profile: str) -> str | None:
        """Return the access key id that the profile holds now, or None."""
        return read_section(_read(self.path), _named(profile)).get(_KEY_ID) or None

    def check_writable(self, profile: str) -> None:
        """Raise `CredentialsFileError` unless a key could be written for ``profile``; leaves nothing behind.

        Meant to be asked before anything is created on AWS.
        """
        check_profile_name(profile)
        self._refuse_other_kinds(profile)
        target = _target(self.path)
        folder = next(p for p in (target.parent, *target.parent.parents) if p.exists())
        if target.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise _unwritable(target, "it is not a file in a folder that you may write to")
        if folder == target.parent:
            with _failing_as(target):
                handle, name = tempfile.mkstemp(dir=folder, prefix=".zappa-iam-")
                os.close(handle)
                Path(name).unlink()

    def write(self, profile: str, key: AccessKey, *, overwrite: bool = False) -> bool:
        """Store ``key`` under ``profile``; return whether the file had to change.

        Raises `CredentialsFileError`, with the old file intact, when the profile holds another key and
        ``overwrite`` is false, when botocore would not use the key, or when the file cannot be written.
        """
        check_profile_name(profile)
        self._refuse_other_kinds(profile)
        wanted = {_KEY_ID: key.access_key_id, _SECRET: key.secret_access_key.reveal()}
        if any(v != v.strip() or not v.isprintable() or not v for v in wanted.values()):
            raise CredentialsFileError(
                "the access key is not one: it is empty or has blanks or control characters"
            )
        current = read_section(_read(self.path), _named(profile))
        if {name: current.get(name) for name in wanted} == wanted and not _STALE & set(current):
            _restrict(self.path)
            return False
        if current.get(_KEY_ID, key.access_key_id) != key.access_key_id and not overwrite:
            raise CredentialsFileError(
                f"profile {profile!r} in {self.path} already holds another access key",
                hint="Choose another profile name, or say that it may be overwritten.",
            )
        _rewrite(self.path, _named(profile), profile, wanted, remove=_STALE)
        return True

    def write_region(self, profile: str, region: str, *, overwrite: bool = False) -> bool:
        """Store ``region`` for ``profile`` in the config file; return whether the file had to change."""
        check_profile_name(profile)
        current = read_section(_read(self.config_path), _in_config(profile)).get("region")
        if current == region or (current and not overwrite):
            return False
        header = profile if profile == "default" else f"profile {shlex.quote(profile)}"
        _rewrite(self.config_path, _in_config(profile), header, {"region": region})
        return True

    def _refuse_other_kinds(self, profile: str) -> None:
        for path, named in ((self.path, _named(profile)), (self.config_path, _in_config(profile))):
            settings = read_section(_read(path), named)
            for name in _STRONGER:
                if name in settings:
                    raise CredentialsFileError(
                        f"profile {profile!r} has {name} in {path}: botocore would use that, not an access key",
                        hint="Choose another profile name for the access key.",
                    )


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


def _named(profile: str) -> Callable[[str], bool]:
    return lambda section: section == profile


def _in_config(profile: str) -> Callable[[str], bool]:
    """Recognise a config file's section as botocore does: ``[default]`` or ``[profile name]``, shell-quoted."""

    def matches(section: str) -> bool:
        if section == "default":
            return profile == "default"
        with contextlib.suppress(ValueError):
            return section.startswith("profile") and shlex.split(section)[1:] == [profile]
        return False

    return matches


def _located(environ: Mapping[str, str], variable: str, default: str) -> Path:
    text = environ.get(variable, default)
    if not text:
        raise CredentialsFileError(
            f"{variable} is set but empty", hint=f"Unset it, or name a file: {default}."
        )
    home = environ.get("HOME")
    if home and (text == "~" or text.startswith("~/")):
        return Path(home, text[2:])
    return Path(os.path.expandvars(text)).expanduser()


def _target(path: Path) -> Path:
    """Follow symbolic links: the link stays, the file it points to is replaced."""
    return Path(os.path.realpath(path))


def _read(path: Path) -> str:
    """Return the text with its line endings, empty when there is no file; it must be readable by botocore."""
    with _failing_as(path):
        try:
            content = _target(path).read_bytes()
        except FileNotFoundError:
            return ""
        try:
            raw_config_parse(str(path))
            return content.decode()
        except (BotoCoreError, UnicodeDecodeError) as error:
            raise CredentialsFileError(
                f"{path} is not a file that AWS's tools can read ({type(error).__name__})",
                hint="Mend it first; it was left as it is.",
            ) from None


def _rewrite(
    path: Path,
    is_section: Callable[[str], bool],
    header: str,
    values: Mapping[str, str],
    remove: frozenset[str] = frozenset(),
) -> None:
    before = _read(path)
    after = edit_section(before, is_section, header, values, remove)
    target = _target(path)
    with _failing_as(path):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".zappa-iam-")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(after.encode())
                file.flush()
                os.fsync(file.fileno())
            _verify(Path(name), before, after, is_section, values)
            _expect_unchanged(path, before)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)


def _verify(
    written: Path, before: str, after: str, is_section: Callable[[str], bool], values: Mapping[str, str]
) -> None:
    """Hold the new file against what it must say, as botocore reads it, before it replaces the old one."""
    try:
        seen = raw_config_parse(str(written), parse_subsections=False)
    except BotoCoreError:
        seen = {}
    old = parse(before)
    ours = next((section for section in seen if is_section(section)), None)
    others = {s: dict(old[s]) for s in old.sections() if not is_section(s)}
    kept = {s: v for s, v in seen.items() if not is_section(s)} == others
    if not kept or ours is None or any(seen[ours].get(n) != v for n, v in values.items()) or not after:
        raise CredentialsFileError(
            "the profile cannot be added without disturbing the rest of the file; it was left as it is",
            hint="Look for oddly indented lines in it, or choose another file (AWS_SHARED_CREDENTIALS_FILE).",
        )


def _expect_unchanged(path: Path, before: str) -> None:
    if _read(path) != before:
        raise CredentialsFileError(f"{path} was changed by somebody else meanwhile", hint="Try again.")


def _restrict(path: Path) -> None:
    """Take a credentials file that others may read back to mode 0600."""
    with _failing_as(path):
        if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            path.chmod(0o600)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where folders can be synced (not on Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _failing_as(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from None


def _unwritable(path: Path, why: str) -> CredentialsFileError:
    return CredentialsFileError(
        f"{path} cannot be read or written: {why}",
        hint="Point AWS_SHARED_CREDENTIALS_FILE to a file that you may write, or mend its permissions.",
    )
