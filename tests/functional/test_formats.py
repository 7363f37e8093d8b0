"""Every format of every command that reports: valid by its schema, masked when asked, harmless whatever AWS names hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.newcomer import iam
from tests.support.schemas import valid
from zappa_iam_ext.cli.shared.output import FORMATS

ACCOUNT = "123456789012"
SETTINGS = {
    "dev": {
        "app_function": "app.app",
        "project_name": "hello",
        "aws_region": "us-east-1",
        "s3_bucket": f"acme-{ACCOUNT}-deploy",
        "tags": {"a": "b"},
    },
    "prod": {"extends": "dev", "keep_warm": False},
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:*", "iam:PassRole"], "Resource": "*"},
        {"Effect": "Deny", "Action": "events:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "lambda:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},
    ],
}  # fmt: skip
DENIAL = (
    f"An error occurred (AccessDenied) when calling the PutRule operation: User: arn:aws:iam::{ACCOUNT}:user/jane is not "
    f"authorized to perform: events:PutRule on resource: arn:aws:events:us-east-1:{ACCOUNT}:rule/hello-dev-x because no "
    "identity-based policy allows the events:PutRule action"
)
COMMANDS = {
    "check": ["check", "dev", "--policy", "policy.json", "--account", ACCOUNT],
    "diff": ["diff", "dev", "--policy", "policy.json", "--account", ACCOUNT],
    "lint": ["lint", "policy.json"],
    "explain": ["explain", "dev", DENIAL],
    "can-i": [
        "can-i",
        "events:PutRule",
        f"arn:aws:events:us-east-1:{ACCOUNT}:rule/x",
        "--policy",
        "policy.json",
    ],
}


@pytest.fixture
def project(clean):
    del clean
    Path("zappa_settings.json").write_text(json.dumps(SETTINGS, indent=4))
    Path("policy.json").write_text(json.dumps(POLICY, indent=1))
    return Path.cwd()


@pytest.mark.usefixtures("project", "offline")
@pytest.mark.parametrize("name", COMMANDS)
def test_every_format_is_valid_ends_alike_and_shows_no_account_id_when_masked(name):
    codes = set()
    for output in FORMATS:
        shown = iam(*COMMANDS[name], "--format", output)
        hidden = iam(*COMMANDS[name], "--format", output, "--mask-account")
        codes |= {shown.exit_code, hidden.exit_code}
        assert not re.search(r"(?<![0-9])[0-9]{12}(?![0-9])", hidden.stdout + hidden.stderr)
        assert ("XXXXXXXXXXXX" in hidden.stdout) == (ACCOUNT in shown.stdout)
        if output != "text":
            assert valid(name, output, shown.stdout)
            valid(name, output, hidden.stdout)
    assert len(codes) == 1, "a format changes no exit code"


@pytest.mark.usefixtures("project", "offline")
def test_errors_are_masked_too():
    done = iam("check", "dev", "-s", f"settings-{ACCOUNT}.json", "--mask-account")
    assert done.exit_code == 2
    assert ACCOUNT not in done.stderr
    assert "settings-XXXXXXXXXXXX.json" in done.stderr


@pytest.mark.usefixtures("project", "offline")
def test_an_account_id_is_not_shown_in_part_where_a_line_is_cut():
    bucket = "b" * 24 + ACCOUNT + "-deploy"
    Path("zappa_settings.json").write_text(json.dumps({"dev": {**SETTINGS["dev"], "s3_bucket": bucket}}))
    for arguments in (["check", "dev", "--policy", "none.json"], ["diff", "dev", "--policy", "none.json"]):
        Path("none.json").write_text(
            json.dumps({"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}})
        )
        assert "1234" not in iam(*arguments, "--mask-account").stdout


@pytest.mark.usefixtures("project", "offline")
@pytest.mark.parametrize(("name", "several"), [("check", "reports"), ("diff", "differences")])
def test_all_stages_are_one_document(name, several):
    told = valid(name, "json", iam(name, "--all", "--policy", "policy.json", "--format", "json").stdout)
    assert [item["stage"] for item in told[several]] == ["dev", "prod"]
    one = json.loads(iam(name, "dev", "--policy", "policy.json", "--json").stdout)
    assert one["stage"] == "dev"
    for output in FORMATS[2:]:
        valid(name, output, iam(name, "--all", "--policy", "policy.json", "--format", output).stdout)


@pytest.mark.aws
def test_a_stage_that_cannot_be_checked_is_told_beside_the_others(newcomer):
    newcomer.user("serverless")
    stages = json.loads(Path("zappa_settings.json").read_text())
    stages["prod"] = {**stages["dev"], "profile_name": "gone"}
    Path("zappa_settings.json").write_text(json.dumps(stages))
    for output in FORMATS:
        done = iam("check", "--all", "--command", "status", "--format", output)
        assert done.exit_code == 1, "what is denied is certain"
        assert "profile" in done.stdout
        assert "gone" in done.stdout
        told = valid("check", output, done.stdout) if output != "text" else None
        if output == "json":
            assert [item["stage"] for item in told["reports"]] == ["dev"]
            assert [(item["stage"], item["exit_code"]) for item in told["errors"]] == [("prod", 2)]
        if output == "junit":
            assert told["@errors"] == "1"


@pytest.mark.usefixtures("project", "offline")
def test_annotations_and_results_point_at_the_setting_that_makes_the_call():
    text = Path("zappa_settings.json").read_text().splitlines()
    (tags,) = (number for number, line in enumerate(text, 1) if '"tags"' in line)
    (prod,) = (number for number, line in enumerate(text, 1) if '"prod"' in line)
    run_ = json.loads(iam("check", "--all", "--policy", "policy.json", "--format", "sarif").stdout)["runs"][0]
    where = {}
    for result in run_["results"]:
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "zappa_settings.json"
        where.setdefault(result["message"]["text"].partition(" on ")[0], set()).add(
            physical["region"]["startLine"]
        )
    assert where["lambda:TagResource"] == {tags}, "prod inherits it from dev"
    assert where["cloudformation:CreateStack"] == {2, prod}, "no setting of either: the stage"
    github = iam("check", "dev", "--policy", "policy.json", "--format", "github").stdout
    assert f"file=zappa_settings.json,line={tags}," in github


@pytest.mark.usefixtures("project", "offline")
def test_a_fingerprint_outlives_the_line_and_tells_results_apart():
    def prints():
        results = json.loads(iam(*COMMANDS["check"], "--format", "sarif").stdout)["runs"][0]["results"]
        return [next(iter(result["partialFingerprints"].values())) for result in results]

    before = prints()
    assert len(set(before)) == len(before)
    path = Path("zappa_settings.json")
    path.write_text("\n\n\n" + path.read_text())
    assert prints() == before


@pytest.mark.usefixtures("project", "offline")
def test_in_a_workflow_paths_begin_where_the_repository_does(monkeypatch, project):
    folder = project / "my service"
    folder.mkdir()
    for name in ("zappa_settings.json", "policy.json"):
        (folder / name).write_text((project / name).read_text())
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    monkeypatch.chdir(folder)
    assert "file=my service/zappa_settings.json,line=" in iam(*COMMANDS["check"], "--format", "github").stdout
    sarif = iam(*COMMANDS["check"], "--format", "sarif").stdout
    assert '"uri": "my%20service/zappa_settings.json"' in sarif


@pytest.mark.usefixtures("project", "offline")
def test_junit_fails_what_is_denied_and_skips_what_is_undecided():
    told = valid("check", "junit", iam(*COMMANDS["check"], "--format", "junit").stdout)
    (suite,) = told["testsuite"]
    report = json.loads(iam(*COMMANDS["check"], "--json").stdout)
    assert int(suite["@failures"]) > 0
    assert int(suite["@skipped"]) > 0
    passed = [case for case in suite["testcase"] if not {"failure", "skipped"} & set(case)]
    assert any("s3 acme-" in case["@name"] for case in passed)
    assert len(suite["testcase"]) < len(report["results"])


@pytest.mark.parametrize("name", ["check", "diff", "lint", "rehearse", "explain", "can-i", "plan"])
def test_every_command_that_reports_has_every_format_the_mask_and_says_so(name):
    told = " ".join(iam(name, "--help").stdout.split())
    assert f"[{'|'.join(FORMATS)}]" in told
    assert "--mask-account" in told


@pytest.mark.aws
def test_plans_are_valid_in_every_format_and_masked(newcomer):
    newcomer.administrator()
    newcomer.user("serverless")
    for output in FORMATS:
        done = iam("plan", "dev", "--admin-profile", "admin", "--format", output)
        assert done.exit_code == 0, done.stderr
        assert "ZappaLambdaDeploymentPolicy" in done.stdout or output in {"sarif", "github", "gitlab"}
        if output != "text":
            valid("plan", output, done.stdout)
    hidden = iam("plan", "dev", "--admin-profile", "admin", "--mask-account")
    assert newcomer.account not in hidden.stdout + hidden.stderr
