"""What is told of the execution role beside its document: what Zappa appends, what cannot work, what no setting tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zappa_iam_ext.permissions.runtime.needs import applying, role_names, runtime_requirements
from zappa_iam_ext.permissions.stage import Stage
from zappa_iam_ext.permissions.tables.runtime_rows import appended_rows, told_rows

_ACCOUNT = 4
"""The place of the account among the parts of an ARN."""


def appended_by_zappa(stage: Stage) -> tuple[Mapping[str, Any], ...]:
    """Return the statements that Zappa appends by itself to the policy of a role that it manages."""
    return tuple(
        {"Effect": "Allow", "Action": list(row.actions), "Resource": str(row.fill_resource(names))}
        for row, names in applying(appended_rows(), stage, role_names(stage))
    )


def runtime_warnings(stage: Stage) -> tuple[str, ...]:
    """Return what cannot work in this stage, whatever the execution role may do."""
    return tuple(_told("warning", stage))


def runtime_untold(stage: Stage) -> tuple[str, ...]:
    """Return what the execution role may need and no setting tells: keys that encrypt, policies of other accounts."""
    return tuple(dict.fromkeys((*_told("untold", stage), *_of_others(stage))))


def _told(kind: str, stage: Stage) -> Iterator[str]:
    for row, names in applying(told_rows(kind), stage, role_names(stage)):
        yield str(row.fill_text(names))


def _of_others(stage: Stage) -> Iterator[str]:
    """Yield what other accounts own: in another account both the role's policy and the resource's have to allow."""
    for requirement in runtime_requirements(stage):
        account = "".join(requirement.resource.split(":")[_ACCOUNT : _ACCOUNT + 1])
        if account.isdigit() and stage.account_id and account != stage.account_id:
            yield f"the policy of {requirement.resource}, which account {account} owns: it has to allow the role besides"
