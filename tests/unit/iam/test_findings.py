"""The rules of lint, one by one: what triggers each, and what nearly does."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.generate.findings import TARGET, pages, written
from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import PolicyDocument
from zappa_iam_ext.iam.definitions import action_definition
from zappa_iam_ext.iam.findings import Kind, Severity, StatementRef, action_note, findings, rules
from zappa_iam_ext.iam.findings.keys import is_known

FOLDER = Path(__file__).parents[2] / "cases" / "findings"
CASES = [case for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text())]
REPORTED = [pytest.param(case, id=f"{case['id']}: {case['name']}") for case in CASES if case["severity"]]
SPARED = [pytest.param(case, id=f"{case['id']}: {case['name']}") for case in CASES if not case["severity"]]


def document(statements, version="2012-10-17"):
    return ({"Version": version} if version else {}) | {"Statement": statements}


def found_in(case):
    documents = [document(each, case.get("version", "2012-10-17")) for each in case["documents"]]
    return findings(documents, boundary=[document(case["boundary"])] if "boundary" in case else ())


@pytest.mark.parametrize("case", REPORTED)
def test_it_is_found(case):
    found = [finding for finding in found_in(case) if finding.id == case["id"]]
    assert [finding.severity for finding in found] == [case["severity"]]
    assert case.get("says", "") in found[0].message


@pytest.mark.parametrize("case", SPARED)
def test_the_near_miss_is_spared(case):
    assert [finding for finding in found_in(case) if finding.id == case["id"]] == []


def test_every_rule_has_a_case_for_each_severity_and_a_near_miss():
    severities = {
        rule_id: {case["severity"] for case in CASES if case["id"] == rule_id} for rule_id in rules()
    }
    wanted = {rule_id: {*map(str, rule.severities), None} for rule_id, rule in rules().items()}
    assert severities == wanted
    assert {case["id"] for case in CASES} == set(rules())


def test_no_case_is_told_twice():
    names = Counter((case["id"], case["name"]) for case in CASES)
    assert [name for name, count in names.items() if count > 1] == []


def test_the_catalogue_names_only_actions_and_keys_that_exist():
    paths = [rule.path for rule in rules().values() if rule.path]
    actions = {action for path in paths for action in (*path.all, *path.any, *path.subjects)}
    assert sorted(action for action in actions if action_definition(action) is None) == []
    assert sorted(key for path in paths for key in path.context if not is_known(key)) == []


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.id)
def test_every_rule_is_explained(rule):
    for text in (rule.means, rule.why, rule.remediation, rule.source):
        assert len(text) > 10
    assert list(rule.severities) == sorted(rule.severities, key=lambda severity: -severity.rank)


def test_an_administrator_is_told_once_not_path_by_path():
    found = findings(document([{"Effect": "Allow", "Action": "*", "Resource": "*"}]))
    assert [(finding.id, finding.kind) for finding in found] == [
        ("privilege-escalation/administrator", Kind.SECURITY)
    ]


def test_everything_of_iam_opens_every_path_of_iam():
    found = {
        finding.id
        for finding in findings(document([{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]))
    }
    writes = {
        rule.id
        for rule in rules().values()
        if rule.path
        and not rule.path.passes
        and all(action.startswith("iam:") for action in rule.path.subjects)
    }
    assert len(writes) >= 14
    assert writes <= found


def test_a_finding_says_where_and_with_what():
    statements = [
        {"Sid": "Make", "Effect": "Allow", "Action": "lambda:Create*", "Resource": "*"},
        {"Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
    ]
    (found,) = (
        finding
        for finding in findings(document(statements))
        if finding.id == "privilege-escalation/pass-role-create-function"
    )
    assert found.statement == StatementRef(0, 1, "Pass")
    assert found.also == (StatementRef(0, 0, "Make"),)
    assert found.actions == ("iam:PassRole", "lambda:CreateFunction")
    assert found.resources == ("*",)
    assert str(found.statement) == "statement 2 (Pass)"
    assert found.hint


def test_the_conditions_that_a_path_is_under_are_named():
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    statement = {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*", "Condition": condition}
    (found,) = (each for each in findings(document([statement])) if each.id.endswith("put-user-policy"))
    assert "under conditions on aws:SourceIp" in found.message


def test_findings_stand_in_the_order_of_the_statements_the_gravest_first():
    statements = [
        {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
        {"Effect": "Allow", "Action": ["iam:PassRole", "lambda:*"], "Resource": "*"},
    ]
    found = findings(document(statements, version=""))
    places = [-1 if each.statement.index is None else each.statement.index for each in found]
    assert places == sorted(places)
    for place in set(places):
        ranks = [each.severity.rank for each, where in zip(found, places, strict=True) if where == place]
        assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(lambda text: text, id="JSON text"),
        pytest.param(json.loads, id="JSON already read"),
        pytest.param(PolicyDocument.parse, id="a document"),
        pytest.param(lambda text: [text, text][:1], id="a list of one"),
        pytest.param(str.encode, id="bytes"),
    ],
)
def test_documents_come_in_many_forms(given):
    text = json.dumps(document([{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]))
    assert [finding.id for finding in findings(given(text))] == ["pass-role/any-role"]


def test_a_malformed_document_is_refused():
    with pytest.raises(InvalidPolicyDocument) as refused:
        findings('{"Statement": [{"Effect": "Alow"}]}')
    assert (refused.value.path, refused.value.rule) == ("$.Statement[0].Effect", "effect")


def test_severities_are_ranked():
    assert sorted(Severity, key=lambda severity: severity.rank) == ["note", "warning", "error"]


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("lambda:GetFunction", ""),
        ("lambda:*", ""),
        ("lambda:GetFunktion", "perhaps lambda:GetFunction"),
        ("nosuchservice:Get", "nosuchservice is the prefix of no service"),
        ("s3:Zz*", "s3:Zz* matches no action"),
    ],
)
def test_the_note_on_an_action(action, says):
    note = action_note(action)
    assert says in note
    assert bool(note) is bool(says)


def test_the_pages_of_the_docs_are_made_from_the_catalogue():
    assert TARGET.read_text(encoding="utf-8") == written(), "run `python -m tests.generate.findings`"
    made = pages()
    assert {path: path.read_text("utf-8") for path in made} == dict(made), "run `make docs`"
    assert set(TARGET.with_suffix("").rglob("*.md")) == set(made), "a page of a finding that is no more"
