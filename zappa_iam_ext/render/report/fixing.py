"""What to do, in words and in commands that work when they are pasted. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace

from zappa_iam_ext.check import Blocker, Report, RoleReport
from zappa_iam_ext.check.remedies import (
    Remedy,
    Step,
    Target,
    account_of,
    condition_keys,
    is_quarantine,
    permission_set,
    principal_of,
    remedies,
    target,
)
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.text import columns, line, wrapped

_INDENT = "  "
_ACTIONS, _UNBROKEN = 3, 100_000
_CONTINUED = 6
"""Lines at most of one command."""
_POLICIES: Mapping[Layer, str] = {
    Layer.IDENTITY: "policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policy",
    Layer.ORGANIZATION: "policy of the organization",
    Layer.RESOURCE: "resource policy",
}
FILE = "zappa-policy.json"


def advice(report: Report, given: CommandLines) -> str:
    """Return what to do as plain text, for a hint: no line is broken; empty where there is nothing to do."""
    return "\n".join(fix_lines(report, given, Style(_UNBROKEN)))


def fix_lines(report: Report, given: CommandLines, style: Style, *, most: int = 0) -> list[str]:
    """Return what to do, step by step; with ``most``, steps that do not fit into so many lines are only counted."""
    steps = [list(_step(remedy, report, given, style)) for remedy in remedies(report)]
    if report.role and (report.role.refused or report.role.maybe_refused):
        steps.append(list(_mend_role(report.role, given, style)))
    lines: list[str] = []
    for number, step in enumerate(steps):
        left = len(steps) - number
        if lines and most and len(lines) + len(step) + (left > 1) > most:
            return [*lines, f"... and {left} more {'steps' if left > 1 else 'step'} (-v)"]
        lines += step
    return lines


def _mend_role(role: RoleReport, given: CommandLines, style: Style) -> Iterator[str]:
    if role.remedy:
        yield from wrapped(f"To mend the role: {line(role.remedy)}.", style.columns, rest="  ")
        return
    if role.fault and role.exists is False:
        command = given.zappa_iam("role ensure", "--admin-profile", "PROFILE")
        yield from command_lines("To make the role:", "", command, style)
        return
    yield from command_lines("To see what the role lacks:", "", given.zappa_iam("role check"), style)


def _step(remedy: Remedy, report: Report, given: CommandLines, style: Style) -> Iterator[str]:
    if remedy.step is Step.PROVISION:
        yield from _provision(report, given, style)
    elif remedy.step is Step.UNBLOCK:
        yield from _unblock(remedy, style)
    elif remedy.step is Step.LET_READ:
        yield from _let_read(report, given, style)
    elif remedy.step is Step.LOOK_UP:
        told = "grant them on every id, as the document of this command does:"
        yield from command_lines("To settle what only AWS names:", told, given.zappa_iam("policy"), style)
    elif remedy.step is Step.PROBE:
        told = "ask whoever runs it, or let harmless calls to AWS tell:"
        yield from command_lines(
            "To settle what the organization denies:",
            told,
            given.zappa_iam("check", "--evidence", "probe"),
            style,
        )
    elif remedy.step is Step.CONTEXT:
        yield from _context(remedy, report, given, style)
    else:
        told = f"To settle the rest: try {line(remedy.actions[0])}, or ask whoever runs the account."
        yield from wrapped(told, style.columns, rest=_INDENT)


def _context(remedy: Remedy, report: Report, given: CommandLines, style: Style) -> Iterator[str]:
    """Yield the question about the first permission with its keys, for whose values VALUE stands."""
    first = remedy.results[0]
    pairs = (word for key in condition_keys(first.why) for word in ("--context", f"{key}=VALUE"))
    asked = replace(given, profile=given.profile or report.profile)
    command = asked.can_i(first.requirement.action, first.requirement.resource, *pairs)
    told = "say what the request carries, such as:"
    yield from command_lines("To settle what hangs on a condition:", told, command, style)


def _provision(report: Report, given: CommandLines, style: Style) -> Iterator[str]:
    whose = target(report)
    if whose is Target.USER:
        yield from command_lines("To fix it:", "", given.apply(), style)
        return
    if whose is Target.DOCUMENT:
        account = account_of(report)
        flags = ("--account", account) if account.isdecimal() else ()
        yield from command_lines(
            "To fix it:", "use the document of:", given.zappa_iam("policy", *flags), style
        )
        return
    command = f"{given.zappa_iam('policy')} > {FILE}"
    if whose is Target.ROLE:
        yield from command_lines(
            "To fix it:", "print the document, and attach it to the role:", command, style
        )
        yield from _command(_put_role_policy(report, given), style)
    elif whose is Target.PERMISSION_SET:
        name = line(permission_set(principal_of(report).name))
        told = f"in IAM Identity Center, put this document into the permission set {name} (the role itself cannot be edited):"
        yield from command_lines("To fix it:", told, command, style)
    else:
        told = f"give whoever makes the credentials of this {whose} the document of:"
        yield from command_lines("To fix it:", told, command, style)


def _put_role_policy(report: Report, given: CommandLines) -> str:
    role = principal_of(report).name
    return given.as_administrator().aws(
        *("iam", "put-role-policy", "--role-name", role, "--policy-name", "ZappaDeployment"),
        *("--policy-document", f"file://{FILE}"),
    )


def _unblock(remedy: Remedy, style: Style) -> Iterator[str]:
    yield from wrapped(unblocking(remedy), style.columns, rest=_INDENT)


def unblocking(remedy: Remedy) -> str:
    """Return whom to ask for what, of a step that unblocks: no plan of ours does it."""
    blocker = remedy.blocker
    assert blocker  # noqa: S101  -- an unblocking step has one
    if is_quarantine(blocker.policy):
        return line(
            f"AWS takes this access key for leaked ({blocker.policy}): replace the key, and do not detach the policy."
        )
    actions = remedy.actions[:_ACTIONS]
    more = f" and {len(remedy.actions) - _ACTIONS} more" if len(remedy.actions) > _ACTIONS else ""
    wish = "to lift the Deny on" if blocker.explicit else "to allow"
    return line(
        f"Ask the owner of {policy_words(blocker)} {wish} {', '.join(actions)}{more}; `apply` cannot."
    )


def policy_words(blocker: Blocker, *, short: bool = False) -> str:
    """Return the policy that denies, its statement and its line, as far as they are known; an ARN's name if ``short``."""
    owner, slash, name = line(blocker.policy).partition(" / ")
    kind = _POLICIES[blocker.layer]
    if slash:
        named = f"the {name} of {owner}" + (f" ({kind})" if blocker.layer is not Layer.IDENTITY else "")
    else:
        named = f"the {kind} {owner.rpartition('/')[2] if short else owner}".rstrip()
    statement = line(blocker.statement)
    where = (
        [statement if statement.startswith("statement") else f"statement {statement}"] if statement else []
    )
    where += [f"line {blocker.line}"] if blocker.line else []
    return f"{named} ({', '.join(where)})" if where and not short else named


