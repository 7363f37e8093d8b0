"""Any settings, in any of the three formats and many styles: an edit changes what it should, and nothing else."""

from __future__ import annotations

import copy
import difflib
import json
from typing import Any

import pytest
import toml
import yaml
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from zappa_iam_ext.errors import CannotEdit
from zappa_iam_ext.settings_editing import edited, loaded

NAMES = st.sampled_from(
    ["callbacks", "iam_ext", "role_name", "tags", "a b", "é", "settings", "yes", "x.y", "1"]
)
TEXT = st.text("ab:/-_*?'\"[]{}<>#,&!|% é\n\t\\", max_size=10)
SCALARS = st.booleans() | st.integers(-5, 99999) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(NAMES, VALUES, max_size=4)
SETTINGS = st.fixed_dictionaries({"dev": TABLES, "prod": TABLES})
STYLES = {
    "indented JSON": (".json", lambda settings: json.dumps(settings, indent=4) + "\n"),
    "JSON with tabs": (".json", lambda settings: json.dumps(settings, indent="\t", ensure_ascii=False)),
    "JSON in a line": (".json", json.dumps),
    "JSON without blanks": (".json", lambda settings: json.dumps(settings, separators=(",", ":"))),
    "YAML in blocks": (
        ".yaml",
        lambda settings: yaml.safe_dump(settings, sort_keys=False, allow_unicode=True),
    ),
    "YAML in flow": (".yml", lambda settings: yaml.safe_dump(settings, default_flow_style=True)),
    "YAML in both": (".yml", lambda settings: yaml.safe_dump(settings, default_flow_style=None, indent=4)),
    "JSON as YAML": (".yaml", lambda settings: json.dumps(settings, indent=2)),
    "TOML": (".toml", toml.dumps),
}


def joined(own: Any, values: Any) -> Any:
    """Return what a stage has to hold, written without the code under test."""
    own = copy.deepcopy(own)
    for key, value in values.items():
        own[key] = (
            joined(own[key], value) if isinstance(own.get(key), dict) and isinstance(value, dict) else value
        )
    return own


def written(style: str, settings: Any, line_end: str) -> tuple[str, str, Any]:
    """Return a text, its suffix and what Zappa loads from it."""
    suffix, writer = STYLES[style]
    text = writer(settings).replace("\n", line_end)
    return text, suffix, loaded(text, suffix)


@pytest.mark.parametrize("style", STYLES)
@limits(max_examples=30)
@given(settings=SETTINGS, values=TABLES, line_end=st.sampled_from(["\n", "\r\n"]))
def test_only_these_values_differ_and_twice_is_once(style: str, settings: Any, values: Any, line_end: str):
    try:
        text, suffix, before = written(style, settings, line_end)
    except Exception:  # noqa: BLE001  -- toml writes what it cannot read
        return
    try:
        after = edited(text, suffix, "dev", values)
    except CannotEdit:
        assert style not in {"indented JSON", "JSON with tabs", "JSON in a line", "JSON without blanks"}
        return
    assert loaded(after, suffix) == {**before, "dev": joined(before["dev"], values)}
    assert edited(after, suffix, "dev", values) == after
    assert after.endswith("\n") == text.endswith("\n")
    assert "\r\n" not in text or "\n" not in after.replace("\r\n", "")


@pytest.mark.parametrize("style", STYLES)
@limits(max_examples=30)
@given(settings=SETTINGS, value=TEXT, line_end=st.sampled_from(["\n", "\r\n"]))
def test_the_old_value_set_again_is_the_old_settings(style: str, settings: Any, value: str, line_end: str):
    settings["dev"]["role_name"] = "old"
    try:
        text, suffix, before = written(style, settings, line_end)
        after = edited(text, suffix, "dev", {"role_name": value})
    except Exception:  # noqa: BLE001  -- what cannot be written or proven is another law's
        return
    back = edited(after, suffix, "dev", {"role_name": "old"})
    assert loaded(back, suffix) == before
    if style.startswith("JSON") or style == "indented JSON":
        assert back == text


@pytest.mark.parametrize("style", STYLES)
@limits(max_examples=30)
@given(settings=SETTINGS, line_end=st.sampled_from(["\n", "\r\n"]))
def test_a_new_setting_takes_no_line_away(style: str, settings: Any, line_end: str):
    settings["dev"].pop("callbacks", None)
    try:
        text, suffix, _ = written(style, settings, line_end)
    except Exception:  # noqa: BLE001  -- as above
        return
    after = edited(text, suffix, "dev", {"callbacks": {"settings": "zappa_iam_ext.gate"}})
    matcher = difflib.SequenceMatcher(None, text, after, autojunk=False)
    taken = [text[low:high] for tag, low, high, _, _ in matcher.get_opcodes() if tag in {"delete", "replace"}]
    assert not "".join(taken).strip(), taken


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".toml"])
@given(text=st.text("dev{}[]:=,\"'#&*|>- \n\r\tx1é\ufeff", max_size=40))
def test_any_text_is_edited_or_refused(suffix: str, text: str):
    try:
        after = edited(text, suffix, "dev", {"x": 1})
    except CannotEdit:
        return
    assert loaded(after, suffix)["dev"]["x"] == 1
