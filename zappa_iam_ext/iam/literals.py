"""Which values of conditions AWS refuses to store, for what they are: no number, no date, no address, no ARN, no base64.

Real AWS, ``tests/cases/observed/conditions.json``: IAM refuses them when a policy is stored (PutUserPolicy); STS takes
them all in a session policy but base64, of which it takes the canonical form only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from zappa_iam_ext.iam.conditions.addresses import network
from zappa_iam_ext.iam.conditions.dates import milliseconds
from zappa_iam_ext.iam.conditions.operators import Operator
from zappa_iam_ext.iam.conditions.values import binary, matcher, number
from zappa_iam_ext.iam.statement import PolicyKind

#: Base64 as IAM takes it: padding may be left out, and unused bits may be set.
_BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?",
)

_READABLE: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "arn": ("ARN", lambda text: "${" in text or matcher("arn", text) is not None),
    "binary": ("base64", _BASE64.fullmatch),
    "date": ("date", lambda text: milliseconds(text) is not None),
    "ip": ("IP address or network", lambda text: network(text) is not None),
    "number": ("number", lambda text: number(text) is not None),
}


#: What is evaluated though it is not stored: the simulator answers with addresses, STS takes both in session policies.
_EVALUATED = frozenset({"arn", "ip"})


def why_unreadable(operator: Operator, value: str, kind: PolicyKind, *, stored: bool) -> str:
    """Return what a value should be and is not; nothing when AWS takes it for this operator.

    ``stored`` False asks for what may be evaluated: addresses and ARNs that are none have an answer too.
    """
    family = operator.family.partition(" ")[0]
    if kind is PolicyKind.SESSION:
        return "canonical base64" if family == "binary" and binary(value) is None else ""
    if family not in _READABLE or (not stored and family in _EVALUATED):
        return ""
    name, readable = _READABLE[family]
    return "" if readable(value) else name
