"""What the values of conditions mean: numbers, dates, booleans, binary data, addresses, ARNs, text.

IAM User Guide, "IAM JSON policy elements: Condition operators"; how real AWS reads what is misspelt is recorded in
``tests/cases/observed/conditions.json``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from zappa_iam_ext.iam.conditions.addresses import address, network
from zappa_iam_ext.iam.conditions.dates import milliseconds
from zappa_iam_ext.iam.patterns.glob import Glob
from zappa_iam_ext.iam.patterns.tokens import ARN_PARTS, Token, Wild, part_tokens, text_tokens, whole

Matcher = Callable[[str], bool]

#: The families of operators whose values may hold policy variables.
TEXTUAL = frozenset({"text", "caseless", "like", "arn"})


@lru_cache(maxsize=16384)
def matcher(family: str, text: str) -> Matcher | None:
    """Return what tells whether a value of a request matches a value of a policy, which holds no variable.

    None for what ends the comparison: a value of an ARN operator that is no ARN.
    """
    if family in TEXTUAL:
        return token_matcher(family, text_tokens(text))
    kind, _, comparison = family.partition(" ")
    return _READERS[kind](text, comparison)


def token_matcher(family: str, tokens: Sequence[Token]) -> Matcher | None:
    """Return the same for a value of a textual operator whose variables are filled."""
    if family == "like":
        return Glob.of(tokens).matches
    if family == "arn":
        return _arn_matcher(tokens)
    text = whole("".join(token if isinstance(token, str) else token.value for token in tokens))
    if family == "caseless":
        folded = lowered(text)
        return lambda value: lowered(value) == folded
    return lambda value: value == text


def lowered(text: str) -> str:
    """Return a text in lower case, but for characters beyond U+FFFF, which AWS leaves alone.

    They still count as letters beside a final sigma.
    """
    lower = text.lower()
    if text.isascii() or max(text) <= "\uffff":
        return lower
    kept, place = [], 0
    for character in text:
        width = len(character.lower())
        kept.append(character if character > "\uffff" else lower[place : place + width])
        place += width
    return "".join(kept)


def comparable(family: str, value: str) -> bool:
    """Say whether a value of a request can be compared at all: what is no ARN or address matches no such test.

    Neither does it match a negated one; numbers and dates that are none are unequal to all instead.
    """
    if family == "arn":
        return _is_arn(value)
    return family != "ip" or address(value) is not None


def _is_arn(value: str) -> bool:
    return value.startswith("arn:") and value.count(":") >= ARN_PARTS - 1


def _arn_matcher(tokens: Sequence[Token]) -> Matcher | None:
    """Each of the six parts of an ARN is compared on its own (IAM User Guide, ARN condition operators)."""
    if list(tokens) == [Wild.STAR]:
        return _is_arn
    if list(tokens).count(":") < ARN_PARTS - 1:
        return None
    first = tokens[: list(tokens).index(":")]
    if not any(isinstance(token, Wild) for token in first) and list(first) != ["a", "r", "n"]:
        return None
    return Glob.of(part_tokens(tokens)).matches


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda value, wanted: bool(value == wanted),
    "<": lambda value, wanted: bool(value < wanted),
    "<=": lambda value, wanted: bool(value <= wanted),
    ">": lambda value, wanted: bool(value > wanted),
    ">=": lambda value, wanted: bool(value >= wanted),
}


def _ordered(read: Callable[[str], Any]) -> Callable[[str, str], Matcher]:
    def reader(text: str, comparison: str) -> Matcher:
        wanted, compare = read(text), _COMPARE[comparison]

        def matches(value: str) -> bool:
            known = read(value)
            return wanted is not None and known is not None and compare(known, wanted)

        return matches

    return reader


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,10})?", re.ASCII)


def number(text: str) -> Decimal | None:
    """Return a decimal number of any size; None of what is none, such as ``NaN`` and ``Infinity``."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _bool(text: str, _: str) -> Matcher:
    """Any text but ``true`` is false, in the policy and in the request."""
    wanted = text.lower() == "true"
    return lambda value: (value.lower() == "true") == wanted


def _binary(text: str, _: str) -> Matcher:
    wanted = binary(text)
    return lambda value: wanted is not None and binary(value) == wanted


def binary(text: str) -> bytes | None:
    """Return the bytes of canonical base64; None of any other text: padding and unused bits count."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if base64.b64encode(found).decode() == text else None


def _ip(text: str, _: str) -> Matcher:
    within = network(text)

    def matches(value: str) -> bool:
        asked = address(value)
        return within is not None and asked is not None and within(asked)

    return matches


_READERS: Mapping[str, Callable[[str, str], Matcher]] = {
    "binary": _binary,
    "bool": _bool,
    "date": _ordered(milliseconds),
    "ip": _ip,
    "number": _ordered(number),
}
