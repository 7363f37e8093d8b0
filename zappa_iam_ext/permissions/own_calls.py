"""Reads the table of our own calls: what a principal must be allowed in order to look at its own permissions."""

from __future__ import annotations

from collections.abc import Iterator

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
