"""``role ensure`` on the local AWS: what is made, what stays, what is refused, which settings are shown and written."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.support.documents import allow
from tests.support.newcomer import ADMINISTRATOR, iam
from tests.support.schemas import valid
from tests.support.watched import watched
from zappa_iam_ext.cli.shared.output import FORMATS
from zappa_iam_ext.permissions.tables.own_rows import own_call_rows
from zappa_iam_ext.roles.zappa_writes import LiveDocuments, zappa_writes
from zappa_iam_ext.settings_file import read_stages
from zappa_iam_ext.workflow.execution_roles import awaiting as awaiting_role

pytestmark = [pytest.mark.aws]
ROLE = "hello-dev-ZappaLambdaExecutionRole"
POLICY = "ZappaLambdaExecutionPolicy"
ZAPPAS = "zappa-permissions"
QUEUE = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:q"}
LAMBDA_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def ensure(*arguments, code=0, stage="dev", wait="0"):
    given = [*([stage] if stage else []), "--admin-profile", "admin", "--wait", wait, *arguments]
    done = iam("role", "ensure", *given)
    assert done.exit_code == code, done.stdout + done.stderr
    return done


@pytest.fixture
def project(newcomer):
    newcomer.administrator()
    settings(newcomer)
    return newcomer


def settings(project, *, stages=None, **more):
    common = {
        "app_function": "app.app",
        "project_name": "hello",
        "aws_region": "us-east-1",
        "runtime": "python3.12",
        "s3_bucket": f"packages-{project.account}",
        **more,
    }
    told = {name: {**common, **own} for name, own in (stages or {"dev": {}}).items()}
    (project.folder / "zappa_settings.json").write_text(json.dumps(told, indent=2) + "\n")


def role_of(project, name=ROLE):
    iam = project.aws.client("iam")
    role = iam.get_role(RoleName=name)["Role"]
    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    inline = {each: iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in names}
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}
    return role, inline, tags


def made_by_others(project, *, trust=LAMBDA_ONLY, inline=None, name=ROLE):
    iam = project.aws.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    if inline is not None:
        iam.put_role_policy(RoleName=name, PolicyName=ZAPPAS, PolicyDocument=json.dumps(inline))


def actions(document):
    found = set()
    for statement in document["Statement"]:
        listed = statement["Action"]
        found |= {listed} if isinstance(listed, str) else set(listed)
    return found


def test_a_role_is_made_bounded_tagged_and_a_second_run_changes_nothing(project):
    assert "Plan: 3 to add" in ensure("--plan").stdout
    ensure("-y")
    role, inline, tags = role_of(project)
    assert list(inline) == [POLICY]
    assert {"logs:PutLogEvents", "lambda:InvokeFunction"} <= actions(inline[POLICY])
    limit = f"arn:aws:iam::{project.account}:policy/{ROLE}-Boundary"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == limit
    assert (tags["CreatedBy"], tags["zappa-iam-ext:stages"]) == ("zappa-iam-ext", "hello/dev")
    assert "No changes: nothing to do." in ensure("-y").stdout
    assert role_of(project)[0]["RoleId"] == role["RoleId"]


def test_a_plan_changes_nothing_and_its_exit_codes_say_what_it_holds(project):
    ensure("--plan", "--detailed-exitcode", code=2)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        role_of(project)
    ensure("-y")
    ensure("--plan", "--detailed-exitcode", code=0)
    project.aws.client("iam").put_role_policy(
        RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(allow("s3:GetObject"))
    )
    ensure("--plan", "--detailed-exitcode", code=1)
    ensure("--plan", code=1)


@pytest.mark.usefixtures("project")
def test_without_a_terminal_the_question_is_no_and_the_line_to_paste_is_this_command():
    told = ensure(code=2).stderr
    assert "no terminal" in told
    assert "zappa-iam role ensure dev --admin-profile admin" in told.replace("'", "")
    assert "--yes" in told


DENIED = {"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": "*"}
TRUSTING = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Service": [f"{each}.amazonaws.com" for each in ("lambda", "apigateway", "events")]
            },
            "Action": "sts:AssumeRole",
        }
    ],
}


def test_a_deny_of_others_is_told_before_and_after_and_the_advice_of_a_check_is_no_circle(project):
    settings(project, manage_roles=False, profile_name="admin")
    held = allow("logs:*", "lambda:InvokeFunction")
    made_by_others(project, trust=TRUSTING, inline={**held, "Statement": [*held["Statement"], DENIED]})
    told = ensure("--plan", "--adopt", code=1).stdout
    assert "logs:PutLogEvents stays denied by" in " ".join(told.split())
    after = ensure("-y", "--adopt", code=1).stderr
    assert ZAPPAS in after
    assert "lift the Deny" in after
    checked = iam("role", "check", "dev")
    assert checked.exit_code == 1
    assert "to lift the Deny on logs:PutLogEvents" in " ".join(checked.stdout.split())
    assert "zappa-iam role ensure" not in checked.stdout
    ensure("-y", code=1)
    made = allow("logs:*", "lambda:InvokeFunction")
    project.aws.client("iam").put_role_policy(
        RoleName=ROLE, PolicyName=ZAPPAS, PolicyDocument=json.dumps(made)
    )
    ensure("-y")


def test_a_boundary_of_others_that_denies_is_told_and_the_role_does_not_hold_what_is_needed(project):
    settings(project, manage_roles=False, profile_name="admin")
    client = project.aws.client("iam")
    narrow = client.create_policy(PolicyName="narrow", PolicyDocument=json.dumps(allow("logs:*")))["Policy"][
        "Arn"
    ]
    made_by_others(project, trust=TRUSTING, inline=allow("logs:*", "lambda:InvokeFunction"))
    client.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=narrow)
    told = " ".join(ensure("--plan", code=1).stdout.split())
    assert f"lambda:InvokeFunction stays denied by the permissions boundary {narrow}" in told
    assert "it holds what is needed" not in told
    checked = iam("role", "check", "dev")
    assert f"Ask the owner of the permissions boundary {narrow} to allow" in " ".join(checked.stdout.split())
    assert "zappa-iam role ensure" not in checked.stdout
    client.delete_role_permissions_boundary(RoleName=ROLE)
    assert "it holds what is needed" in " ".join(ensure("--plan").stdout.split())


def test_a_boundary_of_ones_own_that_is_too_narrow_for_a_new_role_is_told(project):
    client = project.aws.client("iam")
    narrow = client.create_policy(PolicyName="narrow", PolicyDocument=json.dumps(allow("logs:*")))["Policy"][
        "Arn"
    ]
    settings(project, manage_roles=False, iam_ext={"permissions_boundary": narrow})
    assert "lambda:InvokeFunction stays denied by" in " ".join(ensure("--plan", code=1).stdout.split())


def test_what_is_taken_away_is_refused_without_consent(project):
    settings(project, events=[{"function": "app.f", "event_source": {"arn": QUEUE["Resource"]}}])
    ensure("-y")
    settings(project)
    assert "role ensure STAGE --plan -v" in ensure("-y", code=1).stderr
    assert "sqs:ReceiveMessage" in actions(role_of(project)[1][POLICY])
    assert "sqs:ReceiveMessage" in ensure("--plan", "-v", code=1).stdout
    ensure("-y", "--prune")
    assert "sqs:ReceiveMessage" not in actions(role_of(project)[1][POLICY])
    assert "No changes" in ensure("-y").stdout


def test_a_role_of_others_is_not_touched_unless_it_is_adopted(project):
    made_by_others(project, inline=allow("logs:*", "s3:*"))
    before = role_of(project)
    assert "does not carry our tag" in ensure("-y", code=2).stderr
    assert role_of(project) == before
    told = ensure("-y", "--adopt").stdout
    assert f"{ZAPPAS}, which Zappa wrote, stays" in told
    role, inline, tags = role_of(project)
    assert role["RoleId"] == before[0]["RoleId"]
    assert set(inline) == {ZAPPAS, POLICY}
    assert tags["CreatedBy"] == "zappa-iam-ext"
    assert LAMBDA_ONLY["Statement"][0] in role["AssumeRolePolicyDocument"]["Statement"]
    ensure("-y", "--adopt", "--prune")
    assert set(role_of(project)[1]) == {POLICY}


def test_a_role_of_others_that_does_is_left_as_it_is(project):
    trust = {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "apigateway.amazonaws.com",
             "events.amazonaws.com"]}, "Action": "sts:AssumeRole"}  # fmt: skip
    made_by_others(project, trust={"Version": "2012-10-17", "Statement": [trust]}, inline=ADMINISTRATOR)
    before = role_of(project)
    assert "it is left as it is" in ensure("-y").stdout
    assert role_of(project) == before


@pytest.mark.longer
def test_an_edit_by_hand_is_not_lost(project):
    ensure("-y")
    edited = allow("s3:GetObject", "logs:*", "lambda:InvokeFunction")
    project.aws.client("iam").put_role_policy(
        RoleName=ROLE, PolicyName=POLICY, PolicyDocument=json.dumps(edited)
    )
    assert "somebody edited the policy" in ensure("-y", code=2).stderr
    ensure("-y", "--adopt")
    assert "s3:GetObject" in actions(role_of(project)[1][POLICY])


def test_stages_that_share_a_role_keep_what_each_needs(project):
    event = {"function": "app.f", "event_source": {"arn": QUEUE["Resource"]}}
    stages = {"dev": {"role_name": "both"}, "prod": {"role_name": "both", "events": [event]}}
    settings(project, stages=stages)
    ensure("-y", stage="dev")
    inline = role_of(project, "both")[1][POLICY]
    assert "sqs:ReceiveMessage" in actions(inline)
    for function in ("hello-dev", "hello-prod"):
        assert function in json.dumps(inline)
    ensure("-y", "--prune", stage="prod")
    assert role_of(project, "both")[1][POLICY] == inline


@pytest.mark.longer
def test_a_stage_of_another_project_loses_nothing_by_ours(project):
    settings(project, project_name="shop", role_name="both", slim_handler=True)
    ensure("-y")
    shops = role_of(project, "both")[1][POLICY]
    settings(project, project_name="hello", role_name="both")
    ensure("-y", "--prune")
    inline, tags = role_of(project, "both")[1:]
    assert actions(shops) <= actions(inline[POLICY])
    assert all(f"function:{name}" in json.dumps(inline) for name in ("shop-dev", "hello-dev"))
    assert tags["zappa-iam-ext:stages"] == "hello/dev shop/dev"
    assert "No changes" in ensure("-y", "--prune").stdout


@pytest.mark.longer
def test_zappa_cannot_manage_a_role_that_stages_share(project):
    settings(project, stages={"dev": {"role_name": "both"}, "prod": {"role_name": "both"}})
    assert "share the role both" in ensure("-y", "--manage-roles", code=2).stderr


@pytest.mark.longer
def test_all_stages_each_with_its_own(project):
    settings(project, stages={"dev": {}, "prod": {}})
    ensure("-y", "--all", stage="")
    assert role_of(project)[2]["zappa-iam-ext:stages"] == "hello/dev"
    assert role_of(project, "hello-prod-ZappaLambdaExecutionRole")[2]["zappa-iam-ext:stages"] == "hello/prod"


def test_a_name_that_is_too_long_is_told(project):
    settings(project, project_name="a-project-with-a-name-of-some-length-here")
    told = ensure("-y", code=2).stderr
    assert "IAM allows 64" in told
    assert "role_name" in told


@pytest.mark.longer
def test_a_role_by_arn_with_a_path(project):
    arn = f"arn:aws:iam::{project.account}:role/team/own"
    settings(project, role_arn=arn, manage_roles=False)
    ensure("-y")
    assert role_of(project, "own")[0]["Arn"] == arn
    assert "role_arn" in ensure("-y", "--manage-roles", code=2).stderr
    settings(project, role_arn="arn:aws:iam::999999999999:role/own", manage_roles=False)
    assert "another account" in ensure("-y", code=2).stderr


def test_settings_are_shown_and_written_only_on_request(project):
    path = project.folder / "zappa_settings.json"
    before = path.read_text()
    told = ensure("-y").stdout
    assert path.read_text() == before
    assert '+    "manage_roles": false' in told
    assert "PutRolePolicy" in told
    told = ensure("-y", "--write-settings")
    after = json.loads(path.read_text())
    assert after["dev"] == {**json.loads(before)["dev"], "manage_roles": False, "role_name": ROLE}
    assert "writes nothing to IAM" in ensure("-y").stdout
    ensure("-y", "--write-settings")
    assert json.loads(path.read_text()) == after


@pytest.mark.longer
def test_the_format_of_the_settings_and_their_comments_stay(project):
    (project.folder / "zappa_settings.json").unlink()
    path = project.folder / "zappa_settings.toml"
    text = f'[dev]  # mine\napp_function = "app.app"\nproject_name = "hello"\naws_region = "us-east-1"\nruntime = "python3.12"\ns3_bucket = "packages-{project.account}"\n'
    path.write_text(text)
    ensure("-y", "--write-settings")
    assert path.read_text().startswith("[dev]  # mine\n")
    assert "manage_roles = false" in path.read_text()


@pytest.mark.longer
def test_the_users_own_permissions_stay_where_zappa_no_longer_manages_the_role(project):
    (project.folder / "own.json").write_text(json.dumps(allow("ses:SendEmail")))
    settings(project, extra_permissions=[QUEUE], attach_policy="own.json")
    ensure("-y")
    assert {"sqs:SendMessage", "ses:SendEmail", "logs:PutLogEvents"} <= actions(role_of(project)[1][POLICY])


VPC = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
EFS = {
    "Arn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1",
    "LocalMountPath": "/mnt/efs",
}


@pytest.mark.parametrize(
    ("extra", "appended"),
    [
        pytest.param({}, [], id="nothing is appended"),
        pytest.param({"extra_permissions": [QUEUE]}, ["sqs:SendMessage"], id="extra_permissions"),
        pytest.param(
            {
                "efs_config": [EFS],
                "websocket_handler_module": "app",
                "manage_roles": False,
                "vpc_config": VPC,
            },
            ["elasticfilesystem:ClientMount", "execute-api:ManageConnections"],
            id="what Zappa appends by itself, once it manages the role",
        ),
    ],
)
def test_files_say_what_iam_gives_back_less_what_zappa_appends(project, extra, appended):
    settings(project, **extra)
    ensure("-y", "--manage-roles", "--write-settings")
    after = json.loads((project.folder / "zappa_settings.json").read_text())["dev"]
    role, inline, _ = role_of(project)
    assert (
        json.loads((project.folder / after["assume_policy"]).read_text()) == role["AssumeRolePolicyDocument"]
    )
    written = json.loads((project.folder / after["attach_policy"]).read_text())["Statement"]
    whole = inline[ZAPPAS]["Statement"]
    assert whole[: len(written)] == written
    tail = [
        each["Action"] if isinstance(each["Action"], str) else each["Action"][0]
        for each in whole[len(written) :]
    ]
    assert tail == appended
    (read,) = read_stages(stage="dev")
    live = LiveDocuments(role["AssumeRolePolicyDocument"], inline[ZAPPAS])
    assert zappa_writes(read.with_account(project.account), live).stable
    assert "writes nothing to IAM" in ensure("-y", "--manage-roles").stdout


@pytest.mark.longer
def test_a_file_that_changed_meanwhile_is_left(project, monkeypatch):
    from zappa_iam_ext.workflow.execution_roles import files as role_files

    path = project.folder / "zappa_settings.json"
    edits = role_files.stable_edits

    def slow(*arguments, **more):
        found = edits(*arguments, **more)
        path.write_text(path.read_text() + "\n")
        return found

    ensure("-y")
    monkeypatch.setattr("zappa_iam_ext.workflow.execution_roles.stable.stable_edits", slow)
    assert "changed meanwhile" in ensure("-y", "--write-settings", code=2).stderr


@pytest.mark.longer
@pytest.mark.usefixtures("project")
def test_it_waits_until_the_simulator_says_so():
    told = ensure("-y", wait="20")
    assert f"wait until IAM shows what {ROLE} may do" in told.stderr
    assert "Done." in told.stderr


@pytest.mark.longer
def test_a_boundary_of_somebody_is_used_as_it_is(project):
    iam = project.aws.client("iam")
    limit = iam.create_policy(PolicyName="Narrow", PolicyDocument=json.dumps(allow("logs:*")))["Policy"][
        "Arn"
    ]
    settings(project, iam_ext={"permissions_boundary": "Narrow"})
    ensure("-y", code=1)
    assert role_of(project)[0]["PermissionsBoundary"]["PermissionsBoundaryArn"] == limit
    settings(project)
    assert "the boundary Narrow" in ensure("-y", code=1).stdout
    assert role_of(project)[0]["PermissionsBoundary"]["PermissionsBoundaryArn"] == limit


@pytest.mark.longer
def test_where_the_simulator_may_not_be_asked_the_measured_time_is_waited(project, monkeypatch):
    slept = []
    project.user(
        "looker",
        {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"},
        ]},
        inspects=False,
    )  # fmt: skip
    monkeypatch.setattr(time, "sleep", slept.append)
    told = ensure("-y", "--admin-profile", "looker", wait="130")
    assert "could not be asked" in told.stderr
    assert 0 < sum(slept) <= 1.25 * awaiting_role.ROLE_REFUSED
    settings(project, events=[{"function": "app.f", "event_source": {"arn": QUEUE["Resource"]}}])
    slept.clear()
    ensure("-y", "--admin-profile", "looker", wait="130")
    assert 2 * awaiting_role.ROLE_REFUSED < sum(slept) <= 1.25 * awaiting_role.MAPPINGS_REFUSED


@pytest.mark.usefixtures("project")
def test_json_says_what_zappa_would_write():
    (plan,) = valid("role-ensure", "json", ensure("--plan", "--json").stdout)["plans"]
    assert (plan["role"], plan["kind"], plan["stages"]) == (ROLE, "execution-role", ["dev"])
    (found,) = plan["settings"]
    assert [each["operation"] for each in found["zappa_writes"]] == [
        "PutRolePolicy",
        "UpdateAssumeRolePolicy",
    ]
    assert "manage_roles" in found["edits"][0]["diff"]


@pytest.mark.longer
def test_an_administrator_who_may_not_is_told_before_the_first_change(project):
    project.user("reader", allow("iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy"), inspects=False)
    assert "may not iam:CreatePolicy" in ensure("-y", "--admin-profile", "reader", code=2).stderr


@pytest.mark.longer
def test_it_asks_what_its_rows_say(project, monkeypatch):
    rows = {row.operation for row in own_call_rows() if "role ensure" in row.commands}
    with watched(project.aws.endpoint) as window:
        monkeypatch.setenv("AWS_ENDPOINT_URL", window.endpoint)
        ensure("-y", wait="5")
        settings(project, slim_handler=True)
        ensure("-y", wait="5")
        made_by_others(project, inline=allow("logs:*"), name="old")
        settings(project, role_name="old")
        ensure("-y", "--adopt")
        ensure("-y", "--prune", "--adopt")
    asked = {item.action for item in window.asked}
    assert asked - rows == set()
    assert {"CreateRole", "PutRolePolicy", "TagRole", "UpdateAssumeRolePolicy", "SimulatePrincipalPolicy",
            "PutRolePermissionsBoundary", "DeleteRolePolicy", "CreatePolicyVersion"} <= asked  # fmt: skip


@pytest.mark.longer
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("output", FORMATS)
def test_each_format_is_valid_and_a_file_holds_what_is_printed(output):
    told = ensure("--plan", "--format", output).stdout
    if output == "text":
        assert "execution role" in told
    else:
        valid("role-ensure", output, told)
    ensure("--plan", "--format", output, "-o", "report")
    assert Path("report").read_text().rstrip("\n") == told.rstrip("\n")
    assert not re.search(r"\b[0-9]{12}\b", ensure("--plan", "--mask-account").stdout)


@pytest.mark.longer
def test_the_applications_own_calls_are_in_the_policy(project):
    settings(project, iam_ext={"permissions": [{"dynamodb": "orders", "access": "read-write"}]})
    ensure("-y")
    said = json.dumps(role_of(project)[1][POLICY])
    assert "dynamodb:PutItem" in said
    assert "table/orders" in said
