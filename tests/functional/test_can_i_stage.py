"""`can-i` about what a stage needs: its resources, its condition keys, its profile."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import allow, document
from tests.support.newcomer import Newcomer, iam
from tests.support.schemas import valid
from zappa_iam_ext.render.layout.style import Style

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def provisioned(newcomer: Newcomer) -> Newcomer:
    newcomer.user("serverless")
    newcomer.administrator()
    assert iam("apply", "dev", "--admin-profile", "admin", "--yes").exit_code == 0
    return newcomer


@pytest.mark.aws
@pytest.mark.usefixtures("provisioned")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["lambda:CreateFunction", "--stage", "dev"], 0, ":function:hello-dev", id="the resource"),
        pytest.param(["iam:PassRole", "--stage", "dev"], 0, "role/hello-dev-Zappa", id="the condition keys"),
        pytest.param(["lambda:CreateFunction"], 0, ":function:hello-dev", id="the only stage there is"),
        pytest.param(["lambda:createfunction"], 0, "yes", id="actions have no case"),
        pytest.param(["lambda:*Alias"], 0, "yes: lambda:GetAlias", id="a pattern of what is needed"),
        pytest.param(["lambda:CreateFunction", "*"], 1, "no: nothing allows all of it", id="everything, when asked"),
        pytest.param(
            ["lambda:CreateFunction", "arn:aws:lambda:us-east-1:123456789012:function:other", "--stage", "dev"],
            1, "no", id="another resource",
        ),
        pytest.param(["ec2:RunInstances", "--stage", "dev"], 2, "never needs", id="what the stage never needs"),
    ],
)  # fmt: skip
def test_a_provisioned_profile(arguments, code, says):
    done = iam("can-i", *(["--profile", "serverless"] if "*" in arguments else []), *arguments)
    assert done.exit_code == code, done.stdout + done.stderr
    assert says in done.stdout + done.stderr
    if code != 2 and "--stage" not in arguments and "*" not in arguments:
        assert "note: asked for stage dev" in done.stderr
    if code != 2 and "*" not in arguments:
        told: Any = valid("can-i", "json", iam("can-i", *arguments, "--json").stdout)
        assert told["stage"] == "dev"
        assert all(answer["decision"] == "allowed" for answer in told["answers"]) is (code == 0)


@pytest.mark.aws
@pytest.mark.usefixtures("provisioned")
def test_what_the_readme_asks_is_yes_with_a_provisioned_profile():
    asked = re.findall(r"zappa-iam (can-i [^#\n]+?)\s+#", README.read_text())
    assert asked
    for line in asked:
        done = iam(*line.split())
        assert done.exit_code == 0, done.stdout + done.stderr
        assert "no: " not in done.stdout


@pytest.mark.aws
def test_a_profile_that_lacks_it_and_one_that_may_not_be_read(newcomer: Newcomer):
    newcomer.user("serverless", allow("s3:*"))
    newcomer.user("blind", allow("lambda:*"), inspects=False)
    assert iam("can-i", "lambda:CreateFunction", "--stage", "dev").exit_code == 1
    assert iam("can-i", "lambda:CreateFunction", "--stage", "dev", "--profile", "blind").exit_code == 3


@pytest.mark.aws
def test_the_list_says_of_each_permission_whether_it_is_held(newcomer: Newcomer):
    newcomer.user("serverless", allow("lambda:*", "s3:*"))
    done = iam("can-i", "--list", "--stage", "dev")
    assert done.exit_code == 1
    assert re.search(r"^  \[ok\] CreateFunction +function:hello-dev$", done.stdout, re.MULTILINE)
    assert re.search(r"^  \[no\] CreateStack +stack/hello-dev/\*$", done.stdout, re.MULTILINE)
    assert max(map(len, done.stdout.splitlines())) <= Style().columns
    told: Any = valid("can-i-list", "json", iam("can-i", "--list", "--json").stdout)
    checked = json.loads(iam("check", "dev", "--json").stdout)
    assert len(told["permissions"]) == len(checked["results"])
    assert {item["verdict"] for item in told["permissions"]} == {"allowed", "denied"}
    assert iam("can-i", "--list", "--format", "sarif").exit_code == 2


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stage = {
        "app_function": "app.app",
        "project_name": "hello",
        "aws_region": "us-east-1",
        "s3_bucket": "zappa-code",
    }
    Path("zappa_settings.json").write_text(json.dumps({"dev": stage, "prod": {"extends": "dev"}}))
    made = iam("policy", "dev", "--account", "123456789012", "--no-self-inspection")
    Path("dev.json").write_text(made.stdout)
    Path("none.json").write_text(
        json.dumps(document({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}))
    )


@pytest.mark.usefixtures("project")
def test_files_answer_offline_for_a_stage():
    asked = ["can-i", "lambda:CreateFunction", "--policy", "dev.json"]
    assert iam(*asked, "--stage", "dev").exit_code == 0
    assert iam(*asked, "--stage", "prod").exit_code == 1
    assert iam(*asked, "--stage", "dev", "--explain").stdout.count("decided by: Allow") == 1


@pytest.mark.usefixtures("project")
def test_without_a_stage_it_is_said_that_everything_is_asked():
    done = iam("can-i", "lambda:CreateFunction", "--policy", "dev.json")
    assert done.exit_code == 1
    assert "--stage" in done.stderr


@pytest.mark.usefixtures("project")
def test_all_that_a_stage_needs_is_held_by_its_own_policy():
    held = iam("can-i", "--list", "--stage", "dev", "--policy", "dev.json")
    assert held.exit_code == 0
    assert "[no]" not in held.stdout
    lacks = iam("can-i", "--list", "--stage", "dev", "--policy", "none.json")
    assert lacks.exit_code == 1
    assert "[no] CreateFunction" in lacks.stdout


@pytest.mark.usefixtures("project")
def test_a_list_needs_a_stage_where_there_are_several():
    done = iam("can-i", "--list", "--policy", "dev.json")
    assert done.exit_code == 2
    assert "dev, prod" in done.stderr


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("arguments", [["can-i"], ["can-i", "--stage", "dev"]])
def test_without_an_action_nothing_is_asked(arguments):
    assert iam(*arguments).exit_code == 2
