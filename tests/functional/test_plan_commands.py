"""``plan``, ``plan --out`` and ``apply FILE`` as commands: exit codes, files that are none, options, what is printed to paste."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.support.documents import allow
from tests.support.newcomer import SETTINGS, iam
from zappa_iam_ext.cli import plan as plan_command
from zappa_iam_ext.errors import QuotaExceeded

POLICY = "ZappaLambdaDeploymentPolicy"
ADMIN = ("--admin-profile", "admin")
BEGUN = '{"kind": "zappa-iam plan", '


@pytest.fixture
def project(clean):  # noqa: ARG001  -- the environment
    """A project without an account."""
    folder = Path.cwd()
    (folder / "zappa_settings.json").write_text(json.dumps({"dev": SETTINGS}))
    return folder


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        pytest.param("none.json", None, "there is no plan file none.json", id="nothing is there"),
        pytest.param("plans/none", None, "there is no plan file plans/none", id="nothing is in a folder"),
        pytest.param("empty.json", b"", "empty.json is no plan file", id="empty"),
        pytest.param("list.json", b"[]", "list.json is no plan file", id="other JSON"),
        pytest.param("bytes.json", b"\xff\xfe\x00", "bytes.json is no plan file", id="no text"),
        pytest.param("cut", BEGUN.encode(), "this is no plan file", id="cut off"),
        pytest.param(
            "dev", b"a script", "there is no profile 'admin'", id="a file that is called as the stage"
        ),
    ],
)
def test_what_is_no_plan_file_is_told(project, name, content, told):
    if content is not None:
        (project / name).write_bytes(content)
    done = iam("apply", name, *ADMIN, "--yes")
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--prune",), ("--adopt",), ("--mode", "role"), ("--no-boundary",), ("--profile", "other"),
        ("-s", "zappa_settings.json"), ("--command", "deploy"), ("--no-create-keys",), ("--role-name", "x"),
    ],
)  # fmt: skip
def test_an_option_that_a_plan_file_has_decided_is_refused(project, options):
    (project / "plan.json").write_text(BEGUN)
    done = iam("apply", "plan.json", *ADMIN, "--yes", *options)
    assert done.exit_code == 2
    assert "cannot be given with a plan file" in done.stderr


def _raises(error):
    def make_plans(_):
        raise error

    return make_plans


@pytest.mark.parametrize(
    ("arguments", "error", "plain"),
    [
        pytest.param(("dev", "--nonsense"), None, 2, id="no such option"),
        pytest.param(("dev", "--mode", "nonsense"), None, 2, id="no such value"),
        pytest.param(("gone",), None, 2, id="no such stage"),
        pytest.param(("dev",), QuotaExceeded("full"), 2, id="a quota"),
        pytest.param(("dev",), OSError("disk"), 2, id="what nobody foresaw"),
    ],
)
@pytest.mark.usefixtures("project")
def test_whatever_goes_wrong_never_looks_like_changes(monkeypatch, arguments, error, plain):
    if error:
        monkeypatch.setattr(plan_command, "make_plans", _raises(error))
    detailed = iam("plan", *arguments, *ADMIN, "--detailed-exitcode")
    assert (detailed.exit_code, iam("plan", *arguments, *ADMIN).exit_code) == (1, plain)
    assert "Error: " in detailed.stderr
    assert "Traceback" not in detailed.stderr


@pytest.fixture
def admin(newcomer):
    newcomer.administrator()
    return newcomer


@pytest.mark.aws
@pytest.mark.longer
def test_the_line_after_plan_out_works_when_it_is_pasted(admin):
    written = iam("plan", "dev", *ADMIN, "--out", "my plan")
    line = shlex.split(written.stderr.rpartition(": ")[2])
    assert iam(*line[1:], "--yes").exit_code == 0
    admin.settings(s3_bucket="another-bucket")
    unsafe = iam("plan", "dev", *ADMIN, "--out", "plan.json")
    assert unsafe.exit_code == 1
    assert "would refuse it" in unsafe.stderr
    refused = iam("apply", "plan.json", *ADMIN, "--yes")
    assert refused.exit_code == 1
    assert "--prune" not in refused.stderr, "which cannot be given with a plan file"
    assert "plan STAGE --out FILE" in refused.stderr


@pytest.mark.aws
@pytest.mark.longer
def test_a_rollback_asks_for_its_own_rights_and_replaces_no_edit(admin):
    client, arn = admin.aws.client("iam"), f"arn:aws:iam::{admin.account}:policy/{POLICY}"
    for bucket in ("bucket-one", "bucket-two"):
        admin.settings(s3_bucket=bucket)
        assert iam("apply", "dev", *ADMIN, "--yes", "--prune").exit_code == 0
    admin.user(
        "half",
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "iam:SetDefaultPolicyVersion", "Resource": "*"},
            ],
        },
        inspects=False,
    )
    back = ("apply", "dev", "--yes", "--rollback", "--prune")
    denied = iam(*back, "--admin-profile", "half")
    assert denied.exit_code == 2
    assert "may not iam:SetDefaultPolicyVersion" in denied.stderr
    client.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(allow("s3:*")), SetAsDefault=True)
    edited = iam(*back, *ADMIN)
    assert edited.exit_code == 2
    assert "somebody edited the policy" in edited.stderr
    assert client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"
    assert iam(*back, *ADMIN, "--adopt").exit_code == 0


@pytest.mark.aws
@pytest.mark.longer
def test_a_plan_that_the_administrator_may_not_make_ends_with_1(admin):
    admin.user("half", allow("iam:Get*", "iam:List*"), inspects=False)
    for options in ((), ("--detailed-exitcode",)):
        planned = iam("plan", "dev", "--admin-profile", "half", *options)
        assert planned.exit_code == 1
        assert "the administrator may not iam:CreatePolicy" in planned.stdout
