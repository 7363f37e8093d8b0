"""The site in a real browser: its tables filtered, searched without a server, in the dark, on a phone, by version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.support.browser import Browser, browser
from tests.support.site import publishing, served, site

__all__ = ["browser", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("site")]
IAM = "permissions/services/iam.html"
ROWS = "return [...document.querySelectorAll('article tbody tr')].filter((row) => row.checkVisibility()).map((row) => row.textContent)"
HEADINGS = "return [...document.querySelectorAll('article h2')].filter((each) => each.checkVisibility()).map((each) => each.firstChild.textContent)"
WIDENED = "return document.documentElement.scrollWidth - innerWidth"
#: The main kinds of page.
KINDS = {
    "the landing page": "index.html",
    "calls of a service": IAM,
    "calls of a command": "permissions/commands/certify.html",
    "a finding": "findings/pass-role/any-role.html",
    "the command line": "reference/cli.html",
    "the Python API": "reference/api.html",
    "the execution role": "execution-role-permissions.html",
    "what Zappa needs": "zappa-permissions.html",
    "a guide": "tutorial.html",
    "the search": "search.html",
}
#: Of the same parts as the others, and seconds to look through: once is enough.
LONG = {"the command line", "the Python API", "the execution role"}


@pytest.fixture(autouse=True)
def quiet(browser: Browser):
    """No page leaves a word in the console, and none asks another host."""
    browser.console(), browser.requests()
    yield
    assert browser.console() == []
    logged = [json.loads(each)["message"] for each in browser.requests()]
    asked = [
        each["params"]["request"]["url"] for each in logged if each["method"] == "Network.requestWillBeSent"
    ]
    assert asked
    assert [url for url in asked if not url.startswith(("file:///", "http://127.0.0.1:", "data:"))] == []


def address(site: Path, page: str) -> str:
    name, mark, query = page.partition("?")
    return (site / name).as_uri() + mark + query


def field(browser: Browser):
    return browser.driver.find_element(By.ID, "table-filter")


def results(browser: Browser) -> list[str]:
    """Return the pages that a search found, once it is over."""
    over = "return /found [0-9]+ page/.test(document.querySelector('#search-results p')?.textContent)"
    WebDriverWait(browser.driver, 30).until(lambda _: browser.run(over))
    return browser.run(
        "return [...document.querySelectorAll('#search-results li a')].map((a) => a.getAttribute('href'))"
    )


def test_words_leave_the_rows_that_hold_them_all_and_the_sections_that_have_one(browser, site):
    browser.visit(address(site, IAM))
    rows, headings = browser.run(ROWS), browser.run(HEADINGS)
    field(browser).send_keys("ROLE/ getrole")
    left = browser.run(ROWS)
    assert 0 < len(left) < len(rows)
    assert all("role/" in row.lower() and "getrole" in row.lower() for row in left)
    assert browser.run(HEADINGS)
    assert all("GetRole" in heading for heading in browser.run(HEADINGS))
    assert browser.run("return document.querySelector('.table-filter output').textContent") == (
        f"{len(left)} of {len(rows)} rows"
    )
    field(browser).send_keys(" nothing has this")
    assert (browser.run(ROWS), browser.run(HEADINGS)) == ([], [])
    assert browser.run("return document.querySelector('article h1').checkVisibility()")
    field(browser).send_keys(Keys.CONTROL, "a")
    field(browser).send_keys(Keys.DELETE)
    assert (browser.run(ROWS), browser.run(HEADINGS)) == (rows, headings)


def test_the_address_keeps_the_filter(browser, site):
    browser.visit(address(site, "permissions/services/lambda.html?filter=PassRole"))
    left = browser.run(ROWS)
    assert left
    assert all("passrole" in row.lower() for row in left)
    assert field(browser).get_attribute("value") == "PassRole"
    field(browser).send_keys(" creating")
    browser.driver.refresh()
    assert field(browser).get_attribute("value") == "PassRole creating"
    assert 0 < len(browser.run(ROWS)) < len(left)
    field(browser).send_keys(Keys.CONTROL, "a")
    field(browser).send_keys(Keys.DELETE)
    assert browser.run("return location.search") == ""


def test_a_page_with_few_rows_has_no_filter(browser, site):
    browser.visit(address(site, "permissions/commands/invoke.html"))
    assert browser.driver.find_elements(By.ID, "table-filter") == []


def test_the_search_finds_without_a_server(browser, site):
    browser.visit(address(site, "index.html"))
    browser.driver.find_element(By.CSS_SELECTOR, ".sidebar-search").send_keys("PassRole", Keys.ENTER)
    found = results(browser)
    assert browser.run("return location.protocol") == "file:"
    names = [href.partition("?")[0].partition("#")[0] for href in found]
    assert {"explain.html", "permissions/services/lambda.html", "zappa-permissions.html"} <= set(names)
    assert names.index("zappa-permissions.html") < names.index("architecture.html")
    browser.driver.find_element(By.CSS_SELECTOR, "#search-results li a").click()
    assert "PassRole" in browser.run("return document.querySelector('article').textContent")


def test_a_served_search_shows_what_stands_around_the_words(browser, site):
    with served(site) as root:
        browser.visit(f"{root}search.html?q=PassRole")
        results(browser)
        WebDriverWait(browser.driver, 30).until(
            lambda _: (
                "PassRole"
                in browser.run(
                    "return document.querySelector('#search-results li p.context')?.textContent || ''"
                )
            )
        )
        browser.visit("about:blank")


def test_in_the_dark_it_is_dark_and_so_are_its_pictures(browser, site):
    background = "return getComputedStyle(document.body).backgroundColor"
    shown = "return [...document.querySelectorAll('article img')].filter((img) => img.checkVisibility()).map((img) => img.src.split('/').pop())"
    told = {}
    for dark in (False, True):
        browser.visit(address(site, "index.html"), dark=dark)
        told[dark] = browser.run(background), browser.run(shown)
    assert told[False] == ("rgb(255, 255, 255)", ["report-light.png"])
    assert told[True][1] == ["report-dark.png"]
    assert max(int(part) for part in told[True][0].strip("rgb()").split(", ")) < 60
    browser.driver.find_element(By.CSS_SELECTOR, ".theme-toggle-content .theme-toggle").click()
    assert browser.run("return document.body.dataset.theme") in {"light", "dark"}
    browser.run("localStorage.clear()")
    assert [each for each in browser.console() if "Changed to" not in each] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_one_is_shut_out_and_nothing_is_too_wide(browser, site, kind):
    browser.visit(address(site, KINDS[kind]), width=1280)
    assert browser.run(WIDENED) <= 0
    assert browser.violations() == {}
    browser.visit(address(site, KINDS[kind]), width=400, dark=True)
    assert browser.run(WIDENED) <= 0
    assert kind in LONG or browser.violations() == {}


def test_on_a_phone_each_row_is_a_card_with_the_names_of_its_columns(browser, site):
    browser.visit(address(site, IAM), width=400)
    cells = "return [...document.querySelector('article table.wide tbody tr').cells].map((cell) => getComputedStyle(cell, '::before').content)"
    assert browser.run(cells)[:2] == ['"action"', '"resource"']
    browser.visit(address(site, IAM), width=1280)
    assert set(browser.run(cells)) == {"none"}


def test_the_switch_leads_to_the_same_page_of_another_version(browser, site, tmp_path):
    for name in ("0.1", "0.2", "latest"):
        publishing().arrange(site, tmp_path, name)
    (tmp_path / "0.1" / "zappa-permissions.html").unlink()
    with served(tmp_path) as root:
        browser.visit(f"{root}0.2/{IAM}")
        switch = shown_switch(browser)
        assert [option.text for option in switch.options] == ["latest", "0.2", "0.1"]
        assert switch.first_selected_option.text == "0.2"
        switch.select_by_visible_text("0.1")
        arrived(browser, f"{root}0.1/{IAM}")
        shown_switch(browser).select_by_visible_text("latest")
        arrived(browser, f"{root}latest/{IAM}")
        browser.visit(f"{root}index.html")
        arrived(browser, f"{root}latest/")
        browser.visit("about:blank")


def test_a_page_that_another_version_lacks_leads_to_its_beginning(browser, site, tmp_path):
    for name in ("0.1", "latest"):
        publishing().arrange(site, tmp_path, name)
    (tmp_path / "0.1" / "zappa-permissions.html").unlink()
    with served(tmp_path) as root:
        browser.visit(f"{root}latest/zappa-permissions.html")
        shown_switch(browser).select_by_visible_text("0.1")
        arrived(browser, f"{root}0.1/index.html")
        browser.visit("about:blank")
    assert [each for each in browser.console() if "404" not in each] == []


def test_where_no_versions_are_published_there_is_no_switch(browser, site):
    hidden = "return !document.getElementById('versions').checkVisibility()"
    browser.visit(address(site, IAM))
    assert browser.run(hidden)
    with served(site) as root:
        browser.visit(root + IAM)
        assert browser.run(hidden)
        browser.visit("about:blank")


def shown_switch(browser: Browser) -> Select:
    WebDriverWait(browser.driver, 30).until(
        lambda _: browser.run("return document.getElementById('versions')?.checkVisibility()")
    )
    return Select(browser.driver.find_element(By.ID, "versions"))


def arrived(browser: Browser, address: str) -> None:
    WebDriverWait(browser.driver, 30).until(lambda driver: driver.current_url == address)
