"""``destroy --mode role`` and ``--mode oidc`` on the local AWS: what is ours goes, what anyone else has stays."""

from __future__ import annotations

import json

import pytest

from tests.support.documents import allow
from tests.support.newcomer import iam

pytestmark = pytest.mark.aws
ROLE = "hello-zappa-deployer"
EXECUTION = "hello-dev-ZappaLambdaExecutionRole"
ADMIN = ("--admin-profile", "admin", "--yes")
OIDC = ("--mode", "oidc", "--provider", "github", "--repository", "acme/hello", "--branch", "main")
ISSUER = "token.actions.githubusercontent.com"


@pytest.fixture
def project(newcomer, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", newcomer.aws.endpoint)
    newcomer.administrator()
    newcomer.settings(s3_bucket=f"packages-{newcomer.account}")
    return newcomer


def run(command, *arguments, stage="dev"):
    done = iam(command, stage, *ADMIN, "-v", *arguments)
    assert done.exit_code == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def roles(project):
    return {role["RoleName"] for role in project.aws.client("iam").list_roles()["Roles"]}


def policies(project):
    found = project.aws.client("iam").list_policies(Scope="Local")["Policies"]
    return {policy["PolicyName"] for policy in found}


def providers(project):
    found = project.aws.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    return {each["Arn"].partition("oidc-provider/")[2] for each in found}


def trusted(project):
    return ("--trusted", f"arn:aws:iam::{project.account}:user/admin", "--source-profile", "admin")


@pytest.mark.longer
def test_a_role_its_profile_and_the_bounded_execution_role_go_and_a_second_time_nothing_is_left(project):
    run("apply", "--mode", "role", *trusted(project))
    assert roles(project) == {ROLE, EXECUTION}
    config = project.home / ".aws" / "config"
    written = config.read_text()
    assert "role_arn" in written
    gone = run("destroy", "--mode", "role", "--delete-profile")
    assert "stays:" not in gone
    assert (roles(project), policies(project)) == (set(), set())
    assert "serverless" not in config.read_text()
    assert "No changes" in run("destroy", "--mode", "role", "--delete-profile")


@pytest.mark.longer
def test_the_profile_stays_unless_it_is_asked_for(project):
    run("apply", "--mode", "role", *trusted(project))
    config = project.home / ".aws" / "config"
    before = config.read_bytes()
    told = run("destroy", "--mode", "role")
    assert "stays: the profile serverless: `--delete-profile` takes it out" in told
    assert config.read_bytes() == before
    run("destroy", "--mode", "role", "--delete-profile")
    assert config.read_text().strip() == ""


@pytest.mark.parametrize("given", [("--mode", "oidc"), OIDC], ids=["the mode alone", "as apply was given"])
def test_a_role_by_tokens_goes_with_the_provider_that_we_made(project, given):
    run("apply", *OIDC)
    assert providers(project) == {ISSUER}
    run("destroy", *given)
    assert (roles(project), policies(project), providers(project)) == (set(), set(), set())
    assert "No changes" in run("destroy", *given)


def test_a_provider_that_was_there_before_stays_and_it_is_said(project):
    client = project.aws.client("iam")
    client.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"])
    run("apply", *OIDC)
    told = run("destroy", "--mode", "oidc")
    assert f"stays: the identity provider {ISSUER}: we did not make it" in told
    assert (roles(project), providers(project)) == (set(), {ISSUER})


@pytest.mark.longer
def test_a_provider_that_another_role_trusts_stays(project):
    run("apply", *OIDC)
    client = project.aws.client("iam")
    trust = client.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    client.create_role(RoleName="another", AssumeRolePolicyDocument=json.dumps(trust))
    told = run("destroy", "--mode", "oidc")
    assert "the trust of another names it" in told
    assert (roles(project), providers(project)) == ({"another"}, {ISSUER})


@pytest.mark.longer
def test_another_stage_of_the_role_keeps_all_that_it_has(project):
    written = json.loads((project.folder / "zappa_settings.json").read_text())
    written["prod"] = {**written["dev"], "iam_ext": {"policy": "Prod"}}
    (project.folder / "zappa_settings.json").write_text(json.dumps(written))
    run("apply", *OIDC)
    run("apply", *OIDC, stage="prod")
    client = project.aws.client("iam")
    told = run("destroy", "--mode", "oidc")
    assert "hello/prod deploy as it too" in told
    assert roles(project) == {ROLE, "hello-prod-ZappaLambdaExecutionRole"}
    assert providers(project) == {ISSUER}
    held = client.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in held] == ["Prod"]
    tags = {tag["Key"]: tag["Value"] for tag in client.list_role_tags(RoleName=ROLE)["Tags"]}
    assert tags["zappa-iam-ext:stages"] == "hello/prod"


@pytest.mark.longer
def test_what_somebody_gave_the_role_keeps_it(project):
    run("apply", *OIDC)
    client = project.aws.client("iam")
    client.put_role_policy(RoleName=ROLE, PolicyName="theirs", PolicyDocument=json.dumps(allow("s3:*")))
    client.create_instance_profile(InstanceProfileName="web")
    client.add_role_to_instance_profile(InstanceProfileName="web", RoleName=EXECUTION)
    told = run("destroy", "--mode", "oidc")
    assert f"the role {ROLE}: it has inline policies that we did not write (theirs)" in told
    assert "it is in the instance profile web" in told
    assert roles(project) == {ROLE, EXECUTION}
    client.delete_role_policy(RoleName=ROLE, PolicyName="theirs")
    client.remove_role_from_instance_profile(InstanceProfileName="web", RoleName=EXECUTION)
    run("destroy", "--mode", "oidc")
    assert (roles(project), policies(project), providers(project)) == (set(), set(), set())


def test_a_role_that_we_did_not_make_stays(project):
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": project.account}}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    project.aws.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(document))
    told = run("destroy", "--mode", "role")
    assert f"stays: the role {ROLE}: we did not make it" in told
    assert roles(project) == {ROLE}


@pytest.mark.longer
def test_a_function_of_another_project_keeps_the_execution_role(project):
    run("apply", "--mode", "role", *trusted(project))
    project.aws.client("lambda").create_function(
        FunctionName="elsewhere",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{project.account}:role/{EXECUTION}",
        Handler="a.b",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )
    told = run("destroy", "--mode", "role")
    assert "the function elsewhere runs as it" in told
    assert roles(project) == {EXECUTION}


@pytest.mark.longer
def test_without_a_terminal_nothing_is_removed_and_the_advice_works(project):
    run("apply", *OIDC)
    refused = iam("destroy", "dev", "--mode", "oidc", "--admin-profile", "admin")
    assert refused.exit_code == 2
    assert refused.stderr.rstrip().endswith("zappa-iam destroy dev --mode oidc --admin-profile admin --yes")
    assert roles(project) == {ROLE, EXECUTION}


@pytest.mark.usefixtures("project")
def test_a_permission_set_is_not_ours_to_delete():
    refused = iam("destroy", "dev", "--mode", "permission-set", *ADMIN)
    assert refused.exit_code == 2
    assert "IAM Identity Center" in refused.stderr
