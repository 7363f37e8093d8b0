"""The parts of one stage on the page: what is wrong, the map, each permission. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from zappa_iam_ext.render.formats.model import Item, Outcome, Place
from zappa_iam_ext.render.html.graph import Band, Permission
from zappa_iam_ext.render.html.markup import Markup, element, joined
from zappa_iam_ext.render.html.svg import graph_svg
from zappa_iam_ext.render.html.verdicts import Tone, Verdict, verdict_of

Headings = tuple[str, str, str, str]
NEEDS: Headings = ("Commands and settings", "Calls", "Actions", "Resources")
OF_ROLES: Headings = ("Callers and settings", *NEEDS[1:])
DIFFERS: Headings = ("Commands, settings, policies", "Calls, statements", *NEEDS[2:])
GRANTS: Headings = ("Policies", "Statements", "Actions", "Resources")
PROBLEMS_AT_ONCE = 12
"""So many rows of what is wrong are shown at once; more are folded, so that the map stays in sight."""


def badge(verdict: Verdict, count: int | None = None) -> Markup:
    """Return a verdict as its mark and word, with how many there are."""
    told = verdict.word if count is None else f"{count} {verdict.word}"
    return element(
        "span", element("span", verdict.mark, aria_hidden="true"), told, class_=f"badge {verdict.tone}"
    )


def counted(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    """Return how many there are of each verdict, gravest first."""
    found: dict[Verdict, int] = {}
    for verdict in verdicts:
        found[verdict] = found.get(verdict, 0) + 1
    order = list(Tone)
    return dict(sorted(found.items(), key=lambda pair: (order.index(pair[0].tone), -pair[1])))


def band_section(band: Band, headings: Headings) -> Markup:
    """Return a service, folded unless something is wrong: its counts, its map, and its permissions as a table."""
    headings = OF_ROLES if band.whose and headings is NEEDS else headings
    counts = counted(each.verdict for each in band.permissions)
    total = len(band.permissions)
    summary = element(
        "summary",
        element("span", band.title, class_="service"),
        element("span", *(badge(each, count) for each, count in counts.items()), class_="badges"),
        _bar(counts, total),
    )
    return element(
        "details",
        summary,
        element(
            "div",
            graph_svg(band, headings),
            class_="scroll",
            role="group",
            tabindex=0,
            aria_label=f"Map of {band.title}, scrolls sideways",
        ),
        element(
            "details",
            element("summary", f"{total} permission{'' if total == 1 else 's'} of {band.title} as a table"),
            _permissions(band, headings),
            class_="list",
        ),
        class_="band",
        open=band.verdict.tone is not Tone.ALLOWED,
        data_service=band.service,
    )


def _bar(counts: dict[Verdict, int], total: int) -> Markup:
    """Return the share of each verdict as a bar; the badges beside it say the same."""
    parts, x = [], 0.0
    for verdict, count in counts.items():
        wide = 100 * count / total
        parts.append(element("rect", x=round(x, 2), width=round(wide, 2), height=8, class_=str(verdict.tone)))
        x += wide
    return element(
        "svg", *parts, class_="bar", viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true"
    )


def _permissions(band: Band, headings: Headings) -> Markup:
    came_from = {GRANTS: "Policy and statement", DIFFERS: "Needed or allowed by"}.get(headings, "Needed by")
    head = element(
        "tr",
        *(
            element("th", text, scope="col", role="columnheader")
            for text in ("Verdict", "Action", "Resource", came_from, "Why")
        ),
        role="row",
    )
    rows = (_permission(each, band.service, came_from) for each in band.permissions)
    return element(
        "table",
        element("caption", f"Permissions of {band.title}", class_="unseen"),
        element("thead", head, role="rowgroup"),
        element("tbody", *rows, role="rowgroup"),
        role="table",
    )


def _permission(each: Permission, service: str, came_from: str) -> Markup:
    item, origin = each.item, each.origin
    by = " → ".join(part for part in (origin.source, origin.step) if part)
    setting = (
        element(
            "div", element("span", "setting"), element("code", origin.setting), place(item.place), class_="by"
        )
        if origin.setting
        else None
    )
    times = f" ({each.count} times)" if each.count > 1 else ""
    return element(
        "tr",
        _cell("Verdict", badge(each.verdict)),
        _cell("Action", element("code", item.name)),
        _cell("Resource", element("code", item.where)),
        _cell(came_from, element("div", by + times), setting),
        _cell(
            "Why",
            element("div", item.message),
            element("div", origin.because, class_="hint") if origin.because not in item.message else None,
            element("div", item.hint, class_="hint") if item.hint else None,
        ),
        role="row",
        id=f"p{each.number}",
        class_="permission",
        data_v=each.verdict.word,
        data_s=service,
    )


def _cell(label: str, *children: Markup | None) -> Markup:
    return element("td", *children, role="cell", data_label=label)


def place(where: Place) -> str | None:
    """Return where it stands in a file, in brackets; None for nowhere."""
    return f"({where.file}:{where.line})" if where.file else None


def problems(items: Sequence[Item], heading: str) -> Markup | None:
    """Return what is not as it should be, alike ones in one row, gravest first; None where all is well."""
    rows = list(_problem_rows(items))
    if not rows:
        return None
    head = element(
        "tr",
        *(
            element("th", text, scope="col", role="columnheader")
            for text in ("Verdict", "What", "Where", "Why")
        ),
        role="row",
    )
    table = element(
        "table",
        element("caption", "What to look at", class_="unseen"),
        element("thead", head, role="rowgroup"),
        element("tbody", *rows, role="rowgroup"),
        role="table",
    )
    return element(
        "details",
        element("summary", element(heading, f"What to look at ({len(rows)})", class_="part")),
        table,
        class_="problems",
        open=len(rows) <= PROBLEMS_AT_ONCE,
    )


def _problem_rows(items: Sequence[Item]) -> Iterator[Markup]:
    groups: dict[tuple[object, ...], list[Item]] = {}
    for item in items:
        if item.outcome is not Outcome.PASSED or verdict_of(item).tone is not Tone.ALLOWED:
            key = (item.rule.id, item.case or item.name, item.where, item.fold or item.message)
            groups.setdefault(key, []).append(item)
    order = list(Tone)
    for group in sorted(groups.values(), key=lambda group: order.index(verdict_of(group[0]).tone)):
        first = group[0]
        names = dict.fromkeys(item.name for item in group)
        whys = dict.fromkeys(item.message for item in group)
        why = first.fold if len(whys) > 1 and first.fold else first.message
        where = first.where or (
            f"{first.place.file}:{first.place.line}" if first.place.file else first.logical
        )
        yield element(
            "tr",
            _cell("Verdict", badge(verdict_of(first))),
            _cell("What", *(element("div", element("code", name)) for name in names), _whose(first)),
            _cell("Where", element("code", where) if where else None),
            _cell(
                "Why", element("div", why), element("div", first.hint, class_="hint") if first.hint else None
            ),
            role="row",
        )


def _whose(item: Item) -> Markup | None:
    """Return whose permission it is, where it is not the deployer's."""
    return element("div", item.origin.whose, class_="hint") if item.origin and item.origin.whose else None


def steps(items: Sequence[Item], heading: str, title: str) -> Markup | None:
    """Return what is told besides permissions and is well, under a title: the changes of a plan, in their order."""
    told = [item for item in items if item.origin is None and verdict_of(item).tone is Tone.ALLOWED]
    if not told:
        return None
    entries = (element("li", badge(verdict_of(item)), element("code", item.message)) for item in told)
    return joined(
        element(heading, f"{title} ({len(told)})", class_="part"), element("ol", *entries, class_="steps")
    )
