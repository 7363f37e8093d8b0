"""What a rehearsal showed, as text and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from zappa_iam_ext.rehearsal.observation import Observation
from zappa_iam_ext.rehearsal.report import RehearsalReport, RehearsedCommand
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.text import plain


def rehearsal_text(report: RehearsalReport) -> str:
    """Return per command each call and what was authorised or denied, then what nobody used and what is modelled."""
    who = f"{plain(report.function_name)} with Zappa {report.zappa_version}"
    lines = [f"{who} under {plain(report.policy)}, as {plain(report.principal)}"]
    for command in report.commands:
        lines += ["", *_command(command)]
    if report.unused:
        lines += ["", "Granted, and used by none of these commands:"]
        lines += [
            f"  {plain(item.action)}" + (f"  ({plain(item.sid)})" if item.sid else "")
            for item in report.unused
        ]
    if report.modelled:
        lines += ["", "Checked by AWS on its own account; modelled here, since no local AWS does:"]
        lines += [f"  {item.action} on {plain(item.resource)}" for item in report.modelled]
    if report.missing:
        lines += ["", "The settings refer to what the local AWS could not make:"]
        lines += [f"  {plain(item)}" for item in report.missing]
    return "\n".join([*lines, "", summary(report)])


def summary(report: RehearsalReport) -> str:
    """Return the line that says how it went."""
    calls = sum(len(command.observations) for command in report.commands)
    if not calls:
        return "No call was made: nothing was rehearsed."
    return f"{calls} calls, {len(report.denied)} denied."


def rehearsal_json(report: RehearsalReport) -> str:
    """Return the rehearsal as one JSON document."""
    return dump(
        {
            "stage": report.stage,
            "function_name": report.function_name,
            "zappa_version": report.zappa_version,
            "principal": report.principal,
            "policy": report.policy,
            "exit_code": report.exit_code(),
            "denied": len(report.denied),
            "commands": [
                {
                    "command": command.words,
                    "exit_code": command.exit_code,
                    "swallowed": command.swallowed,
                    "calls": [seen.to_dict() for seen in command.observations],
                }
                for command in report.commands
            ],
            "unused": [{"action": item.action, "sid": item.sid or None} for item in report.unused],
            "modelled": [{"action": item.action, "resource": item.resource} for item in report.modelled],
            "missing": list(report.missing),
        }
    )


def records(report: RehearsalReport) -> dict[str, Any]:
    """Return the raw calls by command, for ``--record``."""
    return {command.words: [seen.to_dict() for seen in command.observations] for command in report.commands}


def _command(command: RehearsedCommand) -> Iterator[str]:
    denied = f"{len(command.denied)} denied"
    yield f"zappa {plain(command.words)}: {len(command.observations)} calls, {denied}, exit code {command.exit_code}"
    if command.swallowed:
        yield "  ! Zappa ended as if nothing had been denied"
    yield from _calls(command.observations)
    if command.exit_code and command.output:
        yield "  Zappa's last words:"
        yield from (f"    {plain(line)}" for line in command.output.splitlines())


def _calls(observations: Iterable[Observation]) -> Iterator[str]:
    """Yield each distinct call once, in the order of its first appearance, with how often it was made."""
    counted: Counter[tuple[str, ...]] = Counter(_lines(seen) for seen in observations)
    for lines, times in counted.items():
        first, *rest = lines
        yield f"  {first}" + (f"  x{times}" if times > 1 else "")
        yield from rest


def _lines(seen: Observation) -> tuple[str, ...]:
    answer = (
        ""
        if seen.outcome == "ok"
        else f"  {seen.outcome if seen.denied else ''} {plain(seen.error)}".rstrip()
    )
    lines = [f"{seen.service}.{seen.operation}{answer}"]
    for item in seen.checked:
        verdict = "authorised" if item.allowed else "DENIED"
        lines.append(f"      {verdict} {item.action} on {plain(item.resource)}")
    return tuple(lines)
