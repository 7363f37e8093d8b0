"""Runs what the action is asked to, writes annotations and the job summary, and keeps the comment of a pull request."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from comments import Comments
from event import Event
from reports import Reports, Run
from summary import comment_text

OUTPUTS = "GITHUB_OUTPUT"
SUMMARY = "GITHUB_STEP_SUMMARY"


def main() -> int:
    """Run the reports; the exit code of this process is 0, the verdict is an output of the step."""
    run, event = Run.from_environment(os.environ), Event.from_environment(os.environ)
    reports = Reports(run, event)
    reports.make()
    _append(SUMMARY, reports.summary)
    changed = any(change.differs for change in reports.changes)
    if run.comment and event.pull_request:
        _keep_comment(reports, event, changed=changed)
    _append(
        OUTPUTS, f"changed={str(changed).lower()}\nexit-code={reports.exit_code}\nsarif={reports.sarif}\n"
    )
    return 0


def _keep_comment(reports: Reports, event: Event, *, changed: bool) -> None:
    if event.from_fork:
        print(
            "::notice title=zappa-iam::No comment: the token of a pull request from a fork may not write one."
        )
        return
    try:
        Comments(event, os.environ["TOKEN"]).keep(
            comment_text(reports.changes, reports.checks), wanted=changed
        )
    except OSError as error:
        print(f"::warning title=zappa-iam::The comment could not be written: {error}")


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if path and text:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text if text.endswith("\n") else f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
