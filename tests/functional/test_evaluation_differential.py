"""Our evaluator against two independent ones, on generated pairs and on the cases of the manual.

A disagreement is a bug of ours, or the judge misreads the policy in a way that ``tests/judges/disagreements.toml``
lists with the rule of the manual. ``tests.judges.generator.pair(SEED, index)`` reproduces a pair.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from tests.judges import readings
from tests.judges.fixtures import ministack_judge, node_judge
from tests.judges.generator import ACCOUNT, across_accounts, pair, with_pattern, with_unknown_key
from tests.judges.judges import HERE, Judge
from zappa_iam_ext.iam import AuthorizationRequest, PolicySet, Principal, evaluate

if TYPE_CHECKING:
    from tests.judges.judges import Pair

__all__ = ["ministack_judge", "node_judge"]  # fixtures

pytestmark = pytest.mark.xdist_group("evaluation")  # one worker: the questions are answered once

SEED, PAIRS, UNKNOWNS, PATTERNS, ACROSS, LEAST = 20260, 24_000, 1500, 1500, 4000, 20_000


def with_derived_keys(request: dict[str, Any]) -> dict[str, Any]:
    """The request with the keys that AWS always gives; ours derives them from principal and resource, the judges do not."""
    principal = Principal.parse(request["principal"])
    known = principal.context() | ({"aws:principalarn": principal.role_arn} if principal.role_arn else {})
    asked = AuthorizationRequest(
        principal,
        request["action"],
        request["resource"],
        resource_account=request.get("resource_account", ""),
    )
    known |= {"aws:resourceaccount": asked.resource_account} if asked.resource_account else {}
    given = {key.lower() for key in request["context"]}
    derived = {key: known[key] for key in DERIVED if key in known and key not in given}
    return request | {"context": derived | request["context"]}


DERIVED = (
    "aws:username",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:resourceaccount",
)
LISTED = tomllib.loads((HERE / "disagreements.toml").read_text())["disagreement"]
CASES = [
    case | {"source": case["name"], "request": with_derived_keys(case["request"])}
    for file in sorted((HERE.parent / "cases" / "evaluation").glob("*.json"))
    for case in json.loads(file.read_text())
    if case["expected"] not in ("malformed", "unknown")
]
DECISIONS = {"allowed", "implicitDeny", "explicitDeny"}


@dataclass
class Trial:
    """What one judge said about everything, beside what we said."""

    judge: str
    answered: int = 0
    ours: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)


def decide(question: Pair) -> str:
    request = question["request"]
    asked = AuthorizationRequest(
        request["principal"],
        request["action"],
        request["resource"],
        request["context"],
        frozenset(request.get("unknown_keys", ())),
        resource_account=request.get("resource_account", ""),
    )
    return str(evaluate(PolicySet(**question["policies"]), asked).decision)


def explanation(question: Pair, theirs: str, judge: str) -> list[str]:
    """Return the listed readings that make our answer theirs: one alone, or all of the judge's together."""
    listed = [entry["reading"] for entry in LISTED if entry["judge"] == judge]
    combined, changed = question, []
    for name in listed:
        reading = getattr(readings, name)
        if decide(readings.apply(reading, question)) == theirs:
            return [name]
        seen = readings.apply(reading, combined)
        if seen != combined:
            combined, changed = seen, [*changed, name]
    return changed if decide(combined) == theirs else []


def hold_trial(judge: Judge, questions: list[dict[str, Any]], ours: list[str]) -> Trial:
    trial = Trial(judge.name)
    for question, our, answer in zip(questions, ours, judge.decide(questions), strict=True):
        if answer.decision is None:
            continue
        trial.answered += 1
        trial.ours[our] += 1
        if answer.decision == our:
            continue
        reasons = explanation(question, answer.decision, judge.name)
        trial.explained.update(reasons)
        if not reasons:
            shown = json.dumps({"policies": question["policies"], "request": question["request"]})
            trial.unexplained.append(f"{question['source']}: ours {our}, theirs {answer.decision}: {shown}")
    return trial


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    generated = [pair(SEED, index) | {"source": f"pair({SEED}, {index})"} for index in range(PAIRS)]
    known = [
        each | {"source": f"{make.__name__}({SEED}, {index})"}
        for make, count in ((with_unknown_key, UNKNOWNS), (with_pattern, PATTERNS))
        for index in range(count)
        for each in make(SEED, index)[1]
    ]
    across = [
        across_accounts(SEED, index) | {"source": f"across_accounts({SEED}, {index})"}
        for index in range(ACROSS)
    ]
    return [*generated, *known, *across, *CASES]


