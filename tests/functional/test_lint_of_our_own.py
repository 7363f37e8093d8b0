"""What `lint` says of the policies that we print ourselves: only what is known and accepted, with advice that can be followed."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.stages import stage
from zappa_iam_ext.iam.findings import Severity, findings
from zappa_iam_ext.permissions.commands import life_cycle
from zappa_iam_ext.permissions.policy import deployment_policy
from zappa_iam_ext.permissions.requirements import requirements

TESTS = Path(__file__).parents[1]
SCENARIOS = tomllib.loads((TESTS / "recordings" / "scenarios.toml").read_text())["scenario"]
CASES = json.loads((TESTS / "cases" / "permissions" / "settings.json").read_text())
#: Those without names that a recording fills in.
SETTINGS: dict[str, dict[str, Any]] = {
    item["name"]: item.get("settings", {})
    for item in (*SCENARIOS, *CASES)
    if not re.search(r"\{\w+\}", json.dumps(item.get("settings", {})))
}
#: What is accepted: the words of the advice that can be followed for it.
FOLLOWED = {
    "privilege-escalation/pass-role-create-function": "as narrow as it can be",
    "privilege-escalation/pass-role-update-function-configuration": "as narrow as it can be",
    "privilege-escalation/put-role-policy": '"manage_roles": false',
    "privilege-escalation/update-assume-role-policy": '"manage_roles": false',
    # a user pool's own roles, which no setting names: whoever runs the pool can name them
    "pass-role/any-role": "Name the roles in Resource",
    "style/too-long": "zappa-iam policy --split",
    "wildcard/resource": "",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_finding_is_accepted_with_its_advice(name: str):
    document = deployment_policy(requirements(stage(SETTINGS[name]), life_cycle()))
    for item in findings([document]):
        assert item.id in FOLLOWED, (item.id, item.message)
        assert FOLLOWED[item.id] in item.hint
        assert item.severity is not Severity.ERROR
        if item.id == "wildcard/resource" and "*" not in item.resources:
            assert "AWS chooses" in item.hint


def test_without_managed_roles_the_escalations_are_gone():
    """The advice is followed: the settings that it names take the findings away."""
    settings = {"manage_roles": False, "role_name": "own"}
    document = deployment_policy(requirements(stage(settings), life_cycle()))
    found = {item.id for item in findings([document])}
    assert not found & {
        "privilege-escalation/put-role-policy",
        "privilege-escalation/update-assume-role-policy",
    }
