"""The rules of AWS's manual, one by one: each case is a rule, named, with the page that states it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from zappa_iam_ext.errors import InvalidPolicyDocument
from zappa_iam_ext.iam import AuthorizationRequest, PolicySet, compile_policies, evaluate

FOLDER = Path(__file__).parent.parent / "cases" / "evaluation"
CASES = [case for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text())]
DECISIONS = {"allowed", "implicitDeny", "explicitDeny", "unknown", "malformed"}
MALFORMED = [pytest.param(case, id=case["name"]) for case in CASES if case["expected"] == "malformed"]
DECIDED = [pytest.param(case, id=case["name"]) for case in CASES if case["expected"] != "malformed"]


def request_of(case) -> AuthorizationRequest:
    request = case["request"]
    return AuthorizationRequest(
        principal=request["principal"],
        action=request["action"],
        resource=request["resource"],
        context=request["context"],
        unknown_keys=frozenset(request.get("unknown_keys", ())),
        resource_account=request.get("resource_account", ""),
    )


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_document_is_refused(case):
    with pytest.raises(InvalidPolicyDocument) as refused:
        PolicySet(**case["policies"])
    assert refused.value.path.startswith("$")


@pytest.mark.parametrize("case", DECIDED)
def test_decision(case):
    result = evaluate(PolicySet(**case["policies"]), request_of(case))
    assert result.decision == case["expected"]
    if "layer" in case:
        assert result.layer == case["layer"]
    if "missing_context" in case:
        asked = {key.lower() for key in result.missing_context}
        assert {key.lower() for key in case["missing_context"]} <= asked


@pytest.mark.parametrize("case", DECIDED)
def test_the_compiled_form_decides_alike(case):
    compiled = compile_policies(PolicySet(**case["policies"]))
    assert compiled.evaluate(request_of(case)).decision == case["expected"]


def test_there_are_at_least_300_cases_and_each_names_one_rule_and_its_page():
    names = Counter(case["name"] for case in CASES)
    assert len(CASES) >= 300
    assert [name for name, count in names.items() if count > 1] == []
    assert [case["name"] for case in CASES if not case["page"].endswith(".html")] == []
    assert {case["expected"] for case in CASES} == DECISIONS


def test_no_two_cases_ask_the_same_question():
    questions = Counter(json.dumps([case["policies"], case["request"]], sort_keys=True) for case in CASES)
    assert [question for question, count in questions.items() if count > 1] == []
