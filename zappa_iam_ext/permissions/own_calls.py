"""Reads the table of our own calls: what a principal must be allowed to look at itself, an administrator to provision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zappa_iam_ext.permissions.authorizations import Scope, authorize
from zappa_iam_ext.permissions.model import Call, Requirement
from zappa_iam_ext.permissions.tables.own_rows import OwnCallRow, own_call_rows


def self_inspection(kind: str, name: str, scope: Scope) -> Iterator[tuple[OwnCallRow, Requirement]]:
    """Yield what a ``user`` or ``role`` must be allowed to read its own policies, each with its row, in table order.

    ``name`` is the name as the principal's ARN spells it, path included (``team/serverless``); a ``*`` in it stands for
    what is not known.
    """
    names = {"user": name, "role": name, "account": scope.account, "partition": scope.partition}
    for row in own_call_rows():
        if kind in row.principals:
            call = Call(row.service, row.operation, row.fill(names), because=row.because, source=row.source)
            yield from ((row, requirement) for requirement in authorize(call, scope))


#: The commands that an administrator runs.
ADMINISTRATION = ("plan", "apply", "destroy", "role ensure", "keys")


def administration(names: Mapping[str, str], scope: Scope) -> Iterator[tuple[OwnCallRow, Requirement]]:
    """Yield what an administrator must be allowed to plan, apply and destroy, and to rotate keys, each with its row, in table order.

    ``names`` are the ``user``, the ``group``, the ``policy_name`` and the ``policy_arn``; a ``*`` in them stands for what
    is not known.
    """
    filled = {**names, "account": scope.account, "partition": scope.partition}
    for row in own_call_rows():
        if not row.principals and set(row.commands) & set(ADMINISTRATION):
            call = Call(row.service, row.operation, row.fill(filled), because=row.because, source=row.source)
            yield from ((row, requirement) for requirement in authorize(call, scope))
