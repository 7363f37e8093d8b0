"""Validates what the commands print against the schemas of its format."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import jsonschema
import xmlschema

from tests.support.html_page import read_page

ROOT = Path(__file__).parents[2]
OURS = ROOT / "docs" / "schemas"
THEIRS = ROOT / "tests" / "data" / "schemas"
#: The runner reads these as commands (actions/runner, ActionCommand): v2 at a line's beginning, v1 anywhere.
COMMAND = re.compile(r"^::(error|warning|notice) (?:file=[^,:\n]+,line=\d+,)?title=[^:,\n]*::[^\n]*$")
#: GitLab Docs, Code Quality, Code Quality report format.
CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "pattern": "^[^\\n\\r]+$"},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 32},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
MARKUP = re.compile(r"<(?!br>)[a-zA-Z/!]")


@cache
def _validator(path: Path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


@cache
def _junit():
    return xmlschema.XMLSchema(str(THEIRS / "junit-10.xsd"))


#: What is no markup in Markdown: an escaped character, and a code span, which as many backticks end as began it (CommonMark, 2.4 and 6.1).
OUTSIDE = re.compile(r"\\[!-/:-@\[-`{-~]|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)


def valid(command: str, output: str, text: str) -> object:
    """Return what the text says, if it is valid in its format; fail if it is not."""
    if output == "json":
        told = json.loads(text)
        _validator(OURS / f"{command}.json").validate(told)
        return told
    return _OF_OTHERS[output](text)


def _sarif(text: str) -> object:
    told = json.loads(text)
    _validator(THEIRS / "sarif-2.1.0-rtm.5.json").validate(told)
    return told


def _gitlab(text: str) -> object:
    told = json.loads(text)
    jsonschema.validate(told, CODE_QUALITY)
    assert len({entry["fingerprint"] for entry in told}) == len(told)
    return told


def _junit_told(text: str) -> object:
    _junit().validate(text)
    return _junit().to_dict(text)


def _github(text: str) -> object:
    for line in text.splitlines():
        assert COMMAND.match(line), line
        assert "##[" not in line
    return text.splitlines()


def _markdown(text: str) -> object:
    assert not MARKUP.search(OUTSIDE.sub("", text)), "no HTML outside of code"
    return text


_OF_OTHERS = {
    "github": _github,
    "gitlab": _gitlab,
    "html": read_page,
    "junit": _junit_told,
    "markdown": _markdown,
    "sarif": _sarif,
}
