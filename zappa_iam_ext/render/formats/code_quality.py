"""A Code Quality report, as GitLab reads it (GitLab Docs, Code Quality, Code Quality report format). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from zappa_iam_ext.render.formats.model import Failed, Item, Level, Outcome, Place, Told
from zappa_iam_ext.render.formats.sarif import fingerprint
from zappa_iam_ext.render.text import line

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "minor", Level.NOTE: "info"}
COULD_NOT_RUN = "could-not-run"


def code_quality_text(told: Told) -> str:
    """Return a JSON list: an entry for each item that did not pass, each once, with a fingerprint that outlives its line."""
    entries = [*map(_failed, told.failed), *_items(told)]
    return json.dumps(list({entry["fingerprint"]: entry for entry in entries}.values()), indent=2)


def _items(told: Told) -> Iterator[dict[str, Any]]:
    for item in told.items:
        if item.outcome is not Outcome.PASSED:
            yield _entry(item)


def _entry(item: Item) -> dict[str, Any]:
    where = f" on {item.where}" if item.where else ""
    return {
        "description": line(" ".join(filter(None, (f"{item.name}{where}: {item.message}", item.hint)))),
        "check_name": item.rule.id,
        "fingerprint": fingerprint(item.rule.id, *item.key),
        "severity": _SEVERITIES[item.level],
        "location": _location(item.place, item.suite),
    }


def _failed(failed: Failed) -> dict[str, Any]:
    return {
        "description": line(" ".join(filter(None, (failed.message, failed.hint)))) or COULD_NOT_RUN,
        "check_name": COULD_NOT_RUN,
        "fingerprint": fingerprint(COULD_NOT_RUN, failed.suite, failed.message),
        "severity": "blocker",
        "location": _location(failed.place, failed.suite),
    }


def _location(place: Place, suite: str) -> dict[str, Any]:
    path = line(place.file or suite).removeprefix("./").lstrip("/")
    return {"path": path or "-", "lines": {"begin": max(place.line, 1)}}
