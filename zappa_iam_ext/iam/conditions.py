"""Condition operators, three-valued: a key that nobody knows makes the answer unknown, in both directions.

IAM User Guide: "IAM JSON policy elements: Condition operators", "Conditions with multiple context keys or values",
"Multivalued context keys", "Variables and tags".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache
from typing import Any

from zappa_iam_ext.iam.patterns import ARN_PARTS, Glob, Token, Wild, part_tokens
from zappa_iam_ext.iam.variables import fill, has_variables, parse_template


class Truth(Enum):
    """True, false, or not to be known."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


class Qualifier(Enum):
    """How the values of a multivalued key are taken together."""

    NONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class Operator:
    """A condition operator, taken apart."""

    name: str
    family: str
    negated: bool = False
    if_exists: bool = False
    qualifier: Qualifier = Qualifier.NONE


_FAMILIES: dict[str, tuple[str, bool]] = {
    "StringEquals": ("text", False),
    "StringNotEquals": ("text", True),
    "StringEqualsIgnoreCase": ("caseless", False),
    "StringNotEqualsIgnoreCase": ("caseless", True),
    "StringLike": ("like", False),
    "StringNotLike": ("like", True),
    "NumericEquals": ("number ==", False),
    "NumericNotEquals": ("number ==", True),
    "NumericLessThan": ("number <", False),
    "NumericLessThanEquals": ("number <=", False),
    "NumericGreaterThan": ("number >", False),
    "NumericGreaterThanEquals": ("number >=", False),
    "DateEquals": ("date ==", False),
    "DateNotEquals": ("date ==", True),
    "DateLessThan": ("date <", False),
    "DateLessThanEquals": ("date <=", False),
    "DateGreaterThan": ("date >", False),
    "DateGreaterThanEquals": ("date >=", False),
    "Bool": ("bool", False),
    "BinaryEquals": ("binary", False),
    "IpAddress": ("ip", False),
    "NotIpAddress": ("ip", True),
    "ArnEquals": ("arn", False),
    "ArnLike": ("arn", False),
    "ArnNotEquals": ("arn", True),
    "ArnNotLike": ("arn", True),
    "Null": ("null", False),
}
_BY_LOWER = {name.lower(): name for name in _FAMILIES}
_QUALIFIERS = {
    qualifier.value.lower(): qualifier for qualifier in Qualifier if qualifier is not Qualifier.NONE
}


@lru_cache(maxsize=1024)
def parse_operator(text: str) -> Operator | None:
    """Return the operator of a name such as ``ForAnyValue:StringLikeIfExists``; None when there is none."""
    prefix, colon, rest = text.partition(":")
    qualifier = _QUALIFIERS.get(prefix.lower(), Qualifier.NONE) if colon else Qualifier.NONE
    if colon and qualifier is Qualifier.NONE:
        return None
    base = rest if colon else text
    if_exists = base.lower().endswith("ifexists")
    name = _BY_LOWER.get((base[: -len("IfExists")] if if_exists else base).lower())
    if name is None or (name == "Null" and (if_exists or colon)):
        return None
    family, negated = _FAMILIES[name]
    return Operator(name, family, negated, if_exists, qualifier)


