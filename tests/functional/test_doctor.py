"""`zappa-iam doctor`: each thing that can be wrong has its line, its exit code, and a fix that works when it is pasted."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import allow
from tests.support.newcomer import Newcomer, iam
from tests.support.schemas import valid
from zappa_iam_ext.rehearsal.local_aws.environment import LOCAL_AWS

FULL = allow("*")
DENIES = allow("s3:*")


def looked(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit code, and the findings."""
    done = iam("doctor", "--json", *arguments)
    told: Any = valid("doctor", "json", done.stdout)
    assert told["exit_code"] == done.exit_code
    return done.exit_code, told["findings"]


def one(findings: list[dict[str, Any]], subject: str, standing: str) -> dict[str, Any]:
    fitting = [item for item in findings if (item["subject"], item["standing"]) == (subject, standing)]
    assert fitting, [(item["subject"], item["standing"], item["told"]) for item in findings]
    return fitting[0]


@pytest.mark.aws
def test_when_all_is_well_every_thing_has_a_line_and_nothing_is_written(newcomer: Newcomer, monkeypatch):
    monkeypatch.setenv("VIRTUAL_ENV", str(newcomer.home / "venv"))
    installed = newcomer.home / "cache" / LOCAL_AWS.replace("==", "-") / ".complete"
    installed.parent.mkdir(parents=True)
    installed.touch()
    monkeypatch.setenv("ZAPPA_IAM_EXT_CACHE", str(newcomer.home / "cache"))
    newcomer.user("serverless", FULL)
    before = sorted((path, path.stat().st_mtime_ns) for path in newcomer.folder.rglob("*"))
    code, findings = looked("dev")
    assert code == 0, findings
    assert [item["subject"] for item in findings if item["standing"] == "ok"] == [
        *("python", "zappa", "settings", "local AWS"),
        *("gate", "profile", "region", "reachability", "identity", "policy", "role"),
    ]
    assert sorted((path, path.stat().st_mtime_ns) for path in newcomer.folder.rglob("*")) == before
    text = iam("doctor").stdout
    assert "[ok] policy" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.aws
def test_missing_permissions_are_denied_and_the_fix_provisions_them(newcomer: Newcomer):
    newcomer.user("serverless", DENIES)
    newcomer.administrator()
    code, findings = looked("dev")
    assert code == 1
    fix = one(findings, "policy", "denied")["fix"]
    words = shlex.split(fix[fix.index("zappa-iam") :].replace("PROFILE", "admin"))
    done = iam(*words[1:], "--yes")
    assert done.exit_code == 0, done.stderr
    assert looked("dev")[0] == 0


@pytest.mark.aws
def test_a_profile_that_nobody_made_is_provisioned_by_the_fix(newcomer: Newcomer):
    newcomer.administrator()
    code, findings = looked("dev")
    assert code == 2
    fix = one(findings, "profile", "problem")["fix"]
    words = shlex.split(fix.replace("PROFILE", "admin"))
    assert iam(*words[1:], "--create-keys", "--yes").exit_code == 0
    assert looked("dev")[0] == 0
    assert {item["subject"] for item in findings if item["standing"] == "unknown"} == {
        *("reachability", "identity", "policy", "role")
    }


@pytest.mark.aws
def test_a_gate_that_is_not_there_is_put_in_by_the_fix(newcomer: Newcomer):
    newcomer.settings(without=["callbacks"])
    newcomer.user("serverless", FULL)
    code, findings = looked("dev")
    assert code == 0, "what is only odd stops nothing"
    words = shlex.split(one(findings, "gate", "warning")["fix"])
    assert iam(*words[1:], "--yes").exit_code == 0
    one(looked("dev")[1], "gate", "ok")


@pytest.mark.aws
@pytest.mark.parametrize(
    ("settings", "subject", "standing", "code", "says"),
    [
        pytest.param({"iam_ext": {"enabled": False}}, "gate", "warning", 0, "iam_ext.enabled", id="the gate is off"),
        pytest.param({"keep_warm": "false"}, "settings", "warning", 0, "keep_warm", id="a setting is odd"),
        pytest.param({"iam_ext": {"enabledd": True}}, "settings", "problem", 2, "did you mean", id="a typing error"),
        pytest.param({"aws_region": "us-esat-1"}, "settings", "problem", 2, "us-east-1", id="no such region"),
        pytest.param(
            {"iam_ext": {"expected_account": "210987654321"}}, "identity", "problem", 2, "210987654321",
            id="another account",
        ),
        pytest.param(
            {"manage_roles": False, "role_name": "gone"}, "role", "problem", 2, "gone", id="no role and nobody makes it"
        ),
        pytest.param({}, "role", "ok", 0, "deploy makes it", id="a role that Zappa will make"),
    ],
)  # fmt: skip
def test_what_the_settings_say(newcomer, settings, *, subject, standing, code, says):
    newcomer.settings(**settings)
    newcomer.user("serverless", FULL)
    ended, findings = looked("dev")
    finding = one(findings, subject, standing)
    assert says in finding["told"] + (finding["fix"] or "")
    assert ended == code, findings


@pytest.mark.aws
def test_a_role_that_nobody_makes_is_made_by_the_fix(newcomer: Newcomer):
    newcomer.settings(manage_roles=False, role_name="gone")
    newcomer.user("serverless", FULL)
    newcomer.administrator()
    words = shlex.split(one(looked("dev")[1], "role", "problem")["fix"].replace("PROFILE", "admin"))
    done = iam(*words[1:], "--yes")
    assert done.exit_code == 0, done.stdout + done.stderr
    one(looked("dev")[1], "role", "ok")


@pytest.mark.aws
def test_who_may_not_read_its_policies_cannot_be_told(newcomer: Newcomer):
    newcomer.user("serverless", allow("lambda:*"), inspects=False)
    code, findings = looked("dev")
    assert code == 3
    assert "--self-inspection" in one(findings, "policy", "unknown")["fix"]
    one(findings, "role", "unknown")


@pytest.mark.aws
def test_an_endpoint_where_nobody_answers(newcomer: Newcomer):
    newcomer.user("serverless", FULL)
    code, findings = looked("dev", "--endpoint-url", "http://127.0.0.1:9")
    assert code == 2
    one(findings, "reachability", "problem")
    one(findings, "profile", "ok")


def test_without_a_settings_file_zappa_init_comes_first(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, findings = looked()
    assert code == 2
    assert one(findings, "settings", "problem")["fix"] == "zappa init"


def test_a_stage_that_is_not_there(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("zappa_settings.json").write_text(json.dumps({"dev": {}}))
    code, findings = looked("prod")
    assert code == 2
    assert "dev" in one(findings, "settings", "problem")["fix"]


@pytest.mark.parametrize(
    ("version", "standing", "says"),
    [
        pytest.param("0.59.0", "problem", "pip install --upgrade zappa", id="too old"),
        pytest.param("9.0.0", "warning", "pip install --upgrade zappa-iam-ext", id="newer than the tables"),
    ],
)
def test_a_zappa_that_is_not_known(tmp_path, monkeypatch, version, standing, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("zappa.__version__", version)
    assert one(looked()[1], "zappa", standing)["fix"] == says


def test_no_virtual_environment_and_no_local_aws_are_odd(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("ZAPPA_IAM_EXT_CACHE", str(tmp_path / "none"))
    findings = looked()[1]
    assert "activate" in one(findings, "python", "warning")["fix"]
    assert one(findings, "local AWS", "warning")["fix"] == "zappa-iam demo"
