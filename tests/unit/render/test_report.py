"""A Report as text: what a reader sees of typical ones, how wide and how marked it is, and what is printed to be pasted."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tests.generate.picture import PICTURE, picture
from tests.generate.reports import FOLDER, GIVEN, texts
from tests.support.reports import (
    BOUNDARY,
    EVERYTHING,
    REPORTS,
    boundary_blocks,
    group_denies,
    lacks_everything,
    made,
    may_deploy,
    missing_and_blocked,
    one_missing,
    organization_unknown,
    single_sign_on,
    subject,
    unreadable,
    with_blocker,
)
from tests.support.role_reports import ROLE_REPORTS
from tests.support.stages import ACCOUNT
from zappa_iam_ext.check import Blocker, Evidence, EvidenceNote
from zappa_iam_ext.iam import Layer
from zappa_iam_ext.mask import MASK, masked_values
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.permissions.model import Consequence
from zappa_iam_ext.render.layout.style import Style
from zappa_iam_ext.render.report import advice, report_text, verdict
from zappa_iam_ext.render.text import columns

SGR = re.compile(r"\x1b\[[0-9;]*m")


def test_what_a_reader_sees_is_what_was_looked_at():
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}
    assert kept == {name: f"{text}\n" for name, text in texts().items()}, "`make snapshots` writes them again"


def test_the_picture_in_the_docs_shows_the_report_of_today():
    assert PICTURE.read_text(encoding="utf-8") == picture(), "`make snapshots` draws it again"
    shown = "".join(ET.fromstring(picture()).itertext())  # noqa: S314  -- drawn by ourselves
    for line in report_text(lacks_everything(), style=Style(80, unicode=True)).splitlines():
        assert line in shown


@pytest.mark.parametrize("name", [*REPORTS, *ROLE_REPORTS])
def test_the_verdict_comes_first_and_the_exit_code_says_the_same(name):
    report = {**REPORTS, **ROLE_REPORTS}[name]()
    words = {0: "may deploy", 1: "may not", 3: "cannot tell"}[report.exit_code()]
    assert words in report_text(report, style=Style(400)).splitlines()[0]


def test_a_command_that_leaves_something_undone_unnoticed_is_no_fine_one():
    needed = made().results
    (silent,) = (item for item in needed if item.requirement.consequence is Consequence.SILENT)
    report = replace(made(EVERYTHING), results=(silent,))
    assert report.exit_code() == 1
    assert "in full, something would be left undone: lacks 1 of 1" in verdict(report)
    assert "a function URL that the settings disable stays public" in report_text(report)


def test_what_does_no_harm_is_told_and_stops_nothing():
    harmless = [item for item in made().results if item.requirement.consequence is Consequence.HARMLESS]
    report = replace(made(EVERYTHING), results=tuple(harmless))
    assert report.exit_code() == 0
    assert (
        "may deploy hello-dev (every command): lacks 5 of 5 permissions, none of which does harm"
        in verdict(report)
    )


@pytest.mark.parametrize(
    ("report", "expected", "never"),
    [
        pytest.param(
            one_missing(),
            ["To fix it: zappa-iam apply dev --admin-profile PROFILE"],
            "Ask the owner",
            id="lacking",
        ),
        pytest.param(
            boundary_blocks(),
            [f"owner of the permissions boundary {BOUNDARY} to allow"],
            "zappa-iam apply",
            id="boundary",
        ),
        pytest.param(
            group_denies(),
            [
                "managed policy NoRoles of group deployers (statement DenyRoles, line 14) to lift the Deny on iam:CreateRole"
            ],
            "zappa-iam apply",
            id="a group's policy denies explicitly",
        ),
        pytest.param(
            missing_and_blocked(),
            [
                "zappa-iam apply dev",
                "inline policy guard of user serverless (statement 2, line 9) to lift the Deny",
            ],
            "zzz",
            id="part is missing and part is denied: both, in order",
        ),
        pytest.param(
            organization_unknown(),
            ["zappa-iam check dev --evidence probe"],
            "zappa-iam apply",
            id="organization",
        ),
        pytest.param(
            unreadable(),
            ["give user serverless the document of:", "zappa-iam policy dev --self-inspection"],
            "zappa-iam apply",
            id="nothing can be read",
        ),
        pytest.param(
            single_sign_on(),
            ["into the permission set Developers", "zappa-iam policy dev > zappa-policy.json"],
            "zappa-iam apply",
            id="a permission set is edited, not its role",
        ),
    ],
)
def test_the_fix_fits_what_is_in_the_way(report, expected, never):
    told = " ".join(advice(report, CommandLines("dev")).split())
    places = [told.find(words) for words in expected]
    assert -1 not in places, told
    assert places == sorted(places)
    assert never not in told


def test_a_role_gets_the_document_attached_by_an_administrator():
    report = made(principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci")
    told = advice(report, CommandLines("dev", profile="ci")).replace(" \\\n   ", "")
    commands = [shlex.split(line.strip()) for line in told.splitlines() if line.startswith("  ")]
    assert commands == [
        ["zappa-iam", "policy", "dev", "--profile", "ci", ">", "zappa-policy.json"],
        [
            *("aws", "iam", "put-role-policy", "--role-name", "deployer", "--policy-name", "ZappaDeployment"),
            *("--policy-document", "file://zappa-policy.json", "--profile", "PROFILE"),
        ],
    ]  # fmt: skip


def test_a_leaked_keys_policy_is_never_to_be_detached():
    quarantine = Blocker(Layer.IDENTITY, True, "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2")
    report = with_blocker(
        made(EVERYTHING, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}), quarantine
    )
    told = " ".join(advice(report, CommandLines("dev")).split())
    assert "replace the key, and do not detach the policy" in told
    assert "lift the Deny" not in told


def test_what_hangs_on_a_condition_can_be_asked_with_its_value():
    office = {**EVERYTHING, "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    told = advice(made(office), CommandLines("dev", profile="jane"))
    command = told.replace("\\\n", "")[told.index("zappa-iam") :]
    words = shlex.split(command)
    assert words[:2] == ["zappa-iam", "can-i"]
    assert words[-2:] == ["--context", "aws:SourceIp=VALUE"]
    assert words[4:6] == ["--profile", "jane"]


def pasted(text: str) -> list[str]:
    """Return the words of the command that a shell would see."""
    return shlex.split(text[text.index("zappa-iam") :].replace(" \\\n", " "))


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_every_option_that_was_given_is_in_the_fix_whatever_the_width(width):
    text = report_text(lacks_everything(), GIVEN, Style(width))
    assert pasted(text) == [
        *(
            "zappa-iam",
            "apply",
            "dev",
            "-s",
            "settings/prod.json",
            "--profile",
            "jane",
            "--region",
            "eu-west-1",
        ),
        *("--command", "deploy", "--command", "undeploy --remove-logs", "--admin-profile", "PROFILE"),
    ]


@pytest.mark.parametrize(
    ("style", "first"),
    [
        pytest.param(Style(), "[ok] user", id="ASCII, no colour"),
        pytest.param(Style(unicode=True), "✓ user", id="marks"),
        pytest.param(Style(unicode=True, colour=True), "\x1b[1m\x1b[32m✓ user", id="marks and colour"),
        pytest.param(Style(colour=True), "\x1b[1m\x1b[32m[ok] user", id="colour without marks"),
    ],
)
def test_marks_and_colours_are_those_of_the_place(style, first):
    text = report_text(may_deploy(), style=style)
    assert text.startswith(first)
    assert style.unicode or text.isascii()
    assert style.colour or "\x1b" not in text


def test_colours_change_no_column():
    coloured = report_text(lacks_everything(), style=Style(80, colour=True))
    assert SGR.sub("", coloured) == report_text(lacks_everything(), style=Style(80))


def test_verbose_lists_every_permission_with_call_setting_evidence_and_statement():
    report = missing_and_blocked()
    text = report_text(report, verbose=True)
    for result in report.results:
        assert f"{result.requirement.action}\n    on {result.requirement.resource}" in text
    flat = " ".join(text.split())
    assert "call events:PutRule, because of the setting events" in flat
    assert (
        "denied, by the evidence of policies, denied by the inline policy guard of user serverless (statement 2, line 9)"
        in flat
    )
    assert "allowed, by the evidence of policies" in flat


HOSTILE = "de\x1b[2Jv\u202e\u2066\u200b\u2028x\r\n::error::y"


def test_names_from_aws_cannot_steer_the_terminal_or_break_a_line():
    report = replace(
        one_missing(),
        function_name=HOSTILE,
        unreadable=(HOSTILE,),
        subject=subject(source=HOSTILE, alias=HOSTILE, warnings=(HOSTILE,)),
    )
    for verbose in (False, True):
        text = report_text(report, verbose=verbose)
        assert all(line.isprintable() for line in text.split("\n"))
        assert not any(line.startswith("::") for line in text.splitlines())


def test_wide_characters_take_two_columns():
    report = replace(one_missing(), function_name="会計処理" * 20)
    text = report_text(report, style=Style(60, unicode=True))
    assert max(map(columns, text.splitlines())) <= 60


def test_how_far_further_evidence_went_is_told_and_a_warning_only_once():
    report = replace(
        unreadable(),
        evidence=(
            EvidenceNote(Evidence.POLICIES, "2 could not be read"),
            EvidenceNote(Evidence.SIMULATION, "iam:SimulatePrincipalPolicy is denied"),
            EvidenceNote(Evidence.PROBE),
        ),
    )
    assert "Asked besides: AWS's simulator: iam:SimulatePrincipalPolicy is denied." in report_text(report)
    warned = replace(
        report,
        subject=subject(warnings=("the stack is stuck",)),
        evidence=(EvidenceNote(Evidence.PROBE, "the stack is stuck"),),
    )
    assert report_text(warned).count("the stack is stuck") == 1


def test_resources_that_begin_alike_are_told_apart():
    rows = [line for line in report_text(missing_and_blocked()).splitlines() if line.startswith("  logs")]
    assert len(rows) == len(set(rows)) == 2
    assert rows[1].endswith(":*")


def test_a_masked_report_reads_as_the_same_report():
    for make in {**REPORTS, **ROLE_REPORTS}.values():
        shown, hidden = report_text(make()), report_text(masked_values(make()))
        assert hidden == shown.replace(ACCOUNT, MASK).replace("210987654321", MASK)
