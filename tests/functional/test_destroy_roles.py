"""``destroy`` in every mode on the local AWS: what is ours goes, in one run; what anyone else has stays, and is told."""

from __future__ import annotations

import json
import shlex

import pytest

from tests.support.documents import allow
from tests.support.newcomer import iam

pytestmark = pytest.mark.aws
ROLE = "hello-zappa-deployer"
POLICY = "ZappaLambdaDeploymentPolicy"
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
    assert "the function elsewhere in us-east-1 runs as it" in told
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


def advised(done):
    """Return the command lines that are printed to be pasted, as arguments."""
    lines = (line.strip() for line in done.stdout.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("zappa-iam destroy")]


def pasted(line):
    done = iam(*line, "--yes")
    assert done.exit_code == 0, done.stdout + done.stderr
    return done


def stages(project, **more):
    """Write a settings file with these stages, each by what it says besides."""
    base = json.loads((project.folder / "zappa_settings.json").read_text())["dev"]
    told = {name: {**base, **own} for name, own in more.items()}
    (project.folder / "zappa_settings.json").write_text(json.dumps(told))


@pytest.mark.parametrize("mode", [("--mode", "role"), ("--mode", "oidc"), ()], ids=["role", "oidc", "user"])
@pytest.mark.longer
def test_stages_of_other_policies_profiles_and_roles_are_destroyed_in_one_run(project, mode):
    stages(
        project,
        dev={},
        prod={"iam_ext": {"policy": "Prod"}, "profile_name": "production", "role_name": "runs-prod"},
        beta={"aws_region": "eu-west-1", "profile_name": "beta"},
    )
    given = {"role": (*mode, *trusted(project)), "oidc": OIDC}.get(mode[1] if mode else "", ())
    for stage in ("dev", "prod", "beta"):
        run("apply", *given, stage=stage)
    gone = iam("destroy", "--all", *ADMIN, *mode, "-v", *(("--delete-profile",) if "role" in mode else ()))
    assert gone.exit_code == 0, gone.stderr
    assert "stays:" not in gone.stdout
    assert (roles(project), policies(project), providers(project), users(project)) == (
        set(),
        set(),
        set(),
        {"admin"},
    )
    again = iam("destroy", "--all", *ADMIN, *mode)
    assert (again.exit_code, again.stdout.count("No changes")) == (0, 1)


def users(project):
    return {user["UserName"] for user in project.aws.client("iam").list_users()["Users"]}


def test_destroy_points_to_the_mode_of_whoever_else_deploys_and_its_line_works_when_pasted(project):
    run("apply", *OIDC, "--role-name", "ci")
    run("apply")
    assert policies(project) >= {POLICY, f"{POLICY}-user-serverless"}
    assert "No changes" in run("apply", *OIDC, "--role-name", "ci")
    assert "No changes" in run("apply")
    first = iam("destroy", "dev", *ADMIN)
    told = " ".join(first.stdout.split())
    assert "stays: the role ci, which deploys hello/dev" in told
    assert "the role ci deploys functions that run as it" in told
    assert (roles(project), users(project)) == ({"ci", EXECUTION}, {"admin"})
    (line,) = advised(first)
    assert line == ["destroy", "dev", "--mode", "oidc", "--role-name", "ci", "--admin-profile", "admin"]
    pasted(line)
    assert (roles(project), policies(project), providers(project)) == (set(), set(), set())
    assert advised(iam("destroy", "dev", *ADMIN)) == []


@pytest.mark.longer
def test_from_a_role_destroy_points_to_the_user(project):
    run("apply")
    run("apply", "--mode", "role", *trusted(project))
    first = iam("destroy", "dev", "--mode", "role", *ADMIN)
    assert roles(project) == {EXECUTION}
    assert policies(project) == {POLICY, f"{EXECUTION}-Boundary"}
    (line,) = advised(first)
    assert line == ["destroy", "dev", "--mode", "user", "--admin-profile", "admin", "--user", "serverless"]
    pasted(line)
    assert (roles(project), policies(project), users(project)) == (set(), set(), {"admin"})


@pytest.mark.longer
def test_a_profile_that_assumes_the_role_does_not_stop_a_destroy_of_the_user(project):
    run("apply", "--mode", "role", *trusted(project))
    told = iam("destroy", "dev", *ADMIN)
    assert told.exit_code == 0, told.stderr
    assert "No changes" in told.stdout
    pasted(advised(told)[0])
    assert (roles(project), policies(project)) == (set(), set())
    assert iam("destroy", "dev", *ADMIN).exit_code == 0, "the profile assumes a role that is gone"


