"""Sections of rows in as many lines as there are: rows are joined, then named, then counted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from zappa_iam_ext.check.grouping import Row, joined
from zappa_iam_ext.render.layout.style import Mark, Style
from zappa_iam_ext.render.layout.table import service_width, table
from zappa_iam_ext.render.text import cut, line, wrapped

LINES = 25
"""Lines of a report at most, however much there is to tell."""
_SYMPTOMS = 2


class Detail(IntEnum):
    """How much of a section is shown: a row per service and resource, a row per service, one line for all."""

    RESOURCES = 0
    SERVICES = 1
    LINE = 2


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a title; with ``symptoms`` each row tells what goes wrong."""

    title: str
    rows: tuple[Row, ...]
    mark: Mark
    symptoms: bool = False

    @property
    def count(self) -> int:
        """How many permissions it stands for."""
        return sum(row.count for row in self.rows)


def section_lines(
    sections: Sequence[Section], style: Style, most: int, *, account: str = "", region: str = ""
) -> list[str]:
    """Return the sections in at most so many lines; the last ones, which matter least, are shortened first."""
    blocks = [_block(section, Detail.RESOURCES, style, account, region) for section in sections]
    for detail in (Detail.SERVICES, Detail.LINE):
        for place in reversed(range(len(sections))):
            if sum(map(len, blocks)) <= most:
                break
            shorter = _block(sections[place], detail, style, account, region)
            if len(shorter) < len(blocks[place]):
                blocks[place] = shorter
    return _truncated(sections, blocks, style, most)


def _truncated(sections: Sequence[Section], blocks: list[list[str]], style: Style, most: int) -> list[str]:
    """Return the blocks that fit, and a line that counts the others."""
    if sum(map(len, blocks)) <= most:
        return [each for block in blocks for each in block]
    lines: list[str] = []
    for place, block in enumerate(blocks):
        if len(lines) + len(block) > most - 1:
            rest = sections[place:]
            count = sum(section.count for section in rest)
            in_groups = f"{len(rest)} {'groups' if len(rest) > 1 else 'group'}"
            return [*lines, cut(f"... and {count} more in {in_groups} (-v)", style.columns)]
        lines += block
    return lines


def _block(section: Section, detail: Detail, style: Style, account: str, region: str) -> list[str]:
    if detail is Detail.LINE:
        services = ", ".join(dict.fromkeys(line(row.service) for row in section.rows))
        told = f"{section.title}: {services}"
        return [style.painted(cut(told, style.columns, style.ellipsis), section.mark)]
    lines = [style.painted(cut(f"{section.title}:", style.columns, style.ellipsis), section.mark)]
    shown = section.rows if detail is Detail.RESOURCES else joined(section.rows)
    width = service_width(section.rows)
    rows = table(shown, style, account=account, region=region, service_columns=width)
    for row, text in zip(shown, rows, strict=True):
        lines.append(text)
        lines += _symptoms(row.symptoms, style) if section.symptoms else []
    return lines


def _symptoms(symptoms: Sequence[str], style: Style) -> list[str]:
    if not symptoms:
        return []
    more = f" (and {len(symptoms) - _SYMPTOMS} more)" if len(symptoms) > _SYMPTOMS else ""
    told = f"{'; '.join(map(line, symptoms[:_SYMPTOMS]))}{more}"
    return [style.dim(each) for each in wrapped(told, style.columns, "      ", "      ")]