def _let_read(report: Report, given: CommandLines, style: Style) -> Iterator[str]:
    whose, name = target(report), line(principal_of(report).name)
    command = given.zappa_iam("policy", "--self-inspection")
    if whose is Target.PERMISSION_SET:
        where = f"the permission set {permission_set(name)}"
    elif whose is Target.FEDERATED:
        where = "the user whose credentials were federated"
    else:
        where = f"{whose} {name}"
    yield from command_lines("To let it be read:", f"give {where} the document of:", command, style)


def command_lines(lead: str, words: str, command: str, style: Style) -> Iterator[str]:
    """Yield words and a command: on one line where both fit, else the command on lines of its own."""
    if not words and columns(f"{lead} {command}") <= style.columns:
        yield f"{lead} {command}"
        return
    yield from wrapped(f"{lead} {words}".rstrip(), style.columns, rest=_INDENT)
    yield from _command(command, style)


def _command(command: str, style: Style) -> Iterator[str]:
    """Yield a command line; one that is too wide goes on behind a backslash, an option never parted from its value.

    What would take too many lines stays one, which the terminal breaks: it must be pasted as a whole.
    """
    lines: list[str] = []
    held = _INDENT
    for part in _parts(command):
        joined = f"{held} {part}" if held.strip() else f"{held}{part}"
        if held.strip() and columns(joined) + len(" \\") > style.columns:
            lines.append(f"{held} \\")
            held = f"{_INDENT}{_INDENT}{part}"
        else:
            held = joined
    yield from [*lines, held] if len(lines) < _CONTINUED else [f"{_INDENT}{command}"]


def _parts(command: str) -> Iterator[str]:
    """Yield the words of a command line as they are quoted, an option together with its value."""
    words = [word if word == ">" else shlex.quote(word) for word in shlex.split(command)]
    held: list[str] = []
    for word in words:
        if held and (word.startswith("-") or word == ">"):
            yield " ".join(held)
            held = []
        held.append(word)
    yield " ".join(held)
