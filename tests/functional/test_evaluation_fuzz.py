"""100,000 broken documents and requests: a typed error or an answer, never another exception, never a hang.

``answer(*mutant(SEED, index), index)`` reproduces one. `make test` asks a quarter of them,
`make longer` the others.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.judges.mutations import mutant
from zappa_iam_ext.errors import InvalidPolicyDocument, ZappaIamError
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicySet, compile_policies, evaluate

SEED, MUTANTS, PORTIONS, SAMPLE = 20260, 100_000, 20, 5
#: Processor seconds that no single question may take.
PATIENCE = 5
COMMON = {"allowed", "implicitDeny", "explicitDeny", "InvalidPolicyDocument", "InvalidRequest"}
EXPECTED = {*COMMON, "unknown", "InvalidArn", "PatternTooComplex"}


def answer(policies, request, index) -> str:
    """The decision, or the name of the typed error; every tenth is asked for its reasons too."""
    try:
        held, asked = PolicySet(**policies), AuthorizationRequest(**request)
        decision = compile_policies(held).decide(asked)
        if index % 10 == 0 and evaluate(held, asked).decision is not decision:
            return "two answers"
    except InvalidPolicyDocument as error:
        return (
            "InvalidPolicyDocument"
            if error.path.startswith("$") and error.rule
            else "an error without its place"
        )
    except ZappaIamError as error:
        return type(error).__name__
    return decision if isinstance(decision, Decision) else f"no decision: {decision!r}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "portion",
    [
        pytest.param(portion, marks=() if portion < SAMPLE else pytest.mark.longer)
        for portion in range(PORTIONS)
    ],
)
def test_a_mutant_gets_a_typed_error_or_an_answer(portion):
    answers: Counter[str] = Counter()
    for index in range(portion * MUTANTS // PORTIONS, (portion + 1) * MUTANTS // PORTIONS):
        policies, request = mutant(SEED, index)
        start = time.process_time()
        answers[answer(policies, request, index)] += 1
        assert time.process_time() - start < PATIENCE, f"mutant({SEED}, {index})"
    assert set(answers) - EXPECTED == set()
    assert sum(answers.values()) == MUTANTS // PORTIONS
    assert min(answers[each] for each in COMMON) > MUTANTS // PORTIONS // 50
