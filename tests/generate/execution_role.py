"""The page of what the execution role needs: what each setting adds, who uses it, what a denial does, how it is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from tests.support.stages import stage
from zappa_iam_ext.permissions.model import Consequence, UsedBy
from zappa_iam_ext.permissions.runtime import execution_policy
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.features import FEATURES
from zappa_iam_ext.permissions.tables.runtime_rows import (
    AppendedRow,
    DenyRow,
    NothingRow,
    RuntimeRow,
    ToldRow,
    appended_rows,
    deny_rows,
    nothing_rows,
    runtime_rows,
    told_rows,
)

USERS = {
    UsedBy.FUNCTION: "the function's code",
    UsedBy.POLLER: "Lambda's poller",
    UsedBy.LAMBDA: "Lambda",
    UsedBy.API_GATEWAY: "API Gateway",
    UsedBy.EVENTBRIDGE: "EventBridge",
}
DENIED = {
    Consequence.REFUSED: "***refused***",
    Consequence.STOPS: "stops",
    Consequence.SILENT: "**silent**",
    Consequence.HARMLESS: "harmless",
}
ALWAYS = "every stage"
HEAD = """\
# What the execution role needs

The role that the function runs as. Its code uses it, and so do Lambda, Lambda's pollers of queues and streams, and API
Gateway. Generated from `zappa_iam_ext/permissions/tables/runtime/` by `make docs`; a test holds it against them. What each
setting changes is kept as a golden file in `tests/cases/runtime/`. What the application itself asks of AWS is not here:
only you know that.

What becomes of it when the role may not:

- ***refused***: Lambda looks at the role while Zappa deploys, and refuses to make the function or the event source mapping.
- *stops*: the function is deployed, and a request or a task fails.
- ***silent***: nothing fails, and what is then missing is said.

*Confidence*: *observed* on the real AWS (the files that a source names stand in `tests/cases/observed/`), *documented* by AWS
or in Zappa's source, or *modelled*. Where what was observed and the manual disagree, the row follows what was observed and says so.

## A plain stage

A REST API, keep warm, tasks by Lambda:

```json
{plain}
```
"""
POLLERS = """\
## Grants for pollers alone

What only Lambda's pollers use is granted where `lambda:SourceFunctionArn` is absent: calls of the function's own code carry
the key, those of a poller do not. The code, and whoever breaks into it, cannot read the queue past the handler. An
application that reads the same queue or stream itself says so in `iam_ext.permissions`: the grant then holds for both. What
it asks for there is not denied to it either.
"""


def execution_role_page() -> str:
    """Return the page."""
    plain = json.dumps(json.loads(execution_policy(stage()).to_json()), indent=2)
    lines = [HEAD.replace("{plain}", plain), "## By setting", ""]
    for setting, rows in _by_setting().items():
        lines += [f"### {setting if setting == ALWAYS else f'`{setting}`'}", ""]
        head = ("used by", "action", "resource", "when", "why", "denied", "source", "confidence")
        lines += _table(head, map(_need, rows))
    lines += [POLLERS, "## Denied to the code", ""]
    lines += _table(("actions", "condition", "when", "why", "source"), map(_denial, deny_rows()))
    lines += ["## What needs nothing", ""]
    lines += _table(("what", "setting", "why not", "source", "confidence"), map(_nothing, nothing_rows()))
    lines += ["## What Zappa appends to a role that it manages", "", _APPENDED, ""]
    lines += _table(
        ("actions", "resource", "when", "why", "needed", "source"), map(_appended, appended_rows())
    )
    lines += ["## What cannot work in other partitions", "", _WARNED, ""]
    lines += _table(("what is told", "when", "source"), map(_told, told_rows("warning")))
    lines += ["## What no setting tells", "", _UNTOLD, ""]
    lines += _table(("what is told", "when", "source"), map(_told, told_rows("untold")))
    return "\n".join(lines)


_APPENDED = (
    "With `manage_roles` Zappa writes its default policy (or `attach_policy`), `extra_permissions`, and by itself these"
    " statements. They are wider than what is needed; a role of your own (`manage_roles` false) does without them."
)
_WARNED = "Zappa writes the standard partition into some ARNs. No permission helps."
_UNTOLD = (
    "Nothing is granted for these. Besides: functions that tasks name by `remote_aws_lambda_function_name`, and what another"
    " account owns, whose own policy has to allow the role too."
)


def _by_setting() -> dict[str, list[RuntimeRow]]:
    found: dict[str, list[RuntimeRow]] = {}
    for row in runtime_rows():
        found.setdefault(row.setting or ALWAYS, []).append(row)
    return found


def _need(row: RuntimeRow) -> tuple[str, ...]:
    denied = DENIED[row.consequence] + (f": {row.symptom}" if row.symptom else "")
    demanded = [f"`{key}` {'absent' if key in row.absent else 'demanded'}" for key in row.restrict]
    resource = "; ".join([f"`{row.resource}`", *demanded])
    return (
        USERS[row.used_by],
        f"`{row.action}`",
        resource,
        _when(row),
        row.because,
        denied,
        row.source,
        str(row.confidence),
    )


def _denial(row: DenyRow) -> tuple[str, ...]:
    condition = "; ".join(
        f"{operator} `{key}` = `{value}`"
        for operator, tests in row.condition.items()
        for key, value in tests.items()
    )
    return ", ".join(f"`{action}`" for action in row.actions), condition, _when(row), row.because, row.source


def _nothing(row: NothingRow) -> tuple[str, ...]:
    return row.name, f"`{row.setting}`" if row.setting else "", row.because, row.source, str(row.confidence)


def _appended(row: AppendedRow) -> tuple[str, ...]:
    actions = ", ".join(f"`{action}`" for action in row.actions)
    return actions, f"`{row.resource}`", _when(row), row.because, row.instead, row.source


def _told(row: ToldRow) -> tuple[str, ...]:
    return row.text, _when(row), row.source


def _when(row: RuntimeRow | DenyRow | AppendedRow | ToldRow) -> str:
    words = [_in_words(name) for name in row.when]
    each = getattr(row, "each", "")
    words += [COLLECTIONS[each].words] if each else []
    words += [f"since {row.since}"] if row.since else []
    return "; ".join(words)


def _in_words(feature: str) -> str:
    words = FEATURES[feature.removeprefix("!")].words
    return f"not {words}" if feature.startswith("!") else words


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    yield ""
