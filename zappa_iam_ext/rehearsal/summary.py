"""What a rehearsal showed in at most 25 lines: the verdict first, equal calls counted, and as items for other formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zappa_iam_ext.check.grouping import Row, short_resource
from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.rehearsal.rendering import became
from zappa_iam_ext.rehearsal.report import RehearsalReport, RehearsedCommand
from zappa_iam_ext.render.formats.model import Item, Level, Origin, Outcome, Rule, Summary
from zappa_iam_ext.render.layout.sections import LINES, Section, section_lines
from zappa_iam_ext.render.layout.style import PLAIN, Mark, Style
from zappa_iam_ext.render.report.fixing import command_lines
from zappa_iam_ext.render.text import columns, cut, line, padded, wrapped

RULE = Rule(
    "denied-in-rehearsal",
    "A call of the real Zappa was denied under the policy",
    "The policy lacks what AWS checks for the call. Add it, or change what denies it.",
)
UNJUDGED = Rule("not-rehearsed", "Something could not be rehearsed", level=Level.WARNING)
_MARKS = {
    ExitCode.OK: Mark.YES,
    ExitCode.DENIED: Mark.NO,
    ExitCode.COULD_NOT_RUN: Mark.UNKNOWN,
    ExitCode.CANNOT_TELL: Mark.UNKNOWN,
}
_COMMANDS, _NOT_REHEARSED = 8, 3
"""Lines at most of commands, and of what could not be rehearsed."""


def verdict(report: RehearsalReport) -> str:
    """Return the one sentence that says how it went."""
    calls = sum(len(command.observations) for command in report.commands)
    what, where = (
        f"{len(report.commands)} command{'' if len(report.commands) == 1 else 's'}",
        line(report.function_name),
    )
    if not calls:
        return f"nothing was rehearsed of {where}: no call was made"
    told = f"{calls} calls, {len(report.denied) or 'none'} denied"
    if report.denied:
        return f"the policy does not carry {what} of {where}: {told}"
    broken = [command for command in report.commands if command.broken]
    if broken:
        return f"zappa {line(broken[0].words)} of {where} failed, but not for a permission: {told}"
    if report.not_rehearsed:
        return f"not everything of {where} could be rehearsed: {told}"
    return f"the policy carries {what} of {where}: {told}"


def rehearsal_text(report: RehearsalReport, given: CommandLines | None = None, style: Style = PLAIN) -> str:
    """Return the rehearsal: the verdict, a line per command, what was denied by service and resource, what to do."""
    given = given or CommandLines(report.stage)
    head = list(_head(report, style))
    notes = list(_notes(report, style))
    fixes = [""] + [each for part in _fixes(given, style) for each in part] if report.denied else []
    sections = (
        [Section(f"Denied ({len(rows)})", rows, Mark.NO, symptoms=True)]
        if (rows := denied_rows(report))
        else []
    )
    shown = section_lines(sections, style, LINES - len(head) - len(notes) - len(fixes) - 1)
    return "\n".join([*head, *(["", *shown] if shown else []), *notes, *fixes])


def _fixes(given: CommandLines, style: Style) -> Iterator[Iterator[str]]:
    yield command_lines("To fix it:", "", given.apply(), style)
    yield command_lines("Or print what is needed:", "", given.zappa_iam("policy"), style)


def _head(report: RehearsalReport, style: Style) -> Iterator[str]:
    mark = _MARKS[report.exit_code()]
    sign = style.mark(mark)
    indent = " " * (columns(sign) + 1)
    for each in wrapped(verdict(report), style.columns, f"{sign} ", indent):
        yield style.bold(style.painted(each, mark))
    after = f", after {', '.join(map(line, report.prepared))} by an administrator" if report.prepared else ""
    zappa = f", Zappa {line(report.zappa_version)}" if report.zappa_version else ""
    yield cut(f"{indent}under {line(report.policy)}{zappa}{after}", style.columns, style.ellipsis)
    shown = report.commands[:_COMMANDS]
    wide = max((columns(line(command.words)) for command in shown), default=0)
    for command in shown:
        yield _command(command, indent, min(wide, style.columns // 2), style)
    if len(report.commands) > len(shown):
        yield f"{indent}... and {len(report.commands) - len(shown)} more commands (-v)"


def _command(command: RehearsedCommand, indent: str, wide: int, style: Style) -> str:
    mark = Mark.NO if command.denied else Mark.UNKNOWN if command.broken or command.unjudged else Mark.YES
    denied = f"{len(command.denied)} denied" if command.denied else "none denied"
    swallowed = ", and Zappa says nothing of it" if command.swallowed else ""
    name = padded(cut(line(command.words), wide, style.ellipsis), wide)
    told = f"{indent}{style.mark(mark)} {name}  {len(command.observations)} calls, {denied}, exit code {command.exit_code}{swallowed}"
    return style.painted(cut(told, style.columns, style.ellipsis), mark)


def _notes(report: RehearsalReport, style: Style) -> Iterator[str]:
    told: list[str] = []
    missing = report.not_rehearsed
    told += [f"Not rehearsed: {each}" for each in missing[:_NOT_REHEARSED]]
    told += (
        [f"... and {len(missing) - _NOT_REHEARSED} more not rehearsed (-v)"]
        if len(missing) > _NOT_REHEARSED
        else []
    )
    told += [
        f"Could not be read, so what it allows was denied: {each}"
        for each in report.unreadable[:_NOT_REHEARSED]
    ]
    if report.unused:
        told.append(f"Granted, and used by none of these commands: {len(report.unused)} actions (-v)")
    if report.left_out:
        told.append(f"Not part of this rehearsal: {'; '.join(report.left_out)}")
    if told:
        yield ""
    yield from (cut(line(each), style.columns, style.ellipsis) for each in told)


def denied_rows(report: RehearsalReport) -> tuple[Row, ...]:
    """Return what was denied, one row per service, resource and what became of the command."""
    found: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for command in report.commands:
        for seen in command.denied:
            refused = [item for item in seen.checked if not item.allowed]
            for item in refused or seen.checked:
                service, _, name = item.action.partition(":")
                actions, told = found.setdefault((service, item.resource), ({}, {}))
                actions[name] = None
                told[became(command, seen)] = None
    return tuple(
        Row(service, (resource,), tuple(actions), tuple(told), len(actions))
        for (service, resource), (actions, told) in found.items()
    )


def summary(report: RehearsalReport, given: CommandLines) -> Summary:
    """Return how a stage's rehearsal went."""
    code = report.exit_code()
    commands = [
        f"zappa {command.words}: {len(command.observations)} calls, {len(command.denied)} denied, exit code {command.exit_code}"
        for command in report.commands
    ]
    return Summary(
        text=verdict(report),
        passed=code is ExitCode.OK,
        level=Level.ERROR if code is ExitCode.DENIED else Level.WARNING,
        notes=(
            f"under {report.policy}",
            *commands,
            *(f"not rehearsed: {each}" for each in report.not_rehearsed),
        ),
        advice=given.apply() if report.denied else "",
        suite=report.stage,
    )


