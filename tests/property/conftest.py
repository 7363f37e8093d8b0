"""Laws hold on a busy machine too, and what fails in CI fails everywhere: no deadlines, the same examples each time."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "laws",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("laws")


@pytest.fixture
def clock():
    """Processor seconds that a call takes, the least of several runs."""

    def least(run, times=5):
        took = []
        for _ in range(times):
            start = time.process_time()
            run()
            took.append(time.process_time() - start)
        return min(took)

    return least
