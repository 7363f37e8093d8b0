"""The AWS permissions of a Zappa deployment: known, checked, provisioned and rehearsed."""

from __future__ import annotations

__version__ = "0.1.0"