@pytest.fixture(scope="module")
def ours(questions) -> list[str]:
    return [decide(question) for question in questions]


@pytest.fixture(scope="module")
def node_trial(node_judge, questions, ours) -> Trial:
    return hold_trial(node_judge, questions, ours)


@pytest.fixture(scope="module")
def ministack_trial(ministack_judge, questions, ours) -> Trial:
    return hold_trial(ministack_judge, questions, ours)


JUDGES = [
    pytest.param("node_trial", marks=pytest.mark.node, id="iam-simulate"),
    pytest.param("ministack_trial", marks=pytest.mark.aws, id="ministack"),
]


@pytest.mark.slow
@pytest.mark.parametrize("judge", JUDGES)
def test_every_disagreement_is_one_of_the_listed(judge, request):
    trial = request.getfixturevalue(judge)
    shown = "\n".join(sorted(trial.unexplained, key=len)[:5])
    assert not trial.unexplained, f"{len(trial.unexplained)} disagreements, the shortest:\n{shown}"


@pytest.mark.slow
@pytest.mark.parametrize("judge", JUDGES)
def test_every_listed_disagreement_still_occurs(judge, request):
    trial = request.getfixturevalue(judge)
    listed = {entry["reading"] for entry in LISTED if entry["judge"] == trial.judge}
    assert listed - set(trial.explained) == set()


@pytest.mark.slow
@pytest.mark.parametrize("judge", JUDGES)
def test_the_trial_is_large_and_even(judge, request):
    trial = request.getfixturevalue(judge)
    assert trial.answered >= LEAST
    assert set(trial.ours) == DECISIONS
    assert min(trial.ours.values()) >= trial.answered // 6


@pytest.mark.slow
def test_an_answer_without_a_key_is_the_answer_for_each_value_of_the_key():
    """The judges see the same questions with the key, so they hold what is claimed without it."""
    claims: Counter[str] = Counter()
    for index in range(UNKNOWNS):
        unknown, known = with_unknown_key(SEED, index)
        claim = decide(unknown)
        claims[claim] += 1
        answers = {decide(question) for question in known}
        if claim == "implicitDeny":
            assert "allowed" not in answers, f"with_unknown_key({SEED}, {index})"
        elif claim != "unknown":
            assert answers == {claim}, f"with_unknown_key({SEED}, {index})"
    assert min(claims.values()) >= UNKNOWNS // 20
    assert set(claims) == {*DECISIONS, "unknown"}


@pytest.mark.slow
def test_an_allowed_pattern_is_allowed_in_each_of_its_members():
    claims: Counter[str] = Counter()
    for index in range(PATTERNS):
        pattern, members = with_pattern(SEED, index)
        claim = decide(pattern)
        claims[claim] += 1
        answers = {decide(question) for question in members}
        if claim == "allowed":
            assert answers == {"allowed"}, f"with_pattern({SEED}, {index})"
        if "explicitDeny" in answers:
            assert claim == "explicitDeny", f"with_pattern({SEED}, {index})"
    assert min(claims[decision] for decision in DECISIONS) >= PATTERNS // 20


@pytest.mark.aws
def test_the_second_judge_is_what_stands_behind_simulate_custom_policy(running_aws, ministack_judge):
    """ministack's API reads neither conditions' context nor boundaries, so the comparison keeps to plain documents."""
    assert urlsplit(running_aws.endpoint).hostname == "127.0.0.1"
    plain = [question for index in range(4000) if is_plain(question := pair(SEED, index))][:150]
    assert len(plain) == 150
    client = boto3.client(
        "iam",
        endpoint_url=running_aws.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}),
    )
    for question, answer in zip(plain, ministack_judge.decide(plain), strict=True):
        (result,) = client.simulate_custom_policy(
            PolicyInputList=[json.dumps(document) for document in question["policies"]["identity"]],
            ActionNames=[question["request"]["action"]],
            ResourceArns=[question["request"]["resource"]],
        )["EvaluationResults"]
        assert result["EvalDecision"] == answer.decision == decide(question)


def is_plain(question: Pair) -> bool:
    text = json.dumps(question["policies"])
    return set(question["policies"]) == {"identity"} and "Condition" not in text and "${" not in text


def test_each_listed_disagreement_names_its_judge_reading_rule_and_page():
    for entry in LISTED:
        assert set(entry) == {"judge", "reading", "rule", "page"}
        assert entry["judge"] in ("iam-simulate", "ministack")
        assert callable(getattr(readings, entry["reading"]))
        assert entry["page"].endswith(".html")
