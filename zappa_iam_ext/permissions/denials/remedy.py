"""What to do about a denial: whom to ask, and the statement that would allow exactly what was denied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zappa_iam_ext.permissions.denials.parse import Denial
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.tables.rows import AuthorizationRow, ResourceRow

Row = AuthorizationRow | ResourceRow
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_PRINCIPAL = re.compile(r"arn:(?P<partition>aws[a-z-]*):(?:iam|sts)::(?P<account>[0-9]{12}):")
_NAMED = re.compile(r"(?P<kind>role|user|policy|group|instance profile) (?P<name>\S+)")
_WHOLE = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[^<>\s]+")

_ADVICE = {
    "boundary": "The permissions boundary of the user or role does not allow it: whoever owns the boundary has to widen"
    " it; a policy alone cannot.",
    "organization": "A policy of the organization (SCP or RCP) does not allow it: only the organization's administrators"
    " can change that.",
    "quarantine": "AWS found the access key in public and put the user into quarantine: delete the key, look at what it"
    " did, make a new one, then detach the quarantine policy.",
    "resource": "The policy of the resource itself (bucket, key, layer, role trust) or of a VPC endpoint stands in the"
    " way: change it there.",
    "session": "The session policy of the temporary credentials does not allow it: start the session with a wider one.",
}
_TRUST = (
    "The role does not let Lambda assume it. A role that was just made is accepted after some seconds: try again."
    " A role of your own needs a trust policy that names lambda.amazonaws.com; for a managed one see assume_policy."
)
_BY_ROLE = (
    "The function's execution role lacks it, not the user who deploys: add it to extra_permissions"
    " (or to the role's own policy, with manage_roles false)."
)


def advice(denial: Denial, *, needed: bool) -> str:
    """Return what to do, in a sentence or two; ``needed`` says whether any call of Zappa needs the action."""
    if denial.by_role:
        return _TRUST if denial.action == "sts:AssumeRole" else _BY_ROLE
    if denial.layer in _ADVICE:
        return _ADVICE[denial.layer]
    if denial.explicit:
        return 'A statement with "Effect": "Deny" says no: no further policy helps; find and change that statement.'
    if denial.encoded and not (denial.action or denial.operation):
        return "What was denied stands in the encoded message alone: decode it first."
    if not needed:
        return (
            "No call of Zappa needs this: it comes from another tool, your own callback, or a newer Zappa than"
            " this library knows."
        )
    return "zappa-iam apply STAGE --admin-profile PROFILE adds what is missing; zappa-iam check STAGE lists all of it."


def statements(denial: Denial, rows: Sequence[Row], action: str) -> tuple[Mapping[str, Any], ...]:
    """Return the statements that would allow what was denied; none where only something else helps.

    ``rows`` are the checks that the denial can come from. Without an action in the text the first-hand checks
    of the operation are meant.
    """
    if denial.explicit or denial.layer not in {"", "identity"}:
        return ()
    if denial.by_role:
        wanted = [Requirement(action, resource_arn(denial) or "*")] if action else []
    elif action and rows:
        wanted = [_requirement(row.action, row, denial) for row in rows]
    elif action:
        wanted = [Requirement(action, resource_arn(denial) or "*")] if resource_arn(denial) else []
    else:
        wanted = [_requirement(row.action, row, denial) for row in rows if _first_hand(row, denial)]
    return tuple(deployment_policy(wanted).to_dict()["Statement"]) if wanted else ()


def resource_arn(denial: Denial) -> str:
    """Return the resource of a denial as an ARN or ``*``; empty when the text does not name it in full."""
    found = _NAMED.fullmatch(denial.resource)
    if found:
        partition, account = _home(denial)
        return f"arn:{partition}:iam::{account}:{found['kind'].replace(' ', '-')}/{found['name']}"
    whole = denial.resource == "*" or _WHOLE.fullmatch(denial.resource)
    return denial.resource if whole else ""


def pattern_of(row: Row, denial: Denial | None = None) -> str:
    """Return what a row's action is checked on, ``*`` for what only a call's parameters would say."""
    partition, account = _home(denial) if denial else ("*", "*")
    text = row.resource.replace("{partition}", partition).replace("{account}", account)
    return _PLACEHOLDER.sub("*", text)


def _requirement(action: str, row: Row, denial: Denial) -> Requirement:
    fixed = {key: value for key, value in row.context.items() if not _unknown(value)}
    restrict = tuple(key for key in row.restrict if key in fixed)
    return Requirement(
        action, resource_arn(denial) or pattern_of(row, denial), context=fixed, restrict=restrict
    )


def _first_hand(row: Row, denial: Denial) -> bool:
    return not row.because or row.action.partition(":")[2].lower() == denial.operation.lower()


def _unknown(value: str | Iterable[str]) -> bool:
    texts = (value,) if isinstance(value, str) else value
    return any(_PLACEHOLDER.search(str(text)) for text in texts)


def _home(denial: Denial) -> tuple[str, str]:
    """Return partition and account of the principal, as far as the text names them."""
    found = _PRINCIPAL.match(denial.principal) or _PRINCIPAL.match(denial.resource)
    return (found["partition"], found["account"]) if found else ("aws", "*")