@pytest.mark.longer
def test_a_provider_whose_role_is_gone_already_is_found(project):
    run("apply", *OIDC)
    assert "stays: the identity provider" in run("destroy", "--mode", "role")
    assert providers(project) == {ISSUER}
    assert "`--mode oidc` removes one that we made" in run("destroy", "--mode", "role")
    run("destroy", "--mode", "oidc")
    assert providers(project) == set()


@pytest.mark.longer
@pytest.mark.parametrize(
    ("then", "told"),
    [
        pytest.param({"iam_ext": {"policy": "Renamed"}}, None, id="another name of the policy"),
        pytest.param({"profile_name": "renamed"}, None, id="another profile"),
        pytest.param({"aws_region": "eu-west-1"}, None, id="another region"),
        pytest.param({"role_name": "renamed"}, None, id="another execution role"),
        pytest.param(
            {"project_name": "renamed"},
            "hello/dev is no stage of these settings: another",
            id="another project",
        ),
        pytest.param(None, "hello/dev is no stage of these settings.", id="the stage is gone"),
    ],
)
def test_what_was_made_is_found_by_its_tags_when_the_settings_changed(project, then, told):
    stages(project, dev={}, prod={})
    run("apply")
    stages(project, **({"prod": {}} if then is None else {"dev": then}))
    stage = "prod" if then is None else "dev"
    first = iam("destroy", stage, *ADMIN)
    assert first.exit_code == 0, first.stderr
    if told:
        assert told in " ".join(first.stdout.split())
        assert roles(project) == {EXECUTION}
        (line,) = advised(first)
        assert line == ["destroy", stage, "--admin-profile", "admin", "--tagged", "hello/dev"]
        pasted(line)
    assert (roles(project), policies(project), users(project)) == (set(), set(), {"admin"})


@pytest.mark.longer
def test_a_stage_that_the_settings_no_longer_have_is_refused_with_what_removes_it(project):
    stages(project, dev={}, prod={})
    run("apply")
    stages(project, prod={})
    refused = iam("destroy", "dev", *ADMIN)
    assert refused.exit_code == 2
    line = refused.stderr.strip().splitlines()[-1].strip()
    assert line == "zappa-iam destroy prod --admin-profile admin --tagged hello/dev"
    pasted(shlex.split(line)[1:])
    assert (roles(project), policies(project)) == (set(), set())


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("given", ["dev", "hello/", "/dev", "a/b/c"])
def test_tagged_takes_a_project_and_a_stage(given):
    refused = iam("destroy", "dev", *ADMIN, "--tagged", given)
    assert refused.exit_code == 2
    assert "PROJECT/STAGE" in refused.stderr


@pytest.mark.longer
def test_a_function_of_another_region_keeps_the_execution_role(project):
    run("apply")
    project.aws.client("lambda", "ap-southeast-2").create_function(
        FunctionName="far",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{project.account}:role/{EXECUTION}",
        Handler="a.b",
        Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
    )
    assert "the function far in ap-southeast-2 runs as it" in run("destroy", "--assume-unused")
    assert roles(project) == {EXECUTION}


@pytest.mark.longer
def test_where_the_functions_may_not_be_asked_the_role_stays_unless_it_may_go(project):
    run("apply")
    denied = {"Effect": "Deny", "Action": ["lambda:ListFunctions", "ec2:DescribeRegions"], "Resource": "*"}
    project.aws.client("iam").put_user_policy(
        UserName="admin",
        PolicyName="denied",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": denied}),
    )
    told = run("destroy")
    assert "could not be asked in" in told
    assert "(lambda:ListFunctions), nor anywhere else; no use is known; `--assume-unused` lets it go" in told
    assert roles(project) == {EXECUTION}
    run("destroy", "--assume-unused")
    assert (roles(project), policies(project)) == (set(), set())


@pytest.mark.longer
def test_who_may_not_look_through_the_account_is_told_so(project):
    run("apply")
    denied = {"Effect": "Deny", "Action": "iam:GetAccountAuthorizationDetails", "Resource": "*"}
    project.aws.client("iam").put_user_policy(
        UserName="admin",
        PolicyName="denied",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": denied}),
    )
    told = run("destroy")
    assert "was not looked for: iam:GetAccountAuthorizationDetails may not be called" in told
    assert (roles(project), policies(project)) == (set(), set())
