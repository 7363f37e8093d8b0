"""The names of the condition operators, taken apart (IAM User Guide, "IAM JSON policy elements: Condition operators")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache


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
