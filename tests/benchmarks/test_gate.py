"""What the gate adds to ``zappa status`` on the local AWS: a ratio within one run."""

from __future__ import annotations

import os
import resource
from statistics import median

import pytest

from tests.support.newcomer import ADMINISTRATOR

pytest.importorskip("pytest_benchmark")
pytestmark = [pytest.mark.aws, pytest.mark.zappa]
PAIRS = 5
LIMIT = 2.0


def processor_time() -> float:
    """Return the seconds of all child processes that ended: a busy machine must not decide."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_time_that_the_gate_adds_to_zappa_status(newcomer, benchmark):
    """With and without the gate in turn; the ratio of the medians is told, and has a limit."""
    newcomer.user("serverless", ADMINISTRATOR)
    assert newcomer.zappa("deploy", "dev").exit_code == 0
    times: dict[bool, list[float]] = {True: [], False: []}

    def status(*, gated: bool) -> None:
        newcomer.settings(without=[] if gated else ["callbacks"])
        before = processor_time()
        ran = newcomer.zappa("status", "dev", "--json")
        times[gated].append(processor_time() - before)
        assert ran.exit_code == 0
        assert ("zappa-iam:" in ran.stderr) == gated

    def pair() -> None:
        status(gated=False)
        status(gated=True)

    benchmark.pedantic(pair, rounds=PAIRS, warmup_rounds=1)
    ratio = median(times[True]) / median(times[False])
    benchmark.extra_info["ratio"] = round(ratio, 3)
    benchmark.extra_info["added_seconds"] = round(median(times[True]) - median(times[False]), 3)
    print(f"zappa status with the gate takes {ratio:.2f} times as long ({os.cpu_count()} cores)")  # noqa: T201
    assert ratio < LIMIT
