"""How often and how long a check asks AWS: calls, rounds and processor time by stages and policies.

Every answer of the local AWS comes 50 ms late. The processor time is that of a process that has imported Zappa: once with
all that is read and imported for the first time, once again.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support import holders
from tests.support.newcomer import ROOT
from tests.support.slow_aws import slow_aws

pytest.importorskip("pytest_benchmark")
pytestmark = pytest.mark.aws
DELAY, QUIET = 0.05, 0.4
OWN = 0.150
"""Seconds of the processor that a check may take once everything is imported."""
MEASURE = """
import json, sys, time
import zappa.cli
from tests.support import holders
from tests.support.stages import stage
from zappa_iam_ext.sessions import AwsOptions
endpoint, key, stages = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
session = holders.session(key)
start = time.process_time()
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.workflow.deciding import checking
imported = time.process_time()
wanted = [stage(name=f"stage-{number}") for number in range(stages)]
took, told = [], []
for _ in range(3):
    since, clock = time.process_time(), time.monotonic()
    reports = checking.check_stages_with_session(wanted, life_cycle(), session, AwsOptions(endpoint_url=endpoint))
    took.append(time.process_time() - since)
    told.append(time.monotonic() - clock)
print(json.dumps({"import": imported - start, "first": took[0], "again": min(took[1:]), "wall": min(told), "unreadable": reports[0].unreadable}))
"""
CASES = {
    "1 stage, 1 policy": (1, holders.user, {"attached": 1}, 4),
    "1 stage, 10 policies": (1, holders.user, {"attached": 10}, 4),
    "1 stage, 20 policies": (1, holders.user, {"attached": 20}, 4),
    "1 stage, 10 groups of 10": (1, holders.user, {"groups": 10, "each": 10}, 5),
    "1 stage, a role, 20 policies": (1, holders.role, {"attached": 20}, 3),
    "10 stages, 10 policies": (10, holders.user, {"attached": 10}, 4),
    "100 stages, 10 policies": (100, holders.user, {"attached": 10}, 4),
}


def measured(endpoint, key, stages):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, endpoint, json.dumps(key), str(stages)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", CASES)
def test_calls_rounds_and_processor_time(aws, benchmark, case):
    stages, who, held, most = CASES[case]
    key = who(aws, "jane", **held)
    with slow_aws(aws.endpoint, quiet=QUIET) as counting:
        measured(counting.endpoint, key, stages)
        asked = counting.asked()
    each = len(asked.rounds) // 3
    with slow_aws(aws.endpoint, delay=DELAY) as slow:
        took = benchmark.pedantic(measured, (slow.endpoint, key, stages), rounds=1)
    assert took["unreadable"] == []
    benchmark.extra_info.update(took, calls=asked.calls // 3, rounds=each)
    print(  # noqa: T201
        f"{case}: {asked.calls // 3} calls, {each} rounds, {took['wall'] * 1000:.0f} ms; processor: "
        f"{took['import'] * 1000:.0f} ms imports, {took['first'] * 1000:.0f} ms first, {took['again'] * 1000:.0f} ms again"
    )
    assert each <= most
    if stages == 1 and asked.calls < 3 * 40:
        assert took["again"] < OWN
