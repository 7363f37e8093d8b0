"""What to do, as prose and commands apart, so that a command is copied alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zappa_iam_ext.render.html.markup import Markup, element, preformatted

_COMMAND = re.compile(r"(?P<said>(?:.*:)?)\s*(?P<command>(?:zappa-iam|zappa|aws) \S.*)")
"""A command stands on a line of its own, or at the end of one after a colon."""


def advice_section(text: str, heading: str) -> Markup | None:
    """Return what to do under a heading of this level (``h2``); None for nothing."""
    if not text.strip():
        return None
    return element("div", element(heading, "What to do", class_="part"), *_parts(text), class_="advice")


def _parts(text: str) -> Iterator[Markup]:
    said: list[str] = []
    for told in text.splitlines():
        found = _COMMAND.fullmatch(told)
        if found is None:
            said.append(told)
            continue
        said += [found["said"]] if found["said"] else []
        yield from _said(said)
        said = []
        code = element("code", preformatted(found["command"]))
        yield element("div", element("pre", code, tabindex=0), class_="command")
    yield from _said(said)


def _said(lines: list[str]) -> Iterator[Markup]:
    if any(line.strip() for line in lines):
        yield element("p", preformatted("\n".join(lines)), class_="said")
