"""Denials of our own calls: which of them one can come from, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.resources import resource_arn
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.tables.own_rows import OwnCallRow, own_call_rows
from zappa_iam_ext.permissions.tables.rows import authorization_rows

_ITSELF = re.compile(r"arn:[a-z0-9-]+:(?:iam|sts)::[0-9]*:(?P<kind>user|role|assumed-role)/(?P<name>.+)")

_ROLE = "Attach the statement to the role: zappa-iam makes no policies of roles."
_UNCHECKED = (
    "AWS asks no permission for it, and no policy of a user or role can forbid it: look at the credentials themselves, or"
    " at the policy of a VPC endpoint on the way."
)


def own_rows(denial: Denial, operation: str) -> Sequence[OwnCallRow]:
    """Return our own calls of an operation (``iam.GetUser``) that a denial can come from.

    Whoever looks at itself is told from an administrator who looks at another, as far as the text names both. A harmless
    call that Zappa makes as well is Zappa's: who may not make it may not deploy.
    """
    if denial.by_role:
        return ()
    rows = [
        row
        for row in own_call_rows()
        if f"{row.service}.{row.operation}" == operation and row.commands != ("probe",)
    ]
    return tuple(row for row in rows if _can_be(row, denial))


def unchecked_rows(denial: Denial) -> Sequence[OwnCallRow]:
    """Return our own calls that a denial names and that AWS asks no permission for (STS API Reference)."""
    named = {denial.action.lower(), denial.operation.lower()}
    return tuple(
        row
        for row in own_call_rows()
        if f"{row.service}.{row.operation}" not in authorization_rows()
        and {f"{row.service}:{row.operation}".lower(), row.operation.lower()} & named
    )


def own_advice(rows: Sequence[OwnCallRow], denial: Denial, lines: CommandLines) -> str:
    """Return what to do about a denied call of our own; ``rows`` are those it can be, at least one."""
    who = ", ".join(dict.fromkeys(command for row in rows for command in row.commands))
    told = f"This is zappa-iam's own call ({who}), not Zappa's."
    if any(row in unchecked_rows(denial) for row in rows):
        return f"{told} {_UNCHECKED}"
    inspecting = any(row.principals for row in rows)
    if inspecting:
        told += " Without it not every policy can be read, and what hangs on the unread ones is unknown."
        return f"{told} {_ROLE if _kind(denial) == 'role' else _user(lines)}"
    if any("apply" in row.commands for row in rows):
        return f"{told} Give credentials that may do it ({lines.apply()}), or have it added to their policy."
    profile = lines.profile or "PROFILE"
    return f"{told} Allow it to the credentials that explain is run with (--profile {profile})."


def _user(lines: CommandLines) -> str:
    return (
        f"{lines.apply()} grants it with the rest; {lines.zappa_iam('policy', '--self-inspection')} prints all that a user"
        " needs to look at itself."
    )


def _can_be(row: OwnCallRow, denial: Denial) -> bool:
    if not row.principals:
        return not _is_itself(denial)
    kind, resource = _kind(denial), resource_arn(denial)
    if kind and kind not in row.principals:
        return False
    about_itself = {"user": "{user}", "role": "{role}"}
    named = next((about for about in about_itself.values() if about in row.parameters.values()), "")
    return not (named and kind and resource and resource != "*") or _is_itself(denial)


def _kind(denial: Denial) -> str:
    """Return ``user`` or ``role``, as far as the text says who was denied."""
    found = _ITSELF.match(denial.principal)
    return ("user" if found["kind"] == "user" else "role") if found else ""


def _is_itself(denial: Denial) -> bool:
    """Say whether the resource is the principal itself, or the role behind its session."""
    who, what = _ITSELF.match(denial.principal), _ITSELF.match(resource_arn(denial))
    if not who or not what:
        return False
    if who["kind"] == "assumed-role":
        return what["kind"] == "role" and who["name"].split("/")[0] == what["name"].rpartition("/")[2]
    return (who["kind"], who["name"]) == (what["kind"], what["name"])
