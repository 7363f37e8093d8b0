"""The graph of a service as an SVG: boxes in four columns, and lines from left to right. Pure."""

from __future__ import annotations

from zappa_iam_ext.render.html.graph import ACTION, RESOURCE, SOURCE, STEP, Band, Edge, Node
from zappa_iam_ext.render.html.markup import Markup, element, joined
from zappa_iam_ext.render.text import line

WIDTH = 1216
ROW, BOX, TOP = 28, 22, 26
"""Units from row to row, the height of a box, and the room for the headings."""
_LEFT = {SOURCE: 0, STEP: 226, ACTION: 554, RESOURCE: 880}
_WIDE = {SOURCE: 182, STEP: 284, ACTION: 282, RESOURCE: 336}
_LETTER = 6.95
_INSET = 24
ELLIPSIS = "…"


def height(rows: int) -> int:
    """Return how high a graph with so many rows is."""
    return TOP + rows * ROW


def graph_svg(band: Band, headings: tuple[str, str, str, str]) -> Markup:
    """Return the graph of a band; ``headings`` name its columns."""
    tall = height(band.rows)
    heads = (element("text", text, x=_LEFT[column], y=14) for column, text in enumerate(headings))
    boxes = (_box(node, headings[node.column], first=place == 0) for place, node in enumerate(band.nodes))
    return element(
        "svg",
        element("g", *heads, class_="heads", aria_hidden="true"),
        element("g", *(_line(edge, band) for edge in band.edges), class_="edges", aria_hidden="true"),
        joined(*boxes),
        class_="map",
        viewBox=f"0 0 {WIDTH} {tall}",
        width=WIDTH,
        height=tall,
        role="group",
        aria_label=f"Map of {band.title}: {', '.join(headings)}",
    )


def _box(node: Node, heading: str, *, first: bool) -> Markup:
    wide = _WIDE[node.column]
    shown = shortened(node.label, int((wide - _INSET - 6) / _LETTER)) or "none"
    kind = "setting" if node.setting else heading
    full = "" if shown == line(node.name) else f", {node.name}"
    return element(
        "g",
        element("title", node.name),
        element("rect", width=wide, height=BOX, rx=11 if node.setting else 4),
        element("text", node.verdict.mark, class_="mark", x=8, y=15),
        element("text", shown, x=_INSET, y=15),
        class_=f"node {node.verdict.tone}",
        transform=f"translate({_LEFT[node.column]} {TOP + node.row * ROW})",
        data_c=node.column,
        data_i=_members(node.members),
        role="button",
        tabindex=0 if first else -1,
        aria_pressed="false",
        aria_label=f"{shown}: {node.verdict.word}, {kind}{full}",
    )


def _line(edge: Edge, band: Band) -> Markup:
    start, end = band.nodes[edge.start], band.nodes[edge.end]
    x1, x2 = _LEFT[start.column] + _WIDE[start.column], _LEFT[end.column]
    y1, y2 = (TOP + node.row * ROW + BOX // 2 for node in (start, end))
    middle = (x1 + x2) // 2
    return element(
        "path",
        d=f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}",
        class_=str(edge.verdict.tone),
        data_i=_members(edge.members),
        data_e=f"{edge.start} {edge.end}",
    )


def _members(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))


def shortened(text: str, room: int) -> str:
    """Return a text of at most ``room`` characters; of a longer one the beginning and the end."""
    told = line(text)
    if len(told) <= room:
        return told
    head = (room - 1) * 3 // 5
    return f"{told[:head]}{ELLIPSIS}{told[len(told) - (room - 1 - head) :]}"
