"""What is wrong with the text of an access key, told without telling the text. Pure."""

from __future__ import annotations

import re

_KEY_ID = re.compile(r"\w+", re.ASCII)
_LONG_TERM_ID = re.compile(r"(AKIA|ASIA)[A-Z0-9]{16}")
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_COMMENT = re.compile(r"\s[#;]|^[#;]")
_SECRET_LENGTH = 40


def key_text_problem(value: str, *, is_id: bool = False) -> str:
    """Return what is wrong with a key id, a secret or a token, as the end of a sentence; empty when nothing is.

    Whatever is told here AWS cannot accept: an id has letters, digits and underscores (IAM API, ``AccessKey``), a secret
    and a token are one word of ASCII.
    """
    if "\n" in value.rstrip("\r\n") or "\r" in value.rstrip("\r\n"):
        return "has a line break in it"
    if value.endswith(("\n", "\r")):
        return "ends with a line break"
    body = value.strip()
    if (body[:1] in _QUOTES and body[:1]) or (body[-1:] in _QUOTES and body[-1:]):
        return "is in quotes"
    if _COMMENT.search(value):
        return "has a comment behind it"
    return _problem_of_characters(value, is_id=is_id)


def _problem_of_characters(value: str, *, is_id: bool) -> str:
    body = value.strip()
    if body != value:
        return "has a blank before or behind it"
    if any(character.isspace() for character in body):
        return "has a blank in it"
    strange = next((c for c in body if not "!" <= c <= "~"), "")
    if strange:
        return f"has a character that no key has (U+{ord(strange):04X})"
    if is_id and body and not _KEY_ID.fullmatch(body):
        swapped = len(body) == _SECRET_LENGTH
        return (
            "looks like a secret: are id and secret swapped?"
            if swapped
            else "has characters that no key id has"
        )
    if not is_id and _LONG_TERM_ID.fullmatch(body):
        return "looks like a key id: are id and secret swapped?"
    return ""
