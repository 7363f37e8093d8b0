"""The settings file on disk: read with its ends of lines, changed in one step, mode, owner and links kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from zappa_iam_ext.aws.profile_files import StoredFile
from zappa_iam_ext.errors import CredentialsFileError, SettingsError


@dataclass(frozen=True, slots=True)
class _SettingsText(StoredFile):
    """A stored file whose text is no file of profiles."""

    def _decoded(self, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise SettingsError(f"{self.path} is not UTF-8 text", hint="Save it as UTF-8.") from None


def settings_text(path: Path) -> str:
    """Return the text of a settings file, byte for byte. Raises `SettingsError`."""
    with _as_settings_error(path):
        return _SettingsText(path, "").text()


def change_settings(path: Path, edit: Callable[[str], str]) -> bool:
    """Replace the text by what ``edit`` makes of it; return whether it had to change.

    The file is replaced in one step, or written where it lies if it is mounted by itself or has further hard links.
    What ``edit`` raises leaves it as it is. Raises `SettingsError`, with the file intact, when it cannot be written.
    """
    with _as_settings_error(path):
        return _SettingsText(path, "").change(edit)


@contextlib.contextmanager
def _as_settings_error(path: Path) -> Iterator[None]:
    try:
        yield
    except CredentialsFileError as error:
        raise SettingsError(str(error), hint=f"Mend the permissions of {path}, or edit it by hand.") from None
