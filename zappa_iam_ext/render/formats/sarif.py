"""SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format). Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from zappa_iam_ext.render.formats.model import Failed, Item, Outcome, Place, Rule, Told
from zappa_iam_ext.render.text import plain

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "zappaIam/v1"
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_SHOWN = 32
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def sarif_text(told: Told) -> str:
    """Return a log of one run: a result for each item that did not pass, with a fingerprint that outlives its line."""
    items = [item for item in told.items if item.outcome is not Outcome.PASSED]
    met = {item.rule.id: item.rule for item in items}
    places = {rule_id: place for place, rule_id in enumerate(met)}
    driver = {"name": told.tool, "version": told.version, "rules": [_rule(rule) for rule in met.values()]}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": [_result(item, places) for item in items],
    }
    if told.failed:
        notices = [_notification(failed) for failed in told.failed]
        run["invocations"] = [{"executionSuccessful": False, "toolExecutionNotifications": notices}]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.help or rule.title},
        "help": {"text": rule.help or rule.title},
        "defaultConfiguration": {"level": str(rule.level)},
        **({"helpUri": rule.url} if rule.url else {}),
        **({"properties": {"tags": list(rule.tags)}} if rule.tags else {}),
    }


def _result(item: Item, places: Mapping[str, int]) -> dict[str, Any]:
    where = f" on {item.where}" if item.where else ""
    text = " ".join(filter(None, (f"{item.name}{where}: {item.message}".rstrip(".") + ".", item.hint)))
    return {
        "ruleId": item.rule.id,
        "ruleIndex": places[item.rule.id],
        "level": str(item.level),
        "message": {"text": escaped(text)},
        "locations": [_location(item.place, item.logical, item.suite)],
        "partialFingerprints": {FINGERPRINT: fingerprint(item.rule.id, *item.key)},
    }


def fingerprint(*parts: str) -> str:
    """Return the same 32 letters for the same parts; no digits, in which an account id could be seen."""
    found = hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:_SHOWN]
    return found.translate(_LETTERS)


def _location(place: Place, logical: str, suite: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if place.file:
        found["physicalLocation"] = {
            "artifactLocation": {"uri": quote(place.file, safe="/", errors="replace")},
            "region": {"startLine": max(place.line, 1)},
        }
    if logical or not place.file:
        name = logical or suite
        found["logicalLocations"] = [{"name": plain(name), "fullyQualifiedName": plain(f"{suite}: {name}")}]
    return found


def _notification(failed: Failed) -> dict[str, Any]:
    text = " ".join(filter(None, (f"{failed.suite}: {failed.message}", failed.hint)))
    return {"level": "error", "message": {"text": escaped(text)}}


def escaped(text: str) -> str:
    """Return a text as a message in which nothing is a link or a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    bare = plain(text).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return _PLACEHOLDER.sub(r"{{\1}}", bare)
