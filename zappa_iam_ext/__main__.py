"""``python -m zappa_iam_ext`` is ``zappa-iam``."""

from __future__ import annotations

import os
import sys

from zappa_iam_ext.errors import ExitCode
from zappa_iam_ext.interrupts import heed_interrupts, ignore_interrupts
from zappa_iam_ext.streams import open_closed_streams


def run() -> None:
    """Run the command line as a process of its own, which ends with one of our exit codes, interrupted at any time."""
    open_closed_streams()
    code: str | int | None
    try:
        heed_interrupts()
        from zappa_iam_ext.cli import main

        code = main()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        code = ExitCode.INTERRUPTED
    except SystemExit as ended:
        code = ended.code
    ignore_interrupts()
    if code == ExitCode.INTERRUPTED:
        sys.stderr.flush()
        os._exit(ExitCode.INTERRUPTED)  # threads that still wait for an answer are not waited for
    raise SystemExit(code)


if __name__ == "__main__":
    run()
