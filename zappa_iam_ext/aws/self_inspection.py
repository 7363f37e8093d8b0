"""The statements that let a principal look at its own permissions, from the table of our own calls."""

from __future__ import annotations

from zappa_iam_ext.iam import Effect, Statement
from zappa_iam_ext.permissions.authorizations import Scope
from zappa_iam_ext.permissions.own_calls import self_inspection


def self_inspection_grants(
    partition: str, account: str, name: str, *, path: str = "/", role: bool = False
) -> tuple[Statement, ...]:
    """Return the Allow statements with which the user (or role) ``name`` can check itself.

    Reading only. A user may belong to any group and have any policy attached: which ones is what it wants to find
    out, so those statements name all groups and policies of the account and AWS's own.
    """
    groups: dict[str, dict[str, set[str]]] = {}
    needed = self_inspection(
        "role" if role else "user", f"{path}{name}".lstrip("/"), Scope(account, "", partition)
    )
    for row, requirement in needed:
        groups.setdefault(row.purpose, {}).setdefault(requirement.action, set()).add(requirement.resource)
    return tuple(
        Statement(
            effect=Effect.ALLOW,
            actions=tuple(sorted(found)),
            resources=tuple(sorted(set().union(*found.values()))),
            sid=purpose,
        )
        for purpose, found in groups.items()
    )


def role_reading_grant(partition: str, role_arn: str) -> Statement:
    """Return the Allow statement with which whoever deploys can look at the execution role. Reading only."""
    account, _, name = role_arn.partition(":iam::")[2].partition(":role/")
    needed = self_inspection("role", name, Scope(account, "", partition))
    reading = [requirement for row, requirement in needed if row.purpose == "ReadOwnRole"]
    return Statement(
        effect=Effect.ALLOW,
        actions=tuple(sorted({each.action for each in reading})),
        resources=(role_arn,),
        sid="ReadExecutionRole",
    )
