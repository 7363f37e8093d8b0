"""Runs every scenario with the real Zappa, as an administrator, and keeps its calls: ``python -m tests.recordings.record``.

Names of scenarios may be given; without any, all are recorded again.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.recordings.recording import FOLDER, path_of, recording_of, write
from tests.recordings.scenarios import Scenario, run, scenarios
from zappa_iam_ext.rehearsal.local_aws.server import LocalAws, local_aws

AT_ONCE = 2


def record(scenario: Scenario, aws: LocalAws) -> str:
    """Record one scenario and return a line that says how it went."""
    done = run(scenario, aws, enforce=False)
    recording = recording_of(scenario, done.names, done.report)
    write(recording, done.stage)
    ends = ", ".join(f"{item.line.split()[0]} {item.exit_code}" for item in recording.commands)
    return f"{scenario.name}: {len(list(recording.calls))} calls ({ends})"


def tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(names: list[str]) -> None:
    """Record the named scenarios, or all of them, and remove what belongs to none."""
    wanted = [item for item in scenarios() if not names or item.name in names]
    if unknown := set(names) - {item.name for item in wanted}:
        sys.exit(f"no such scenario: {', '.join(sorted(unknown))}")
    known = {path_of(item) for item in scenarios()}
    for stale in set(FOLDER.glob("*.json")) - known:
        stale.unlink()
    with local_aws(progress=tell) as aws, ProcessPoolExecutor(AT_ONCE) as pool:
        for number, line in enumerate(pool.map(partial(record, aws=aws), wanted), 1):
            tell(f"{number}/{len(wanted)} {line}")


if __name__ == "__main__":
    main(sys.argv[1:])
