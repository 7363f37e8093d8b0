"""Decisions per second of the compiled policy set, beside moto's engine and iam-simulate, in one run.

The policy is a deployment policy of 8 statements and 60 actions; with more statements it is that of as many projects.
Processor time is measured: a busy machine must not decide. Every engine must allow what ours allows.
"""

from __future__ import annotations

import json
import random
import time
from functools import lru_cache
from pathlib import Path

import pytest

from tests.judges.fixtures import node_judge
from tests.judges.judges import timed
from zappa_iam_ext.iam import AuthorizationRequest, PolicySet, compile_policies

pytest.importorskip("pytest_benchmark")

__all__ = ["node_judge"]  # a fixture

STATEMENTS = (Path(__file__).parent / "deployment_statements.json").read_text()
USER = "arn:aws:iam::111122223333:user/zappa"
REQUESTS, PER_SECOND, GROWTH, PARSE_AND_COMPILE = 10_000, 100_000, 2.0, 0.100
SIZES = (1, 10, 100)
FEWER = {1: 300, 10: 100, 100: 20}  # requests for the engines that take long
cpu = pytest.mark.benchmark(timer=time.process_time)


@lru_cache
def text_of(projects: int) -> str:
    statements = [
        {**statement, "Sid": f"{statement['Sid']}{number}"}
        for number in range(projects)
        for statement in json.loads(STATEMENTS.replace("PROJECT", f"app{number}"))
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@lru_cache
def questions(projects: int, count: int = REQUESTS, repeated: float = 0.0) -> list[dict]:
    """Requests of which no two ask for the same action on the same resource, but for the share that is repeated.

    Most are for what the policy names; one in ten is for an action that it does not.
    """
    source = random.Random(f"{projects} {repeated}")  # noqa: S311  -- reproducible, not secret
    statements, found, seen = json.loads(STATEMENTS), [], set()
    for number in range(count):
        if found and source.random() < repeated:
            found.append(source.choice(found[-200:]))
            continue
        statement = source.choice(statements)
        actions, resources = (
            value if isinstance(value, list) else [value]
            for value in (statement["Action"], statement["Resource"])
        )
        action = source.choice(actions) if source.random() < 0.9 else "s3:PutBucketPolicy"
        resource = source.choice(resources).replace("PROJECT", f"app{source.randrange(projects)}")
        resource = resource.replace("*", f"{number}/x")
        if (action, resource) in seen:
            resource = f"{resource}-{number}"
        seen.add((action, resource))
        service = source.choice(("lambda.amazonaws.com", "ec2.amazonaws.com"))
        context = {"iam:PassedToService": service}
        found.append({"principal": USER, "action": action, "resource": resource, "context": context})
    return found


def asked(projects: int, repeated: float = 0.0) -> list[AuthorizationRequest]:
    return [AuthorizationRequest(**question) for question in questions(projects, REQUESTS, repeated)]


def rate(benchmark, count) -> float:
    benchmark.extra_info["decisions per second"] = round(count / benchmark.stats["min"])
    return count / benchmark.stats["min"]


def measured(benchmark, projects, requests, *, warm) -> float:
    """Decisions a second; each round has a policy set compiled anew, which has been asked nothing unless warm."""

    def made():
        compiled = compile_policies(PolicySet(identity=text_of(projects)))
        if warm:
            [compiled.decide(request) for request in requests]
        return (compiled,), {}

    benchmark.pedantic(lambda compiled: [compiled.decide(each) for each in requests], setup=made, rounds=7)
    return rate(benchmark, len(requests))


@cpu
@pytest.mark.parametrize("projects", SIZES)
def test_requests_never_seen_before(benchmark, projects):
    """Every question is new to the compiled form, which has been asked nothing at all before."""
    assert measured(benchmark, projects, asked(projects), warm=False) > PER_SECOND


@cpu
@pytest.mark.parametrize("projects", SIZES)
def test_new_and_repeated_requests_in_turn(benchmark, projects):
    assert measured(benchmark, projects, asked(projects, 0.5), warm=False) > PER_SECOND


@cpu
@pytest.mark.parametrize("projects", SIZES)
def test_repeated_requests(benchmark, projects):
    assert measured(benchmark, projects, asked(projects), warm=True) > PER_SECOND


@cpu
def test_a_hundred_times_the_statements_cost_less_than_twice_the_time(benchmark):
    """Small and large take turns, so that whatever slows one slows the other."""
    least = {1: 9e9, 100: 9e9}
    compiled = {projects: compile_policies(PolicySet(identity=text_of(projects))) for projects in least}
    halves = {projects: asked(projects) for projects in least}
    for projects, requests in halves.items():
        [compiled[projects].decide(request) for request in requests[: REQUESTS // 2]]
    for turn in range(5):
        for projects, requests in halves.items():
            part = requests[REQUESTS // 2 :][turn::5]
            start = time.process_time()
            [compiled[projects].decide(request) for request in part]
            least[projects] = min(least[projects], time.process_time() - start)
    benchmark.pedantic(lambda: None, rounds=1)
    benchmark.extra_info["ratio"] = round(least[100] / least[1], 2)
    assert least[100] < GROWTH * least[1]


@cpu
def test_parsing_and_compiling_800_statements(benchmark):
    text = text_of(100)
    benchmark.pedantic(lambda: compile_policies(PolicySet(identity=text)), rounds=10, warmup_rounds=1)
    assert len(json.loads(text)["Statement"]) == 800
    assert benchmark.stats["min"] < PARSE_AND_COMPILE


@cpu
@pytest.mark.parametrize("projects", SIZES)
def test_moto(benchmark, projects):
    from moto.iam.access_control import IAMPolicy, PermissionResult

    policy, asked_of_both = IAMPolicy(text_of(projects)), questions(projects, FEWER[projects])

    def decide():
        return [
            policy.is_action_permitted(each["action"], each["resource"], None, each["context"])
            for each in asked_of_both
        ]

    theirs = benchmark.pedantic(decide, rounds=3)
    ours = compile_policies(PolicySet(identity=text_of(projects)))
    agreed = sum(
        (their is PermissionResult.PERMITTED) == (ours.decide(AuthorizationRequest(**each)) == "allowed")
        for their, each in zip(theirs, asked_of_both, strict=True)
    )
    benchmark.extra_info["agrees with ours"] = f"{agreed}/{len(asked_of_both)}"
    rate(benchmark, len(asked_of_both))


@pytest.mark.node
@pytest.mark.parametrize("projects", SIZES)
def test_iam_simulate(benchmark, node_judge, projects):
    """Timed inside the Node process, its policies read and its code warm."""
    asked_of_both = questions(projects, FEWER[projects])
    policies = {"identity": [json.loads(text_of(projects))]}
    seconds, theirs = benchmark.pedantic(timed, (node_judge, policies, asked_of_both), rounds=1)
    ours = compile_policies(PolicySet(identity=text_of(projects)))
    assert theirs == [ours.decide(AuthorizationRequest(**each)) for each in asked_of_both]
    benchmark.extra_info["decisions per second"] = round(len(asked_of_both) / seconds)
