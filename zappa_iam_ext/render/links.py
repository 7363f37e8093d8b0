"""Addresses of the documentation that the output names. They outlive releases: an id never changes."""

from __future__ import annotations

DOCUMENTATION = "https://zappa-iam-ext.github.io/zappa-iam-ext/"
"""What ``pyproject.toml`` names; a folder for each version stands below it, ``latest`` for the newest."""


def finding_url(rule_id: str) -> str:
    """Return the page of a finding of `zappa-iam lint`, with an example of what is found and what is not."""
    return f"{DOCUMENTATION}latest/findings/{rule_id}.html"
