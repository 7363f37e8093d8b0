"""Whatever names hold, a page has the same elements, the same style and script, and says the names as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from tests.support.html_page import read_page
from tests.support.pages import hostile
from zappa_iam_ext.render.html import html_text
from zappa_iam_ext.render.html.svg import shortened
from zappa_iam_ext.render.text import line

PIECES = [
    "<",
    ">",
    "</script>",
    "</style>",
    "<!--",
    "-->",
    "]]>",
    "&",
    "&#60;",
    '"',
    "'",
    "`",
    "=",
    "\\",
    "\0",
    "\u202e",
    "\ud800",
]
TEXTS = some.lists(
    some.one_of(some.sampled_from(PIECES), some.text(max_size=8)), min_size=1, max_size=12
).map("".join)
HARMLESS = read_page(html_text(hostile("name"), "name"))


@given(TEXTS.filter(line))
def test_no_text_is_markup(text):
    page = read_page(html_text(hostile(text), text))
    assert page.shape() == HARMLESS.shape()
    assert page.raw == HARMLESS.raw
    assert page.text.count(line(text)) > 20, "it is told, as text"


@given(some.text(max_size=200), some.integers(5, 80))
def test_a_shortened_text_fits_and_keeps_both_ends(text, room):
    short = shortened(text, room)
    assert len(short) <= room
    if short != line(text):
        head, _, tail = short.partition("…")
        assert line(text).startswith(head)
        assert line(text).endswith(short[len(head) + 1 :])
        assert tail
