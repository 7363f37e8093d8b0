"""What a pull request changes, as Markdown for the job summary and for the comment. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reports import Change

MOST = 60
"""Lines that one list shows: a comment holds 65,536 characters."""


def comment_text(changes: Sequence[Change], checks: str) -> str:
    """Return the comment: what changes, and how the check stands."""
    return "\n\n".join(filter(None, (changes_text(changes), checks.strip())))


def changes_text(changes: Sequence[Change]) -> str:
    """Return a section per stage that needs something else, or one sentence."""
    parts = [_change(change) for change in changes if change.differs]
    if not parts:
        return "### ✅ This changes nothing about the permissions that a deployment needs"
    return "\n\n".join(parts)


def _change(change: Change) -> str:
    more, less = len(change.added), len(change.removed)
    told = [f"{more} more" if more else "", f"{less} less" if less else ""]
    sign = "⚠️" if more else "✅"
    head = f"### {sign} `{_code(change.stage)}` needs {' and '.join(filter(None, told))} for its deployment"
    lists = [
        _list("Whoever deploys needs now", "+", change.added),
        _list("No longer needed", "-", change.removed),
    ]
    advice = f"Provision it before this is deployed: `zappa-iam apply {_code(change.stage)}`." if more else ""
    return "\n\n".join(filter(None, (head, *lists, advice)))


def _list(title: str, sign: str, requirements: Sequence[Mapping[str, Any]]) -> str:
    if not requirements:
        return ""
    lines = [f"{sign} {_code(each['action'])}  {_code(each['resource'])}" for each in requirements]
    cut = [f"  and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return "\n".join([f"{title}:", "", "```diff", *lines[:MOST], *cut, "```"])


def _code(text: object) -> str:
    return re.sub(r"[`\x00-\x1f\x7f]", "?", str(text))
