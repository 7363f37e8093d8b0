"""Names of policies and groups: a stage's own, further parts, and what IAM takes for the same name. Pure.

IAM's names are unique within an account whatever their path, and upper and lower case do not make them different
(IAM User Guide, "IAM and AWS STS quotas").
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from zappa_iam_ext.plan.ownership import StageKey

MAX_POLICY_NAME = 128
MAX_GROUP_NAME = 128
#: So much is left for the number of a further part.
_ROOM = len("-99")
_HASH = 8
_FORBIDDEN = re.compile(r"[^A-Za-z0-9+=,.@_-]")


def numbered_part(name: str, base: str) -> bool:
    """Whether ``name`` is a further part of the policy ``base``: ``base-2``, ``base-3``, and so on."""
    return re.fullmatch(re.escape(base) + r"-[0-9]+", name, re.IGNORECASE) is not None


def part_name(base: str, number: int) -> str:
    """Return the name of a part; the first bears the plain name."""
    return base if number == 1 else f"{base}-{number}"


def in_family(name: str, base: str) -> bool:
    """Whether a policy may be the one named ``base``, a part of it, or a stage's own beside it."""
    kept = base[: MAX_POLICY_NAME - _ROOM - _HASH - 1].lower()
    return name.lower() == base.lower() or name.lower().startswith(f"{kept}-"[: len(kept) + 1])


def own_names(base: str, stage: StageKey) -> Iterator[str]:
    """Yield the names that a stage's own policy may have: the readable one, then one that no other stage can have."""
    readable = f"{base}-{stage.project}-{stage.stage}"
    clean = _FORBIDDEN.sub("-", readable)
    if clean == readable and len(clean) <= MAX_POLICY_NAME - _ROOM:
        yield clean
    yield with_hash(clean, f"{base}\0{stage.project}\0{stage.stage}", MAX_POLICY_NAME - _ROOM)


def deployer_base(base: str, kind: str, name: str) -> str:
    """Return the name after which the policies of one user or role are named, beside those of another."""
    readable = f"{base}-{kind}-{name}"
    limit = MAX_POLICY_NAME - _ROOM
    return readable if len(readable) <= limit else with_hash(readable, f"{base}\0{kind}\0{name}", limit)


def with_hash(name: str, exact: str, limit: int) -> str:
    """Return a name, shortened to the limit, that ends in a hash of what it exactly stands for."""
    ending = hashlib.sha256(exact.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    return f"{name[: limit - _HASH - 1].rstrip('-')}-{ending}"
