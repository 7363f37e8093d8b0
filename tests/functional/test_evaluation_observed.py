"""What real AWS was recorded to decide: every recording is decided alike, those of the simulator alone by its option."""

from __future__ import annotations

import json
import re
import runpy
import sys
from collections import Counter
from pathlib import Path

import pytest

from zappa_iam_ext.errors import InvalidPolicyDocument, InvalidRequest
from zappa_iam_ext.iam import AuthorizationRequest, PolicyDocument, PolicySet, compile_policies, evaluate
from zappa_iam_ext.iam.simulator import as_simulated, simulated_context

FILE = Path(__file__).parent.parent / "cases" / "observed" / "conditions.json"
PAGE = FILE.parents[3] / "docs" / "evaluator.md"
CASES = json.loads(FILE.read_text())["cases"]
LIVE = [case for case in CASES if case["live"]]
SIMULATED = [case for case in CASES if case["api"] == "simulate"]


def answer(case) -> str:
    """Return what we say to a recorded case."""
    try:
        if case["api"] == "PutUserPolicy":
            for document in case["identity"]:
                PolicyDocument.parse(document)
            return "accepted"
        return str(evaluate(policies_of(case), request_of(case, case.get("context", {}))).decision)
    except InvalidPolicyDocument:
        return "error:MalformedPolicyDocument"


def answer_of_the_simulator(case) -> str:
    entries = [
        {
            "ContextKeyName": key,
            "ContextKeyType": kind_of(case, key),
            "ContextKeyValues": [value] if isinstance(value, str) else value,
        }
        for key, value in case.get("context", {}).items()
    ]
    try:
        context = simulated_context(entries)
    except InvalidRequest:
        return "error:InvalidInput"
    return str(evaluate(as_simulated(policies_of(case)), request_of(case, context)).decision)


def kind_of(case, key) -> str:
    if "typed_context" in case:
        return case["typed_context"][key]["type"]
    return "string" if isinstance(case["context"][key], str) else "stringList"


def policies_of(case) -> PolicySet:
    return PolicySet(
        identity=case["identity"], session=case.get("session"), resource=case.get("resource_policy", ())
    )


def request_of(case, context) -> AuthorizationRequest:
    return AuthorizationRequest(case["principal"], case["action"], case["resource"], context)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in LIVE])
def test_what_aws_decides(case):
    assert answer(case) == case["decision"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in SIMULATED])
def test_what_the_simulator_decides(case):
    assert answer_of_the_simulator(case) == case["decision"]


def test_the_compiled_form_decides_alike():
    for case in LIVE:
        if case["api"] != "PutUserPolicy" and not case["decision"].startswith("error"):
            compiled = compile_policies(policies_of(case))
            asked = request_of(case, case.get("context", {}))
            assert compiled.decide(asked) == case["decision"], case["id"]


def test_the_recordings_are_many_and_of_every_kind(capsys):
    agreed = Counter(answer(case) == case["decision"] for case in LIVE)
    granted = [case["id"] for case in LIVE if answer(case) == "allowed" != case["decision"]]
    with capsys.disabled():
        sys.stdout.write(
            f"\n{agreed[True]} of {len(LIVE)} decisions of AWS agree, {len(granted)} wrong grants\n"
        )
    assert len(CASES) == 758
    assert len(LIVE) == 724
    assert len(SIMULATED) == 274
    assert granted == []


def test_what_only_the_simulator_says_is_no_default():
    """Else the option would be none."""
    others = [case for case in SIMULATED if not case["live"]]
    assert len(others) == 34
    assert sum(answer(case) != case["decision"] for case in others) >= len(others) // 2


EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page_run_as_written(example, tmp_path):
    script = tmp_path / "example.py"
    script.write_text(example)
    runpy.run_path(str(script))


def test_the_page_has_both_examples():
    assert len(EXAMPLES) == 2
