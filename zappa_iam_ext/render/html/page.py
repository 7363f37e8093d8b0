"""One page that needs nothing else: the verdict, what to do, the permission map, each permission. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from zappa_iam_ext.render.formats.model import Failed, Item, Summary, Told
from zappa_iam_ext.render.html.advice import advice_section
from zappa_iam_ext.render.html.assets import SCRIPT, STYLE, asset, content_security_policy
from zappa_iam_ext.render.html.graph import Band, bands
from zappa_iam_ext.render.html.markup import Markup, element, joined
from zappa_iam_ext.render.html.sections import (
    DIFFERS,
    GRANTS,
    NEEDS,
    Headings,
    badge,
    band_section,
    counted,
    problems,
    steps,
)
from zappa_iam_ext.render.html.verdicts import Tone, Verdict, gravest, verdict_of_summary

COULD_NOT = Verdict(Tone.DENIED, "could not be answered", "✗")
_OF_POLICIES = frozenset({"zappa-iam plan", "zappa-iam destroy"})


def html_text(told: Told, written: str = "") -> str:
    """Return what a command found as an HTML document; ``written`` says when, in words."""
    headings = GRANTS if told.tool in _OF_POLICIES else DIFFERS if told.tool.endswith(" diff") else NEEDS
    stages = _stages(told)
    drawn = _drawn(stages)
    alone = len(stages) + len(told.failed) == 1
    controls = _filters([band for each in drawn for band in each]) if any(drawn) else None
    body = joined(
        element("header", *_head(told, stages), class_="top"),
        element(
            "main",
            None if alone else controls,
            *(element("section", *_failed(failed), class_="stage") for failed in told.failed),
            *(
                _stage(place, summary, items, found, headings, alone=alone, controls=controls)
                for place, ((summary, items), found) in enumerate(zip(stages, drawn, strict=True))
            ),
            id="main",
        ),
        element(
            "footer",
            element(
                "p",
                f"{told.tool} {told.version}{f', {written}' if written else ''}.{f' {_HELP}' if controls else ''}",
            ),
        ),
    )
    return f"<!DOCTYPE html>\n{_document(told, stages, body)}"


_HELP = (
    "The map reads from left to right. Arrow keys move between its boxes, Enter follows a path, Escape lets it go. "
    "Printing opens everything."
)
Stages = Sequence[tuple[Summary, Sequence[Item]]]


def _document(told: Told, stages: Stages, body: Markup) -> Markup:
    title = stages[0][0].text if len(stages) == 1 else f"{len(stages)} stages"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=content_security_policy()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{told.tool}: {title}"),
        element("style", Markup(asset(STYLE))),
    )
    return element("html", head, element("body", body, element("script", Markup(asset(SCRIPT)))), lang="en")


def _stages(told: Told) -> Stages:
    """Return each summary with the items of its suite; what belongs to none stands under one of its own."""
    found: list[tuple[Summary, Sequence[Item]]] = [
        (summary, [item for item in told.items if item.suite == summary.suite]) for summary in told.summaries
    ]
    suites = {summary.suite for summary in told.summaries}
    rest = [item for item in told.items if item.suite not in suites]
    if rest:
        found.append((Summary(f"{len(rest)} found", passed=False), rest))
    return found


def _drawn(stages: Stages) -> list[tuple[Band, ...]]:
    """Return the bands of each stage; permissions are numbered through the page."""
    numbers, found = count(), []
    for _, items in stages:
        first = next(numbers)
        made = bands(items, first)
        numbers = count(first + sum(len(band.permissions) for band in made))
        found.append(made)
    return found


def _head(told: Told, stages: Stages) -> list[Markup]:
    """Return the verdict: of the one stage, or of all with a link to each."""
    tool = element("p", told.tool, class_="tool")
    if len(stages) == 1 and not told.failed:
        summary = stages[0][0]
        return [tool, _heading("h1", summary.text, verdict_of_summary(summary))]
    verdicts = [*(COULD_NOT for _ in told.failed), *(verdict_of_summary(summary) for summary, _ in stages)]
    if not verdicts:
        return [tool, _heading("h1", "Nothing was found", Verdict(Tone.UNKNOWN, "nothing", "?"))]
    passed = sum(summary.passed for summary, _ in stages)
    text = f"{passed} of {len(verdicts)} stages pass"
    links = (
        element("li", badge(verdict_of_summary(summary)), element("a", summary.text, href=f"#stage{place}"))
        for place, (summary, _) in enumerate(stages)
    )
    failed = (element("li", badge(COULD_NOT), f" {each.suite}: {each.message}") for each in told.failed)
    return [tool, _heading("h1", text, gravest(verdicts)), element("ul", *failed, *links, class_="stages")]


def _heading(name: str, text: str, verdict: Verdict, **attributes: str) -> Markup:
    mark = element("span", verdict.mark, class_="sign", aria_hidden="true")
    return element(
        name,
        mark,
        element("span", f"{verdict.word}: ", class_="unseen"),
        element("span", text.rstrip(": ")),
        class_=str(verdict.tone),
        **attributes,
    )


def _failed(failed: Failed) -> list[Markup]:
    found = [_heading("h2", f"{failed.suite} could not be answered", COULD_NOT), element("p", failed.message)]
    return [*found, section] if (section := advice_section(failed.hint, "h3")) else found


def _stage(
    place: int,
    summary: Summary,
    items: Sequence[Item],
    found: Sequence[Band],
    headings: Headings,
    *,
    alone: bool,
    controls: Markup | None,
) -> Markup:
    heading = (
        None
        if alone
        else _heading("h2", summary.text, verdict_of_summary(summary), id=f"stage{place}", tabindex="-1")
    )
    part = "h2" if alone else "h3"
    services = [band_section(band, headings) for band in found]
    return element(
        "section",
        heading,
        _notes(summary.notes),
        advice_section(summary.advice, part),
        problems(items, part),
        steps(items, part, "Steps" if headings is GRANTS else "Besides"),
        joined(element(part, "Permission map", class_="part"), controls if alone else None, *services)
        if services
        else None,
        class_="stage",
    )


def _notes(notes: Sequence[str]) -> Markup | None:
    if not notes:
        return None
    return element(
        "ul",
        *(element("li", note, class_="warning" if note.startswith("warning") else None) for note in notes),
        class_="notes",
    )


def _filters(found: Sequence[Band]) -> Markup:
    """Return the controls that narrow the map and the tables; the script shows them."""
    permissions = [each for band in found for each in band.permissions]
    services = sorted({band.service for band in found})
    boxes = (
        element(
            "label",
            element("input", type="checkbox", name="verdict", value=verdict.word, checked=True),
            badge(verdict, count),
        )
        for verdict, count in counted(each.verdict for each in permissions).items()
    )
    options = (element("option", service, value=service) for service in services)
    return element(
        "div",
        element(
            "label",
            "Find ",
            element(
                "input",
                type="search",
                id="find",
                autocomplete="off",
                placeholder="action, resource, call, setting",
            ),
        ),
        element(
            "label", "Service ", element("select", element("option", "all", value=""), *options, id="service")
        ),
        element("fieldset", element("legend", "Verdict", class_="unseen"), *boxes),
        element(
            "span",
            element("button", "Open all", type="button", id="open"),
            element("button", "Close all", type="button", id="close"),
            class_="buttons",
        ),
        element("p", f"{len(permissions)} permissions", id="status", role="status"),
        id="filters",
        role="search",
        aria_label="Filter the permissions",
        hidden=True,
    )
