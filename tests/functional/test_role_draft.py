"""``zappa-iam role draft``: what the other tool finds in source code, merged and shown, never written."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from tests.support.newcomer import iam
from tests.support.stages import stage
from zappa_iam_ext.permissions.application import application_statements
from zappa_iam_ext.permissions.application.draft import UnreadableDraft, drafted
from zappa_iam_ext.settings_file import read_stages
from zappa_iam_ext.workflow.drafting import draft_of, source_files

DRAFTS = Path(__file__).parents[1] / "data" / "drafts"
RECORDED = DRAFTS / "iam-policy-autopilot-0.3.0.json"
OWN = {"app_function": "app.app", "project_name": "hello", "aws_region": "us-east-1", "runtime": "python3.13"}
#: Stands for the tool: prints what it printed, and keeps how it was called.
TOOL = """#!{python}
import json, os, sys
with open({kept!r}, "w") as file:
    json.dump({{"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}}, file)
sys.stderr.write({told!r})
sys.stdout.write(open({recorded!r}).read())
sys.exit({code})
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "app.py").write_text((DRAFTS / "application.py.txt").read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none" / "python"))
    settings(tmp_path)
    return tmp_path


def settings(folder, permissions=None):
    own = {**OWN, "s3_bucket": "packages-of-hello"}
    own |= {"iam_ext": {"permissions": permissions}} if permissions is not None else {}
    (folder / "zappa_settings.json").write_text(json.dumps({"dev": own}))


def install(folder, told="", code=0):
    (folder / "bin").mkdir(exist_ok=True)
    path = folder / "bin" / "iam-policy-autopilot"
    text = TOOL.format(
        python=os.path.realpath("/proc/self/exe"),
        kept=str(folder / "kept.json"),
        recorded=str(RECORDED),
        told=told,
        code=code,
    )
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def actions(permissions):
    return {action for entry in permissions for action in entry.get("Action", [])}


def test_what_the_tool_finds_is_shown_as_the_setting_and_nothing_is_written(project):
    install(project)
    before = (project / "zappa_settings.json").read_bytes()
    done = iam("role", "draft", "dev", "--account", "123456789012")
    assert done.exit_code == 0, done.stderr
    shown = json.loads(done.stdout)
    assert actions(shown) == {"kms:GenerateDataKey", "s3:PutObject", "sqs:SendMessage"}
    assert "Nothing is written" in done.stderr
    assert "review: s3:PutObject on arn:aws:s3:::*/*" in done.stderr
    assert (project / "zappa_settings.json").read_bytes() == before
    settings(project, shown)
    (read,) = read_stages(stage="dev")
    assert application_statements(read)
    again = iam("role", "draft", "dev", "--account", "123456789012")
    assert "nothing new" in again.stderr
    assert json.loads(again.stdout) == shown


def test_the_tool_runs_without_telemetry_and_without_credentials(project, monkeypatch):
    """Its TELEMETRY.md: the variable stands above the tool's own config file."""
    install(project)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-for-others")
    monkeypatch.setenv("DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY", "false")
    assert iam("role", "draft", "dev", "--account", "123456789012").exit_code == 0
    kept = json.loads((project / "kept.json").read_text())
    assert kept["environment"]["DISABLE_IAM_POLICY_AUTOPILOT_TELEMETRY"] == "true"
    assert not {name for name in kept["environment"] if "KEY" in name or "TOKEN" in name}
    assert kept["arguments"] == [
        "generate-policies",
        str(project / "app.py"),
        "--region",
        "us-east-1",
        "--account",
        "123456789012",
    ]


def test_what_the_setting_says_already_is_kept_and_not_asked_for_again(project):
    own = [{"sqs": "jobs", "access": "send"}, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
    settings(project, own)
    done = iam("role", "draft", "dev", "--from", str(RECORDED), "--account", "123456789012")
    shown = json.loads(done.stdout)
    assert shown[:2] == own
    assert actions(shown[2:]) == {"kms:GenerateDataKey", "sqs:SendMessage"}  # of any queue: more than one


def test_without_the_tool_it_is_said_how_to_get_on(project):
    refused = iam("role", "draft", "dev")
    assert refused.exit_code == 2
    assert "iam-policy-autopilot is not installed" in refused.stderr
    assert "pip install iam-policy-autopilot" in refused.stderr
    assert not (project / "kept.json").exists()


def test_the_tools_own_words_are_told_when_it_fails(project):
    install(project, told="Error: Network error: Failed to connect\n", code=1)
    refused = iam("role", "draft", "dev")
    assert refused.exit_code == 2
    assert "Network error: Failed to connect" in refused.stderr
    assert "--from draft.json" in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"Policies": [{}]}', '{"Policies": [{"Policy": {"Statement": 3}}]}']
)
def test_what_is_no_draft_is_refused(project, text):
    (project / "draft.json").write_text(text)
    refused = iam("role", "draft", "dev", "--from", "draft.json")
    assert refused.exit_code == 2
    with pytest.raises(UnreadableDraft):
        drafted(text)


def test_what_the_execution_role_may_anyway_is_not_asked_for():
    logs = {
        "Effect": "Allow",
        "Action": ["logs:PutLogEvents"],
        "Resource": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/hello-dev:log-stream:x",
    }
    text = json.dumps({"Policies": [{"Policy": {"Version": "2012-10-17", "Statement": logs}}]})
    assert draft_of(stage(), text).statements == ()
    assert draft_of(stage(), text).covered == 1


def test_virtual_environments_tests_and_hidden_folders_are_no_source(tmp_path):
    for name in ("app.py", "shop/cart.py", "env/lib/x.py", ".git/x.py", "tests/test_x.py", "readme.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    found = [str(path.relative_to(tmp_path)) for path in source_files(tmp_path)]
    assert found == ["app.py", "shop/cart.py"]


def test_what_grants_nothing_is_a_finding_of_the_execution_role(project):
    settings(project, [{"Effect": "Allow", "Action": "s3:GetObjct", "Resource": "arn:aws:s3:::b/*"}])
    found = iam("role", "lint", "dev", "--computed")
    assert found.exit_code == 1
    assert "s3:GetObjct is no action; perhaps s3:GetObject" in " ".join(found.stdout.split())


def test_a_setting_that_is_none_is_told_with_its_place_by_every_command(project):
    settings(project, [{"dynamodb": "orders", "access": "raed"}])
    for command in (
        ("policy", "dev"),
        ("role", "show", "dev"),
        ("role", "draft", "dev", "--from", str(RECORDED)),
    ):
        refused = iam(*command)
        assert refused.exit_code == 2
        assert "iam_ext.permissions[0].access" in refused.stderr
        assert "did you mean read?" in refused.stderr
