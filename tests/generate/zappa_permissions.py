"""The page for Zappa's own documentation: what a deployer and the execution role need. Plain Markdown that stands alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.generate.execution_role import USERS
from tests.generate.tables_of_pages import table
from tests.support.runtime_cases import CASES as RUNTIME_CASES
from tests.support.runtime_cases import known, stage_of
from tests.support.stages import stage
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.permissions.commands import COMMANDS, parse_command
from zappa_iam_ext.permissions.model import Command, Consequence, Requirement
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.permissions.runtime import execution_policy, runtime_requirements
from zappa_iam_ext.permissions.tables.rows import call_rows
from zappa_iam_ext.permissions.tables.versions import ZAPPA_VERSIONS

CASES = Path(__file__).parents[1] / "cases" / "permissions" / "settings.json"
PROJECT = "https://github.com/zappa-iam-ext/zappa-iam-ext"
#: Row by row: what it is, what is new, what is now asked for on other resources, what is no longer asked for.
CHANGES = ("adds", "on other resources", "no longer needed")

HEAD = """\
# The permissions Zappa needs

Two identities are involved, and each needs permissions of its own:

- the *deploying identity* (a user or a role) that runs `zappa deploy`, `zappa update` and the other commands;
- the *execution role* that the function runs as. Zappa makes and manages it unless `manage_roles` is `false`.

