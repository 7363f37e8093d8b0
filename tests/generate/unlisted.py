"""Derives ``zappa_iam_ext/iam/unlisted.json`` from the AWS managed policies that moto bundles.

``python -m tests.generate.unlisted`` writes it; a test holds it against the installed moto. Facts only: names of actions and
keys that AWS uses and its Service Authorization Reference does not list, actions that AWS limits to resources which the
reference does not give them, and keys of services that AWS tests for actions which the reference does not give them. All in lower case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from moto.iam.aws_managed_policies import aws_managed_policies_data

from zappa_iam_ext.iam.definitions import is_known_service
from zappa_iam_ext.iam.document import PolicyDocument
from zappa_iam_ext.iam.findings.ineffective import aimed_in_vain, never_carried
from zappa_iam_ext.iam.findings.keys import is_known
from zappa_iam_ext.iam.findings.located_statements import LocatedStatement, expand, located_statements

TARGET = Path(__file__).parents[2] / "zappa_iam_ext" / "iam" / "unlisted.json"


@lru_cache(maxsize=1)
def managed_policies() -> dict[str, PolicyDocument]:
    """Return AWS's managed policies by name."""
    held = json.loads(aws_managed_policies_data)
    return {name: PolicyDocument.parse(each["Document"]) for name, each in sorted(held.items())}


def derive() -> dict[str, list[str]]:
    """Return ``actions``, ``keys``, ``limited`` (actions) and ``carried`` (an action and a key, a blank between)."""
    statements = located_statements(tuple(managed_policies().values()))
    return {
        "actions": sorted({action for each in statements for action in _actions(each)}),
        "keys": sorted(
            {key.lower() for each in statements for key in each.condition_keys if not is_known(key)}
        ),
        "limited": sorted({action.lower() for each in statements for action in aimed_in_vain(each)}),
        "carried": sorted(
            {
                f"{action} {test.name}".lower()
                for each in statements
                for test in each.compiled.tests
                if not test.key.startswith("aws:")
                for action in never_carried(each, test)
            }
        ),
    }


def _actions(located: LocatedStatement) -> Iterator[str]:
    for action in (*located.statement.actions, *located.statement.not_actions):
        service, colon, _ = action.partition(":")
        if colon and service.strip("*") and not (is_known_service(service) and expand(action)):
            yield action.lower()


def written() -> str:
    """Return the file's text: one name a line."""
    return json.dumps(derive(), indent=0) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
