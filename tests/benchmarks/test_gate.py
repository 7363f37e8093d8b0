"""What the gate adds to ``zappa status`` on the local AWS: a ratio within one run."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from statistics import median

import pytest

from tests.support.newcomer import ADMINISTRATOR, ROOT

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


COLD = """
import json, time
import zappa.cli
begun = time.process_time()
import zappa_iam_ext.hook
from zappa_iam_ext.workflow.gating import pass_gate
from zappa_iam_ext.check import check
from zappa_iam_ext.iam import PolicyDocument, PolicySet
from zappa_iam_ext.permissions.commands import parse_command
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.settings_file import read_stages
(stage,) = read_stages("zappa_settings.json")
stage, deploy = stage.with_account("123456789012"), parse_command("deploy")
policies = PolicySet(identity=(PolicyDocument.parse({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),))
check(stage, [deploy], requirements(stage, [deploy]), policies, "arn:aws:iam::123456789012:user/serverless")
print(json.dumps([begun, time.process_time() - begun]))
"""


def test_own_processor_time_of_a_gate_that_begins(newcomer, benchmark, tmp_path):
    """Imports, settings, requirements and verdicts, in a process that has imported Zappa; the calls are not among them."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def once() -> list[float]:
        done = subprocess.run(
            [sys.executable, "-c", COLD],
            cwd=newcomer.folder,
            env=environment,
            check=True,
            capture_output=True,
        )
        return json.loads(done.stdout)

    once()
    zappa, own = min(
        (benchmark.pedantic(once, rounds=1) if not n else once() for n in range(5)), key=lambda t: t[1]
    )
    print(f"the gate itself takes {own * 1000:.0f} ms, importing Zappa {zappa * 1000:.0f} ms")  # noqa: T201
    assert own < zappa / 2
