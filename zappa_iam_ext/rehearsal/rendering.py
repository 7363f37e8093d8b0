"""What a rehearsal showed, as text and JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from zappa_iam_ext.permissions.fixes import fix_command
from zappa_iam_ext.permissions.tables.rows import call_rows
from zappa_iam_ext.rehearsal.observation import Checked, Observation
from zappa_iam_ext.rehearsal.report import RehearsalReport, RehearsedCommand
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain

WIDTH = 110
"""Columns of a line that lists names; an ARN is never cut."""


def rehearsal_text(report: RehearsalReport) -> str:
    """Return per command each call and what was authorised or denied, then what nobody used and what is modelled."""
    lines = [
        f"{plain(report.function_name)}, Zappa {report.zappa_version}, under {plain(report.policy)}",
        f"as {plain(report.principal)}",
    ]
    if report.prepared:
        lines.append(f"after {', '.join(report.prepared)} by an administrator")
    lines += _section(
        "! NOT REHEARSED, so nothing is said about it:", [*report.not_shown, *_cut_short(report)]
    )
    lines += _section(
        "! NOT REHEARSED: the settings refer to what the local AWS could not make:", report.missing
    )
    for command in report.commands:
        lines += ["", *_command(command)]
    early = ", some of which ended early" if any(command.exit_code for command in report.commands) else ""
    lines += _section(f"Granted, and used by none of these commands{early}:", _unused(report))
    lines += _section(
        "Not observed but modelled: AWS checks these on its own account, no local AWS does:",
        _modelled(report),
    )
    lines += _section("Not part of this rehearsal:", report.left_out)
    lines += _section("Policies that could not be read, so what they allow was denied:", report.unreadable)
    lines += _section(
        "Granted beside the policy, on the local AWS alone, which checks these otherwise than AWS does (--json says how):",
        _wrapped("", dict.fromkeys(action for action, *_ in report.besides)),
    )
    return "\n".join([*lines, "", *summary(report)])


def summary(report: RehearsalReport) -> list[str]:
    """Return the lines that say how it went; what was denied stands here once more, in full."""
    calls = sum(len(command.observations) for command in report.commands)
    if not calls:
        return ["No call was made: nothing was rehearsed."]
    lines = [
        f"{_count(calls, 'call')}, {len(report.denied) or 'none'} denied."
        + ("" if not report.not_rehearsed else " Not everything was rehearsed: see the beginning.")
        + (" Missing:" if report.denied else "")
    ]
    lines += _missing(report)
    lines += [
        f"zappa {plain(command.words)} failed, but not for a permission: what came after it was not rehearsed."
        for command in report.commands
        if command.broken
    ]
    if report.denied:
        stage = plain(report.stage)
        lines += [
            "",
            f"To fix it: zappa-iam policy {stage} prints what is needed, {fix_command(stage)} provisions it.",
        ]
    return lines


def rehearsal_json(reports: Sequence[RehearsalReport], *, as_list: bool = False) -> str:
    """Return one rehearsal as a JSON document; several, or with ``as_list``, are listed under ``rehearsals``."""
    if len(reports) == 1 and not as_list:
        return dump(_entry(reports[0]))
    return dump({"rehearsals": [_entry(report) for report in reports]})


def records(report: RehearsalReport) -> dict[str, Any]:
    """Return the raw calls, command by command, for ``--record``."""
    return {
        "stage": report.stage,
        "zappa_version": report.zappa_version,
        "commands": [
            {"command": command.words, "calls": [seen.to_dict() for seen in command.observations]}
            for command in report.commands
        ],
    }


def _entry(report: RehearsalReport) -> dict[str, Any]:
    return {
        "stage": report.stage,
        "function_name": report.function_name,
        "zappa_version": report.zappa_version,
        "principal": report.principal,
        "policy": report.policy,
        "exit_code": report.exit_code(),
        "denied": len(report.denied),
        "prepared": list(report.prepared),
        "commands": [
            {
                "command": command.words,
                "exit_code": command.exit_code,
                "swallowed": command.swallowed,
                "broken": command.broken,
                "calls": [seen.to_dict() for seen in command.observations],
            }
            for command in report.commands
        ],
        "unused": [{"action": item.action, "sid": item.sid or None} for item in report.unused],
        "modelled": [{"action": item.action, "resource": item.resource} for item in report.modelled],
        "left_out": list(report.left_out),
        "not_rehearsed": list(report.not_rehearsed),
        "missing": list(report.missing),
        "unreadable": list(report.unreadable),
        "besides": [
            {"action": action, "resource": resource, "because": because}
            for action, resource, because in report.besides
        ],
    }


def _cut_short(report: RehearsalReport) -> Iterator[str]:
    """Yield the commands that Zappa did not finish for a reason that is no permission."""
    for command in report.commands:
        if command.broken:
            yield f"zappa {command.words}: what comes after the failure that its last words tell"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    told = [f"  {plain(line)}" for line in lines]
    return ["", title, *told] if told else []


def _command(command: RehearsedCommand) -> Iterator[str]:
    denied = f"{len(command.denied)} denied" if command.denied else "none denied"
    yield f"zappa {plain(command.words)}: {_count(len(command.observations), 'call')}, {denied}, exit code {command.exit_code}"
    if command.swallowed:
        yield "  ! Zappa swallowed what was denied: it ended as if all were well"
    for group in _groups(command.observations):
        yield from group.lines()
    if command.exit_code and command.output:
        yield "  Zappa's last words:"
        yield from (f"  | {plain(line)}" for line in command.output.splitlines() if _is_told(line))


def _is_told(line: str) -> bool:
    """Say whether a line of Zappa's output is shown: the frames of a traceback are not."""
    return bool(line.strip()) and not line.startswith((" ", "Traceback"))


