"""What the heart of the library may cost: requirements and policy of one stage and of a thousand, and a start of the CLI.

Processor time is measured, not the clock: a busy machine must not decide.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from tests.support.stages import stage
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements

pytest.importorskip("pytest_benchmark")

ONE_STAGE = 0.010
THOUSAND_STAGES = 3.0
START = 1.2
PAIRS = 7
BIN = Path(sys.executable).parent


def policies(stages) -> int:
    return sum(deployment_policy(requirements(one)).size for one in stages)


@pytest.mark.benchmark(timer=time.process_time)
def test_one_stage(benchmark):
    policies([stage()])  # the tables are read once, at start-up
    benchmark(policies, [stage({"events": [{"function": "app.hourly", "expression": "rate(1 hour)"}]})])
    assert benchmark.stats["min"] < ONE_STAGE


@pytest.mark.benchmark(timer=time.process_time)
def test_a_thousand_stages(benchmark):
    policies([stage()])
    stages = [stage(name=f"stage-{number}", project=f"project-{number % 50}") for number in range(1000)]
    benchmark.pedantic(policies, (stages,), rounds=3)
    assert benchmark.stats["min"] < THOUSAND_STAGES


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([str(BIN / "zappa-iam"), "--version"], id="the command itself"),
        pytest.param(
            [sys.executable, "-c", "import zappa_iam_ext.cli.policy"], id="the modules of a command"
        ),
        pytest.param([sys.executable, "-c", "import zappa_iam_ext; zappa_iam_ext.gate"], id="the gate"),
    ],
)
def test_a_start_is_no_slower_than_that_of_zappa(benchmark, words):
    """Ours and Zappa's take turns, so that whatever slows one slows the other."""
    ours, zappas = [], []
    for _ in range(PAIRS):
        ours.append(processor_time(words))
        zappas.append(processor_time([sys.executable, "-c", "import zappa.cli"]))
    benchmark.pedantic(processor_time, (words,), rounds=1)
    benchmark.extra_info["ratio to importing zappa.cli"] = round(median(ours) / median(zappas), 2)
    assert median(ours) <= START * median(zappas)


def processor_time(words) -> float:
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime
