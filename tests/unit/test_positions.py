"""Where a stage's settings stand in the text of a settings file: JSON, YAML and TOML, inherited ones too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zappa_iam_ext.settings.positions import setting_line, stage_lines

JSON = """{
    "dev": {
        "s3_bucket": "a:{\\"b\\": 1}",
        "tags": {
            "keep_warm": 1
        }, "events": [{"function": "x"}]
    },
    "prod": {"extends": "dev",
        "keep_warm": true}
}
"""
YAML = """# settings
dev:
  s3_bucket: a
  tags:
    keep_warm: 1
  events:
    - function: x
"prod":
  extends: dev
  keep_warm: true
"""
TOML = '''# settings
[dev]
s3_bucket = "a"
note = """
keep_warm = 1
[prod]
"""

[dev.tags]
keep_warm = 1
[[dev.events]]
function = "x"
["prod"]
extends = "dev"
keep_warm = true
'''
DOTTED = """dev.s3_bucket = "a"
prod = { extends = "dev" }
"""


@pytest.mark.parametrize(
    ("name", "text", "stage", "setting", "line"),
    [
        ("zappa_settings.json", JSON, "dev", "", 2),
        ("zappa_settings.json", JSON, "dev", "s3_bucket", 3),
        ("zappa_settings.json", JSON, "dev", "events", 6),
        ("zappa_settings.json", JSON, "dev", "keep_warm", 2),
        ("zappa_settings.json", JSON, "prod", "keep_warm", 9),
        ("zappa_settings.json", JSON, "prod", "tags", 4),
        ("zappa_settings.json", JSON, "prod", "absent", 8),
        ("zappa_settings.json", JSON, "absent", "tags", 1),
        ("settings", JSON, "dev", "tags", 4),
        ("z.yml", YAML, "dev", "s3_bucket", 3),
        ("z.yaml", YAML, "dev", "keep_warm", 2),
        ("z.yaml", YAML, "prod", "keep_warm", 10),
        ("z.yaml", YAML, "prod", "events", 6),
        ("z.toml", TOML, "dev", "s3_bucket", 3),
        ("z.toml", TOML, "dev", "keep_warm", 2),
        ("z.toml", TOML, "dev", "tags", 9),
        ("z.toml", TOML, "prod", "", 13),
        ("z.toml", TOML, "prod", "keep_warm", 15),
        ("z.toml", TOML, "prod", "events", 11),
        ("z.toml", DOTTED, "dev", "s3_bucket", 1),
        ("z.toml", DOTTED, "prod", "s3_bucket", 1),
        ("z.toml", DOTTED, "prod", "", 2),
    ],
)
def test_the_line_of_a_setting(name, text, stage, setting, line):
    assert setting_line(stage_lines(text, name), stage, setting) == line


def test_stages_that_extend_each_other_end_somewhere():
    lines = stage_lines('{"a": {"extends": "b"},\n "b": {"extends": "a"}}', "z.json")
    assert setting_line(lines, "b", "tags") == 2


@given(
    st.text(max_size=200),
    st.sampled_from(["z.json", "z.yml", "z.toml"]),
    st.sampled_from([JSON, YAML, TOML]),
    st.integers(0, 200),
)
def test_any_text_has_some_line_or_none(noise, name, text, at):
    lines = stage_lines(text[:at] + noise + text[at:], name)
    assert setting_line(lines, "dev", "tags") >= 1
