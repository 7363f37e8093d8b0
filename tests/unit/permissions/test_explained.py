"""What the answer to a pasted text says: whose policy, which statement, which advice. One row a rule."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from zappa_iam_ext.iam import PolicyDocument, PolicyKind
from zappa_iam_ext.permissions.denials.explain import explain
from zappa_iam_ext.permissions.denials.parse import parse_denials
from zappa_iam_ext.permissions.denials.principals import CallerKind
from zappa_iam_ext.render.explanation import explanation_text

CASES = Path(__file__).parents[2] / "cases" / "denials" / "explained.toml"
ROWS = tomllib.loads(CASES.read_text(encoding="utf-8"))["explained"]


def told(statement) -> str:
    actions = statement["Action"]
    actions = actions if isinstance(actions, str) else ",".join(actions)
    return f"{actions} on {statement.get('Resource', '')}"


def kind_of(statement) -> PolicyKind:
    if "Principal" not in statement:
        return PolicyKind.IDENTITY
    return PolicyKind.RESOURCE if "Resource" in statement else PolicyKind.TRUST


@pytest.mark.parametrize("row", [pytest.param(row, id=row["rule"]) for row in ROWS])
def test_the_answer_to_a_text(row) -> None:
    assert row["source"]
    (denial,) = parse_denials(row["text"])
    explanation = explain(denial)
    assert (str(explanation.principal_kind), explanation.place) == (row["principal_kind"], row["place"])
    assert explanation.denial.by_role or row["principal_kind"] != "execution-role"
    assert row["fix"] in explanation.fix
    assert [told(statement) for statement in explanation.statements] == row["statements"]
    text = explanation_text([explanation])
    assert [words for words in row["never"] if words in text] == []


def test_every_kind_of_caller_has_a_row() -> None:
    assert {row["principal_kind"] for row in ROWS} == set(map(str, CallerKind))


@pytest.mark.parametrize("row", [pytest.param(row, id=row["rule"]) for row in ROWS])
def test_what_is_printed_is_a_policy_document_once_it_is_filled_in(row) -> None:
    """IAM's grammar takes the statements with an account in the place of its placeholder."""
    (denial,) = parse_denials(row["text"])
    for statement in explain(denial).statements:
        filled = {
            key: value.replace("<ACCOUNT_ID>", "123456789012").replace("<REGION>", "us-east-1")
            if isinstance(value, str)
            else value
            for key, value in statement.items()
        }
        document = {"Version": "2012-10-17", "Statement": [filled]}
        PolicyDocument.parse(document, kind=kind_of(filled))
