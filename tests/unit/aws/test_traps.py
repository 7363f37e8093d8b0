"""What is bound to fail with the credentials of a machine is told beforehand, by rule, and no key with it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from zappa_iam_ext.aws.credentials.choice import PROFILE_SETTING, choose
from zappa_iam_ext.aws.credentials.model import Machine
from zappa_iam_ext.aws.credentials.profiles import read_profile_files
from zappa_iam_ext.aws.credentials.traps import find_trap, odd

CASES = tomllib.loads((Path(__file__).parents[2] / "cases/credentials/traps.toml").read_text())["case"]
#: Whatever stands in a file or a variable as a key, or as part of one.
KEYS = re.compile(r"AKIA[A-Z0-9]+|ASIA[A-Z0-9]+|s3cr|t0k|wJalr")


def machine_of(case, home, monkeypatch) -> Machine:
    """Write the case's files into a home, and return what the machine says."""
    monkeypatch.setenv("HOME", str(home))
    (home / ".aws").mkdir()
    for name in ("credentials", "config"):
        if name in case:
            (home / ".aws" / name).write_text(case[name])
    environ = case.get("environment", {})
    return Machine(environ, read_profile_files(environ), login_works=case.get("login_works", True))


@pytest.mark.parametrize("case", CASES, ids=[case["rule"] for case in CASES])
def test_each_trap_is_told_and_what_is_odd(case, tmp_path, monkeypatch):
    machine = machine_of(case, tmp_path, monkeypatch)
    choice = choose(case.get("profile"), machine.environ, case.get("named_by", PROFILE_SETTING))
    trap = find_trap(choice, machine)
    if not case["told"]:
        assert trap is None
    else:
        assert trap is not None
        assert case["told"] in trap.message
        assert case.get("hint", "") in trap.hint
        assert trap.no_profile is case.get("no_profile", False)
    found = list(odd(choice, machine))
    for line, expected in zip(found, case.get("odd", found), strict=True):
        assert expected in line
    told = [*(filter(None, (trap and trap.message, trap and trap.hint))), *found]
    assert all("\n" not in line for line in told)
    assert not any(KEYS.search(line) for line in told if "ASIA..." not in line)


def test_the_rules_differ():
    rules = [case["rule"] for case in CASES]
    assert len(set(rules)) == len(rules) > 50


def test_a_file_that_a_variable_names_and_that_is_not_there_is_told():
    environ = {"AWS_SHARED_CREDENTIALS_FILE": "/gone/credentials", "AWS_CONFIG_FILE": "/gone/config"}
    trap = find_trap(choose("serverless", environ), Machine(environ, read_profile_files(environ)))
    assert trap
    assert "AWS_SHARED_CREDENTIALS_FILE names a file that is not there" in trap.hint
