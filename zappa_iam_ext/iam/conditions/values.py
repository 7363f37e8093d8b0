"""What the values of conditions mean: numbers, dates, booleans, binary data, addresses, ARNs, text."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from zappa_iam_ext.iam.patterns.glob import Glob
from zappa_iam_ext.iam.patterns.tokens import ARN_PARTS, Token, Wild, part_tokens, text_tokens

Matcher = Callable[[str], bool]

#: The families of operators whose values may hold policy variables.
TEXTUAL = frozenset({"text", "caseless", "like", "arn"})


@lru_cache(maxsize=16384)
def matcher(family: str, text: str) -> Matcher:
    """Return what tells whether a value of a request matches a value of a policy, which holds no variable."""
    if family in TEXTUAL:
        return token_matcher(family, text_tokens(text))
    kind, _, comparison = family.partition(" ")
    return _READERS[kind](text, comparison)


def token_matcher(family: str, tokens: Sequence[Token]) -> Matcher:
    """Return the same for a value of a textual operator whose variables are filled."""
    if family == "like":
        return Glob.of(tokens).matches
    if family == "arn":
        return _arn_matcher(tokens)
    text = "".join(token if isinstance(token, str) else token.value for token in tokens)
    if family == "caseless":
        return lambda value: value.lower() == text.lower()
    return lambda value: value == text


def _arn_matcher(tokens: Sequence[Token]) -> Callable[[str], bool]:
    """Each of the six parts of an ARN is compared on its own (IAM User Guide, ARN condition operators)."""
    if list(tokens) == [Wild.STAR]:
        return lambda value: value.startswith("arn:")
    glob = Glob.of(part_tokens(tokens))
    shape = list(tokens).count(":") >= ARN_PARTS - 1
    return lambda value: (
        shape and value.startswith("arn:") and value.count(":") >= ARN_PARTS - 1 and glob.matches(value)
    )


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda value, wanted: bool(value == wanted),
    "<": lambda value, wanted: bool(value < wanted),
    "<=": lambda value, wanted: bool(value <= wanted),
    ">": lambda value, wanted: bool(value > wanted),
    ">=": lambda value, wanted: bool(value >= wanted),
}


def _ordered(read: Callable[[str], Any]) -> Callable[[str, str], Callable[[str], bool]]:
    def reader(text: str, comparison: str) -> Callable[[str], bool]:
        wanted, compare = read(text), _COMPARE[comparison]

        def matches(value: str) -> bool:
            known = read(value)
            return wanted is not None and known is not None and compare(known, wanted)

        return matches

    return reader


_NUMBER = re.compile(r"[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,3})?", re.ASCII)
_EPOCH = re.compile(r"-?\d{1,19}(\.\d{1,9})?", re.ASCII)
_LAST_EPOCH = 2**63 - 1
_ISO = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII | re.IGNORECASE,
)


def _number(text: str) -> Decimal | None:
    if not _NUMBER.fullmatch(text.strip()):
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def date_seconds(text: str) -> Decimal | None:
    """Return seconds since 1970 of an ISO 8601 date or of an epoch number; None of what is neither.

    IAM User Guide, date condition operators: the W3C's forms of ISO 8601, or UNIX time.
    """
    text = text.strip()
    iso = _ISO.fullmatch(text)
    if iso and (len(text) != len("2020") or "-" in text):
        return _iso_seconds(iso)
    if not _EPOCH.fullmatch(text) or Decimal(text) > _LAST_EPOCH:
        return None
    return Decimal(text)


def _iso_seconds(iso: re.Match[str]) -> Decimal | None:
    year, month, day, hour, minute, second, fraction, zone = iso.groups()
    time = f"{(hour or '00').zfill(2)}:{minute or '00'}:{second or '00'}"
    text = f"{year}-{month or '01'}-{day or '01'}T{time}{_offset(zone or 'Z')}"
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return Decimal(int(whole)) + (Decimal(f"0.{fraction}") if fraction else 0)


def _offset(zone: str) -> str:
    if zone in {"Z", "z"}:
        return "+00:00"
    return f"{zone[:3]}:{zone[3:].lstrip(':') or '00'}"


def _bool(text: str, _: str) -> Callable[[str], bool]:
    wanted = text.lower()
    return lambda value: value.lower() == wanted and wanted in {"true", "false"}


def _binary(text: str, _: str) -> Callable[[str], bool]:
    wanted = _decoded(text)
    return lambda value: wanted is not None and _decoded(value) == wanted


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _ip(text: str, _: str) -> Callable[[str], bool]:
    network = _network(text)

    def matches(value: str) -> bool:
        address = _network(value)
        return network is not None and address is not None and _within(address, network)

    return matches


def _within(address: _Network, network: _Network) -> bool:
    if isinstance(address, ipaddress.IPv4Network) and isinstance(network, ipaddress.IPv4Network):
        return address.subnet_of(network)
    if isinstance(address, ipaddress.IPv6Network) and isinstance(network, ipaddress.IPv6Network):
        return address.subnet_of(network)
    return False


@lru_cache(maxsize=4096)
def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


_READERS: Mapping[str, Callable[[str, str], Callable[[str], bool]]] = {
    "binary": _binary,
    "bool": _bool,
    "date": _ordered(date_seconds),
    "ip": _ip,
    "number": _ordered(_number),
}
