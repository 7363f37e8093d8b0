"""Which marks, colours and width a place gets: the environment and the stream decide, as people expect."""

from __future__ import annotations

import io
import os

import pytest

from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.terminal import style_of


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool, encoding: str = "utf-8"):
        super().__init__()
        self.terminal, self._encoding = terminal, encoding

    def isatty(self):
        return self.terminal

    @property
    def encoding(self):
        return self._encoding


TERMINAL, PIPE = Stream(terminal=True), Stream(terminal=False)
LATIN = Stream(terminal=True, encoding="latin-1")


@pytest.mark.parametrize(
    ("stream", "environment", "marks", "colour"),
    [
        pytest.param(TERMINAL, {}, True, True, id="a terminal"),
        pytest.param(PIPE, {}, False, False, id="a pipe"),
        pytest.param(TERMINAL, {"NO_COLOR": "1"}, True, False, id="NO_COLOR keeps the marks"),
        pytest.param(TERMINAL, {"NO_COLOR": ""}, True, True, id="an empty NO_COLOR says nothing"),
        pytest.param(TERMINAL, {"TERM": "dumb"}, False, False, id="a dumb terminal"),
        pytest.param(TERMINAL, {"CLICOLOR": "0"}, True, False, id="CLICOLOR=0"),
        pytest.param(PIPE, {"FORCE_COLOR": "1"}, True, True, id="FORCE_COLOR in a pipe"),
        pytest.param(PIPE, {"CLICOLOR_FORCE": "1"}, True, True, id="CLICOLOR_FORCE in a pipe"),
        pytest.param(PIPE, {"FORCE_COLOR": "0"}, False, False, id="FORCE_COLOR=0 forces nothing"),
        pytest.param(PIPE, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False, id="NO_COLOR wins"),
        pytest.param(LATIN, {}, False, True, id="an encoding without the marks"),
        pytest.param(Stream(terminal=True, encoding="ascii"), {}, False, True, id="ASCII"),
        pytest.param(
            Stream(terminal=True, encoding="no such"), {}, False, True, id="an encoding that nobody knows"
        ),
    ],
)
def test_marks_and_colours(stream, environment, marks, colour):
    style = style_of(stream, environment)
    assert (style.unicode, style.colour) == (marks, colour)


@pytest.mark.parametrize(
    ("stream", "environment", "width"),
    [
        pytest.param(TERMINAL, {"COLUMNS": "132"}, 132, id="COLUMNS"),
        pytest.param(PIPE, {"COLUMNS": "132"}, 132, id="COLUMNS of a pipe: somebody exported it"),
        pytest.param(PIPE, {}, 80, id="a pipe"),
        pytest.param(TERMINAL, {"COLUMNS": "0"}, None, id="no sane COLUMNS"),
        pytest.param(TERMINAL, {"COLUMNS": "wide"}, None, id="COLUMNS that is no number"),
    ],
)
def test_the_width(stream, environment, width, monkeypatch):
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((97, 30)))
    stream.fileno = lambda: 1
    assert style_of(stream, environment).width == (width or 97)


@pytest.mark.parametrize(("width", "shown"), [(10, 40), (40, 40), (81, 81)])
def test_lines_do_not_get_shorter_than_a_sane_minimum(width, shown):
    assert Style(width).columns == shown