This page is about Zappa {version} and a stage `dev` of a project `hello` in the account `123456789012` and the region
`us-east-1`, with the default settings: a WSGI application behind a REST API, a managed role, and `keep_warm`. Put your own
names in, or let [a tool](#the-exact-policy-for-your-stage) do it.

## The deploying identity

### The smallest policy for the default settings

For every command, from `deploy` to `undeploy`:

```json
{policy}
```
"""
COMMAND_WORDS = """\
### By command

What each command needs with the default settings. An identity that only updates needs only the row of `update`.
"""
SILENT_WORDS = """\
### What fails without a word

When what these calls need is denied, Zappa goes on. The command ends as if all were well, and something is wrong:
"""
SETTINGS_WORDS = """\
### What each setting adds

Against the smallest policy above; a flag of a command against that command without it. Actions on *other resources* are
needed with and without the setting, but on more, fewer or other resources.
"""
ROLE_WORDS = """\
## The execution role

### The smallest policy of the role

The policy that Zappa gives to a role that it manages is wider than this. With `manage_roles` set to `false` and `role_name` or
`role_arn` set, the function runs as a role of your own, which needs no more than this, and what the application itself asks of AWS:

```json
{role}
```

Zappa lets `lambda.amazonaws.com`, `apigateway.amazonaws.com` and `events.amazonaws.com` assume a role that it manages.

### What each setting adds to the role
"""
EXACT = """\
## The exact policy for your stage

[zappa-iam-ext]({project}) reads the Zappa settings and prints the policy of a stage, with its own names and for the version of
Zappa that is installed. It asks nothing of AWS for that:

    pip install zappa-iam-ext
    zappa-iam policy dev          # the deploying identity
    zappa-iam role show dev       # the execution role
    zappa-iam check dev           # does the profile of the stage hold what it needs?

What is on this page is generated from its tables, which are tested against Zappa's source and against recordings of Zappa.
"""


def zappa_permissions_page() -> str:
    """Return the page."""
    policy = deployment_policy(requirements(stage()))
    lines = [HEAD.replace("{version}", ZAPPA_VERSIONS[-1]).replace("{policy}", _pretty(policy))]
    lines += [COMMAND_WORDS, *table(("command", "actions"), map(_of_command, COMMANDS))]
    lines += [SILENT_WORDS, *table(("call", "commands", "what is then wrong"), _silent())]
    lines += [SETTINGS_WORDS, *table(("setting", *CHANGES), _by_setting())]
    lines += [_needing_nothing(), ""]
    lines += [ROLE_WORDS.replace("{role}", _pretty(execution_policy(stage())))]
    lines += [*table(("setting", "who uses it", *CHANGES), _by_runtime_setting())]
    lines += [EXACT.replace("{project}", PROJECT)]
    return "\n".join(lines)


def cases() -> list[dict[str, Any]]:
    """Return the cases of what a setting changes for the deploying identity."""
    return list(json.loads(CASES.read_text("utf-8")))


def _pretty(document: PolicyDocument) -> str:
    return json.dumps(json.loads(document.to_json()), indent=2)


def _of_command(name: str) -> tuple[str, ...]:
    needed = requirements(stage(), [Command(name)])
    return f"`{name}`", actions_of(item.action for item in needed)


def _silent() -> Iterator[tuple[str, ...]]:
    """Yield each symptom with the calls and the commands that have it, in the order of the tables."""
    found: dict[str, tuple[dict[str, None], set[str]]] = {}
    for row in call_rows():
        if row.on_denied == Consequence.SILENT and not row.omitted and not row.until:
            calls, commands = found.setdefault(row.symptom, ({}, set()))
            calls[f"`{row.service}.{row.operation}`"] = None
            commands.update(row.commands)
    for symptom, (calls, commands) in found.items():
        yield ", ".join(calls), ", ".join(name for name in COMMANDS if name in commands), symptom


def _by_setting() -> Iterator[tuple[str, ...]]:
    for case in cases():
        lines = case.get("commands", ())
        after = requirements(
            stage(case["settings"], websocket=case.get("websocket", False)), map(parse_command, lines)
        )
        before = requirements(
            stage(case.get("beside", {})), map(parse_command, case.get("beside_commands", lines))
        )
        if any(cells := _changes(before, after)):
            yield _named(case["name"]), *cells


def _needing_nothing() -> str:
    changed = {_setting(case["name"]) for case in cases() if case["adds"] or case["removes"]}
    names = dict.fromkeys(_setting(case["name"]) for case in cases())
    told = ", ".join(f"`{name}`" for name in names if name not in changed)
    return f"These change nothing for the deploying identity: {told}."


def _by_runtime_setting() -> Iterator[tuple[str, ...]]:
    plain = runtime_requirements(stage())
    seen: set[tuple[str, ...]] = set()
    for case in RUNTIME_CASES:
        of_another_kind = {"region", "partition", "zappa"} & set(case.get("stage", {}))
        if of_another_kind or "iam_ext" in case.get("settings", {}) or ": " not in case["name"]:
            continue
        after = runtime_requirements(stage_of(case), **known(case))
        cells = _changes(plain, after)
        key = (_setting(case["name"]), *cells)
        if any(cells) and key not in seen:
            seen.add(key)
            yield _named(case["name"]), ", ".join(_users(plain, after)), *cells


def _changes(before: Sequence[Requirement], after: Sequence[Requirement]) -> tuple[str, str, str]:
    """Return the actions that are new, those whose resources change, and those that are no longer needed."""
    old, new = _resources(before), _resources(after)
    moved = {action for action in old.keys() & new.keys() if old[action] != new[action]}
    return actions_of(new.keys() - old.keys()), actions_of(moved), actions_of(old.keys() - new.keys())


def _resources(needs: Iterable[Requirement]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for need in needs:
        found.setdefault(need.action, set()).add(need.resource)
    return found


def _users(before: Sequence[Requirement], after: Sequence[Requirement]) -> list[str]:
    """Return who uses what is needed in one of the two only."""
    keys = [{(need.used_by, need.action, need.resource) for need in needs} for needs in (before, after)]
    changed = {used_by for used_by, *_ in keys[0] ^ keys[1]}
    return [words for user, words in USERS.items() if user in changed]


def _setting(name: str) -> str:
    return name.partition(": ")[0]


def _named(name: str) -> str:
    setting, _, words = name.partition(": ")
    return f"`{setting}`: {words}" if words else f"`{setting}`"


def actions_of(actions: Iterable[str]) -> str:
    """Return actions by service: ``iam: `CreateRole`, `GetRole`; s3: `PutObject```."""
    found: dict[str, set[str]] = {}
    for action in actions:
        service, _, name = action.partition(":")
        found.setdefault(service, set()).add(name)
    return "<br>".join(
        f"{service}: " + ", ".join(f"`{name}`" for name in sorted(found[service]))
        for service in sorted(found)
    )
