"""``zappa-iam check`` on policies that real IAM holds: every way in which a policy may bind a principal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.documents import allow, document
from tests.support.newcomer import ADMINISTRATOR, iam
from zappa_iam_ext.permissions.requirements import requirements
from zappa_iam_ext.settings_file import read_stages

pytestmark = pytest.mark.aws
TRUST_ALL = document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})


def computed(newcomer):
    """Return the document that ``zappa-iam policy`` prints for the stage."""
    return json.loads(iam("policy", "dev", "--account", newcomer.account).stdout)


def deny(*actions, resource="*", **more):
    return {"Effect": "Deny", "Action": list(actions), "Resource": resource, **more}


def managed(newcomer, name, held):
    made = newcomer.aws.client("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(held))
    return made["Policy"]["Arn"]


def inline(newcomer):
    newcomer.user("serverless", computed(newcomer))


def attached(newcomer):
    newcomer.user("serverless")
    arn = managed(newcomer, "Deploys", computed(newcomer))
    newcomer.aws.client("iam").attach_user_policy(UserName="serverless", PolicyArn=arn)


def by_group(newcomer):
    newcomer.user("serverless")
    client = newcomer.aws.client("iam")
    client.create_group(GroupName="deployers")
    client.add_user_to_group(GroupName="deployers", UserName="serverless")
    client.put_group_policy(
        GroupName="deployers", PolicyName="Deploys", PolicyDocument=json.dumps(computed(newcomer))
    )


def group_attached(newcomer):
    newcomer.user("serverless")
    client = newcomer.aws.client("iam")
    client.create_group(GroupName="deployers")
    client.add_user_to_group(GroupName="deployers", UserName="serverless")
    client.attach_group_policy(
        GroupName="deployers", PolicyArn=managed(newcomer, "Deploys", computed(newcomer))
    )


def not_action(newcomer):
    everything_else = {"Effect": "Allow", "NotAction": ["organizations:*"], "Resource": "*"}
    newcomer.user("serverless", document(everything_else))


def not_resource(newcomer):
    elsewhere = {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}
    newcomer.user("serverless", document(elsewhere))


def wide_boundary(newcomer):
    inline(newcomer)
    arn = managed(newcomer, "Limit", ADMINISTRATOR)
    newcomer.aws.client("iam").put_user_permissions_boundary(UserName="serverless", PermissionsBoundary=arn)


def deny_elsewhere(newcomer):
    newcomer.user(
        "serverless",
        computed(newcomer),
        document(deny("lambda:*", resource="arn:aws:lambda:us-east-1:111111111111:function:other")),
    )


@pytest.mark.parametrize(
    "give",
    [inline, attached, by_group, group_attached, not_action, not_resource, wide_boundary, deny_elsewhere],
    ids=lambda give: give.__name__.replace("_", " "),
)
def test_whatever_way_it_is_allowed_the_check_passes(newcomer, give):
    give(newcomer)
    done = iam("check", "dev", "--json")
    assert done.exit_code == 0, done.stdout
    report = json.loads(done.stdout)
    (stage,) = read_stages()
    assert len(report["results"]) == len(requirements(stage.with_account(newcomer.account))) > 60
    assert {item["verdict"] for item in report["results"]} == {"allowed"}
    assert {item["evidence"] for item in report["results"]} == {"policies"}
    assert report["principal"] == f"arn:aws:iam::{newcomer.account}:user/serverless"


@pytest.mark.parametrize(
    ("held", "boundary", "action", "layer", "explicit"),
    [
        pytest.param([deny("iam:PassRole")], None, "iam:PassRole", "identity", True, id="an explicit deny wins"),
        pytest.param(
            [deny("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})],
            None, "iam:PassRole", "identity", True, id="also under a condition that the request meets",
        ),
        pytest.param(
            [{"Effect": "Deny", "NotAction": ["iam:*", "lambda:*", "apigateway:*", "events:*", "logs:*", "cloudformation:*", "cloudwatch:*"], "Resource": "*"}],
            None, "s3:PutObject", "identity", True, id="NotAction denies what it does not name",
        ),
        pytest.param(
            [deny("lambda:UpdateFunctionCode", resource="arn:aws:lambda:us-east-1:*:function:hello-*")],
            None, "lambda:UpdateFunctionCode", "identity", True, id="on a pattern that covers the function",
        ),
        pytest.param([], allow("s3:*", "iam:*", "lambda:*"), "events:PutRule", "boundary", False, id="a boundary that does not allow it"),
    ],
)  # fmt: skip
def test_whatever_way_it_is_denied_it_is_named_with_its_layer(  # noqa: PLR0917
    newcomer, held, boundary, action, layer, explicit
):
    newcomer.user("serverless", document(ADMINISTRATOR["Statement"], *held))
    if boundary:
        newcomer.aws.client("iam").put_user_permissions_boundary(
            UserName="serverless", PermissionsBoundary=managed(newcomer, "Limit", boundary)
        )
    done = iam("check", "dev", "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    found = [item for item in report["results"] if item["action"] == action]
    assert found
    assert {
        (item["verdict"], item["layer"], item["explicit"]) for item in found if item["verdict"] == "denied"
    } == {("denied", layer, explicit)}
    text = iam("check", "dev")
    assert text.exit_code == 1
    assert len(text.stdout.splitlines()) <= 25
    assert re.search(
        rf"{' +.*?'.join(action.split(':'))}\b", iam("check", "dev", "-v").stdout.replace(":", " ")
    )
    assert "To fix it" not in text.stdout, "apply cannot help"
    assert "Ask the owner of the " in text.stdout


def test_an_allow_that_covers_only_part_of_a_pattern_is_no_allow(newcomer):
    part = allow("apigateway:*", resource="arn:aws:apigateway:us-east-1::/restapis/abc*")
    newcomer.user("serverless", part)
    report = json.loads(iam("check", "dev", "--json").stdout)
    on_any_api = [item for item in report["results"] if "/restapis/*" in item["resource"]]
    assert on_any_api
    assert {item["verdict"] for item in on_any_api} == {"denied"}


def test_a_user_that_may_not_look_at_itself_is_told_what_could_not_be_read(newcomer):
    newcomer.user("serverless", allow("lambda:*"), inspects=False)
    done = iam("check", "dev", "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 3, "unknown is neither allowed nor denied"
    assert report["denied"] == 0
    assert report["unknown"] == len(report["results"])
    assert any("iam:ListUserPolicies is denied" in line for line in report["unreadable"])
    assert iam("check", "dev", "--allow-unknown").exit_code == 0
    text = iam("check", "dev").stdout
    assert "holds all" not in text
    assert "could not be decided" in text


def test_with_one_policy_out_of_sight_an_explicit_deny_is_still_certain(newcomer):
    client = newcomer.aws.client("iam")
    newcomer.user("serverless", document(deny("iam:PassRole"), deny("iam:GetGroupPolicy")))
    client.create_group(GroupName="deployers")
    client.add_user_to_group(GroupName="deployers", UserName="serverless")
    client.put_group_policy(GroupName="deployers", PolicyName="All", PolicyDocument=json.dumps(ADMINISTRATOR))
    report = json.loads(iam("check", "dev", "--json").stdout)
    verdicts = {item["action"]: item["verdict"] for item in report["results"]}
    assert verdicts["iam:PassRole"] == "denied"
    assert verdicts["lambda:CreateFunction"] == "unknown"
    assert any("group deployers" in line for line in report["unreadable"])


def test_a_condition_that_only_the_real_request_can_meet_is_unknown(newcomer):
    newcomer.user("serverless", allow("*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
    report = json.loads(iam("check", "dev", "--json").stdout)
    assert {item["verdict"] for item in report["results"]} == {"unknown"}
    assert all("aws:SourceIp" in item["why"] for item in report["results"])


@pytest.mark.parametrize(("held", "code"), [(ADMINISTRATOR, 0), (None, 1)], ids=["allowed", "denied"])
def test_a_role_session_is_checked_by_its_roles_policies(newcomer, held, code):
    client = newcomer.aws.client("iam")
    client.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(TRUST_ALL))
    inspects = allow(
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"
    )
    client.put_role_policy(
        RoleName="deployer", PolicyName="held", PolicyDocument=json.dumps(held or inspects)
    )
    session = newcomer.aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{newcomer.account}:role/deployer", RoleSessionName="ci"
    )["Credentials"]
    newcomer.profile(
        "serverless", session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]
    )
    done = iam("check", "dev", "--json")
    assert done.exit_code == code, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["principal"] == f"arn:aws:sts::{newcomer.account}:assumed-role/deployer/ci"
    assert "session policies" in " ".join(report["not_seen"])


def role_session(newcomer, path, held):
    """Make a session of the role ``deployer`` under a path the credentials of the stage's profile."""
    client = newcomer.aws.client("iam")
    role = client.create_role(RoleName="deployer", Path=path, AssumeRolePolicyDocument=json.dumps(TRUST_ALL))
    client.put_role_policy(RoleName="deployer", PolicyName="held", PolicyDocument=json.dumps(held))
    session = newcomer.aws.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="ci")
    keys = session["Credentials"]
    newcomer.profile("serverless", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


@pytest.mark.parametrize(
    ("path", "verdict", "code"), [("/teams/", "allowed", 0), ("/", "denied", 1)], ids=["meets it", "fails it"]
)
def test_a_condition_on_the_arn_of_a_sessions_role_is_settled_by_iam(newcomer, path, verdict, code):
    elsewhere = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/teams/*"}}
    guarded = deny("s3:*", "lambda:*", Condition=elsewhere)
    role_session(newcomer, path, document(ADMINISTRATOR["Statement"], guarded))
    done = iam("check", "dev", "--json")
    report = json.loads(done.stdout)
    assert report["principal"] == f"arn:aws:sts::{newcomer.account}:assumed-role/deployer/ci"
    found = {item["verdict"] for item in report["results"] if item["action"].startswith(("s3:", "lambda:"))}
    assert (found, done.exit_code) == ({verdict}, code)
    assert iam("can-i", "s3:PutObject", "--profile", "serverless").exit_code == code


def test_root_may_do_everything(newcomer):
    newcomer.profile("serverless", newcomer.account, "root")
    done = iam("check", "dev")
    assert done.exit_code == 0, done.stdout


def test_other_stages_and_commands_are_chosen_on_the_command_line(newcomer):
    stages = json.loads(Path("zappa_settings.json").read_text())
    stages["live"] = {**stages["dev"], "profile_name": "live"}
    Path("zappa_settings.json").write_text(json.dumps(stages))
    newcomer.user("serverless", ADMINISTRATOR)
    newcomer.user("live")
    assert iam("check", "dev").exit_code == 0
    assert iam("check", "live").exit_code == 1
    every = iam("check", "--all", "--json")
    assert every.exit_code == 1
    told = json.loads(every.stdout)
    assert [(item["stage"], item["exit_code"]) for item in told["reports"]] == [("dev", 0), ("live", 1)]
    assert iam("check", "live", "--profile", "serverless").exit_code == 0
    few = json.loads(iam("check", "live", "--command", "status", "--json").stdout)
    assert {item["command"] for item in few["results"]} == {"status"}
    quiet = iam("check", "live", "-q")
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (1, "", "")