def items(report: RehearsalReport) -> Iterator[Item]:
    """Yield an item for each permission of each call, allowed ones too, and one for what could not be rehearsed."""
    for command in report.commands:
        for seen in command.observations:
            for item in seen.checked:
                denied = seen.denied and not seen.unjudged and not item.allowed
                yield Item(
                    rule=RULE,
                    name=item.action,
                    where=item.resource,
                    message=became(command, seen) if denied else "authorised",
                    outcome=Outcome.FAILED if denied else Outcome.PASSED,
                    suite=report.stage,
                    case=f"zappa {command.words}: {seen.service}.{seen.operation} {short_resource(item.resource)}",
                    key=(report.stage, command.words, item.action, item.resource),
                    origin=Origin(f"zappa {command.words}", f"{seen.service}.{seen.operation}"),
                )
    for told in report.not_rehearsed:
        yield Item(
            UNJUDGED,
            told,
            "not rehearsed",
            Outcome.UNDECIDED,
            Level.WARNING,
            suite=report.stage,
            key=(report.stage, told),
        )


def several(reports: Sequence[RehearsalReport], given: Sequence[CommandLines], style: Style) -> str:
    """Return several rehearsals, one under the other."""
    return "\n\n".join(
        rehearsal_text(report, lines, style) for report, lines in zip(reports, given, strict=True)
    )
