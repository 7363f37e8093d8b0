"""The page in a real browser: filtered, folded, printed, in the dark, by keyboard, by a screen reader, with 1,000 permissions."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.generate.pictures import FOLDER, MOST_BYTES, pictures
from tests.support.browser import Browser, browser
from tests.support.pages import hostile, large, of_check, told
from tests.support.reports import lacks_everything, missing_and_blocked, one_missing, two_stages
from tests.unit.render.test_html import HOSTILE
from zappa_iam_ext.render.html import html_text

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
TALL = 12_000
"""All of it is in sight: what is far away is not laid out."""
ROWS = "[...document.querySelectorAll('tr.permission')]"
SHOWN = f"return {ROWS}.filter((row) => !row.hidden).map((row) => row.cells[1].textContent)"
BOXES = """
const box = (node) => node.getBoundingClientRect();
return [...document.querySelectorAll('details.band[open]:not([hidden]) .node:not(.off)')]
  .map((node) => [node.getAttribute('aria-label'), box(node).x, box(node).y - box(node.ownerSVGElement).y, node.dataset.c]);
"""


@pytest.fixture(autouse=True)
def quiet(browser: Browser):
    """No test of this file leaves a word in the console, and no page asks for anything."""
    browser.console(), browser.requests()
    yield
    assert browser.console() == []
    assert browser.requests() == []


def find(browser: Browser, text: str) -> None:
    field = browser.driver.find_element(By.ID, "find")
    field.clear()
    field.send_keys(text)


def test_a_text_leaves_what_holds_it_in_the_tables_and_in_the_map_without_gaps(browser):
    browser.show(html_text(of_check(one_missing())))
    before = browser.run(SHOWN)
    find(browser, "PassRole lambda.CreateFunction")
    assert browser.run(SHOWN) == ["iam:PassRole -> lambda"]
    boxes = browser.run(BOXES)
    assert {label.split(": ")[0] for label, *_ in boxes} == {
        "zappa deploy",
        "lambda.CreateFunction",
        "iam:PassRole -> lambda",
        "role/hello-dev-ZappaLambdaExecutionRole",
    }
    assert len({y for _, _, y, _ in boxes}) == 1, "one row"
    assert (
        browser.run("return document.getElementById('status').textContent")
        == "1 of 79 permissions shown by the filter"
    )
    find(browser, "\N{ZERO WIDTH SPACE}nothing has this name")
    assert browser.run(SHOWN) == []
    assert browser.run("return document.querySelectorAll('.band:not([hidden])').length") == 0
    browser.driver.find_element(By.ID, "find").clear()
    browser.run("document.getElementById('find').dispatchEvent(new Event('input', {bubbles: true}))")
    assert browser.run(SHOWN) == before


def test_a_service_and_verdicts_are_chosen(browser):
    browser.show(html_text(of_check(missing_and_blocked())))
    everything = browser.run(SHOWN)
    browser.run(
        "const s = document.getElementById('service'); s.value = 'iam'; s.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert {action.partition(":")[0] for action in browser.run(SHOWN)} == {"iam"}
    of_iam = browser.run(SHOWN)
    box = browser.driver.find_element(By.CSS_SELECTOR, "input[value=allowed]")
    box.click()
    left = browser.run(SHOWN)
    assert left
    assert len(left) < len(of_iam) < len(everything)
    assert (
        browser.run(
            "return document.querySelectorAll('.band[open]:not([hidden]) .node.allowed:not(.off)').length"
        )
        == 0
    )
    box.click()
    assert browser.run(SHOWN) == of_iam


def test_services_are_opened_and_closed_by_keyboard_and_all_at_once(browser):
    browser.show(html_text(of_check(one_missing())))
    count = "return document.querySelectorAll('.band[open]').length"
    assert browser.run(count) == 1
    browser.run("document.querySelector('.band:not([open]) > summary').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.run(count) == 2
    browser.driver.find_element(By.ID, "open").click()
    assert browser.run(count) == browser.run("return document.querySelectorAll('.band').length")
    browser.driver.find_element(By.ID, "close").click()
    assert browser.run(count) == 0


def test_the_map_is_walked_and_a_path_followed_by_keyboard(browser):
    browser.show(html_text(of_check(one_missing())))
    focused = "return document.activeElement.getAttribute('aria-label')"
    assert browser.run("return document.querySelectorAll('.band[open] .node[tabindex=\"0\"]').length") == 1
    browser.run("document.querySelector('.node[tabindex=\"0\"]').focus()")
    assert browser.run(focused) == "zappa deploy: denied, Commands and settings"

    def press(key: str) -> None:
        browser.driver.switch_to.active_element.send_keys(key)

    press(Keys.ARROW_RIGHT)
    assert browser.run(focused) == "cloudformation.CreateStack: denied, Calls"
    press(Keys.ARROW_DOWN)
    assert browser.run(focused) == "events.PutRule: denied, Calls"
    press(Keys.ENTER)
    on = "return [...document.querySelectorAll('.node.on')].map((node) => node.getAttribute('aria-label'))"
    assert "iam:PassRole -> events: denied, Actions" in browser.run(on)
    assert "iam:PassRole -> lambda: denied, Actions" not in browser.run(on)
    assert browser.run("return document.querySelectorAll('tr.permission.on').length") == 1
    assert "its path has 1 of 8 permissions" in browser.run(
        "return document.getElementById('status').textContent"
    )
    assert browser.run("return document.activeElement.getAttribute('aria-pressed')") == "true"
    press(Keys.ESCAPE)
    assert browser.run(on) == []
    press(Keys.ARROW_LEFT)
    assert browser.run(focused).endswith((", Commands and settings", ", setting"))


def test_a_path_is_followed_by_pointer(browser):
    browser.show(html_text(of_check(one_missing())))
    node = browser.driver.find_element(By.CSS_SELECTOR, ".node[data-c='3']")
    node.click()
    assert browser.run("return document.querySelectorAll('.map.tracing').length") == 1
    node.click()
    assert browser.run("return document.querySelectorAll('.map.tracing').length") == 0


def test_the_script_lays_out_what_the_page_was_written_with(browser):
    """Without a script the map stands where it does with one."""
    browser.show(html_text(of_check(lacks_everything())), height=TALL)
    with_script = browser.run(BOXES)
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.driver.refresh()
        without = browser.run(BOXES)
        controls = browser.run("return getComputedStyle(document.getElementById('filters')).display")
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
    assert controls == "none"
    assert [(label, column) for label, _, _, column in with_script] == [
        (label, column) for label, _, _, column in without
    ]
    for place in (1, 2):
        assert [box[place] for box in with_script] == pytest.approx([box[place] for box in without], abs=0.6)


def test_printing_opens_everything_in_light_colours_and_folds_it_again(browser):
    report = one_missing()
    browser.show(html_text(of_check(report)), dark=True)
    folded = "return document.querySelectorAll('details:not([open])').length"
    before = browser.run(folded)
    assert before > 0
    browser.run("""
      addEventListener('beforeprint', () => {
        window.seen = [document.querySelectorAll('details:not([open])').length];
      });
    """)
    pdf = browser.printed()
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 50_000
    assert browser.run("return window.seen") == [0]
    assert browser.run(folded) == before
    browser.command(
        "Emulation.setEmulatedMedia",
        media="print",
        features=[{"name": "prefers-color-scheme", "value": "dark"}],
    )
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    visible = browser.run(f"return {ROWS}.filter((row) => row.checkVisibility()).length")
    assert visible == len(report.results), "folded ones too, without the script"
    browser.command("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize(
    ("shown", "width", "dark"),
    [(of_check(missing_and_blocked()), 1280, False), (of_check(*two_stages()), 400, True)],
    ids=["wide, light", "narrow, dark, two stages"],
)
def test_no_one_is_shut_out(browser, shown, width, dark):
    browser.show(html_text(shown), width=width, height=TALL, dark=dark)
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
    assert browser.violations() == {}
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), (
        "only the map scrolls sideways"
    )
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") != dark


def test_every_kind_of_page_is_shown_without_a_word_in_the_console(browser):
    for shown in told().values():
        browser.show(html_text(shown))
        assert browser.run("return document.querySelectorAll('h1').length") == 1


@pytest.mark.parametrize("width", [1280, 400])
def test_long_names_widen_no_page(browser, width):
    browser.show(html_text(hostile("name" * 400)), width=width)
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")


def test_hostile_names_run_nothing_and_make_nothing(browser):
    browser.show(html_text(hostile("name")))
    count = "return document.querySelectorAll('*').length"
    elements = browser.run(count)
    for text in HOSTILE.values():
        browser.show(html_text(hostile(text), text))
        assert browser.run(count) == elements, text
        assert browser.run("return window.harm === undefined"), text
        assert browser.run("return getComputedStyle(document.body).display") == "block"
        find(browser, "<script")


def test_the_policy_of_the_page_stops_what_got_into_it(browser):
    """As if the escaping had a hole."""
    text = html_text(of_check(one_missing()))
    picture = (FOLDER / "report-light.png").as_uri()
    attack = f"""</h1><script>window.harm=1</script><img id=seen src="{picture}" onload="window.harm=1">
      <p id=styled style="display:none">x</p><form id=sent action="{picture}"><button>x</button></form>"""
    assert text.count("</h1>") == 1
    browser.show(text.replace("</h1>", attack))
    browser.run("document.getElementById('sent').submit()")
    assert browser.run("return window.harm === undefined")
    assert browser.run("return document.getElementById('seen').naturalWidth") == 0
    assert browser.run("return getComputedStyle(document.getElementById('styled')).display") == "block"
    assert browser.run("return document.title").startswith("zappa-iam check"), "nothing was sent"
    said = "\n".join(browser.console())
    for directive in ("script-src", "img-src", "style-src", "form-action"):
        assert directive in said
    browser.requests()


def test_a_thousand_permissions_are_filtered_ten_times_as_long_as_a_hundred(browser):
    """A ratio of one run: a filter that compared each with each would take a hundred times as long."""
    measure = """
      const field = document.getElementById('find'), took = [];
      for (let run = 0; run < 12; run += 1) {
        field.value = ['action1', 'iam', '', 'thing/9'][run % 4];
        const start = performance.now();
        field.dispatchEvent(new Event('input', {bubbles: true}));
        document.body.getBoundingClientRect();
        if (run >= 4) took.push(performance.now() - start);
      }
      took.sort((one, other) => one - other);
      return took[took.length >> 1];
    """
    took = {}
    for count in (100, 1000):
        browser.show(html_text(large(count)))
        browser.driver.find_element(By.ID, "open").click()
        took[count] = browser.run(measure)
    assert took[1000] < 40 * max(took[100], 1), took


def test_the_pictures_in_the_docs_are_of_this_page(browser):
    """The same sizes, and shown on the page about it; what letters look like is the machine's."""
    taken = pictures(browser)
    shown = {path.stem: path.read_bytes() for path in FOLDER.glob("report-*.png")}
    assert {name: _size(picture) for name, picture in shown.items()} == {
        name: _size(each) for name, each in taken.items()
    }
    assert all(len(picture) < MOST_BYTES for picture in shown.values())


def _size(picture: bytes) -> tuple[int, int]:
    """Return the width and height of a PNG (W3C, PNG Specification, 11.2.1)."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
