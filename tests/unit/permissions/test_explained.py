"""What the answer to a pasted text says: whose policy, which statement, which advice. One row a rule."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from tests.support.schemas import valid
from tests.support.stages import stage
from zappa_iam_ext.cli import main
from zappa_iam_ext.iam import PolicyDocument, PolicyKind
from zappa_iam_ext.permissions.denials.denial import Denial
from zappa_iam_ext.permissions.denials.explain import explain
from zappa_iam_ext.permissions.denials.parse import parse_denials
from zappa_iam_ext.permissions.denials.principals import CallerKind
from zappa_iam_ext.permissions.fixes import CommandLines
from zappa_iam_ext.render.explanation import explanation_json, explanation_text

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


@pytest.mark.parametrize("row", [pytest.param(row, id=row["rule"]) for row in ROWS])
def test_the_answer_in_json_is_as_its_schema_says(row) -> None:
    of = stage({"vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}})
    denials = parse_denials(row["text"])
    valid("explain", "json", explanation_json([explain(denial) for denial in denials]))
    valid("explain", "json", explanation_json([explain(denial, of) for denial in denials]))


GIVEN = CommandLines(
    settings_file="my settings.json", profile="ci", region="eu-west-1", endpoint_url="http://127.0.0.1:5000"
)
OF_AWS = "--profile ci --region eu-west-1 --endpoint-url http://127.0.0.1:5000"
STAGE = "STAGE -s 'my settings.json'"
OWN = [Denial(action) for action in ("iam:GetUser", "iam:CreateUser", "sts:DecodeAuthorizationMessage")]


@pytest.mark.parametrize("text", [pytest.param(row["text"], id=row["rule"]) for row in ROWS])
def test_every_command_line_carries_the_options_that_were_given(text: str) -> None:
    """Except a command that another account's owner runs, with credentials of its own."""
    answer = explanation_text([explain(denial, lines=GIVEN) for denial in parse_denials(text)])
    assert unpasteable(answer) == []


@pytest.mark.parametrize("denial", OWN, ids=str)
def test_every_command_line_about_our_own_calls_carries_the_options(denial: Denial) -> None:
    answer = explanation_text([explain(denial, lines=GIVEN)])
    assert unpasteable(answer) == []
    assert "--profile ci" in answer
    assert "PROFILE)." not in answer


def unpasteable(answer: str) -> list[str]:
    """Return the command lines of an answer that lack a given option, or that the command does not take."""
    wrong = []
    for name, rest in re.findall(
        r"zappa-iam (apply|check|policy|explain|role ensure|role check)\b([^\n]*)", answer
    ):
        given = f" {STAGE} {OF_AWS}"
        arguments = shlex.split(rest[: len(given)])
        if not rest.startswith(given) or not parsed(name, arguments):
            wrong.append(name + rest)
    wrong += [
        f"zappa{rest}"
        for rest in re.findall(r"zappa update([^\n]*)", answer)
        if not rest.startswith(f" {STAGE}")
    ]
    wrong += [
        f"aws {rest}"
        for rest in re.findall(r"aws ((?:lambda|cloudtrail|cloudformation) [a-z-]+-[a-z-]+[^\n]*)", answer)
        if OF_AWS not in rest and "add-layer-version-permission" not in rest
    ]
    return wrong


def parsed(name: str, arguments: list[str]) -> click.Context:
    """Return what the real command reads from its arguments; raise `click.UsageError` when it takes them not."""
    command: click.Command | None = main
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return command.make_context(name, arguments)


def test_the_printed_command_lines_are_looked_at() -> None:
    answers = "\n".join(explain(denial).fix for row in ROWS for denial in parse_denials(row["text"]))
    for told in (
        "zappa-iam apply",
        "zappa-iam policy",
        "zappa-iam check",
        "zappa-iam explain",
        "zappa-iam role check",
        "zappa-iam role ensure",
        "zappa update",
        "aws lambda",
        "aws cloudtrail",
    ):
        assert told in answers


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
