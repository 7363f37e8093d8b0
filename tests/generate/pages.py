"""Writes the generated pages of the documentation: ``python -m tests.generate.pages``. A test holds the files against it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.generate.administrator import administrator_page
from tests.generate.application import application_page
from tests.generate.execution_role import execution_role_page
from tests.support.stages import ACCOUNT, stage
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.patterns.containment import covers
from zappa_iam_ext.iam.patterns.glob import arn_glob, text_glob
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.permissions.model import Consequence, Requirement, ResourceState
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
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

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
DENIED = {
    Consequence.REFUSED: "refused",
    Consequence.STOPS: "stops",
    Consequence.SILENT: "**silent**",
    Consequence.HARMLESS: "harmless",
}
Row = AuthorizationRow | ResourceRow


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, one row a line."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    yield ""


# === docs/permissions.md =======================================================================

INTRODUCTION = """\
# What Zappa asks of AWS

Generated from `permissions/tables/zappa_calls/` and `permissions/tables/authorizations/` by `make docs`; a test holds it
against them. Read it from the left: a [command](#by-command) makes calls; for [each call](#by-call) AWS checks actions,
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


def permissions_page() -> str:
    """Return the page of all that Zappa calls and AWS checks."""
    states = "\n".join(f"- ***{state}***: {state.words}." for state in ResourceState)
    lines = [INTRODUCTION.replace("{states}", states), _UNTOLD, "## By command", ""]
    for command in COMMANDS:
        rows = [row for row in call_rows() if command in row.commands and not row.omitted]
        lines += [
            f"### {command}",
            "",
            *table(("call", "when", "why", "denied", "source"), map(_call_cells, rows)),
        ]
    lines += ["## By call", ""]
    for operation, checks in authorization_rows().items():
        lines += [f"### {operation}", "", *_checks(checks)]
    lines += ["## By resource of the stack", "", _STACK, ""]
    for kind, rows in resource_rows().items():
        lines += [f"### {kind}", "", *_template_lines(kind), *_checks(rows)]
    lines += ["## By zappa-iam itself", "", _OWN, ""]
    head = ("call", "by", "of", "why", "denied", "source")
    lines += table(head, map(_own_cells, own_call_rows()))
    lines += ["## In Zappa's source, and never made", ""]
    omitted = (row for row in call_rows() if row.omitted)
    cells = ((f"`{row.service}.{row.operation}`", row.source, row.omitted) for row in omitted)
    lines += table(("call", "source", "why not"), cells)
    return "\n".join(lines)


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


def _call_name(row: CallRow | OwnCallRow) -> str:
    name = f"{row.service}.{row.operation}"
    known = name in authorization_rows()
    return f"[{name}](#{name.lower().replace('.', '')})" if known else f"{name} (needs no permission)"


def _own_cells(row: OwnCallRow) -> tuple[str, ...]:
    whose = " or ".join(f"the {kind} itself" for kind in row.principals)
    denied = f"{row.on_denied}: {row.symptom}"
    return _call_name(row), ", ".join(row.commands), whose, row.because, denied, f"`{row.source}`"


def _call_cells(row: CallRow) -> tuple[str, ...]:
    call = _call_name(row)
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
    yield from table(head, map(_check_cells, rows))


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


# === docs/comparison.md ========================================================================

POLICIES = {
    "conventional": "conventional-deployment-policy.json",
    "Zappa's example": "zappa-example-deploy-policy.json",
    "ours": "",
}


def published(name: str) -> PolicyDocument:
    """Return a policy in circulation, its placeholders filled in for the default stage."""
    text = (DATA / name).read_text("utf-8")
    for placeholder, value in {
        "<ACCOUNT_ID>": ACCOUNT,
        "<account_id>": ACCOUNT,
        "<s3_bucket from zappa_settings.json>": "zappa-?????????",
    }.items():
        text = text.replace(placeholder, value)
    return PolicyDocument.parse(json.loads(text))


def compared() -> Mapping[str, PolicyDocument]:
    """Return the three policies for the default stage: the two in circulation and the computed one."""
    ours = deployment_policy(requirements(stage()))
    return {title: published(file) if file else ours for title, file in POLICIES.items()}


def pairs(document: PolicyDocument) -> list[tuple[str, str]]:
    """Return every action with every resource that it is allowed on."""
    return [
        (action, resource)
        for statement in document.statements
        for action in statement.actions
        for resource in statement.resources
    ]


def missing(document: PolicyDocument) -> list[Requirement]:
    """Return what the default stage needs and the policy does not allow on all of the resource."""
    allowed = [(text_glob(action.lower()), arn_glob(resource)) for action, resource in pairs(document)]
    return [
        item
        for item in requirements(stage())
        if not any(
            action.matches(item.action.lower()) and covers(resource, arn_glob(item.resource))
            for action, resource in allowed
        )
    ]


def surplus(document: PolicyDocument) -> list[str]:
    """Return the actions that the policy allows and that neither the default stage nor our check of it ever needs."""
    needed = {item.action.lower() for item in requirements(stage())}
    needed |= {f"{row.service}:{row.operation}".lower() for row in own_call_rows() if row.principals}
    return sorted({action for action, _ in pairs(document) if action.lower() not in needed})


def wider(document: PolicyDocument) -> list[str]:
    """Return the actions that the stage needs, and that the policy allows on more than it needs them on."""
    needed = deployment_policy(requirements(stage()))
    own = {}
    for action, resource in pairs(needed):
        own.setdefault(action, []).append(arn_glob(resource))
    found = {
        action
        for action, resource in pairs(document)
        if action in own and not any(covers(glob, arn_glob(resource)) for glob in own[action])
    }
    return sorted(found)


def comparison_page() -> str:
    """Return the page that compares the published policies with ours."""
    policies = compared()
    head = ("", *policies)
    rows = [
        ("actions", *(str(len({action for action, _ in pairs(item)})) for item in policies.values())),
        ("statements", *(str(len(item.statements)) for item in policies.values())),
        ("statements on `*`", *(str(_on_everything(item)) for item in policies.values())),
        ("actions allowed on `*`", *(str(len(_actions_on_everything(item))) for item in policies.values())),
        (
            "actions needed and missing",
            *(str(len({one.action for one in missing(item)})) for item in policies.values()),
        ),
        ("actions never needed", *(str(len(surplus(item))) for item in policies.values())),
        ("needed actions allowed too widely", *(str(len(wider(item))) for item in policies.values())),
    ]
    lines = [COMPARISON, *table(head, rows), "## Needed and missing", "", _MISSING, ""]
    for title, item in policies.items():
        if lacking := missing(item):
            head = ("action", "resource", "why", "denied", "confidence")
            lines += [f"### {title}", "", *table(head, map(_lacking_cells, lacking))]
    lines += ["## Never needed", ""]
    for title, item in policies.items():
        if unused := surplus(item):
            lines += [f"- {title}: {', '.join(f'`{action}`' for action in unused)}"]
    lines += ["", "## Allowed on `*`", ""]
    for title, item in policies.items():
        lines += [f"- {title}: {', '.join(f'`{action}`' for action in _actions_on_everything(item))}"]
    return "\n".join(lines) + "\n"


COMPARISON = """\
# Compared with the policies in circulation

For the default stage (a WSGI application, API Gateway v1, a managed role, keep warm) and all commands: the policy that
deployment guides tell people to attach, the example in Zappa's own repository, and the one that
`zappa-iam policy` prints. Generated by `make docs`; a test holds it against the three policies.
"""
_MISSING = "An action counts as missing when it is not allowed on all of the resource that it is needed on."


def _on_everything(document: PolicyDocument) -> int:
    return sum("*" in statement.resources for statement in document.statements)


def _actions_on_everything(document: PolicyDocument) -> list[str]:
    return sorted({action for action, resource in pairs(document) if resource == "*"})


def _lacking_cells(one: Requirement) -> tuple[str, ...]:
    denied = DENIED[one.consequence] + (f": {one.symptom}" if one.symptom else "")
    return f"`{one.action}`", f"`{one.resource}`", one.because, denied, str(one.confidence)


PAGES = {
    "administrator.md": administrator_page,
    "application-permissions.md": application_page,
    "comparison.md": comparison_page,
    "execution-role-permissions.md": execution_role_page,
    "permissions.md": permissions_page,
}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
