"""What is missing, in as many lines as there are: rows are joined, then named, then counted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from zappa_iam_ext.check.grouping import Group, Kind, joined
from zappa_iam_ext.render.report.fixing import policy_words
from zappa_iam_ext.render.style import Mark, Style
from zappa_iam_ext.render.table import service_width, table
from zappa_iam_ext.render.text import cut, line, wrapped

_MARKS = {
    Kind.STOPS: Mark.NO,
    Kind.SILENT: Mark.WARNING,
    Kind.HARMLESS: Mark.WARNING,
    Kind.AT_TIMES: Mark.WARNING,
    Kind.UNKNOWN: Mark.UNKNOWN,
}
_TITLES = {
    Kind.STOPS: "Stops the command",
    Kind.SILENT: "Goes unnoticed",
    Kind.HARMLESS: "Harmless",
    Kind.AT_TIMES: "Needed at times",
    Kind.UNKNOWN: "Cannot tell",
}
_SYMPTOMS = 2


class Detail(IntEnum):
    """How much of a group is shown: a row per service and resource, a row per service, one line for all."""

    RESOURCES = 0
    SERVICES = 1
    LINE = 2


def body(
    groups: Sequence[Group], style: Style, most: int, *, account: str = "", region: str = ""
) -> list[str]:
    """Return the groups in at most so many lines; the least grave ones are shortened first."""
    chosen = [Detail.RESOURCES] * len(groups)

    def shown(details: Sequence[Detail]) -> list[list[str]]:
        return [
            _group(group, detail, style, account, region)
            for group, detail in zip(groups, details, strict=True)
        ]

    blocks = shown(chosen)
    for detail in (Detail.SERVICES, Detail.LINE):
        for place in reversed(range(len(groups))):
            if sum(map(len, blocks)) <= most:
                break
            shorter = _group(groups[place], detail, style, account, region)
            if len(shorter) < len(blocks[place]):
                blocks[place] = shorter
    return _truncated(groups, blocks, style, most)


def _truncated(groups: Sequence[Group], blocks: list[list[str]], style: Style, most: int) -> list[str]:
    """Return the blocks that fit, and a line that counts the others."""
    if sum(map(len, blocks)) <= most:
        return [each for block in blocks for each in block]
    lines: list[str] = []
    for place, block in enumerate(blocks):
        if len(lines) + len(block) > most - 1:
            rest = groups[place:]
            count = sum(group.count for group in rest)
            in_groups = f"{len(rest)} {'groups' if len(rest) > 1 else 'group'}"
            return [*lines, cut(f"... and {count} more in {in_groups} (-v)", style.columns)][-max(most, 1) :]
        lines += block
    return lines


def _group(group: Group, detail: Detail, style: Style, account: str, region: str) -> list[str]:
    mark = _MARKS[group.kind]
    title = _title(group)
    if detail is Detail.LINE:
        services = ", ".join(dict.fromkeys(line(row.service) for row in group.rows))
        return [style.painted(cut(f"{title}: {services}", style.columns, style.ellipsis), mark)]
    heading = cut(f"{title}:", style.columns, style.ellipsis)
    lines = [style.painted(heading, mark)]
    shown = group.rows if detail is Detail.RESOURCES else joined(group.rows)
    told = list(
        table(shown, style, account=account, region=region, service_columns=service_width(group.rows))
    )
    for row, text in zip(shown, told, strict=True):
        lines.append(text)
        if group.kind is Kind.SILENT:
            lines += _symptoms(row.symptoms, style)
    return lines


def _title(group: Group) -> str:
    told = f"{_TITLES[group.kind]} ({group.count})"
    if group.blocker:
        how = "denied by" if group.blocker.explicit else "blocked by"
        return f"{told}, {how} {policy_words(group.blocker, short=True)}"
    if group.kind is Kind.AT_TIMES:
        return f"{told}, the second time or after settings changed"
    return f"{told}: {line(group.why)}" if group.why else told


def _symptoms(symptoms: Sequence[str], style: Style) -> list[str]:
    if not symptoms:
        return []
    more = f" (and {len(symptoms) - _SYMPTOMS} more)" if len(symptoms) > _SYMPTOMS else ""
    told = f"{'; '.join(map(line, symptoms[:_SYMPTOMS]))}{more}"
    return [style.dim(each) for each in wrapped(told, style.columns, "      ", "      ")]
