"""However much is missing, and whatever it is called: at most 25 lines, none wider than the place, nothing uncounted."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import role_reports
from tests.support.reports import deployment_policy, made, subject
from tests.support.stages import stage
from zappa_iam_ext.check import Blocker, Evidence, EvidenceNote, Verdict
from zappa_iam_ext.check.grouping import Kind, Standing, kind_of, standing
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Consequence, ResourceState
from zappa_iam_ext.render.layout.style import NARROWEST, Style
from zappa_iam_ext.render.report import LINES, report_text, reports_text
from zappa_iam_ext.render.report.failed import NotChecked
from zappa_iam_ext.render.role.check import checks_text
from zappa_iam_ext.render.text import columns

SGR = re.compile(r"\x1b\[[0-9;]*m")
COUNT = re.compile(r"^[A-Z][a-z ]+ \((\d+)\)|^\.\.\. and (\d+) more in", re.MULTILINE)
EVERYTHING = made(of=stage({"s3_bucket": "bucket", "tags": {"a": "b"}, "slim_handler": True}, zappa="0.63.0"))
ROLE = role_reports.role(role_reports.FEW, trust=role_reports.LAMBDA_ONLY)
SHOWN = {Kind.REFUSED, Kind.STOPS, Kind.SILENT}
"""What a report shows of the role's permissions beside its line."""
NAMES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "会計" * 20,
            "\u202eabc",
            "a" * 200,
            "\x1b[31mred\x1b[0m",
            "group x / inline policy y",
            "e\u0301" * 40,
        ]
    ),
)
BLOCKERS = st.none() | st.builds(
    Blocker, st.sampled_from(Layer), st.booleans(), NAMES, NAMES, st.integers(0, 9)
)


@st.composite
def judged(draw, result):
    verdict = draw(st.sampled_from(Verdict))
    requirement = replace(
        result.requirement,
        resource=draw(st.just(result.requirement.resource) | NAMES),
        consequence=draw(st.sampled_from(Consequence)),
        symptom=draw(NAMES),
        only_if=draw(st.none() | st.sampled_from(ResourceState)),
    )
    return replace(
        result,
        requirement=requirement,
        verdict=verdict,
        why=draw(NAMES),
        blocker=draw(BLOCKERS),
        explicit=draw(st.booleans()),
    )


@st.composite
def roles(draw):
    chosen = draw(st.lists(st.sampled_from(ROLE.results), max_size=12))
    return replace(
        ROLE,
        name=draw(NAMES),
        managed=draw(st.booleans()),
        exists=draw(st.none() | st.booleans()),
        results=tuple(draw(judged(result)) for result in chosen),
        trust=draw(st.none() | st.just(ROLE.trust)),
        fault=draw(st.just("") | NAMES),
        passable=draw(st.none() | st.sampled_from(Verdict)),
        unreadable=draw(st.lists(NAMES, max_size=4).map(tuple)),
        wide=draw(st.sampled_from([(), ("*",), ("s3",), ("s3", "sns", "sqs")])),
        evidence=draw(st.lists(st.builds(EvidenceNote, st.sampled_from(Evidence), NAMES), max_size=2).map(tuple)),
    )  # fmt: skip


@st.composite
def reports(draw):
    chosen = draw(st.lists(st.sampled_from(EVERYTHING.results), max_size=30))
    rest = EVERYTHING.results[: draw(st.integers(0, len(EVERYTHING.results)))]
    names = st.lists(NAMES, max_size=6).map(tuple)
    return replace(
        EVERYTHING,
        results=(*(draw(judged(result)) for result in chosen), *rest),
        function_name=draw(NAMES),
        role=draw(st.none() | roles()),
        unreadable=draw(names),
        not_seen=draw(names),
        evidence=draw(st.lists(st.builds(EvidenceNote, st.sampled_from(Evidence), NAMES), max_size=4).map(tuple)),
        subject=draw(st.none() | st.builds(lambda a, b, c: subject(source=a, alias=b, warnings=c), NAMES, NAMES, names)),
        deployment_policy=draw(
            st.none()
            | st.builds(
                lambda exists, name, lacking: deployment_policy(exists=exists, name=name, lacking=lacking),
                st.none() | st.booleans(), NAMES, names,
            )
        ),
    )  # fmt: skip


STYLES = st.builds(Style, st.sampled_from([1, 40, 57, 80, 200]), st.booleans(), st.booleans())
GIVEN = st.builds(
    CommandLines,
    st.just("dev"),
    st.sampled_from(["", "settings.json"]),
    st.sampled_from(["", "jane"]),
    st.sampled_from(["", "eu-west-1"]),
    commands=st.sampled_from([(), ("deploy",), ("deploy", "undeploy --remove-logs")]),
)


@settings(max_examples=100)
@given(reports(), GIVEN, STYLES)
def test_at_most_25_lines_none_too_wide_and_every_missing_permission_counted(report, given_, style):
    text = SGR.sub("", report_text(report, given_, style))
    lines = text.split("\n")
    assert len(lines) <= LINES
    assert len(text.splitlines()) == len(lines), "no line end of another script"
    assert all(line.isprintable() for line in lines)
    commands = "".join(lines[-9:])
    for line in lines:
        assert columns(line) <= max(style.width, NARROWEST) or line.strip().split()[0] in commands
    if standing(report) is not Standing.NOTHING:
        counted = sum(int(first or second) for first, second in COUNT.findall(text))
        of_role = (
            [item for item in report.role.having(Verdict.DENIED) if kind_of(item) in SHOWN]
            if report.role
            else []
        )
        assert counted == len(report.denied) + len(report.unknown) + len(of_role)
    assert style.unicode or not set("✓✗…") & set(text)


@settings(max_examples=50)
@given(reports().filter(lambda report: report.role), GIVEN, STYLES)
def test_a_check_of_a_role_has_at_most_25_lines_none_too_wide(report, given_, style):
    text = SGR.sub("", checks_text([report], [given_], style))
    lines = text.split("\n")
    assert len(lines) <= LINES
    assert all(line.isprintable() for line in lines)
    commands = "".join(lines[-9:])
    for line in lines:
        assert columns(line) <= max(style.width, NARROWEST) or line.strip().split()[0] in commands


@settings(max_examples=25)
@given(st.lists(reports(), min_size=2, max_size=4), STYLES)
def test_several_stages_together_have_at_most_25_lines(several, style):
    failed = [NotChecked("x", "no\nprofile", "do this")]
    text = reports_text(several, [CommandLines(item.stage) for item in several], style, failed=failed)
    assert len(text.splitlines()) <= LINES
