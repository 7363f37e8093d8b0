"""Plan to text and JSON: at most 25 lines of 80 columns unless everything is asked for."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zappa_iam_ext.check.grouping import Row, joined, short_value
from zappa_iam_ext.plan import Plan, Privilege
from zappa_iam_ext.plan.changes import Symbol
from zappa_iam_ext.plan.planning.effects import WrittenDocument
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.layout.table import service_width, table
from zappa_iam_ext.render.text import cut, line, wrapped

MAX_LINES = 25
_NO_MORE = 10_000


@dataclass(frozen=True, slots=True)
class PlanContext:
    """What is told beside the changes: for whom (``target``) and by whom, notes, findings, the documents that are written."""

    stages: str
    target: str
    administrator: str
    account: str = ""
    region: str = ""
    notes: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    documents: tuple[WrittenDocument, ...] = ()


def plans_text(
    entries: Sequence[tuple[Plan, PlanContext]],
    style: Style | None = None,
    *,
    verbose: bool = False,
    documents: bool = False,
) -> str:
    """Return plans as text, one after the other; together at most 25 lines unless ``verbose`` or with ``documents``."""
    shown = style or Style()
    if verbose:
        shown = replace(shown, width=_NO_MORE)
    room = max(MAX_LINES // max(len(entries), 1), 5)
    texts = []
    for plan, about in entries:
        lines = list(_lines(plan, about, shown, _NO_MORE if verbose else room))
        if documents:
            lines += list(_documents(about))
        texts += lines
    return "\n".join(texts)


def plan_json(entries: Iterable[tuple[Plan, dict[str, Any]]]) -> str:
    """Return plans as one JSON document; each entry's dictionary says whom the plan is for."""
    plans = [{**about, **plan.to_json()} for plan, about in entries]
    return dump({"plans": plans})


def totals(plan: Plan) -> str:
    """Return how many changes of each kind there are."""
    counts = {symbol: sum(change.symbol is symbol for change in plan.changes) for symbol in Symbol}
    return f"Plan: {counts[Symbol.ADD]} to add, {counts[Symbol.CHANGE]} to change, {counts[Symbol.REMOVE]} to remove."


