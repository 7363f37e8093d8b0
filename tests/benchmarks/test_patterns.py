"""What it takes to lint, to shorten and to ask about documents within AWS's quotas, however entangled.

Processor time is measured: a busy machine must not decide. Quotas: 6,144 characters a managed policy, 10,240 the inline
policies of a role (IAM User Guide, IAM and AWS STS quotas).
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from tests.support.adversarial import FAMILIES, adversarial
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, evaluate
from zappa_iam_ext.iam.definitions import action_names
from zappa_iam_ext.iam.findings import findings
from zappa_iam_ext.iam.patterns.containment import covers
from zappa_iam_ext.iam.patterns.glob import arn_glob
from zappa_iam_ext.iam.patterns.pairing import overlaps
from zappa_iam_ext.iam.synthesis.grants import compact

pytest.importorskip("pytest_benchmark")

MANAGED, INLINE = 6_144, 10_240
LINTED, COMPACTED, DECIDED = 1.0, 2.0, 0.5
ROUNDS = 4
USER = "arn:aws:iam::123456789012:user/zappa"
cpu = pytest.mark.benchmark(timer=time.process_time)


def seconds(work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.fixture
def worst(benchmark, capsys):
    """Do a piece of work on each of some documents, print what it took, and return the longest in seconds."""

    def measured(held: dict[str, PolicyDocument], work: Callable[[PolicyDocument], object]) -> float:
        spent = benchmark.pedantic(
            lambda: {name: seconds(partial(work, document)) for name, document in held.items()}, rounds=1
        )
        median, slow = statistics.median(spent.values()), sorted(spent, key=spent.__getitem__)[-3:]
        benchmark.extra_info |= {"median": median, "worst": {name: spent[name] for name in slow}}
        with capsys.disabled():
            slowest = ", ".join(f"{name} {spent[name]:.3f} s" for name in slow)
            print(f"\n{len(spent)} documents, median {median:.4f} s, worst {slowest}")  # noqa: T201
        return max(spent.values())

    return measured


def documents(size: int) -> dict[str, PolicyDocument]:
    return {
        f"{family} {seed}": PolicyDocument.parse(adversarial(family, seed, size))
        for family in FAMILIES
        for seed in range(ROUNDS)
    }


@cpu
@pytest.mark.parametrize("size", [MANAGED, INLINE])
def test_any_document_within_the_quotas_is_linted_in_a_second(worst, size):
    """A hundred adversarial documents and more."""
    held = documents(size)
    assert len(held) >= 100
    assert worst(held, findings) < LINTED


@cpu
def test_aws_s_own_managed_policies_are_linted_in_a_second(worst):
    """Some of them are many times longer than a customer's may be."""
    written_by_aws = json.loads(aws_managed_policies_data)
    held = {name: PolicyDocument.parse(each["Document"]) for name, each in written_by_aws.items()}
    assert len(held) > 1_500
    assert worst(held, findings) < LINTED


@cpu
def test_any_document_is_compacted_in_two_seconds(worst):
    """Those within the quotas, and two of 69,000 characters and more, to a third of the quota."""
    held = documents(INLINE)
    resources = [f"arn:aws:ec2:*:123456789012:instance/i-{number:05}-*" for number in range(900)]
    held["one long statement"] = written(
        [allowed([f"ec2:{name}" for name in action_names("ec2")], resources)]
    )
    verbs = [f"{verb}{letter}" for verb in ("Get", "Describe", "Delete", "Create") for letter in "AB"]
    held["many statements"] = written(
        [
            allowed(
                [f"ec2:{verb}{number % 7}" for verb in verbs],
                [f"arn:aws:ec2:*:*:instance/i-{number}-{each}" for each in range(2)],
                {"StringEquals": {"aws:RequestTag/x": str(number)}},
            )
            for number in range(300)
        ]
    )
    assert min(held[name].size for name in ("one long statement", "many statements")) > 69_000
    assert worst(held, partial(compact, limit=MANAGED // 3)) < COMPACTED


def allowed(actions, resources, condition=None):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def written(statements) -> PolicyDocument:
    return PolicyDocument.parse({"Version": "2012-10-17", "Statement": statements})


@cpu
def test_requests_for_patterns_are_decided_under_any_of_them(worst):
    asked = [
        AuthorizationRequest(USER, action, resource)
        for action, resource in (
            ("s3:GetObject", "arn:aws:s3:::*"),
            ("iam:*", "arn:aws:iam::*:role/*x*"),
            ("ec2:*", "*"),
        )
    ]

    def decide(document):
        return [evaluate(PolicySet(identity=document), request) for request in asked]

    assert worst(documents(INLINE), decide) < len(asked) * DECIDED


@cpu
@pytest.mark.parametrize("unit", ["*?", "?*", "*a?", "a*", "*"])
def test_a_pattern_of_ten_kilobytes_is_compared_at_once(benchmark, unit):
    start = "arn:aws:s3:::"
    long, other = (start + unit * (INLINE // len(unit)) + end for end in ("b", "b*"))
    asked = AuthorizationRequest(USER, "s3:GetObject", "arn:aws:s3:::*")

    def work():
        assert overlaps(arn_glob(long), arn_glob(other))
        covers(arn_glob(other), arn_glob(long))
        policy = written([allowed("s3:*", "*"), {"Effect": "Deny", "Action": "s3:*", "Resource": long}])
        return evaluate(PolicySet(identity=policy), asked).decision

    decision = benchmark.pedantic(work, rounds=1)
    assert decision is Decision.EXPLICIT_DENY
    assert benchmark.stats["max"] < LINTED
