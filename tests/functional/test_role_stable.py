"""The proof: `role ensure`, then the real Zappa, and its second deployment writes nothing to IAM; in both stable states."""

from __future__ import annotations

import json

import pytest

from tests.support.newcomer import iam

pytestmark = [pytest.mark.aws, pytest.mark.zappa, pytest.mark.slow, pytest.mark.longer]
ROLE = "hello-dev-ZappaLambdaExecutionRole"
WRITES = ("Create", "Put", "Update", "Delete", "Attach", "Detach", "Tag", "Untag", "Set", "Add", "Remove")
QUEUE = {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}


@pytest.fixture
def project(newcomer):
    newcomer.administrator()
    return newcomer


def ensure(*arguments):
    done = iam("role", "ensure", "dev", "--admin-profile", "admin", "-y", "--wait", "5", *arguments)
    assert done.exit_code == 0, done.stdout + done.stderr
    return done.stdout


def iam_writes(ran):
    return [
        seen.operation for seen in ran.calls if seen.service == "iam" and seen.operation.startswith(WRITES)
    ]


def settings(project, **more):
    project.settings(
        without=("callbacks",),
        s3_bucket=f"packages-{project.account}",
        profile_name="admin",
        **more,
    )


@pytest.mark.parametrize(
    "more", [(), ("--manage-roles",)], ids=["Zappa does not manage it", "Zappa manages it"]
)
def test_the_second_deployment_writes_nothing_to_iam_and_neither_does_the_first(project, more):
    settings(
        project,
        extra_permissions=[QUEUE],
        events=[{"function": "app.app", "expression": "rate(1 hour)"}],
    )
    ensure("--write-settings", *more)
    told = ensure(*more)
    assert "No changes: nothing to do." in told
    assert "with these settings Zappa's next deployment writes nothing to IAM." in told
    before = project.aws.client("iam").get_role(RoleName=ROLE)["Role"]
    deployed = project.zappa("deploy", "dev")
    assert deployed.exit_code == 0, deployed.stdout + deployed.stderr
    assert iam_writes(deployed) == []
    updated = project.zappa("update", "dev")
    assert updated.exit_code == 0, updated.stdout + updated.stderr
    assert iam_writes(updated) == []
    assert bool([seen for seen in updated.calls if seen.operation == "GetRolePolicy"]) is bool(more)
    after = project.aws.client("iam").get_role(RoleName=ROLE)["Role"]
    assert after["RoleId"] == before["RoleId"]
    function = project.aws.client("lambda").get_function(FunctionName="hello-dev")["Configuration"]
    assert function["Role"] == before["Arn"]


def test_without_the_settings_zappa_writes_what_we_said(project):
    settings(project)
    told = ensure("--format", "json")
    (plan,) = json.loads(told)["plans"]
    (found,) = plan["settings"]
    ran = project.zappa("deploy", "dev")
    assert iam_writes(ran) == [each["operation"] for each in found["zappa_writes"]] != []
