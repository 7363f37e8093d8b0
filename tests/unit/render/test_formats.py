"""Text from AWS in the formats of others: it commands no runner, is no markup, and breaks no document."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rehearsals import carried, denied, not_everything
from tests.support.reports import REPORTS
from tests.support.role_reports import ROLE_REPORTS, role_differs
from tests.support.schemas import valid
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.rehearsal import summary as rehearsal
from zappa_iam_ext.rehearsal.rendering import rehearsal_json
from zappa_iam_ext.render.formats import (
    Failed,
    Item,
    Outcome,
    Place,
    Rule,
    Summary,
    Told,
    code_quality_text,
    github_text,
    junit_text,
    markdown_text,
    sarif_text,
)
from zappa_iam_ext.render.formats.markdown import code, prose
from zappa_iam_ext.render.formats.sarif import escaped
from zappa_iam_ext.render.json import reports_json
from zappa_iam_ext.render.report.items import items, summary
from zappa_iam_ext.render.role.check import check_items, check_summary, checks_json
from zappa_iam_ext.render.role.difference import differences_json, items_of, summary_of

RENDERERS = {
    "github": github_text,
    "gitlab": code_quality_text,
    "junit": junit_text,
    "markdown": markdown_text,
    "sarif": sarif_text,
}
HOSTILE = [
    "x\n::error::pwned",
    "x%0A::add-mask::y",
    "##[command]x",
    "::set-output name=a::b",
    "| a | <script>alert(1)</script>",
    "@octocat see #1 and https://evil.example",
    "`code` ``` <img src=x>",
    "]]> </failure> & \x00 \x1b[31m \ud800 \ufffe",
    "[link](https://evil.example) {0}",
    "a\u2028b\u202ec",
]
RULE = Rule("a-rule", "A title")


def told(text: str) -> Told:
    return Told(
        "zappa-iam check",
        "1.0",
        (
            Item(
                RULE,
                text,
                text,
                where=text,
                hint=text,
                suite=text,
                case=text,
                place=Place(text, 3),
                logical=text,
            ),
            Item(RULE, text, text, Outcome.UNDECIDED, suite="s", fold=text, key=(text,)),
            Item(RULE, text, text, suite="s", fold=text, key=(text, "2")),
            Item(RULE, text, text, suite="s", fold=text, key=(text, "3")),
        ),
        (Summary(text, passed=False, notes=(text,), advice=text, suite="s", place=Place(text, 1)),),
        (Failed(text, text, text),),
    )


@pytest.mark.parametrize("output", RENDERERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_in_every_format(output, text):
    valid("check", output, RENDERERS[output](told(text)))


@given(st.text(max_size=80))
def test_any_text_is_text_in_every_format(text):
    for output, render in RENDERERS.items():
        valid("check", output, render(told(text)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a|b", r"a\|b", id="a cell ends nowhere else"),
        pytest.param("<b>&", "&lt;b&gt;&amp;", id="no HTML"),
        pytest.param("@octocat", "@\u200boctocat", id="nobody is mentioned"),
        pytest.param("https://x.example", "https:\u200b//x.example", id="nothing is linked"),
        pytest.param("see #12", r"see \#12", id="no issue is linked"),
        pytest.param("*_`~[]", r"\*\_\`\~\[\]", id="no markup"),
        pytest.param("a\nb\r\nc", "a b c", id="one line"),
    ],
)
def test_prose_in_markdown(text, shown):
    assert prose(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("role/*", "`role/*`", id="a name is code"),
        pytest.param("a`b", "``a`b``", id="a backtick within"),
        pytest.param("`a`", "`` `a` ``", id="backticks at the ends"),
        pytest.param("a|b", r"`a\|b`", id="within a cell"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_code_in_markdown(text, shown):
    assert code(text) == shown


def test_a_message_of_sarif_holds_no_link_and_no_placeholder():
    assert escaped("[a](b) {0} \\") == "\\[a\\](b) {{0}} \\\\"


def test_equal_annotations_are_one_that_lists_them():
    lines = github_text(told("x")).splitlines()
    assert sum("title=A title (3)" in line for line in lines) == 1


def test_nothing_found_is_valid_too():
    for output, render in RENDERERS.items():
        valid("check", output, render(Told("zappa-iam lint", "1.0")))


@pytest.mark.parametrize("name", [*REPORTS, *ROLE_REPORTS])
def test_typical_reports_are_valid_in_every_format(name):
    report = {**REPORTS, **ROLE_REPORTS}[name]()
    found = Told("zappa-iam check", "1.0", tuple(items(report)), (summary(report, CommandLines("dev")),))
    for output, render in RENDERERS.items():
        valid("check", output, render(found))
    document = valid("check", "json", reports_json([report]))
    assert document["exit_code"] == report.exit_code()
    failed = [
        item
        for item in found.items
        if item.outcome is not Outcome.PASSED and not item.case.startswith("execution role")
    ]
    assert len(failed) == len(report.denied) + len(report.unknown)


@pytest.mark.parametrize("name", ROLE_REPORTS)
def test_checks_of_roles_are_valid_in_every_format(name):
    report = ROLE_REPORTS[name]()
    told = check_summary(report, CommandLines("dev"))
    found = Told("zappa-iam role check", "1.0", tuple(check_items(report)), (told,))
    for output, render in RENDERERS.items():
        valid("role-check", output, render(found))
    document = valid("role-check", "json", checks_json([report]))
    assert document["execution_role"]["exit_code"] == report.role.exit_code()
    assert told.passed == (report.role.exit_code() == 0)
    refused = [item for item in found.items if item.rule.id == "missing-permission-refused"]
    assert bool(refused) == report.role.refused
    valid("role-check", "json", checks_json([report, report], as_list=True))


def test_a_difference_of_a_role_is_valid_in_every_format():
    compared = role_differs()
    told = summary_of(compared, CommandLines("dev"))
    found = Told("zappa-iam role diff", "1.0", tuple(items_of(compared)), (told,))
    for output, render in RENDERERS.items():
        valid("role-diff", output, render(found))
    document = valid("role-diff", "json", differences_json([compared]))
    assert {item["action"] for item in document["surplus"]} == {"logs:*", "s3:*"}
    assert document["execution_role"]["full_access"] == ["logs", "s3"]
    assert [write["operation"] for write in document["zappa"]["writes"]] == ["PutRolePolicy"]
    assert document["lacking"]
    valid("role-diff", "json", differences_json([compared], as_list=True))


@pytest.mark.parametrize("make", [carried, denied, not_everything])
def test_rehearsals_are_valid_in_every_format(make):
    report = make()
    found = Told(
        "zappa-iam rehearse",
        "1.0",
        tuple(rehearsal.items(report)),
        (rehearsal.summary(report, CommandLines("dev")),),
    )
    for output, render in RENDERERS.items():
        valid("rehearse", output, render(found))
    assert valid("rehearse", "json", rehearsal_json([report]))["exit_code"] == report.exit_code()
    assert [item["stage"] for item in json.loads(rehearsal_json([report], as_list=True))["rehearsals"]] == [
        "dev"
    ]
