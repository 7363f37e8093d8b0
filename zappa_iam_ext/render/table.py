"""Rows of permissions as lines of a table that fits the width. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zappa_iam_ext.check.grouping import Row, short_resource
from zappa_iam_ext.render.style import Style
from zappa_iam_ext.render.text import columns, cut, line, padded

_GAP = 2
_SERVICE = 16
_RESOURCE_SHARE = 0.45


def table(
    rows: Sequence[Row],
    style: Style,
    *,
    account: str = "",
    region: str = "",
    indent: str = "  ",
    service_columns: int = 0,
) -> Iterator[str]:
    """Yield one line a row: the service, its actions, the resources; each column cut to what there is."""
    names = [cut(line(row.service), _SERVICE, style.ellipsis) for row in rows]
    first = service_columns or max(map(columns, names), default=0)
    rest = style.columns - len(indent) - first - _GAP
    places = [resources(row, account, region) for row in rows]
    last = min(max(map(columns, places), default=0), int(rest * _RESOURCE_SHARE))
    middle = rest - last - _GAP
    widest = max((columns(", ".join(map(line, row.actions))) for row in rows), default=0)
    if widest < middle:
        middle = widest
        last = rest - middle - _GAP
    for row, name, place in zip(rows, names, places, strict=True):
        told = padded(folded(row.actions, middle, style.ellipsis), middle)
        shown = (
            f"{indent}{padded(name, first)}{' ' * _GAP}{told}{' ' * _GAP}{cut(place, last, style.ellipsis)}"
        )
        yield shown.rstrip()


def service_width(rows: Iterable[Row]) -> int:
    """Return the columns of the widest service, so that several tables stand under each other."""
    return max((min(columns(line(row.service)), _SERVICE) for row in rows), default=0)


def folded(actions: Sequence[str], width: int, ellipsis: str = "...") -> str:
    """Return as many actions as fit, and how many more there are (``GetRole, PassRole +3``)."""
    told = [line(action) for action in actions]
    for shown in range(len(told), 0, -1):
        more = f" +{len(told) - shown}" if shown < len(told) else ""
        text = ", ".join(told[:shown]) + more
        if columns(text) <= width:
            return text
    more = f" +{len(told) - 1}" if len(told) > 1 else ""
    return cut(told[0], width - len(more), ellipsis) + more if told else ""


def resources(row: Row, account: str = "", region: str = "") -> str:
    """Return the resources of a row, shortened; of several the first and how many more there are."""
    shown = tuple(dict.fromkeys(line(short_resource(each, account, region)) for each in row.resources))
    return shown[0] if len(shown) == 1 else f"{shown[0]} +{len(shown) - 1}"
