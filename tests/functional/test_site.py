"""The site: built without a warning, every link in it leads somewhere, and what it shows is what is there."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import unquote, urlsplit

import pytest

import zappa_iam_ext
from tests.support.site import ROOT, site
from zappa_iam_ext.cli import main
from zappa_iam_ext.iam.findings import rules
from zappa_iam_ext.permissions.commands import COMMANDS
from zappa_iam_ext.render.links import DOCUMENTATION, finding_url

__all__ = ["site"]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]
LINK = re.compile(r"""<(?:a|link|script|img)\b[^>]*?\s(?:href|src)="([^"]+)\"""")
ANCHOR = re.compile(r"""\s(?:id|name)="([^"]+)\"""")


def test_every_link_within_it_leads_to_a_page_and_to_a_place_on_it(site):
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html")}
    anchors = {path: set(map(html.unescape, ANCHOR.findall(text))) for path, text in pages.items()}
    broken = []
    for path, text in pages.items():
        for link in map(html.unescape, LINK.findall(text)):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("data:"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            place = unquote(parts.fragment)
            if not target.exists() or (place and target in anchors and place not in anchors[target]):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert len(pages) > 100
    assert broken == []


def test_no_page_asks_anything_of_another_host(site):
    outside = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*?\s(?:href|src)="(https?:)?//""")
    asking = {path.name for path in site.rglob("*.html") if outside.search(path.read_text("utf-8"))}
    assert asking == set()


def test_each_finding_has_its_page_at_the_address_that_the_output_names(site):
    for rule_id in rules():
        path = finding_url(rule_id).removeprefix(f"{DOCUMENTATION}latest/")
        text = (site / path).read_text("utf-8")
        assert rule_id in text
        assert text.count("highlight-json") + text.count("highlight-text") >= 2, rule_id


def test_every_command_and_public_name_is_in_the_reference(site):
    cli = (site / "reference" / "cli.html").read_text("utf-8")
    for name in main.list_commands(None):
        assert f'id="zappa-iam-{name}"' in cli, name
    api = (site / "reference" / "api.html").read_text("utf-8")
    former = {"DeployPermissionsMissing"}
    for name in set(zappa_iam_ext.__all__) - former:
        assert re.search(rf'id="zappa_iam_ext\.([\w.]+\.)?{name}"', api), name


def test_every_page_of_the_documentation_is_found_by_its_search(site):
    index = (site / "searchindex.js").read_text("utf-8")
    found = json.loads(index.removeprefix("Search.setIndex(").rstrip().removesuffix(")"))
    for name in (*(f"permissions/commands/{command}" for command in COMMANDS), "tutorial", "findings"):
        assert name in found["docnames"]


def test_the_schemas_are_where_the_reference_says(site):
    for path in (ROOT / "docs" / "schemas").glob("*.json"):
        assert json.loads((site / path.name).read_text("utf-8")) == json.loads(path.read_text("utf-8"))
        assert path.name in (ROOT / "docs" / "reference" / "json.md").read_text("utf-8")


def test_each_link_of_the_readme_leads_to_a_page_of_it_and_to_a_place_on_the_page(site):
    """The README stands on a package index, and so its links into the site are absolute."""
    links = re.findall(
        rf"\]\({re.escape(DOCUMENTATION)}latest/([^)]*)\)", (ROOT / "README.md").read_text("utf-8")
    )
    assert len(links) > 15
    for link in links:
        name, _, place = link.partition("#")
        page = (site / (name or "index.html")).read_text("utf-8")
        assert not place or place in ANCHOR.findall(page), link
