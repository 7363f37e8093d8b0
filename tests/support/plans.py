"""What plans are asserted on."""

from __future__ import annotations

from typing import Any


def kinds(planned: Any) -> list[str]:
    """Return the kinds of a plan's changes, in their order."""
    return [type(change).__name__ for change in planned.changes]