def _lines(plan: Plan, about: PlanContext, style: Style, room: int) -> Iterator[str]:
    """Yield a heading, then sections, each with its share of the room."""
    told = [
        *_told(f"{about.stages}: {about.target}", style),
        *_told(f"by {about.administrator}", style, "  "),
    ]
    if plan.empty:
        told.append("Nothing is changed." if plan.unsafe else "No changes: nothing to do.")
    warnings = [*_concerns(plan, style), *_notes(about, style, whole=room >= _NO_MORE)]
    rest = room - len(told) - (0 if plan.empty else 1)
    losses = list(_privileges("loses", plan, about, style, max(rest // 3, 2)))
    told_warnings = _shortened(warnings, max(rest - len(losses) if plan.empty else rest // 3, 1))
    rest -= len(losses) + len(told_warnings)
    gains = list(_privileges("gains", plan, about, style, rest // 2))
    rest -= len(gains)
    yield from told
    changes = [_cut(f"  {change.symbol} {line(str(change))}", style) for change in plan.changes]
    yield from _shortened(changes, max(rest, 1))
    yield from gains
    yield from losses
    yield from told_warnings
    if not plan.empty:
        yield totals(plan)


def _told(text: str, style: Style, indent: str = "") -> Iterator[str]:
    yield _cut(f"{indent}{line(text)}", style)


def _cut(text: str, style: Style) -> str:
    return cut(text, style.columns, style.ellipsis)


def _shortened(lines: Sequence[str], room: int) -> list[str]:
    """Return as many lines as there is room for, the last of which says how many more there are."""
    if len(lines) <= room:
        return list(lines)
    kept = max(room - 1, 0)
    return [*lines[:kept], f"  ... and {len(lines) - kept} more (-v shows all)"]


def _privileges(verb: str, plan: Plan, about: PlanContext, style: Style, room: int) -> Iterator[str]:
    privileges = plan.narrowed if verb == "loses" else plan.widened
    if not privileges or room < 1:
        return
    what = "permission" if len(privileges) == 1 else "permissions"
    consent = " (refused without --prune)" if verb == "loses" and plan.takes_away else ""
    yield _cut(f"  {verb} {len(privileges)} {what}{consent}:", style)
    if room >= _NO_MORE // 4:
        yield from (_privilege(each, "-" if verb == "loses" else "+") for each in privileges)
        return
    rows = _rows(privileges)
    if len(rows) > room - 1:
        rows = joined(rows)
    lines = list(
        table(
            rows,
            style,
            account=about.account,
            region=about.region,
            indent="    ",
            service_columns=service_width(rows),
        )
    )
    if room > 1:
        yield from _shortened(lines, room - 1)


def _privilege(each: Privilege, sign: str) -> str:
    """Return a permission with its condition, and the statement that has it."""
    where = f" ({each.policy}: {each.sid})" if each.sid else f" ({each.policy})"
    condition = f" if {each.condition}" if each.condition else ""
    partly = ", partly" if each.partly else ""
    return "    " + line(f"{sign} {each.action} on {each.resource}{condition}{partly}{where}")


def _rows(privileges: Sequence[Privilege]) -> tuple[Row, ...]:
    """Return one row for each service and resource."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for each in privileges:
        service, name = _service_and_name(each.action)
        told = (name or each.action) + (" (partly)" if each.partly else "")
        if each.condition:
            told += f" -> {short_value(each.condition.rpartition(' ')[2])}"
        found.setdefault((service or "*", each.resource), {})[told] = None
    return tuple(
        Row(service, (resource,), tuple(actions), count=len(actions))
        for (service, resource), actions in sorted(found.items())
    )


def _service_and_name(action: str) -> tuple[str, str]:
    """Return the service of an action and its name; what spares actions is of no service."""
    service, _, name = action.rpartition(":")
    return (service, name) if service.isascii() and " " not in service else ("", action)


def _concerns(plan: Plan, style: Style) -> Iterator[str]:
    for concern in plan.concerns:
        told = f"UNSAFE {line(concern.subject)}: {line(concern.reason)}"
        yield from wrapped(told, style.columns, "  ", "    ")
        yield from wrapped(line(concern.hint), style.columns, "    ", "    ")


def _notes(about: PlanContext, style: Style, *, whole: bool) -> Iterator[str]:
    yield from (_cut(f"  ! the administrator may not {line(each)}", style) for each in about.denied)
    yield from _escalations(about.findings, style, whole=whole)
    for each in about.notes:
        yield from wrapped(f"! {line(each)}", style.columns, "  ", "    ")


def _escalations(findings: Sequence[str], style: Style, *, whole: bool) -> Iterator[str]:
    """Yield what `zappa-iam lint` finds in the documents: each in full, or the names of the findings together."""
    if whole:
        yield from (_cut(f"  ! {line(each)}", style) for each in findings)
    elif findings:
        names = dict.fromkeys(line(each).partition(":")[0].rpartition("/")[2] for each in findings)
        yield from textwrap.wrap(
            f"! privilege-escalation, as lint finds it: {', '.join(names)} (-v says how)",
            style.width,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )


def _documents(about: PlanContext) -> Iterator[str]:
    """Yield each document that is written, as a unified diff against what is in place."""
    for each in about.documents:
        yield from difflib.unified_diff(
            _json_lines(each.before) if each.before is not None else [],
            _json_lines(each.after),
            f"{each.name} (in place)" if each.before is not None else "/dev/null",
            f"{each.name} (planned)",
            lineterm="",
        )


def _json_lines(document: Mapping[str, Any]) -> list[str]:
    """Return the lines of a document; what could steer a terminal is escaped by JSON."""
    return json.dumps(document, indent=2).splitlines()
