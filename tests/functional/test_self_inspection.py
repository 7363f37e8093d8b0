"""The statements by which whoever deploys reads its own policies: they fit a user, a role, a permission set, at its path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.newcomer import SETTINGS, iam
from zappa_iam_ext.errors import SettingsError
from zappa_iam_ext.iam import AuthorizationRequest, Decision, PolicyDocument, PolicySet, Principal, evaluate
from zappa_iam_ext.workflow.inspecting import of_role, of_session, of_user

ACCOUNT = "123456789012"
ARN = f"arn:aws:iam::{ACCOUNT}:"
USER_READS = ("GetUser", "GetUserPolicy", "ListUserPolicies", "ListAttachedUserPolicies", "ListGroupsForUser")
ROLE_READS = ("GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies")
SSO_ROLE = "AWSReservedSSO_Deploy_0123456789abcdef"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role"


@pytest.fixture
def printed(clean):
    assert clean.is_dir()

    def run(*arguments, **own):
        settings = {**SETTINGS, **({"iam_ext": own} if own else {})}
        Path("zappa_settings.json").write_text(json.dumps({"dev": settings}))
        done = iam("policy", "dev", "--account", ACCOUNT, *arguments)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout), done.stderr

    return run


def allows(document, action, resource) -> bool:
    """Say whether a principal of the account that holds the document may do it."""
    account = resource.split(":")[4]
    request = AuthorizationRequest(
        Principal.parse(f"arn:aws:iam::{account}:user/x"), f"iam:{action}", resource
    )
    return (
        evaluate(PolicySet(identity=(PolicyDocument.parse(document),)), request).decision is Decision.ALLOWED
    )


@pytest.mark.parametrize(
    ("arguments", "own", "mine", "others"),
    [
        pytest.param(
            (), {}, ["user/serverless"], ["user/robot", "role/serverless"], id="the conventional user"
        ),
        pytest.param(
            (), {"user": "robot"}, ["user/robot"], ["user/serverless"], id="the user of the settings"
        ),
        pytest.param(("--user", "robot"), {}, ["user/robot"], ["user/serverless"], id="a user by name"),
        pytest.param(
            ("--user", f"{ARN}user/deployers/robot"),
            {"user": "robot"},
            ["user/deployers/robot"],
            ["user/robot", "user/deployers/other"],
            id="a user under a path by ARN",
        ),
        pytest.param(
            ("--role", "ci"),
            {},
            ["role/ci"],
            ["role/team/ci", "user/ci", "user/serverless"],
            id="a role by name",
        ),
        pytest.param(("--role", "/team/ci"), {}, ["role/team/ci"], ["role/ci"], id="a role by path and name"),
        pytest.param(("--role", f"{ARN}role/team/ci"), {}, ["role/team/ci"], ["role/ci"], id="a role by ARN"),
        pytest.param(
            ("--role", f"{SESSION}/ci/run"),
            {},
            ["role/ci", "role/team/ci"],
            ["role/other-ci", "role/team/other-ci"],
            id="the role of a session, whose path is not known",
        ),
        pytest.param(
            ("--role", f"{SESSION}/{SSO_ROLE}/ann"),
            {},
            [
                f"role/aws-reserved/sso.amazonaws.com/{SSO_ROLE}",
                f"role/aws-reserved/sso.amazonaws.com/eu-west-1/{SSO_ROLE}",
            ],
            [f"role/{SSO_ROLE}", "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"],
            id="a permission set, with the region of Identity Center or without",
        ),
    ],
)
def test_it_is_about_whoever_is_named(printed, arguments, own, mine, others):
    document, _ = printed(*arguments, **own)
    reads = ROLE_READS if mine[0].startswith("role") else USER_READS
    assert [(name, read) for name in mine for read in reads if not allows(document, read, ARN + name)] == []
    listings = ("ListUserPolicies", "ListRolePolicies")
    assert [name for name in others for read in listings if allows(document, read, ARN + name)] == []
    assert allows(document, "GetPolicyVersion", f"{ARN}policy/team/Any")


def test_a_role_is_told_nothing_of_users_and_groups(printed):
    document, told = printed("--role", "ci")
    text = json.dumps(document)
    assert ":user/" not in text
    assert ":group/" not in text
    assert told == ""


def test_of_identity_center_the_permission_set_is_edited_not_the_role(printed):
    _, told = printed("--role", f"{ARN}role/aws-reserved/sso.amazonaws.com/eu-west-1/{SSO_ROLE}")
    assert "permission set Deploy: edit it in IAM Identity Center" in told


@pytest.mark.parametrize(
    ("make", "arn"),
    [
        (of_user, f"{ARN}role/ci"),
        (of_user, f"{ARN}root"),
        (of_role, f"{ARN}user/robot"),
        (of_role, "arn:nothing"),
    ],
)
def test_an_arn_of_something_else_is_refused(make, arn):
    with pytest.raises(SettingsError):
        make(arn)


@pytest.mark.usefixtures("clean")
def test_user_and_role_exclude_one_another():
    Path("zappa_settings.json").write_text(json.dumps({"dev": SETTINGS}))
    assert iam("policy", "dev", "--account", ACCOUNT, "--user", "a", "--role", "b").exit_code == 2


def test_a_session_that_knows_its_roles_path_names_it_alone():
    session = Principal.parse(f"{SESSION}/ci/run").of_role(f"{ARN}role/team/ci")
    assert of_session(session).names == ("team/ci",)


@pytest.mark.aws
@pytest.mark.parametrize("path", ["/", "/ci/"])
def test_following_the_advice_a_role_can_be_checked(newcomer, path):
    """The role is asked who it is, its document is attached, and nothing stays undecided."""
    newcomer.administrator()
    client = newcomer.aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": newcomer.account}, "Action": "sts:AssumeRole"}
    role = client.create_role(
        RoleName="deployer",
        Path=path,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )["Role"]
    session = newcomer.aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="ci")["Credentials"]
    newcomer.profile("session", session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    before = iam("policy", "dev", "--profile", "session")
    assert before.exit_code == 0, before.stderr
    document = json.loads(before.stdout)
    assert all(allows(document, read, role["Arn"]) for read in ROLE_READS)
    assert ":user/" not in before.stdout
    client.put_role_policy(RoleName="deployer", PolicyName="own", PolicyDocument=before.stdout)
    after = iam("check", "dev", "--profile", "session", "--json")
    told = json.loads(after.stdout)
    assert (after.exit_code, told["denied"], told["unknown"]) == (0, 0, 0), after.stdout[:2000]
