"""Differences between requirements, to text and JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zappa_iam_ext.check.grouping import Row, rows
from zappa_iam_ext.iam.findings.model import StatementRef
from zappa_iam_ext.permissions.difference import Difference
from zappa_iam_ext.permissions.model import Requirement
from zappa_iam_ext.permissions.surplus import Surplus, SurplusReason
from zappa_iam_ext.render.json import dump
from zappa_iam_ext.render.layout.sections import LINES, Section, section_lines
from zappa_iam_ext.render.layout.style import PLAIN, Mark, Style
from zappa_iam_ext.render.report.fixing import command_lines
from zappa_iam_ext.render.text import line, plain, wrapped

_SHOWN = 3
"""ARNs and conditions that are shown of a longer list; JSON has all."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A difference and what was compared: ``after`` needs more, or less, than ``before``.

    ``before_allows`` says that ``before`` is a policy, which allows rather than needs. ``surplus`` is then what it
    grants beyond what the stages in ``needing`` need, ``sources`` names its documents, ``lines`` says where their
    statements stand, counted from 1, and ``undecided`` counts what could not be decided. ``asked`` are the options
    of `zappa-iam check` that ask the same.
    """

    stage: str
    before: str
    after: str
    change: Difference
    before_allows: bool = False
    surplus: tuple[Surplus, ...] = ()
    undecided: int = 0
    sources: tuple[str, ...] = ()
    lines: tuple[tuple[int, ...], ...] = ()
    needing: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    def place(self, item: Surplus) -> str:
        """Return where the statement of a grant stands: its document, and the line if it is a file's."""
        source, line = self.source(item), self.line(item)
        return f"{source}:{line}" if line else source

    def source(self, item: Surplus) -> str:
        """Return the name of the document that a grant is in."""
        document = item.statement.document
        return self.sources[document] if document < len(self.sources) else self.before

    def line(self, item: Surplus) -> int | None:
        """Return the line on which the statement of a grant begins, counted from 1, if it is known."""
        ref = item.statement
        lines = self.lines[ref.document] if ref.document < len(self.lines) else ()
        return lines[ref.index] if ref.index is not None and ref.index < len(lines) else None


def difference_in_full(compared: Compared) -> str:
    """Return the difference in full: a head line, then each requirement with ``+`` or ``-`` and why it is needed."""
    lines = [head(compared)]
    lines += _lines("+", compared.change.added)
    lines += _lines("-", compared.change.removed)
    if compared.surplus:
        who = plain(" or ".join(compared.needing or (compared.stage,)))
        need = "do" if len(compared.needing) > 1 else "does"
        lines += [
            "",
            f"{plain(compared.before)} allows what {who} {need} not need:",
            *surplus_lines(compared),
        ]
    if compared.undecided:
        lines += ["", f"{compared.undecided} could not be decided: `{why_undecided(compared)}` says why."]
    return "\n".join(lines)


def why_undecided(compared: Compared) -> str:
    """Return the command that says why, with what this one was given."""
    return shlex.join(("zappa-iam", "check", compared.stage, *compared.asked))


def difference_text(compared: Compared, style: Style = PLAIN) -> str:
    """Return the difference in at most 25 lines: how many more and less, then by service and resource."""
    lines = list(wrapped(head(compared), style.columns, rest="  "))
    why: list[str] = []
    if compared.undecided:
        why = ["", *command_lines("To see what could not be decided:", "", why_undecided(compared), style)]
    found = list(_sections(compared))
    shown = section_lines(found, style, LINES - len(lines) - len(why) - 1)
    return "\n".join([*lines, *(["", *shown] if shown else []), *why])


def _sections(compared: Compared) -> Iterator[Section]:
    added, removed = compared.change.added, compared.change.removed
    title = "Needed and not allowed" if compared.before_allows else "Needed now"
    always = [item for item in added if not item.only_if]
    at_times = [item for item in added if item.only_if]
    if always:
        yield Section(f"{title} ({len(always)})", rows(always), Mark.NO)
    if at_times:
        yield Section(f"{title} at times ({len(at_times)})", rows(at_times), Mark.WARNING)
    if removed:
        yield Section(f"No longer needed ({len(removed)})", rows(removed), Mark.YES)
    yield from surplus_sections(compared)


def surplus_sections(compared: Compared) -> Iterator[Section]:
    """Yield what is allowed beyond, statement by statement."""
    statements: dict[str, list[Surplus]] = {}
    for item in compared.surplus:
        place = f"{line(compared.place(item))}: {line(str(item.statement))}"
        statements.setdefault(place, []).append(item)
    for place, items in statements.items():
        yield Section(
            f"More than needed ({len(items)}), {place}", _surplus_rows(items), Mark.WARNING, symptoms=True
        )


