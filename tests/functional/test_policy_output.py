"""``zappa-iam policy``: exactly one JSON document on stdout, whatever the shape that is asked for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from zappa_iam_ext.cli import main
from zappa_iam_ext.iam import AuthorizationRequest, PolicyDocument, PolicySet, compile_policies
from zappa_iam_ext.iam.synthesis.grants import MANAGED_POLICY_LIMIT

ACCOUNT = "123456789012"
WHO = f"arn:aws:iam::{ACCOUNT}:user/serverless"
STAGE = {"app_function": "app.app", "project_name": "hello", "aws_region": "us-east-1"}


@pytest.fixture
def policy(tmp_path, monkeypatch):
    """Run the command on a settings file with so many stages."""
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text("app = None\n")

    def run(*arguments, stages=1):
        Path("zappa_settings.json").write_text(json.dumps({f"stage{n}": STAGE for n in range(stages)}))
        return CliRunner().invoke(main, ["policy", *arguments, "--account", ACCOUNT])

    return run


def grants(*documents):
    """Every pair of an action and a resource that the documents name."""
    return {
        (action, resource, json.dumps(statement.to_dict().get("Condition"), sort_keys=True))
        for document in documents
        for statement in document.statements
        for action in statement.actions
        for resource in statement.resources
    }


def test_one_stage_is_one_document_and_nothing_else(policy):
    result = policy("stage0")
    document = PolicyDocument.parse(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert document.size <= MANAGED_POLICY_LIMIT
    assert result.stdout == document.to_json(indent=2) + "\n"
    assert [statement for statement in document.statements if not statement.sid] == []


def test_a_document_that_fits_is_neither_split_nor_shortened(policy):
    plain = json.loads(policy("stage0").stdout)
    assert json.loads(policy("stage0", "--split").stdout) == [plain]
    compacted = policy("stage0", "--compact")
    assert (json.loads(compacted.stdout), compacted.stderr) == (plain, "")


def test_several_stages_are_one_document_and_too_long_a_one_says_so(policy):
    result = policy("--all", stages=6)
    document = PolicyDocument.parse(result.stdout)
    assert document.size > MANAGED_POLICY_LIMIT
    told = rf"too long for one managed policy \({document.size:,} of 6,144 characters\): --split .*, --compact .*\n"
    assert re.fullmatch(told, result.stderr)
    apart = [PolicyDocument.parse(policy(f"stage{n}", stages=6).stdout) for n in range(6)]
    assert grants(document) == grants(*apart)
    assert len(document.statements) < 2 * len(apart[0].statements)


def test_split_documents_fit_and_grant_the_same(policy):
    whole = PolicyDocument.parse(policy("--all", stages=6).stdout)
    result = policy("--all", "--split", stages=6)
    parts = [PolicyDocument.parse(part) for part in json.loads(result.stdout)]
    assert result.stderr == ""
    assert 2 <= len(parts) <= 3
    assert [part.size for part in parts if part.size > MANAGED_POLICY_LIMIT] == []
    assert grants(*parts) == grants(whole)


def test_a_compact_document_fits_grants_no_less_and_tells_each_widening_on_stderr(policy):
    whole = PolicyDocument.parse(policy("--all", stages=6).stdout)
    result = policy("--all", "--compact", stages=6)
    document = PolicyDocument.parse(result.stdout)
    assert document.size <= MANAGED_POLICY_LIMIT
    lines = result.stderr.splitlines()
    assert lines
    assert [
        line
        for line in lines
        if not re.fullmatch(r"wider than needed: \w+: .+ became \S+\*(, which adds .+)?", line)
    ] == []
    compiled = compile_policies(PolicySet(identity=[document]))
    lost = [
        (action, resource)
        for action, resource, condition in grants(whole)
        if condition == "null" and compiled.decide(AuthorizationRequest(WHO, action, resource)) != "allowed"
    ]
    assert lost == []
    new = {entry for s in document.statements for entry in (*s.actions, *s.resources)} - {
        entry for s in whole.statements for entry in (*s.actions, *s.resources)
    }
    assert new == {re.search(r"became (\S+?)(?:,|$)", line)[1] for line in lines}


def test_a_file_holds_the_document_whole_and_a_dash_is_stdout(policy):
    printed = policy("stage0").stdout
    Path("kept.json").write_text("of before")
    written = policy("stage0", "-o", "kept.json")
    assert (written.exit_code, written.stdout) == (0, "")
    assert Path("kept.json").read_text() == printed
    assert policy("stage0", "-o", "-").stdout == printed
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("target", "why"),
    [
        pytest.param("none/policy.json", "there is no folder", id="no folder"),
        pytest.param("full", "No space left on device", id="a full disk"),
    ],
)
def test_what_cannot_be_written_ends_with_2_and_prints_nothing(policy, target, why):
    Path("full").symlink_to("/dev/full")
    result = policy("stage0", "-o", target)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"the policy cannot be written to {target}: {why}" in result.stderr
