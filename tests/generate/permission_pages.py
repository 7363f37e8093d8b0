"""The pages of what Zappa calls and AWS checks: an index, a page per command and per service, one of the stack, one of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from tests.generate.tables_of_pages import DENIED, table, without_empty
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.permissions.model import ResourceState
from zappa_iam_ext.permissions.tables.collections import COLLECTIONS
from zappa_iam_ext.permissions.tables.features import FEATURES
from zappa_iam_ext.permissions.tables.own_rows import OwnCallRow, own_call_rows
from zappa_iam_ext.permissions.tables.rows import (
    AuthorizationRow,
    CallRow,
    ResourceRow,
    authorization_rows,
    call_rows,
    resource_rows,
    template_rows,
)

FOLDER = "permissions"
GENERATED = (
    "Generated from `zappa_iam_ext/permissions/tables/` by `make docs`; a test holds it against them."
    " [How to read it](../permissions.md)."
)
Row = AuthorizationRow | ResourceRow

INTRODUCTION = """\
# What Zappa asks of AWS

Generated from `permissions/tables/zappa_calls/` and `permissions/tables/authorizations/` by `make docs`; a test holds it
against them. Read it from the left: a [command](#by-command) makes calls; for [each call](#by-service) AWS checks actions,
of which some are never seen in Zappa's source. What a *denied* call does to the command:

- *stops*: the command ends with an error.
- ***silent***: the command goes on, often with exit code 0, and what is then wrong is said.
- *harmless*: nothing is wrong, or what is said is.

Most calls are made in every deployment. Those that are made the second time only, or after settings changed, say in which
state of the account:

{states}

*Confidence* says how a check is known: *documented* by AWS, *observed* under enforcement, or *modelled*, where only the
real AWS could tell and the safe side is granted. In resources, `{names}` stand for parameters of the call, `*` for what
only AWS will name.
"""


def pages() -> Mapping[str, Callable[[], str]]:
    """Return what writes each page, by its path in ``docs/``."""
    found: dict[str, Callable[[], str]] = {"permissions.md": index_page}
    found |= {_command_path(name): partial(command_page, name) for name in COMMANDS}
    found |= {_service_path(name): partial(service_page, name) for name in services()}
    found[f"{FOLDER}/stack.md"] = stack_page
    found[f"{FOLDER}/zappa-iam.md"] = own_page
    found[f"{FOLDER}/never-made.md"] = never_made_page
    return found


def services() -> tuple[str, ...]:
    """Return the clients of boto3 whose calls AWS checks, sorted."""
    return tuple(sorted({operation.partition(".")[0] for operation in authorization_rows()}))


def index_page() -> str:
    """Return how to read the pages, and where they are."""
    states = "\n".join(f"- ***{state}***: {state.words}." for state in ResourceState)
    commands = ((f"[{name}]({_command_path(name)})", str(len(_calls_of(name)))) for name in COMMANDS)
    by_service = (
        (f"[{name}]({_service_path(name)})", str(len(_operations(name))), ", ".join(_operations(name)))
        for name in services()
    )
    others = (
        f"- [By resource of the stack]({FOLDER}/stack.md): what CloudFormation does as whoever deploys",
        f"- [By zappa-iam itself]({FOLDER}/zappa-iam.md): what our own commands ask",
        f"- [In Zappa's source, and never made]({FOLDER}/never-made.md)",
    )
    lines = [
        INTRODUCTION.replace("{states}", states),
        *("## By command", "", *table(("command", "calls"), commands)),
        *("## By service", "", *table(("service", "calls", "which"), by_service)),
        *("## And", "", *others, "", _UNTOLD),
        *_toctree(path.removesuffix(".md") for path in pages() if path.startswith(f"{FOLDER}/")),
    ]
    return "\n".join(lines)


def command_page(name: str) -> str:
    """Return the calls of one command of Zappa."""
    head = ("call", "when", "why", "denied", "source")
    rows = (_call_cells(row, "../services/") for row in _calls_of(name))
    return "\n".join([f"# zappa {name}", "", GENERATED.replace("](../", "](../../"), "", *table(head, rows)])


def service_page(name: str) -> str:
    """Return what AWS checks for the calls of one service, and which commands make them."""
    lines = [f"# Calls of {name}", "", GENERATED.replace("](../", "](../../"), ""]
    for operation, checks in authorization_rows().items():
        if operation.partition(".")[0] == name:
            lines += [f"## {operation}", "", *_made_by(operation), *_checks(checks)]
    return "\n".join(lines)


def stack_page() -> str:
    """Return what CloudFormation does as the caller."""
    lines = ["# By resource of the stack", "", GENERATED, "", _STACK, ""]
    for kind, rows in resource_rows().items():
        lines += [f"## {kind}", "", *_template_lines(kind), *_checks(rows)]
    return "\n".join(lines)


def own_page() -> str:
    """Return what our own commands ask of AWS."""
    head = ("call", "by", "of", "why", "denied", "source")
    return "\n".join(
        ["# By zappa-iam itself", "", GENERATED, "", _OWN, "", *table(head, map(_own_cells, own_call_rows()))]
    )


def never_made_page() -> str:
    """Return the calls of Zappa's source that no command makes."""
    omitted = (row for row in call_rows() if row.omitted)
    cells = ((f"`{row.service}.{row.operation}`", row.source, row.omitted) for row in omitted)
    head = ("call", "source", "why not")
    return "\n".join(["# In Zappa's source, and never made", "", GENERATED, "", *table(head, cells)])


_UNTOLD = """\
## What the settings cannot tell

Some names that a command meets follow from no setting. Nothing is granted for them; what Zappa then does is said here.

- *A role with a path.* IAM decides on the ARN that it stores. A role that the settings name by `role_name` and that was
  made under a path is `role/PATH/NAME`; tell the path with a `role_arn` that ends in that name.
- *A rule that somebody else made for the function*, and a rule of an EventBridge source that the settings named formerly:
  `deploy`, `update`, `schedule`, `unschedule` and `undeploy` delete every rule that has the function as a target, `status`
  reads them. Rules that Zappa made for scheduled events, now or formerly, are granted, whatever the event was called.
- *A key that formerly encrypted the environment* (`aws_kms_key_arn` changed or taken out): `update` reads the variables to
  keep them, and without `kms:Decrypt` on the former key is shown none.
- *A function URL of an alias* that somebody else made: `update` changes or deletes it with the function's own.
- *Topics whose name holds the name of this function's topic of asynchronous tasks*: `undeploy` and `unschedule` delete them
  too (Zappa looks for the name anywhere in the ARN). Nothing is granted for those of other functions: Zappa stops there.
- *A version or an alias that `apigateway_lambda_qualifier` named formerly*: granted as any version or alias of the function.
"""
_STACK = (
    "CloudFormation does these as the caller, for each resource of the template that Zappa builds: on `CreateStack` to"
    " create, on `UpdateStack` to create, update and delete, on `DeleteStack` to delete, and to read always."
    " What former settings put into the stack and the settings no longer ask for is read and deleted."
)


_OWN = (
    "What the check, the plan and its application ask, with the profile's own credentials or an administrator's. *Check* is"
    " whatever judges a profile by its own policies: the gate, `check`, `can-i`, and `diff`, `lint` and `rehearse` with"
    " `--profile-policy`. *Unknown*: the command goes on, and what hangs on the answer is unknown. What a principal asks"
    " about itself is what `policy --self-inspection` grants."
)


def _command_path(name: str) -> str:
    return f"{FOLDER}/commands/{name}.md"


def _service_path(name: str) -> str:
    return f"{FOLDER}/services/{name}.md"


def _calls_of(command: str) -> list[CallRow]:
    return [row for row in call_rows() if command in row.commands and not row.omitted]


def _operations(service: str) -> list[str]:
    found = (operation.split(".") for operation in authorization_rows())
    return [name for prefix, name in found if prefix == service]


def _made_by(operation: str) -> Iterator[str]:
    rows = [row for row in call_rows() if f"{row.service}.{row.operation}" == operation and not row.omitted]
    made = dict.fromkeys(command for row in rows for command in row.commands)
    if made:
        named = ", ".join(f"[{name}](../commands/{name}.md)" for name in COMMANDS if name in made)
        yield from (f"Called by {named}.", "")


def _toctree(documents: Iterable[str]) -> Iterator[str]:
    yield from ("```{toctree}", ":hidden:", "", *documents, "```")


def _call_name(row: CallRow | OwnCallRow, folder: str) -> str:
    name = f"{row.service}.{row.operation}"
    if name not in authorization_rows():
        return f"{name} (needs no permission)"
    return f"[{name}]({folder}{row.service}.md#{name.lower().replace('.', '')})"


def _own_cells(row: OwnCallRow) -> tuple[str, ...]:
    whose = " or ".join(f"the {kind} itself" for kind in row.principals)
    denied = f"{row.on_denied}: {row.symptom}"
    return (
        _call_name(row, "services/"),
        ", ".join(row.commands),
        whose,
        row.because,
        denied,
        f"`{row.source}`",
    )


def _call_cells(row: CallRow, folder: str) -> tuple[str, ...]:
    call = _call_name(row, folder)
    denied = DENIED[row.on_denied] + (f": {row.symptom}" if row.symptom else "")
    return call, "; ".join(_when(row)), row.because, denied, f"{row.source}"


def _when(row: Any) -> Iterator[str]:
    yield from (_in_words(name) for name in row.when)
    if getattr(row, "each", ""):
        yield COLLECTIONS[row.each].words
    if row.since:
        yield f"since {row.since}"
    if row.until:
        yield f"until {row.until}"
    if getattr(row, "only_if", None):
        yield f"***{row.only_if}***"


def _in_words(feature: str) -> str:
    words = FEATURES[feature.removeprefix("!")].words
    return f"not {words}" if feature.startswith("!") else words


def _checks(rows: Iterable[Row]) -> Iterator[str]:
    head = ("action", "resource", "conditions", "when", "why", "source", "confidence")
    yield from table(*without_empty(head, map(_check_cells, rows)))


def _check_cells(row: Row) -> tuple[str, ...]:
    when = [f"`{condition}`" for condition in row.when]
    when += [f"each of `{row.each}`"] if row.each else []
    when += [" ".join(row.handlers)] if isinstance(row, ResourceRow) else []
    when += [f"***{row.only_if}***"] if row.only_if else []
    return (
        f"`{row.action}`",
        f"`{row.resource}`",
        ", ".join(_condition(key, value, demanded=key in row.restrict) for key, value in row.context.items()),
        ", ".join(when),
        row.because,
        row.source,
        str(row.confidence),
    )


def _condition(key: str, value: Any, *, demanded: bool) -> str:
    text = ", ".join(value) if isinstance(value, list | tuple) else str(value)
    return f"`{key}` = `{text}`" + (" (demanded)" if demanded else "")


def _template_lines(kind: str) -> Iterator[str]:
    for row in template_rows():
        if row.type == kind:
            yield f"- `{row.name}`: {'; '.join(_when(row))} ({row.source})"
    yield ""
