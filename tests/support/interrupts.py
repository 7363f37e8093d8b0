"""Children that heed an interrupt, also when the run was started in the background, which ignores it."""

from __future__ import annotations

import signal


def heed_interrupts() -> None:
    """Let the starting process be interrupted; for ``preexec_fn``."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
