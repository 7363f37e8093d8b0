"""Reads an INI text as botocore does, and says what is wrong with one that it cannot read. Pure."""

from __future__ import annotations

import configparser
import re

from zappa_iam_ext.errors import CredentialsFileError


def parse(text: str) -> configparser.RawConfigParser:
    """Read ``text`` as botocore reads a file; raise `configparser.Error` where it would fail."""
    parser = configparser.RawConfigParser()
    parser.read_file(split(text))
    return parser


class Unreadable(ValueError):
    """A text that ``configparser`` can read and botocore cannot."""


def require_readable(text: str) -> None:
    """Raise `configparser.Error` or `Unreadable` where botocore would not read ``text`` (``raw_config_parse``)."""
    parser = parse(text)
    for section in parser.sections():
        for value in parser[section].values():
            # A value that begins on the next line is a group of settings of its own.
            if value.startswith("\n") and any("=" not in line for line in value.splitlines() if line.strip()):
                raise Unreadable(f"a nested setting of [{section}] has no equals sign")


def split(text: str) -> list[str]:
    r"""Split at ``\n``, ``\r\n`` and ``\r`` only, as reading a text file does."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def require_text(path: object, content: bytes) -> str:
    """Return the text of a file; raise `CredentialsFileError` where botocore would not read it, without quoting it."""
    try:
        text = content.decode()
        require_readable(text)
    except (UnicodeDecodeError, Unreadable, configparser.Error) as error:
        raise CredentialsFileError(
            f"{path} is not a file that AWS's tools can read ({_told(content, error)})",
            hint="Mend it first; it was left as it is.",
        ) from None
    return text


def _told(content: bytes, error: Exception) -> str:
    """Say what is wrong with a text, without quoting it: it may hold secrets."""
    if content.startswith(b"\xef\xbb\xbf"):
        return "it begins with a byte order mark; save it as UTF-8 without one"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it is UTF-16; save it as UTF-8"
    if isinstance(error, UnicodeDecodeError):
        return f"line {content.count(bytes([10]), 0, error.start) + 1} has a character that is not UTF-8"
    line = getattr(error, "lineno", None) or next(
        (number for number, _ in getattr(error, "errors", ())), None
    )
    what = _KINDS.get(type(error), str(error) if isinstance(error, Unreadable) else type(error).__name__)
    return f"line {line}: {what}" if line else what


_KINDS: dict[type[Exception], str] = {
    configparser.DuplicateSectionError: "a section that is there already",
    configparser.DuplicateOptionError: "a setting that its section has already",
    configparser.MissingSectionHeaderError: "it stands before the first [section]",
    configparser.ParsingError: "it is neither a [section] nor `name = value`",
}