@dataclass(slots=True)
class _Group:
    """Equal calls of a command: what is told of them, and how often each was made."""

    first: Observation
    times: int = 0
    errors: dict[str, None] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Yield the call with the first thing that AWS checks for it, then a line for every other."""
        name = f"{self.first.service}.{self.first.operation}"
        if self.first.denied:
            yield f"  {'REFUSED' if self.first.unjudged else 'DENIED':<10} {name}{self._notes()}"
            yield from _verdicts(self.first)
            return
        checks = list(_checks(self.first.checked))
        if not checks:
            yield f"  {'authorised':<10} {name}: no permission needed{self._notes()}"
            return
        _, actions, resource = checks[0]
        own = f"{self.first.service}:{self.first.operation}"
        named = "" if actions[0] == own else f": {actions[0]}"
        joint = "".join(f", {action}" for action in actions[1:])
        yield f"  {'authorised':<10} {name}{named}{joint} on {resource}{self._notes()}"
        for _, others, where in checks[1:]:
            yield f"  {'':<10}   and {', '.join(others)} on {where}"

    def _notes(self) -> str:
        told = [f"{self.times} times"] if self.times > 1 else []
        told += [f"answered {', '.join(map(plain, self.errors))}"] if self.errors else []
        return f" ({'; '.join(told)})" if told else ""


def _verdicts(seen: Observation) -> Iterator[str]:
    """Yield what was checked for a refused call, and why a refusal decides nothing."""
    for verdict, actions, resource in _checks(seen.checked):
        yield f"  {'':<10}   {verdict} {', '.join(actions)} on {resource}"
    if not seen.known:
        yield f"  {'':<10}   no row of the tables knows this call: please report it"
    elif seen.unjudged:
        yield f"  {'':<10}   refused by the local AWS ({plain(seen.error)}), not by our tables"


def _groups(observations: Iterable[Observation]) -> Iterable[_Group]:
    """Join equal calls in the order of their first appearance; an answer such as NotFound makes no difference."""
    found: dict[tuple[object, ...], _Group] = {}
    for seen in observations:
        key = (seen.service, seen.operation, seen.denied, seen.known, seen.checked)
        group = found.setdefault(key, _Group(seen))
        group.times += 1
        if seen.error and not seen.denied:
            group.errors[seen.error] = None
    return found.values()


def _checks(checked: Iterable[Checked]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield verdict, actions and resource: actions of the same verdict and resource together."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for item in checked:
        verdict = "authorised" if item.allowed else "DENIED"
        found.setdefault((verdict, plain(item.resource)), {})[item.action] = None
    for (verdict, resource), actions in found.items():
        yield verdict, tuple(actions), resource


def _missing(report: RehearsalReport) -> Iterator[str]:
    """Yield each action that was denied, with its resources, and what became of the commands that lack it."""
    resources: dict[str, dict[str, None]] = {}
    ends: dict[str, dict[str, None]] = {}
    for command in report.commands:
        for seen in command.denied:
            refused = [item for item in seen.checked if not item.allowed]
            for item in refused or seen.checked:
                resources.setdefault(item.action, {})[plain(item.resource)] = None
                ends.setdefault(item.action, {})[became(command, seen)] = None
    for action, found in resources.items():
        yield f"  {action}"
        yield from (f"      on {resource}" for resource in found)
        yield from (f"      {words}" for words in ends[action])


def became(command: RehearsedCommand, seen: Observation) -> str:
    """Say what a denial did: it stopped the command, or Zappa swallowed it and something may be wrong now."""
    if command.exit_code and f"calling the {seen.operation} operation" in command.output:
        return f"stopped zappa {plain(command.words)}"
    symptom = _symptom(command, seen)
    return f"swallowed by zappa {plain(command.words)}" + (f": {symptom}" if symptom else "")


def _symptom(command: RehearsedCommand, seen: Observation) -> str:
    """Return what the table of calls says is wrong after a denial that Zappa swallowed."""
    name = command.words.removeprefix("zappa ").split()[0]
    told = {
        row.symptom
        for row in call_rows()
        if (row.service, row.operation) == (seen.service, seen.operation)
        and name in row.commands
        and row.symptom
        and not row.omitted
    }
    return told.pop() if len(told) == 1 else ""


def _unused(report: RehearsalReport) -> Iterator[str]:
    """Yield the unused actions, those of one statement together."""
    found: dict[str, list[str]] = {}
    for item in report.unused:
        found.setdefault(plain(item.sid), []).append(plain(item.action))
    for sid, actions in found.items():
        yield from _wrapped(f"{sid}: " if sid else "", actions)


def _modelled(report: RehearsalReport) -> Iterator[str]:
    """Yield the modelled checks: the actions on one resource together."""
    found: dict[str, list[str]] = {}
    for item in report.modelled:
        found.setdefault(plain(item.resource), []).append(item.action)
    joined: dict[tuple[str, ...], list[str]] = {}
    for resource, actions in found.items():
        joined.setdefault(tuple(actions), []).append(resource)
    for names, resources in joined.items():
        yield from _wrapped("", names)
        yield from (f"    on {resource}" for resource in resources)


def _wrapped(prefix: str, names: Iterable[str]) -> Iterator[str]:
    yield from textwrap.wrap(
        prefix + ", ".join(names),
        WIDTH,
        subsequent_indent=" " * 4,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
