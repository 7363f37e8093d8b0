"""The picture of a report in the docs, drawn from the very text that a terminal gets; `tests.generate.reports` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from tests.support.reports import lacks_everything
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.report import report_text

PICTURE = Path(__file__).parents[2] / "docs" / "report.svg"
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_FILL = {"31": "#ff7b72", "32": "#7ee787", "33": "#f2cc60"}
_WIDE, _HIGH, _MARGIN = 8.4, 18, 16


def picture() -> str:
    """Return a terminal of 80 columns that shows what lacks everything is told, as SVG."""
    lines = report_text(lacks_everything(), style=Style(80, unicode=True, colour=True)).splitlines()
    lines = ["$ zappa-iam check dev", *lines]
    width, height = round(80 * _WIDE + 2 * _MARGIN), len(lines) * _HIGH + 2 * _MARGIN
    rows = "\n".join(_row(number, line) for number, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
        "<title>What zappa-iam check says of a user that lacks everything</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>\n'
        '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#e6edf3" xml:space="preserve">\n'
        f"{rows}\n</g>\n</svg>\n"
    )


def _row(number: int, line: str) -> str:
    spans = "".join(_spans(line))
    return f'<text x="{_MARGIN}" y="{_MARGIN + number * _HIGH + 14}">{spans}</text>'


def _spans(line: str) -> Iterator[str]:
    """Yield the pieces of a line, each in the style that the codes before it ask for."""
    style: dict[str, str] = {}
    place = 0
    for found in [*_SGR.finditer(line), None]:
        piece = line[place : found.start() if found else len(line)]
        if piece:
            yield f"<tspan{''.join(style.values())}>{escape(piece)}</tspan>" if style else escape(piece)
        if found:
            style = _after(style, found[1])
            place = found.end()


def _after(style: dict[str, str], code: str) -> dict[str, str]:
    if code in _FILL:
        return {**style, "fill": f' fill="{_FILL[code]}"'}
    if code == "1":
        return {**style, "weight": ' font-weight="bold"'}
    if code == "2":
        return {**style, "fill": ' fill="#8b949e"'}
    return {}
