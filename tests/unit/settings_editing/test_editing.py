"""Settings in a file are set at one place, and every other byte stays: a table of texts before and after."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.settings_editing import edited, loaded, unified_diff

CASES = tomllib.loads((Path(__file__).parents[2] / "cases" / "settings_editing" / "edits.toml").read_text())[
    "case"
]


def text_of(marked: str) -> str:
    return marked.replace("\\ufeff", "\ufeff").replace("\\r", "\r").replace("\\n", "\n")


@pytest.mark.parametrize("case", CASES, ids=[case["rule"] for case in CASES])
def test_an_edit(case: dict[str, Any]):
    before, stage, values = text_of(case["before"]), case.get("stage", "dev"), json.loads(case["set"])
    if "after" not in case:
        with pytest.raises(CannotEdit):
            edited(before, case["suffix"], stage, values)
        return
    after = edited(before, case["suffix"], stage, values)
    assert after == text_of(case["after"])
    assert edited(after, case["suffix"], stage, values) == after


def test_a_suffix_may_come_without_its_dot():
    assert edited("dev: {}\n", "yaml", "dev", {"a": 1}) == "dev: {a: 1}\n"


def test_what_json_cannot_say_is_refused():
    with pytest.raises(CannotEdit):
        edited("{}", ".json", "dev", {"a": {1, 2}})
    with pytest.raises(CannotEdit):
        edited('{"dev": {}}', ".json", "dev", {"a": object()})


def test_deep_nesting_is_refused_and_not_a_traceback():
    with pytest.raises(CannotEdit):
        edited('{"dev":' * 100_000, ".json", "dev", {"a": 1})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("a\n", "a\n", "", id="no difference is no text"),
        pytest.param("a\nb\n", "a\nc\n", "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n", id="a line"),
        pytest.param(
            "a",
            "a\nb",
            "--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n"
            "+a\n+b\n\\ No newline at end of file\n",
            id="no line feed at the end",
        ),
        pytest.param(
            "a\r\n", "b\r\n", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\r\n+b\r\n", id="ends of lines stay"
        ),
    ],
)
def test_a_unified_diff(before: str, after: str, expected: str):
    assert unified_diff(before, after, "f") == expected


def test_a_file_of_another_name_is_json_to_zappa():
    assert loaded('{"dev": {}}', ".config") == {"dev": {}}
