"""``zappa-iam demo``: the whole story on a local AWS, nothing to configure."""

from __future__ import annotations

import signal
from typing import Any

import click

from zappa_iam_ext.cli.shared.progress import say_progress, silent


@click.command("demo")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def command(quiet: bool) -> None:
    """Show the whole story on a local AWS: a deployment refused, provisioned, and passing under enforcement.

    Needs no AWS account and no settings; takes under two minutes, the first time included, and removes what it made.
    """
    from zappa_iam_ext.rehearsal.demo import demonstrate

    signal.signal(signal.SIGTERM, _interrupt)
    report = demonstrate(click.echo, silent if quiet else say_progress)
    raise SystemExit(report.exit_code())


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