@dataclass(frozen=True, slots=True)
class Test:
    """One key of a condition: the operator, the key, the policy's values."""

    operator: Operator
    key: str
    values: tuple[str, ...]
    variables: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a condition came to, and the keys that were needed and missing."""

    truth: Truth
    missing: tuple[str, ...] = ()
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """The condition keys of a request, names in lower case; ``unknown`` None means every key not given is unknown."""

    values: Mapping[str, tuple[str, ...]]
    unknown: frozenset[str] | None = frozenset()

    def is_unknown(self, key: str) -> bool:
        """Say whether a key may have a value that we do not know."""
        return key not in self.values and (self.unknown is None or key in self.unknown)


TRUE = Outcome(Truth.TRUE)


def judge(tests: Sequence[Test], context: Context) -> Outcome:
    """Return whether all tests of a condition block hold: false beats unknown beats true."""
    missing: list[str] = []
    worst, failed = Truth.TRUE, ""
    for test in tests:
        outcome = judge_test(test, context)
        missing += outcome.missing
        if outcome.truth.value < worst.value:
            worst, failed = outcome.truth, f"{test.operator.name} {test.key}"
    return Outcome(worst, tuple(dict.fromkeys(missing)), failed if worst is Truth.FALSE else "")


def judge_test(test: Test, context: Context) -> Outcome:
    """Return whether one test holds."""
    key = test.key.lower()
    values = context.values.get(key)
    if context.is_unknown(key):
        return Outcome(_when_unknown(test), (test.key,))
    if test.operator.family == "null":
        absent = not values
        wanted = any(value.lower() == "true" for value in test.values)
        unwanted = any(value.lower() == "false" for value in test.values)
        return _known((absent and wanted) or (not absent and unwanted))
    if not values:
        held = _when_absent(test.operator)
        return Outcome(Truth.TRUE if held else Truth.FALSE, () if values is not None else (test.key,))
    return _compare(test, values, context)


def _known(held: bool) -> Outcome:
    return TRUE if held else Outcome(Truth.FALSE)


def _when_unknown(test: Test) -> Truth:
    if test.operator.family == "null" and {value.lower() for value in test.values} >= {"true", "false"}:
        return Truth.TRUE
    return Truth.UNKNOWN


def _when_absent(operator: Operator) -> bool:
    """Of no values all are right and none is: the set operators come before ``IfExists``."""
    if operator.qualifier is not Qualifier.NONE:
        return operator.qualifier is Qualifier.ALL
    return operator.if_exists or operator.negated


def _compare(test: Test, values: tuple[str, ...], context: Context) -> Outcome:
    matchers, missing, unsure, unresolved = _matchers(test, context)
    if test.operator.negated and unresolved:
        return Outcome(Truth.FALSE, missing)
    truths = [_match(test.operator, value, matchers, unsure=unsure) for value in values]
    if test.operator.qualifier is Qualifier.ALL:
        truth = min(truths, key=lambda truth: truth.value)
    elif test.operator.qualifier is Qualifier.ANY or not test.operator.negated:
        truth = max(truths, key=lambda truth: truth.value)
    else:
        truth = min(truths, key=lambda truth: truth.value)
    return Outcome(truth, missing)


def _match(
    operator: Operator, value: str, matchers: Sequence[Callable[[str], bool]], *, unsure: bool
) -> Truth:
    matched = any(matcher(value) for matcher in matchers)
    if not matched and unsure:
        return Truth.UNKNOWN
    return Truth.TRUE if matched != operator.negated else Truth.FALSE


def _matchers(test: Test, context: Context) -> tuple[list[Callable[[str], bool]], tuple[str, ...], bool, bool]:
    """Return a matcher per value of the policy, the variables that had no value, and whether any is unknown or none."""
    found: list[Callable[[str], bool]] = []
    missing: list[str] = []
    unsure = unresolved = False
    for value in test.values:
        template = parse_template(value, variables=test.variables and test.operator.family in _TEXTUAL)
        if not has_variables(template):
            found.append(_matcher(test.operator.family, value, test.variables))
            continue
        filled = fill(template, context.values, context.unknown)
        missing += filled.missing
        unsure = unsure or filled.unknown
        unresolved = unresolved or filled.tokens is None
        if filled.tokens is not None and not filled.unknown:
            found.append(_filled(test.operator.family, filled.tokens))
    return found, tuple(missing), unsure, unresolved


_TEXTUAL = frozenset({"text", "caseless", "like", "arn"})


def _filled(family: str, tokens: Sequence[Token]) -> Callable[[str], bool]:
    if family == "like":
        return Glob(tokens).matches
    if family == "arn":
        return _arn_matcher(tokens)
    text = "".join(token if isinstance(token, str) else token.value for token in tokens)
    return (
        (lambda value: value.lower() == text.lower())
        if family == "caseless"
        else (lambda value: value == text)
    )


@lru_cache(maxsize=16384)
def _matcher(family: str, text: str, variables: bool) -> Callable[[str], bool]:
    if family in _TEXTUAL:
        parts = parse_template(text, variables=variables)
        return _filled(family, [token for part in parts if isinstance(part, tuple) for token in part])
    kind, _, comparison = family.partition(" ")
    return _READERS[kind](text, comparison)


def _arn_matcher(tokens: Sequence[Token]) -> Callable[[str], bool]:
    """Each of the six parts of an ARN is compared on its own (IAM User Guide, ARN condition operators)."""
    if list(tokens) == [Wild.STAR]:
        return lambda value: value.startswith("arn:")
    glob = Glob(part_tokens(tokens))
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
_EPOCH = re.compile(r"-?\d{1,13}(\.\d{1,9})?", re.ASCII)
_ISO = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?",
    re.ASCII,
)


def _number(text: str) -> Decimal | None:
    if not _NUMBER.fullmatch(text.strip()):
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def _date(text: str) -> Decimal | None:
    """Return seconds since 1970 of an ISO 8601 date or of an epoch number (W3C profile of ISO 8601)."""
    text = text.strip()
    iso = _ISO.fullmatch(text)
    if iso and (len(text) != len("2020") or "-" in text):
        return _iso_seconds(iso)
    return Decimal(text) if _EPOCH.fullmatch(text) else None


def _iso_seconds(iso: re.Match[str]) -> Decimal | None:
    year, month, day, hour, minute, second, fraction, zone = iso.groups()
    offset = (zone or "Z").replace("Z", "+00:00")
    offset = offset if ":" in offset else f"{offset[:3]}:{offset[3:]}"
    text = f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}{offset}"
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    return Decimal(int(whole)) + (Decimal(f"0.{fraction}") if fraction else 0)


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
    "date": _ordered(_date),
    "ip": _ip,
    "number": _ordered(_number),
}
