"""Who really deploys: kind, source, account, region and facts of the credentials, in a Report of a real check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.documents import document
from tests.support.newcomer import ADMINISTRATOR, Newcomer, iam
from zappa_iam_ext import check_deploy_permissions
from zappa_iam_ext.check import CredentialKind
from zappa_iam_ext.errors import CompromisedKey, CredentialSourceError, NoCredentials, WrongAccount

pytestmark = pytest.mark.aws
#: AWS's own pattern: without MFA nothing but IAM and STS.
FORCE_MFA = document(
    {
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*"],
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
)


def test_a_deny_without_mfa_is_certain_for_a_long_term_key_and_the_gate_stops(newcomer: Newcomer):
    newcomer.user("serverless", ADMINISTRATOR, FORCE_MFA)
    report = check_deploy_permissions("dev")
    assert report.denied
    assert report.unknown == ()
    assert all(result.explicit for result in report.denied)
    assert iam("check", "dev").exit_code == 1
    stopped = newcomer.zappa("deploy", "dev")
    assert stopped.exit_code == 1, stopped.stderr
    assert stopped.written == []
    assert "Traceback" not in stopped.stderr


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        pytest.param({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, 1, id="absent counts as false"),
        pytest.param({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, 0, id="absent is not false"),
        pytest.param({"StringNotEquals": {"aws:PrincipalTag/team": "web"}}, 0, id="its tag"),
        pytest.param({"Null": {"aws:PrincipalTag/Cost": "true"}}, 1, id="a tag that it lacks"),
    ],
)  # fmt: skip
def test_what_a_users_key_decides_is_certain(newcomer, condition, code):
    denies = document({"Effect": "Deny", "Action": "lambda:*", "Resource": "*", "Condition": condition})
    newcomer.user("serverless", ADMINISTRATOR, denies)
    newcomer.aws.client("iam").tag_user(UserName="serverless", Tags=[{"Key": "team", "Value": "web"}])
    report = check_deploy_permissions("dev")
    assert report.unknown == ()
    assert report.exit_code() == code


def test_a_users_key_in_the_credentials_file(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    newcomer.aws.client("iam").create_account_alias(AccountAlias="acme-dev")
    subject = check_deploy_permissions("dev").subject
    assert subject.principal.name == "serverless"
    assert (subject.account, subject.partition, subject.region) == (newcomer.account, "aws", "us-east-1")
    assert subject.kind is CredentialKind.LONG_TERM_KEY
    assert subject.source == "profile serverless in ~/.aws/credentials"
    assert (subject.profile, subject.alias, subject.warnings) == ("serverless", "acme-dev", ())


def test_an_alias_that_may_not_be_read_stops_nothing(newcomer):
    newcomer.user(
        "serverless", document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}), inspects=False
    )
    newcomer.aws.client("iam").create_account_alias(AccountAlias="acme-dev")
    assert check_deploy_permissions("dev").subject.alias == ""


def test_keys_in_the_environment_and_their_region(newcomer, monkeypatch):
    newcomer.user("jane", ADMINISTRATOR)
    key_id, secret = (line.partition(" = ")[2] for line in newcomer.credentials.read_text().splitlines()[1:3])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    newcomer.settings(without=["profile_name"], aws_region="eu-west-1")
    report = check_deploy_permissions("dev")
    assert (report.region, report.subject.region) == ("us-west-2", "us-west-2")
    assert report.subject.principal.name == "jane"
    assert report.subject.source == "AWS_ACCESS_KEY_ID in the environment"
    assert report.subject.profile == ""
    (warning,) = report.subject.warnings
    assert "eu-west-1" in warning
    assert "AWS_DEFAULT_REGION" in warning
    printed = iam("policy", "dev")
    assert ":us-west-2:" in printed.stdout
    assert "eu-west-1" not in printed.stdout
    assert warning in printed.stderr
    assert secret not in printed.stderr + printed.stdout


def test_a_role_that_botocore_assumes_with_a_users_key(newcomer):
    client = newcomer.aws.client("iam")
    newcomer.user("base", ADMINISTRATOR)
    trust = document({"Effect": "Allow", "Principal": {"AWS": newcomer.account}, "Action": "sts:AssumeRole"})
    role = client.create_role(
        RoleName="deploy", AssumeRolePolicyDocument=json.dumps(trust), Tags=[{"Key": "team", "Value": "web"}]
    )["Role"]["Arn"]
    denies = document(
        {
            "Effect": "Deny",
            "Action": "lambda:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "web"}},
        }
    )
    for number, held in enumerate([ADMINISTRATOR, denies]):
        client.put_role_policy(RoleName="deploy", PolicyName=f"p{number}", PolicyDocument=json.dumps(held))
    config = newcomer.home / ".aws" / "config"
    config.write_text(f"[profile serverless]\nrole_arn = {role}\nsource_profile = base\nregion = us-east-1\n")
    report = check_deploy_permissions("dev")
    subject = report.subject
    assert subject.kind is CredentialKind.ASSUME_ROLE
    assert subject.source == f"profile serverless: role_arn {role} by source_profile base"
    assert report.unknown == ()
    assert report.exit_code() == 0
    assert "aws:MultiFactorAuthPresent" not in subject.facts
    assert subject.facts["aws:TokenIssueTime"]
    assert subject.facts["aws:PrincipalTag/team"] == "web"


def test_a_process_that_prints_a_users_own_key(newcomer):
    newcomer.user("jane", ADMINISTRATOR)
    key_id, secret = (line.partition(" = ")[2] for line in newcomer.credentials.read_text().splitlines()[1:3])
    newcomer.credentials.unlink()
    answer = json.dumps({"Version": 1, "AccessKeyId": key_id, "SecretAccessKey": secret})
    Path("vault.sh").write_text(f"echo '{answer}'")
    (newcomer.home / ".aws" / "config").write_text(
        f"[profile serverless]\ncredential_process = /bin/sh {Path('vault.sh').absolute()} --password hunter2\n"
    )
    subject = check_deploy_permissions("dev").subject
    assert subject.kind is CredentialKind.PROCESS
    assert subject.source == "profile serverless: credential_process /bin/sh"
    assert subject.facts["aws:MultiFactorAuthPresent"] is None


def test_root_is_told(newcomer, monkeypatch):
    newcomer.settings(without=["profile_name"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", newcomer.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    subject = check_deploy_permissions("dev").subject
    assert subject.kind is CredentialKind.ROOT
    assert any("root user" in told for told in subject.warnings)


def test_a_quarantined_key_stops_everything_and_nothing_is_detached(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    newcomer.administrator()
    client = newcomer.aws.client("iam")
    arn = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
    client.attach_user_policy(UserName="serverless", PolicyArn=arn)
    with pytest.raises(CompromisedKey, match="leaked"):
        check_deploy_permissions("dev")
    for words in (("check", "dev"), ("plan", "dev", "--admin-profile", "admin"),
                  ("apply", "dev", "--admin-profile", "admin", "--yes")):  # fmt: skip
        ran = iam(*words)
        assert ran.exit_code == 2, ran.stdout + ran.stderr
        assert "leaked" in ran.stderr
    attached = client.list_attached_user_policies(UserName="serverless")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [arn]


def test_another_account_than_expected(newcomer):
    newcomer.user("serverless", ADMINISTRATOR)
    newcomer.administrator()
    newcomer.settings(iam_ext={"expected_account": "999999999999"})
    with pytest.raises(WrongAccount, match="999999999999"):
        check_deploy_permissions("dev")
    for words in (("check", "dev"), ("policy", "dev"), ("plan", "dev", "--admin-profile", "admin"),
                  ("apply", "dev", "--admin-profile", "admin", "--yes"), ("diff", "dev", "--profile-policy")):  # fmt: skip
        ran = iam(*words)
        assert ran.exit_code == 2, (words, ran.stdout + ran.stderr)
        assert "iam_ext.expected_account is 999999999999" in ran.stderr
    assert newcomer.zappa("status", "dev").exit_code == 2
    newcomer.settings(iam_ext={"expected_account": newcomer.account})
    assert iam("check", "dev").exit_code == 0


def test_a_missing_profile_is_told_with_what_names_it(newcomer, monkeypatch):
    newcomer.user("admin", ADMINISTRATOR)
    newcomer.settings(without=["profile_name"])
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "gone")
    monkeypatch.setenv("AWS_PROFILE", "admin")
    with pytest.raises(NoCredentials, match=r"'gone'.*AWS_DEFAULT_PROFILE"):
        check_deploy_permissions("dev")
    monkeypatch.delenv("AWS_DEFAULT_PROFILE")
    monkeypatch.setenv("AWS_PROFILE", "")
    with pytest.raises(CredentialSourceError, match="AWS_PROFILE is set but empty"):
        check_deploy_permissions("dev")
