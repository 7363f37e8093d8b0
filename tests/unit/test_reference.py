"""The reference of the site is complete: commands, schemas, exit codes, settings, variables."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from tests.generate.zappa_permissions import cases, zappa_permissions_page
from zappa_iam_ext.cli import main
from zappa_iam_ext.config import IamExtSettings
from zappa_iam_ext.errors import ExitCode, worst
from zappa_iam_ext.permissions.commands import COMMANDS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
SCHEMAS = {
    path.name: json.loads(path.read_text("utf-8")) for path in (ROOT / "docs" / "schemas").glob("*.json")
}


def read(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


def test_the_commands_stand_in_the_order_of_the_journey():
    told = re.search(r":commands: (.+)", read("cli.md"))
    assert told
    assert told[1].split(",") == main.list_commands(None)


def test_every_schema_has_a_row_with_the_command_that_it_is_of():
    rows = re.findall(
        r'^\| `(.+)` \| <a href="\.\./(.+\.json)">(.+\.json)</a> \|$', read("json.md"), re.MULTILINE
    )
    assert {file: title for title, file, _ in rows} == {
        name: schema["title"] for name, schema in SCHEMAS.items()
    }
    assert all(file == text for _, file, text in rows)


def test_the_exit_codes_are_those_of_the_code_and_of_the_readme():
    rows = [line for line in read("exit-codes.md").splitlines() if re.match(r"\| [0-9]+ ", line)]
    assert [int(row.split(" | ")[0].strip("| ")) for row in rows] == [int(code) for code in ExitCode]
    readme = {
        int(row[1]): row[2]
        for row in re.finditer(
            r"^\| ([0-9]+) \| (.+) \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
        )
    }
    assert set(readme) == set(ExitCode)


def test_of_several_exit_codes_the_page_names_the_one_that_counts():
    first, then, last = (
        ExitCode(int(code))
        for code in re.search(
            r"one code counts: (\d) before (\d), \2 before (\d)", read("exit-codes.md")
        ).groups()
    )
    assert worst([last, then, first]) == first
    assert worst([last, then]) == then
    assert worst([last, ExitCode.OK]) == last


def test_every_setting_is_in_the_part_that_the_reference_shows():
    shown = (ROOT / "docs" / "how-to.md").read_text("utf-8")
    for mark in re.findall(r':(?:start-after|end-before): "(.+)"', read("settings.md")):
        assert shown.count(mark) == 1
    part = shown.partition("## Settings of a stage")[2].partition("## When a setting is refused")[0]
    for setting in fields(IamExtSettings):
        assert f"\n| `{setting.name}` |" in part, setting.name


def test_every_variable_that_the_code_reads_is_told():
    read_by_code = {
        name
        for path in (
            *(ROOT / "zappa_iam_ext").rglob("*.py"),
            ROOT / "action.yml",
            *(ROOT / "pipelines").rglob("*.*"),
        )
        if path.is_file()
        for name in re.findall(r"\bZAPPA_IAM_EXT(?:_[A-Z]+)*\b", path.read_text("utf-8", errors="ignore"))
    }
    told = set(re.findall(r"^\| `(ZAPPA_\w+)` \|", read("settings.md"), re.MULTILINE))
    assert told == read_by_code


PAGE = zappa_permissions_page()


def test_the_page_for_zappa_stands_alone():
    """In Markdown that any renderer knows, with no link into these pages and no word of ours."""
    assert re.findall(r"\]\((?!https://|#)", PAGE) == []
    assert re.findall(r"^(?:```\{|:::|\{#)", PAGE, re.MULTILINE) == []
    for place in re.findall(r"\]\(#([\w-]+)\)", PAGE):
        assert place in {
            re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in PAGE.splitlines()
            if line.startswith("#")
        }


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_for_zappa_has_every_command(command):
    assert re.search(rf"^\| `{command}` \| .+\w", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", sorted({case["name"].partition(": ")[0] for case in cases()}))
def test_the_page_for_zappa_has_every_setting(name):
    assert (
        f"`{name}`" in PAGE.partition("### What each setting adds")[2].partition("## The execution role")[0]
    )
