"""The page for a browser: sound, whole, and harmless whatever it shows."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.html_page import read_page
from tests.support.pages import hostile, large, of_check, told, with_role
from tests.support.reports import lacks_everything, may_deploy, one_missing, two_stages
from zappa_iam_ext.mask import masked_values
from zappa_iam_ext.render.formats import Item, Level, Origin, Outcome, Rule, Summary, Told
from zappa_iam_ext.render.html import html_text
from zappa_iam_ext.render.html.assets import SCRIPT, STYLE, asset
from zappa_iam_ext.render.html.graph import ACTION, RESOURCE, SOURCE, STEP, bands
from zappa_iam_ext.render.html.verdicts import Tone
from zappa_iam_ext.render.text import line

MOST_BYTES = 60_000
ORIGIN = Origin("zappa deploy", "s3.Get")
HOSTILE = {
    "ends the element": "</td></div></g></svg><script>window.harm=1</script>",
    "ends an attribute": "\"'><img src=x onerror=window.harm=1>",
    "ends the script": "</script><script>window.harm=1</script>",
    "ends the style": "</style><style>*{display:none}</style>",
    "ends a title": "</title><svg onload=window.harm=1>",
    "begins a comment": "<!--<script>",
    "ends CDATA": "]]><![CDATA[<script>window.harm=1</script>",
    "an entity": "&lt;script&gt; &amp;#x3c; &quot;",
    "a template": "{{7*7}}${7*7}<%= 7 %>`",
    "a link": "javascript:window.harm=1",
    "a style": "x;background:url(//example.com)",
    "steers the direction": "\u202egnp.exe\u2066\u200b\ufeff",
    "no characters": "\x00\x01\x1b[31m\ud800\x7f",
    "ends lines": "a\r\nb\u2028c\u2029d",
    "looks like numbers of members": "1 2 3",
    "very long": "x" * 5000 + "<b>",
}


@pytest.mark.parametrize("name", told())
def test_every_kind_of_page_is_sound_and_says_the_verdict_first(name):
    shown = told()[name]
    page = read_page(html_text(shown, "2026-11-26 16:00 UTC"))
    words = [text for text in page.text if text.strip()]
    heading = next(place for place, (tag, _) in enumerate(page.elements) if tag == "h1")
    assert all(
        tag in {"html", "head", "meta", "title", "style", "body", "header", "p"}
        for tag, _ in page.elements[:heading]
    )
    if len(shown.summaries) == 1 and not shown.failed:
        assert line(shown.summaries[0].text).rstrip(": ") in words[:6]
    for failed in shown.failed:
        assert any(failed.message in word for word in words)


def test_each_permission_is_in_the_table_and_a_path_of_the_map():
    report = lacks_everything()
    page = read_page(html_text(of_check(report)))
    rows = page.having("tr", class_="permission")
    assert len(rows) == len(report.results)
    through = {column: set() for column in (SOURCE, STEP, ACTION, RESOURCE)}
    for tag, attributes in page.elements:
        if tag == "g" and "data-c" in attributes:
            through[int(attributes["data-c"])] |= {f"p{number}" for number in attributes["data-i"].split()}
    wanted = {row["id"] for row in rows}
    assert through == dict.fromkeys(through, wanted)
    for result in report.results:
        assert result.requirement.resource in page.text
        assert any(text.startswith(result.requirement.action) for text in page.text)
        assert any(result.requirement.because in text for text in page.text)


def test_what_is_wrong_is_open_and_stands_first_and_what_is_well_is_folded():
    page = read_page(html_text(of_check(one_missing())))
    folded = [("open" in each, each["data-service"]) for each in page.having("details", class_="band")]
    assert folded[0] == (True, "iam")
    assert [is_open for is_open, _ in folded[1:]] == [False] * (len(folded) - 1)
    assert folded[1:] == sorted(folded[1:])


def test_a_verdict_is_a_word_and_a_mark_and_not_only_a_colour():
    page = read_page(html_text(of_check(one_missing())))
    boxes = [each for tag, each in page.elements if tag == "g" and "data-c" in each]
    for box in boxes:
        word = {"denied": "denied", "allowed": "allowed"}[box["class"].split()[1]]
        assert f": {word}, " in box["aria-label"]
    marks = [text for text in page.text if text in {"✗", "✓"}]
    assert len(marks) > len(boxes)


def test_stages_stand_under_headings_of_their_own_with_a_link_to_each():
    page = read_page(html_text(of_check(*two_stages())))
    targets = {attributes["href"] for attributes in page.having("a")}
    assert targets == {f"#{attributes['id']}" for attributes in page.having("h2")} == {"#stage0", "#stage1"}
    assert "1 of 2 stages pass" in page.text


def test_the_commands_of_what_to_do_stand_alone():
    text = html_text(of_check(lacks_everything()))
    assert re.search(r"<p class=\"said\">To fix it:</p>", text)
    assert "<code>zappa-iam apply dev --admin-profile PROFILE</code>" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_text_from_outside_stays_text(name):
    text = HOSTILE[name]
    page, harmless = read_page(html_text(hostile(text), text)), read_page(html_text(hostile("name"), "name"))
    assert page.shape() == harmless.shape()
    assert page.raw == harmless.raw
    shown = "".join(page.text)
    assert (line(text) or "") in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200b\u202e\u2066\ufeff\ud800-\udfff]", shown)


def test_the_style_and_the_script_are_small():
    assert len(asset(STYLE).encode()) + len(asset(SCRIPT).encode()) < MOST_BYTES


def test_a_masked_page_holds_no_account_anywhere():
    text = html_text(masked_values(of_check(lacks_everything())))
    assert not re.search(r"(?<![0-9])[0-9]{12}(?![0-9])", text)
    assert "XXXXXXXXXXXX" in text


def test_equal_calls_of_a_rehearsal_are_one_row_with_their_number():
    rule = Rule("denied-in-rehearsal", "A call was denied")
    item = Item(
        rule,
        "s3:GetObject",
        "authorised",
        Outcome.PASSED,
        where="*",
        suite="dev",
        origin=Origin("zappa deploy", "s3.GetObject"),
    )
    (band,) = bands([item] * 20)
    assert [(each.count, each.verdict.word) for each in band.permissions] == [(20, "allowed")]
    assert len(band.nodes) == 4


def test_boxes_of_a_column_do_not_overlap_and_stand_beside_what_they_lead_to():
    for band in bands(large(400).items):
        for column in (SOURCE, STEP, ACTION, RESOURCE):
            rows = [node.row for node in band.nodes if node.column == column]
            assert len(set(rows)) == len(rows)
            assert rows == sorted(rows)
        for edge in band.edges:
            start, end = band.nodes[edge.start], band.nodes[edge.end]
            assert start.column < end.column
            assert set(edge.members) <= set(start.members) & set(end.members)


def test_resources_of_equal_short_names_are_told_in_full():
    rule = Rule("held-permission", "held", level=Level.NOTE)
    where = ("arn:aws:s3:::one", "arn:aws:sqs:us-east-1:123456789012:one")
    items = [
        Item(rule, "s3:Get", "held", Outcome.PASSED, where=each, origin=Origin("a", "b")) for each in where
    ]
    (band,) = bands(items)
    assert [node.label for node in band.nodes if node.column == RESOURCE] == list(where)


def judged(rule: str, outcome: Outcome, level: Level, *, origin: Origin | None = ORIGIN) -> Item:
    return Item(Rule(rule, "title"), "s3:Get", "why", outcome, level, where="*", suite="dev", origin=origin)


@pytest.mark.parametrize(
    ("item", "tone", "word"),
    [
        (judged("missing-permission-stops", Outcome.FAILED, Level.ERROR), "denied", "denied"),
        (
            judged("missing-permission-unnoticed", Outcome.FAILED, Level.ERROR),
            "denied",
            "denied, goes unnoticed",
        ),
        (
            judged("missing-permission-at-times", Outcome.FAILED, Level.WARNING),
            "caution",
            "denied, needed at times",
        ),
        (judged("missing-permission-harmless", Outcome.FAILED, Level.NOTE), "harmless", "denied, harmless"),
        (judged("undecided-permission", Outcome.UNDECIDED, Level.WARNING), "unknown", "cannot tell"),
        (judged("held-permission", Outcome.PASSED, Level.NOTE), "allowed", "allowed"),
        (judged("denied-in-rehearsal", Outcome.PASSED, Level.ERROR), "allowed", "allowed"),
        (judged("plan-gains", Outcome.PASSED, Level.NOTE), "allowed", "given"),
        (judged("plan-takes-away", Outcome.PASSED, Level.WARNING), "caution", "taken away"),
        (judged("plan-takes-away", Outcome.FAILED, Level.ERROR), "denied", "taken away"),
        (
            judged("privilege-escalation/pass-role", Outcome.FAILED, Level.ERROR, origin=None),
            "denied",
            "error",
        ),
        (judged("a rule that nobody knows here", Outcome.FAILED, Level.ERROR), "denied", "denied"),
    ],
)
def test_verdicts_are_told_in_the_words_of_their_rule(item, tone, word):
    page = read_page(html_text(Told("zappa-iam check", "1", (item,), (Summary("text", False, suite="dev"),))))
    assert page.having("span", class_=f"badge {tone}")
    assert any(text.strip().endswith(word) for text in page.text)


def test_the_map_of_a_plan_leads_from_policies_over_statements():
    rule = Rule("plan-gains", "given", level=Level.NOTE)
    item = Item(
        rule,
        "s3:Get",
        "allowed by P",
        Outcome.PASSED,
        Level.NOTE,
        where="*",
        suite="dev",
        origin=Origin("P", "Sid"),
    )
    page = read_page(
        html_text(Told("zappa-iam plan", "1", (item,), (Summary("dev: 1 change", True, suite="dev"),)))
    )
    labels = [each["aria-label"] for tag, each in page.elements if tag == "g" and "data-c" in each]
    assert labels[:2] == ["P: given, Policies", "Sid: given, Statements"]


def test_a_page_is_the_same_each_time():
    assert html_text(of_check(may_deploy())) == html_text(of_check(may_deploy()))
    assert "generated" not in json.dumps(html_text(of_check(may_deploy())))


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_can_be_read_on_what_it_stands_on(scheme):
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text."""
    blocks = re.findall(r":root \{(.*?)\}", asset(STYLE), re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[scheme]))
    pairs = [(text, ground) for text in ("text", "muted", "link") for ground in ("page", "panel")]
    for tone in Tone:
        pairs += [(tone, "page"), (tone, f"{tone}-fill"), ("text", f"{tone}-fill")]
    told = {pair: round(_contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in told.items() if ratio < 4.5} == {}


def test_what_the_execution_role_needs_stands_apart_with_who_uses_it():
    report = with_role()
    page = read_page(html_text(of_check(report)))
    bands = [summary for summary in page.text if summary.endswith(", execution role")]
    assert {"logs, execution role", "lambda, execution role", "sqs, execution role"} <= set(bands)
    assert {"logs", "lambda"} <= set(page.text), "the deployer's own stand beside them"
    labels = [str(each["aria-label"]) for tag, each in page.elements if tag == "g" and "data-c" in each]
    assert any(label.startswith("Lambda: ") and label.endswith(", Callers and settings") for label in labels)
    assert any(label.startswith("Lambda's pollers: denied, refused at deploy, ") for label in labels)
    assert not any("runtime" in label for label in labels)
    assert page.text.count("execution role") == 2, "and so do the two rows of what to look at"
    rows = page.having("tr", class_="permission")
    assert len(rows) == len(report.results) + len(report.role.results)


def test_the_map_of_a_difference_names_commands_and_policies():
    page = read_page(html_text(told()["diff with a policy"]))
    labels = [str(each["aria-label"]) for tag, each in page.elements if tag == "g" and "data-c" in each]
    assert "policy.json: more than needed, Commands, settings, policies" in labels
    assert "statement 5 (More): more than needed, Calls, statements" in labels
    assert "zappa deploy: needed, not allowed, Commands, settings, policies" in labels


def test_what_is_well_and_no_permission_is_told_besides():
    rule = Rule("held-permission", "held", level=Level.NOTE)
    trust = Item(rule, "trust in lambda", "the role trusts Lambda", Outcome.PASSED, Level.NOTE, suite="dev")
    summaries = (Summary("the role serves", passed=True, suite="dev"),)
    page = read_page(html_text(Told("zappa-iam role check", "1", (trust,), summaries)))
    assert "Besides (1)" in page.text
    assert "the role trusts Lambda" in page.text
