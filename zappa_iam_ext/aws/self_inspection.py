"""What a principal must be allowed in order to look at its own permissions. Pure data."""

from __future__ import annotations

from zappa_iam_ext.iam import Effect, Statement

SELF_INSPECTION_ACTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ReadOwnUser": (
        (
            "iam:GetUser",
            "iam:GetUserPolicy",
            "iam:ListAttachedUserPolicies",
            "iam:ListGroupsForUser",
            "iam:ListUserPolicies",
        ),
        ("arn:{partition}:iam::{account}:user{path}{name}",),
    ),
    "ReadGroupPolicies": (
        ("iam:GetGroupPolicy", "iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies"),
        ("arn:{partition}:iam::{account}:group/*",),
    ),
    "ReadOwnRole": (
        (
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
        ),
        ("arn:{partition}:iam::{account}:role{path}{name}",),
    ),
    "ReadManagedPolicies": (
        ("iam:GetPolicy", "iam:GetPolicyVersion"),
        ("arn:{partition}:iam::{account}:policy/*", "arn:{partition}:iam::aws:policy/*"),
    ),
}
"""The calls that `principal_policies` makes, and the ARNs they make them on, by statement.

Reading only. A user may belong to any group and have any policy attached: which ones is what it wants to
find out, so those two statements name all groups and policies of the account and AWS's own. The resource
types are those of the Service Authorization Reference, "Actions defined by AWS Identity and Access
Management".
"""

_FOR_USER = ("ReadOwnUser", "ReadGroupPolicies", "ReadManagedPolicies")
_FOR_ROLE = ("ReadOwnRole", "ReadManagedPolicies")


def self_inspection_grants(
    partition: str, account: str, name: str, *, path: str = "/", role: bool = False
) -> tuple[Statement, ...]:
    """Return the Allow statements with which the user (or role) ``name`` can check itself."""
    statements = []
    for sid in _FOR_ROLE if role else _FOR_USER:
        actions, templates = SELF_INSPECTION_ACTIONS[sid]
        resources = [t.format(partition=partition, account=account, path=path, name=name) for t in templates]
        statements.append(
            Statement(effect=Effect.ALLOW, actions=actions, resources=tuple(resources), sid=sid)
        )
    return tuple(statements)