def _surplus_rows(items: Sequence[Surplus]) -> tuple[Row, ...]:
    """Return one row for what the same is told of, on the same resource."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for item in items:
        service, _, name = item.action.rpartition(":")
        found.setdefault((service or "*", item.resource, more_than_needed(item)), []).append(name)
    return tuple(
        Row(service, (resource,), tuple(dict.fromkeys(names)), (more,), len(names))
        for (service, resource, more), names in found.items()
    )


def difference_json(compared: Sequence[Compared], *, as_list: bool = False) -> str:
    """Return one difference as a JSON document; several, or with ``as_list``, are listed under ``differences``."""
    if len(compared) == 1 and not as_list:
        return dump(_entry(compared[0]))
    return dump({"differences": [_entry(item) for item in compared]})


def head(compared: Compared) -> str:
    """Return the sentence that says how many more and less are needed."""
    change, stage = compared.change, plain(compared.stage)
    before, after = plain(compared.before), plain(compared.after)
    needs = "need" if after.startswith("the settings") else "needs"
    allows = " allows" if compared.before_allows else ""
    if not change and compared.undecided:
        return f"{before} may allow what {after} needs, but {compared.undecided} could not be decided (stage {stage})."
    if not change:
        same = "nothing that {} does not allow" if compared.before_allows else "the same as {}"
        return f"{after} {needs} {same.format(before)} (stage {stage})."
    told = [f"{len(change.added)} more"] if change.added else []
    told += [f"{len(change.removed)} less"] if change.removed else []
    return f"{after} {needs} {' and '.join(told)} than {before}{allows} (stage {stage}):"


def _lines(sign: str, items: Sequence[Requirement]) -> Iterator[str]:
    for item in items:
        conditions = "".join(
            f", {key} {_value(item.context[key])}" for key in item.restrict if key in item.context
        )
        yield f"  {sign} {item.action}"
        yield f"      on {plain(item.resource)}{plain(conditions)}"
        yield f"      {_why(item)}"


def _why(item: Requirement) -> str:
    command = f"{item.call.command}: " if item.call and item.call.command else ""
    setting = f" (setting {item.call.setting})" if item.call and item.call.setting else ""
    only_if = f"; needed {item.only_if.words}" if item.only_if else ""
    return f"{command}{item.because}{setting}{only_if}"


def _value(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " or ".join(value)


def surplus_lines(compared: Compared) -> Iterator[str]:
    """Yield the surplus statement by statement: actions of which the same is told stand together."""
    groups: dict[StatementRef, dict[tuple[str, str], list[str]]] = {}
    for item in compared.surplus:
        told = groups.setdefault(item.statement, {})
        told.setdefault((plain(item.resource), more_than_needed(item)), []).append(plain(item.action))
    places = {item.statement: compared.place(item) for item in compared.surplus}
    for ref, told in groups.items():
        yield f"  {plain(places[ref])}: {plain(str(ref))}"
        for (resource, more), actions in told.items():
            yield f"    {', '.join(dict.fromkeys(actions))}"
            yield f"        on {resource}: {more}"


def more_than_needed(item: Surplus) -> str:
    """Return in words what is more than needed about a grant."""
    needed = [plain(each) for each in item.needed]
    shown = ", ".join(needed[:_SHOWN]) + (f" and {len(needed) - _SHOWN} more" if len(needed) > _SHOWN else "")
    if item.reason is SurplusReason.NEVER:
        return "never needed"
    if item.reason is SurplusReason.ELSEWHERE:
        return f"not needed there, only on {shown}"
    if item.reason is SurplusReason.WIDER:
        return f"wider than needed: {shown}"
    if item.reason is SurplusReason.CONDITION:
        return f"needed only with the condition {shown}"
    of = f" of its {item.known_actions} actions" if item.known_actions else " of its actions"
    return f"only {len(needed)}{of} {'is' if len(needed) == 1 else 'are'} needed there: {', '.join(needed)}"


def _entry(compared: Compared) -> dict[str, Any]:
    return {
        "stage": compared.stage,
        "before": compared.before,
        "after": compared.after,
        "added": [_requirement(item) for item in compared.change.added],
        "removed": [_requirement(item) for item in compared.change.removed],
        "surplus": surplus_entries(compared),
        "undecided": compared.undecided,
    }


def surplus_entries(compared: Compared) -> list[dict[str, Any]]:
    """Return what is allowed beyond as JSON objects."""
    return [_grant(compared, item) for item in compared.surplus]


def _grant(compared: Compared, item: Surplus) -> dict[str, Any]:
    return {
        "action": item.action,
        "resource": item.resource,
        "reason": str(item.reason),
        "needed": list(item.needed),
        "sid": item.statement.sid or None,
        "statement": item.statement.index,
        "source": compared.source(item),
        "line": compared.line(item),
    }


def _requirement(item: Requirement) -> dict[str, Any]:
    return {
        "action": item.action,
        "resource": item.resource,
        "context": {
            key: value if isinstance(value, str) else list(value) for key, value in item.context.items()
        },
        "because": item.because,
        "command": item.call.command if item.call else None,
        "setting": (item.call.setting or None) if item.call else None,
        "only_if": str(item.only_if) if item.only_if else None,
    }
