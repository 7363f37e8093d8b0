"""Keys of which only the form is known: what a test says of every value of a pattern.

The ARN of a role session has lost the path of its role (IAM User Guide, "IAM identifiers"), so ``aws:PrincipalArn``, the
ARN of the role, is known but for its path. A test that does not depend on the path is decided, any other is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zappa_iam_ext.errors import ZappaIamError
from zappa_iam_ext.iam.conditions.truth import FALSE, TRUE, UNKNOWN, Truth
from zappa_iam_ext.iam.conditions.values import lowered, matcher
from zappa_iam_ext.iam.patterns import covers, is_pattern, overlaps, text_glob

_ARN_PARTS = 6


def truth_among(family: str, values: Sequence[str], patterns: Iterable[str], *, negated: bool) -> Truth:
    """Return whether a textual test with these values holds for every value of the patterns, for none, or for some."""
    found = {max(_matches(family, value, among) for value in values) for among in patterns}
    if len(found) > 1:
        return UNKNOWN
    (truth,) = found
    return truth.negated if negated else truth


def _matches(family: str, value: str, among: str) -> Truth:
    """Return whether a value of a policy matches all texts of a pattern, none, or some."""
    if not is_pattern(among):
        found = matcher(family, value)
        return TRUE if found is not None and found(among) else FALSE
    if family in {"text", "caseless"}:
        caseless = family == "caseless"
        form = text_glob(lowered(among) if caseless else among)
        return UNKNOWN if form.matches(lowered(value) if caseless else value) else FALSE
    if family == "arn":
        return _arn_matches(value.split(":", _ARN_PARTS - 1), among.split(":", _ARN_PARTS - 1))
    return _compared(value, among)


def _arn_matches(value: Sequence[str], among: Sequence[str]) -> Truth:
    if value == ["*"]:
        return TRUE
    if len(value) != _ARN_PARTS:
        return FALSE
    *head, rest = value
    if not all(text_glob(part).matches(text) for part, text in zip(head, among, strict=False)):
        return FALSE
    return _compared(rest, among[-1])


def _compared(value: str, among: str) -> Truth:
    wide, narrow = text_glob(value), text_glob(among)
    try:
        if covers(wide, narrow):
            return TRUE
        return UNKNOWN if overlaps(wide, narrow) else FALSE
    except ZappaIamError:
        return UNKNOWN
