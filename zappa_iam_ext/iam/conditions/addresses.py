"""IP addresses and networks, as AWS reads them; no other reader of addresses takes quite the same spellings.

What is readable follows real AWS (``tests/cases/observed/conditions.json``): leading zeros and ``/+24`` are, an empty
group of an IPv6 address is zero, and colons at its end are dropped; a dotted tail is none, nor a zone, nor white space.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

_OCTET = re.compile(r"\d{1,3}", re.ASCII)
_GROUP = re.compile(r"[0-9a-fA-F]{0,4}", re.ASCII)
_LENGTH = re.compile(r"\+?\d{1,9}", re.ASCII)
_V4, _V6, _GROUPS = 32, 128, 8
_MAPPED = "::ffff:"
_MAPPED_BITS = 0xFFFF


class Address(NamedTuple):
    """An address: how many bits it has (32 or 128), and its number."""

    bits: int
    number: int


@lru_cache(maxsize=4096)
def address(text: str) -> Address | None:
    """Return the address of a request, one that is mapped into IPv6 as IPv4; None when AWS cannot read it."""
    if text[: len(_MAPPED)].lower() == _MAPPED and "." in text:
        return _v4(text[len(_MAPPED) :])
    found = _read(text)
    if found is not None and found.bits == _V6 and found.number >> _V4 == _MAPPED_BITS:
        return Address(_V4, found.number & (2**_V4 - 1))
    return found


def network(text: str) -> Callable[[Address], bool] | None:
    """Return what tells whether an address is within a network of a policy; None when AWS cannot read it.

    An IPv6 network with host bits is unreadable; an IPv4 network may have them.
    """
    written, slash, length = text.partition("/")
    found = _read(written)
    if found is None or (slash and not _LENGTH.fullmatch(length)):
        return None
    bits, number = found
    host = bits - (int(length) if slash else bits)
    if host < 0 or (bits == _V6 and number & ((1 << host) - 1)):
        return None
    return lambda asked: asked.bits == bits and asked.number >> host == number >> host


def _read(text: str) -> Address | None:
    return _v6(text) if ":" in text else _v4(text)


def _v4(text: str) -> Address | None:
    octets = text.split(".")
    if len(octets) != _V4 // 8 or not all(_OCTET.fullmatch(octet) for octet in octets):
        return None
    numbers = [int(octet) for octet in octets]
    return Address(_V4, int.from_bytes(bytes(numbers))) if max(numbers) < 2**8 else None


def _v6(text: str) -> Address | None:
    if "::" in text:
        halves = _split(text, "::")
        if len(halves) > 2:  # noqa: PLR2004  -- before and after the gap
            return None
        start, end = (_split(half, ":") for half in (*halves, *("",) * (2 - len(halves))))
        end = end if len(halves) == 2 else []  # noqa: PLR2004
        groups = [*start, *["0"] * (_GROUPS - len(start) - len(end)), *end]
    else:
        groups = _split(text, ":")
    if len(groups) != _GROUPS or not all(_GROUP.fullmatch(group) for group in groups):
        return None
    return Address(_V6, int("".join(group.rjust(4, "0") for group in groups), 16))


def _split(text: str, separator: str) -> list[str]:
    """Split a text; empty pieces at the end are dropped, as in the spellings that AWS takes."""
    found = text.split(separator)
    while len(found) > 1 and not found[-1]:
        found.pop()
    return found
