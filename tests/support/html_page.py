"""Reads a page as strictly as a reviewer would: balanced, nothing fetched, nothing inline that the policy forbids."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "input", "br"}
FETCHES = {"src", "srcset", "action", "formaction", "data", "poster", "xlink:href", "background", "ping"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "script", "header", "main", "footer", "section", "div", "span", "p"),
    *("h1", "h2", "h3", "ul", "ol", "li", "a", "pre", "code", "details", "summary", "table", "caption", "thead", "tbody"),
    *("tr", "th", "td", "label", "input", "select", "option", "fieldset", "legend", "button", "svg", "g", "rect", "path"),
    "text",
}  # fmt: skip


@dataclass
class Page:
    """What a page holds: its elements in order as (name, attributes), its text, and that of its style and script."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    raw: dict[str, str] = field(default_factory=dict)

    def shape(self) -> list[str]:
        """Return the names of its elements in order."""
        return [name for name, _ in self.elements]

    def having(self, name: str, **attributes: str) -> list[dict[str, str | None]]:
        """Return the attributes of the elements of this name that have these attributes."""
        wanted = {key.strip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [found for tag, found in self.elements if tag == name and wanted.items() <= found.items()]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[str] = []

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, tag
        assert len(dict(attrs)) == len(attrs), f"an attribute stands twice: {attrs}"
        for name, value in attrs:
            assert not name.startswith("on"), f"{tag} {name}"
            assert name not in FETCHES | {"style"}, f"{tag} {name}"
            if name == "href":
                assert re.fullmatch(r"#[a-z0-9]+", value or ""), value
            assert re.fullmatch(r"[a-zA-Z:-]+", name), name
        self.page.elements.append((tag, dict(attrs)))
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in {"rect", "path"}, tag
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag, tag

    def handle_data(self, data):
        if self._open and self._open[-1] in {"style", "script"}:
            assert self._open[-1] not in self.page.raw, "one style and one script"
            self.page.raw[self._open[-1]] = data
        else:
            self.page.text.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data):
        raise AssertionError(f"a declaration: {data}")

    def handle_pi(self, data):
        raise AssertionError(f"an instruction: {data}")


def read_page(text: str) -> Page:
    """Return the page, if it is sound; fail if it is not."""
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert not reader._open, reader._open
    page = reader.page
    assert set(page.raw) == {"style", "script"}
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)), "an id stands twice"
    _assert_policy(page)
    return page


def _assert_policy(page: Page) -> None:
    (policy,) = page.having("meta", http_equiv="Content-Security-Policy")
    told = dict(part.split(" ", 1) for part in str(policy["content"]).split("; "))
    assert told["default-src"] == told["base-uri"] == told["form-action"] == "'none'"
    for name in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[name].encode()).digest()).decode()
        assert told[f"{name}-src"] == f"'sha256-{digest}'"
    assert "unsafe" not in str(policy["content"])
    order = [name for name, _ in page.elements]
    assert order.index("style") > page.elements.index(("meta", policy)), (
        "the policy stands before what it judges"
    )
    for rule in ("@import", "url(", "expression("):
        assert rule not in page.raw["style"]
    for sink in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
        "XMLHttpRequest",
    ):
        assert sink not in page.raw["script"]
