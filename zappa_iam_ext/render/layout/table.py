"""Rows of permissions as lines of a table that fits the width. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zappa_iam_ext.check.grouping import Row, short_resource
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.text import columns, cut, cut_left, line, padded

_GAP = 2
_SERVICE = 16
_RESOURCE_SHARE, _LEAST_SHARE = 0.45, 0.25


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
    places = [resources(row, account, region) for row in rows]
    first = service_columns or max(map(columns, names), default=0)
    middle, last = _shares(rows, places, style.columns - len(indent) - first - 2 * _GAP)
    shown = _told_apart([short_resources(row, account, region) for row in rows], last, style.ellipsis)
    for row, name, place in zip(rows, names, shown, strict=True):
        told = padded(folded(row.actions, middle, style.ellipsis), middle)
        yield f"{indent}{padded(name, first)}{' ' * _GAP}{told}{' ' * _GAP}{place}".rstrip()


def _told_apart(places: Sequence[Sequence[str]], width: int, ellipsis: str) -> list[str]:
    """Return the resources of each row in this width; those that would look alike are told by their ends."""
    shown = [folded(each, width, ellipsis) for each in places]
    return [
        cut_left(each[0], width, ellipsis) if len(each) == 1 and shown.count(text) > 1 else text
        for each, text in zip(places, shown, strict=True)
    ]


def _shares(rows: Sequence[Row], places: Sequence[str], both: int) -> tuple[int, int]:
    """Return the columns of actions and of resources: what they take, else so that the first action of each is whole."""
    widest = max((columns(", ".join(map(line, row.actions))) for row in rows), default=0)
    longest = max(map(columns, places), default=0)
    if widest + longest <= both:
        return widest, both - widest
    whole = max((columns(folded(row.actions[:1], both) + _more(row.actions, 1)) for row in rows), default=0)
    last = min(longest, max(int(both * _RESOURCE_SHARE), both - widest))
    last = max(min(last, both - whole), min(longest, int(both * _LEAST_SHARE)))
    return both - last, last


def service_width(rows: Iterable[Row]) -> int:
    """Return the columns of the widest service, so that several tables stand under each other."""
    return max((min(columns(line(row.service)), _SERVICE) for row in rows), default=0)


def folded(actions: Sequence[str], width: int, ellipsis: str = "...") -> str:
    """Return as many actions as fit, and how many more there are (``GetRole, PassRole +3``)."""
    told = [line(action) for action in actions]
    for shown in range(len(told), 0, -1):
        text = ", ".join(told[:shown]) + _more(told, shown)
        if columns(text) <= width:
            return text
    more = _more(told, 1)
    return cut(told[0], width - len(more), ellipsis) + more if told else ""


def _more(actions: Sequence[str], shown: int) -> str:
    return f" +{len(actions) - shown}" if shown < len(actions) else ""


def short_resources(row: Row, account: str = "", region: str = "") -> tuple[str, ...]:
    """Return the resources of a row, shortened, each once."""
    return tuple(dict.fromkeys(line(short_resource(each, account, region)) for each in row.resources))


def resources(row: Row, account: str = "", region: str = "") -> str:
    """Return the resources of a row, shortened; of several the first and how many more there are."""
    shown = short_resources(row, account, region)
    return f"{shown[0]}{_more(shown, 1)}"
