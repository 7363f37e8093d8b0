"""A clock for laws of growth: processor time, the least of several runs."""

from __future__ import annotations

import time

import pytest


@pytest.fixture
def clock():
    def least(run, times=5):
        took = []
        for _ in range(times):
            start = time.process_time()
            run()
            took.append(time.process_time() - start)
        return min(took)

    return least
