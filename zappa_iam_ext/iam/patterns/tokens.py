"""IAM's patterns as tokens: characters and wildcards, of plain text and of the parts of an ARN."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

ARN_PARTS = 6
_ARN_START = ["a", "r", "n", ":"]


class Wild(Enum):
    """The wildcards: a run of any characters, one character; inside a part of an ARN neither is a colon."""

    STAR = "*"
    ANY = "?"
    PART_STAR = "*:"
    PART_ANY = "?:"


Token = str | Wild
STARS = frozenset({Wild.STAR, Wild.PART_STAR})
_WILD: dict[str, Token] = {"*": Wild.STAR, "?": Wild.ANY}
_IN_PART = {Wild.STAR: Wild.PART_STAR, Wild.ANY: Wild.PART_ANY}


def units(text: str) -> str:
    """Return a text as UTF-16 has it: two surrogates for each character beyond U+FFFF.

    A question mark stands for one of them (real AWS, ``tests/cases/observed/conditions.json``, condition_strings).
    """
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(
        character if character <= "\uffff" else _halves(ord(character) - 0x10000) for character in text
    )


def _halves(beyond: int) -> str:
    return chr(0xD800 + (beyond >> 10)) + chr(0xDC00 + (beyond & 0x3FF))


def whole(text: str) -> str:
    """Return what `units` took apart as it was."""
    if text.isascii():
        return text
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def text_tokens(text: str) -> list[Token]:
    """Return the tokens of a pattern over plain text."""
    return [_WILD.get(character, character) for character in units(text)]


def arn_tokens(tokens: Iterable[Token]) -> list[Token]:
    """Return the tokens of a Resource: an incomplete ARN completed, wildcards kept within their part.

    A star that ends a part reaches beyond the colon; one inside a part of the first five, and every question
    mark there, does not (IAM User Guide, IAM JSON policy elements: Resource).
    """
    tokens = list(tokens)
    if tokens[:4] != _ARN_START:
        return tokens
    for _ in range(ARN_PARTS - 1 - tokens.count(":")):
        tokens += [":", Wild.STAR]
    found = part_tokens(tokens)
    for index, token in enumerate(found):
        if token is Wild.PART_STAR and (index + 1 == len(found) or found[index + 1] == ":"):
            found[index] = Wild.STAR
    return found


def part_tokens(tokens: Sequence[Token]) -> list[Token]:
    """Return tokens whose wildcards stay within their part in the first five parts of an ARN."""
    colons = 0
    found: list[Token] = []
    for token in tokens:
        colons += token == ":"  # noqa: S105  -- a token of a pattern
        inside = isinstance(token, Wild) and colons < ARN_PARTS - 1
        found.append(_IN_PART.get(token, token) if inside and isinstance(token, Wild) else token)
    return found


def bounded_tokens(tokens: Iterable[Token]) -> list[Token]:
    """Return tokens whose wildcards stand for no colon anywhere."""
    return [_IN_PART.get(token, token) if isinstance(token, Wild) else token for token in tokens]


def collapsed(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Return equal tokens in one form: of wildcards of one kind the single characters first, then one star.

    ``*?*?`` is ``??*``: two characters and more. Of two stars side by side the one that reaches further stays.
    """
    kept: list[Token] = []
    for token in tokens:
        last = kept[-1] if kept else None
        if last in STARS and token in STARS:
            kept[-1] = Wild.STAR if Wild.STAR in (last, token) else Wild.PART_STAR
        elif last is not None and (last, token) in _STAR_THEN_ONE:
            kept[-1:] = [token, last]
        else:
            kept.append(token)
    return tuple(kept)


_STAR_THEN_ONE = frozenset({(Wild.STAR, Wild.ANY), (Wild.PART_STAR, Wild.PART_ANY)})
