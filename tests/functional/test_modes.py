"""``apply --mode role`` and ``--mode oidc`` on the local AWS: what is made, who may use it, the real Zappa under it."""

from __future__ import annotations

import base64
import json
import shlex
import time

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.support.documents import allow
from tests.support.newcomer import denied as refused
from tests.support.newcomer import iam
from zappa_iam_ext.aws.provisioning.provisioner import apply_plan
from zappa_iam_ext.plan import CurrentState, DesiredPolicy, DesiredState, Plan, plan
from zappa_iam_ext.plan.role_states import CurrentRoles, DesiredProvider, DesiredRole, DesiredRoles
from zappa_iam_ext.rehearsal.local_aws.emulator_gaps import emulator_gaps_document
from zappa_iam_ext.roles.providers import federation
from zappa_iam_ext.roles.trusts import federated_trust
from zappa_iam_ext.settings_file import read_stages

pytestmark = [pytest.mark.aws, pytest.mark.longer]
ROLE = "hello-zappa-deployer"
EXECUTION = "hello-dev-ZappaLambdaExecutionRole"


@pytest.fixture
def project(newcomer, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", newcomer.aws.endpoint)
    newcomer.administrator()
    newcomer.settings(s3_bucket=f"packages-{newcomer.account}")
    return newcomer


def apply(*arguments, code=0):
    done = iam("apply", "dev", "--admin-profile", "admin", "--yes", *arguments)
    assert done.exit_code == code, done.stdout + done.stderr
    return done


def denied(calls):
    """Return what of Zappa's calls was refused; the gate looks for the account's name, which is not needed."""
    return [name for name in refused(calls) if not name.startswith("iam.ListAccountAliases")]


def role_options(newcomer):
    return (
        "--mode",
        "role",
        "--trusted",
        f"arn:aws:iam::{newcomer.account}:user/admin",
        "--source-profile",
        "admin",
    )


def test_a_role_by_a_profile_that_assumes_it_deploys_with_the_real_zappa(project):
    options = role_options(project)
    planned = iam("plan", "dev", "--admin-profile", "admin", *options)
    assert planned.exit_code == 0, planned.stdout + planned.stderr
    assert not (project.home / ".aws" / "config").exists()
    apply(*options)
    client = project.aws.client("iam")
    role = client.get_role(RoleName=ROLE)["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "AWS": f"arn:aws:iam::{project.account}:user/admin"
    }
    execution = client.get_role(RoleName=EXECUTION)["Role"]
    boundary = execution["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert boundary.endswith(f":policy/{EXECUTION}-Boundary")
    again = iam("plan", "dev", "--admin-profile", "admin", *options, "--json")
    assert json.loads(again.stdout)["plans"][0]["changes"] == []
    checked = iam("check", "dev")
    assert checked.exit_code == 0, checked.stdout + checked.stderr
    mend_the_local_aws(project)
    deployed = project.zappa("deploy", "dev")
    assert deployed.exit_code == 0, deployed.stdout + deployed.stderr
    assert denied(deployed.calls) == []
    assert "CreateRole" not in deployed.written
    assert "PutRolePolicy" not in deployed.written
    assert client.get_role(RoleName=EXECUTION)["Role"]["RoleId"] == execution["RoleId"]
    updated = project.zappa("update", "dev")
    assert (updated.exit_code, denied(updated.calls)) == (0, []), updated.stdout + updated.stderr
    assert refused_by_aws(boto3.Session(profile_name="serverless"), project, boundary) == set(FORBIDDEN)


OIDC = ("--mode", "oidc", "--provider", "github", "--repository", "acme/hello", "--branch", "main")
SUBJECT = "repo:acme/hello:ref:refs/heads/main"


def token(
    subject=SUBJECT, issuer="https://token.actions.githubusercontent.com", audience="sts.amazonaws.com"
):
    """Return a token as GitHub writes it, with a signature that the local AWS does not look at."""
    now = int(time.time())
    claims = {"iss": issuer, "sub": subject, "aud": audience, "iat": now, "nbf": now, "exp": now + 300}
    parts = ({"alg": "RS256", "typ": "JWT", "kid": "1"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*coded, base64.urlsafe_b64encode(b"signature").rstrip(b"=").decode()])


def test_a_role_by_the_token_of_a_ci_system_deploys_with_the_real_zappa(project):
    done = apply(*OIDC)
    assert "role-to-assume: " + f"arn:aws:iam::{project.account}:role/{ROLE}" in done.stdout
    assert "aws-profile: serverless" in done.stdout
    client = project.aws.client("iam")
    arn = f"arn:aws:iam::{project.account}:oidc-provider/token.actions.githubusercontent.com"
    provider = client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert provider["ClientIDList"] == ["sts.amazonaws.com"]
    trust = client.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    assert (
        trust["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
        == SUBJECT
    )
    again = json.loads(iam("plan", "dev", "--admin-profile", "admin", *OIDC, "--json").stdout)
    assert again["plans"][0]["changes"] == []
    mend_the_local_aws(project)
    written = project.home / ".aws" / "id-token"
    written.write_text(token())
    (project.home / ".aws" / "config").write_text(
        f"[profile serverless]\nrole_arn = arn:aws:iam::{project.account}:role/{ROLE}\n"
        f"web_identity_token_file = {written}\nregion = us-east-1\n"
    )
    identity = boto3.Session(profile_name="serverless").client("sts", endpoint_url=project.aws.endpoint)
    assert f":assumed-role/{ROLE}/" in identity.get_caller_identity()["Arn"]
    assert iam("check", "dev").exit_code == 0
    deployed = project.zappa("deploy", "dev")
    assert (deployed.exit_code, denied(deployed.calls)) == (0, []), deployed.stdout + deployed.stderr
    assert "CreateRole" not in deployed.written
    boundary = f"arn:aws:iam::{project.account}:policy/{EXECUTION}-Boundary"
    assert refused_by_aws(boto3.Session(profile_name="serverless"), project, boundary) == set(FORBIDDEN)


def test_a_provider_that_is_there_is_adopted_and_takes_the_audience_too():
    """Neither the local AWS nor moto can add an audience: the call is held against botocore's model of it."""
    client = boto3.client("iam", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    url, audience = "https://token.actions.githubusercontent.com", "sts.amazonaws.com"
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    trust = federated_trust(
        federation("github", {"repository": "a/b", "branch": "main"}), "aws", "123456789012"
    )
    desired = DesiredState(
        "123456789012",
        "deployer",
        policies=(DesiredPolicy("Own", allow("s3:ListBucket")),),
        roles=DesiredRoles(DesiredRole("deployer", trust), DesiredProvider(arn, url, audience)),
    )

    def planned(*client_ids):
        return plan(desired, CurrentState(user_exists=True, roles=CurrentRoles(provider=client_ids)))

    changes = [
        change for change in planned("https://github.com/acme").changes if "identity provider" in str(change)
    ]
    with Stubber(client) as stub:
        stub.add_response(
            "add_client_id_to_open_id_connect_provider",
            {},
            {"OpenIDConnectProviderArn": arn, "ClientID": audience},
        )
        assert apply_plan(client, Plan(tuple(changes))) == tuple(changes)
        stub.assert_no_pending_responses()
    assert not any("identity provider" in str(change) for change in planned("other", audience).changes)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("--mode", "role"), "--trusted", id="nobody is trusted"),
        pytest.param(("--mode", "role", "--trusted", "*"), "cannot be trusted", id="everybody is trusted"),
        pytest.param(("--mode", "oidc"), "--provider", id="no provider"),
        pytest.param(
            ("--mode", "oidc", "--provider", "gitlab", "--repository", "a/b", "--branch", "m"),
            "--project-id",
            id="a path alone",
        ),
        pytest.param((*OIDC[:-1], "*"), "--branch", id="any branch"),
        pytest.param((*OIDC, "--tag", "v1"), "cannot tell --tag", id="a branch and a tag"),
        pytest.param(
            ("--mode", "role", "--trusted", "arn:aws-cn:iam::123456789012:root"),
            "partition aws",
            id="another partition",
        ),
        pytest.param(
            ("--mode", "permission-set", "--role-name", "n" * 33), "AWS allows 32", id="a long permission set"
        ),
        pytest.param(
            ("--mode", "role", "--trusted", "arn:aws:iam::123456789012:root", "--max-session", "60"),
            "3600",
            id="a session too short",
        ),
    ],
)
def test_what_would_be_open_is_refused_before_anything_is_made(project, arguments, told):
    done = apply(*arguments, code=2)
    assert told in done.stderr
    assert project.aws.client("iam").list_roles()["Roles"] == []


def test_a_role_that_somebody_else_made_is_left_alone_until_adopted(project):
    client = project.aws.client("iam")
    client.create_role(RoleName=ROLE, AssumeRolePolicyDocument=TRUST)
    refused_plan = iam("plan", "dev", "--admin-profile", "admin", *OIDC, "--json")
    assert refused_plan.exit_code == 1
    (concern,) = json.loads(refused_plan.stdout)["plans"][0]["concerns"]
    assert "does not carry our tag" in concern["reason"]
    apply(*OIDC, code=2)
    apply(*OIDC, "--adopt")
    trust = client.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    assert [next(iter(each["Principal"])) for each in trust["Statement"]] == ["Service", "Federated"]


def test_a_role_under_a_path_is_named_by_its_whole_arn(project):
    """IAM finds a role by its name, and AssumeRole wants the ARN with the path."""
    client = project.aws.client("iam")
    arn = client.create_role(RoleName="ops", Path="/team/", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    named = ("--role-name", "ops", "--adopt")
    assert f"role-to-assume: {arn}\n" in apply(*OIDC, *named).stdout
    longer = apply(*role_options(project), *named, "--max-session", "7200")
    assert "let a session of the role ops last up to 7200 seconds" in longer.stdout
    assert client.get_role(RoleName="ops")["Role"]["MaxSessionDuration"] == 7200
    assert f"role_arn = {arn}\n" in (project.home / ".aws" / "config").read_text()
    attached = client.list_attached_role_policies(RoleName="ops")["AttachedPolicies"]
    documents = [read_policy(client, each["PolicyArn"]) for each in attached]
    assert arn in json.dumps(documents)
    assert arn.replace("/team", "") not in json.dumps(documents)


def read_policy(client, arn):
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def test_an_execution_role_of_zappas_own_stays_unless_adopted_and_keeps_its_id(project):
    client = project.aws.client("iam")
    made = client.create_role(RoleName=EXECUTION, AssumeRolePolicyDocument=TRUST)["Role"]
    wide = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]}
    )
    client.put_role_policy(RoleName=EXECUTION, PolicyName="zappa-permissions", PolicyDocument=wide)
    done = apply(*OIDC)
    assert f"--adopt --boundary bounds {EXECUTION}" in done.stdout
    assert "PermissionsBoundary" not in client.get_role(RoleName=EXECUTION)["Role"]
    lost = iam("plan", "dev", "--admin-profile", "admin", *OIDC, "--adopt", "--boundary")
    assert lost.exit_code == 1
    assert "iam" in lost.stdout
    apply(*OIDC, "--adopt", "--boundary", "--prune")
    now = client.get_role(RoleName=EXECUTION)["Role"]
    assert now["RoleId"] == made["RoleId"]
    assert now["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(f":policy/{EXECUTION}-Boundary")


def test_without_the_boundary_it_is_said_what_that_opens(project):
    done = apply(*OIDC, "--no-boundary")
    assert "no boundary: who deploys can give the role, and so itself, any permission" in done.stdout
    names = [role["RoleName"] for role in project.aws.client("iam").list_roles()["Roles"]]
    assert names == [ROLE]


@pytest.mark.usefixtures("project")
def test_a_policy_in_place_is_not_narrowed_unless_asked():
    apply("--no-boundary")
    again = json.loads(iam("plan", "dev", "--admin-profile", "admin", "--json").stdout)["plans"][0]
    assert again["changes"] == []
    assert any(f"--boundary bounds {EXECUTION}" in note for note in again["notes"])
    asked = iam("plan", "dev", "--admin-profile", "admin", "--boundary", "--json")
    assert asked.exit_code == 1
    lost = {each["action"] for each in json.loads(asked.stdout)["plans"][0]["narrowed"]}
    assert lost == {"iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"}
    apply("--boundary", "--prune")
    assert (
        json.loads(iam("plan", "dev", "--admin-profile", "admin", "--json").stdout)["plans"][0]["changes"]
        == []
    )


def test_two_projects_share_a_provider_and_not_a_role(project):
    apply(*OIDC)
    project.settings(project_name="other")
    apply(*OIDC[:-3], "acme/other", *OIDC[-2:])
    names = [role["RoleName"] for role in project.aws.client("iam").list_roles()["Roles"]]
    assert sorted(name for name in names if name.endswith("deployer")) == [ROLE, "other-zappa-deployer"]


def test_a_permission_set_is_printed_and_nothing_is_made(project):
    before = state(project)
    text = iam("apply", "dev", "--admin-profile", "admin", "--mode", "permission-set", "--yes")
    printed = iam("plan", "dev", "--admin-profile", "admin", "--mode", "permission-set", "--json")
    assert (text.exit_code, printed.exit_code) == (0, 0), text.stderr + printed.stderr
    (wanted,) = json.loads(printed.stdout)["permission_sets"]
    assert wanted["name"] == "ZappaDeploy-hello"
    reads = [
        each for each in wanted["inline_policy"]["Statement"] if "iam:ListRolePolicies" in each["Action"]
    ]
    assert reads[0]["Resource"] == (
        f"arn:aws:iam::{project.account}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_ZappaDeploy-hello_*"
    )
    assert "Nothing was changed" in text.stdout
    for line in wanted["commands"]:
        words = shlex.split(line)
        shape = (
            botocore.session.Session()
            .get_service_model(words[1])
            .operation_model("".join(part.title() for part in words[2].split("-")))
            .input_shape
        )
        assert {word[2:] for word in words[3::2]} <= {xform_name(name, "-") for name in shape.members}
        assert set(shape.required_members) <= {
            name for name in shape.members if f"--{xform_name(name, '-')}" in words
        }
    assert state(project) == before


def state(project):
    """Return what there is of IAM in the account."""
    told = project.aws.client("iam").get_account_authorization_details()
    return {name: value for name, value in told.items() if name != "ResponseMetadata"}


def mend_the_local_aws(project):
    """Give the role what the local AWS asks for beside AWS, as a rehearsal does."""
    (stage,) = read_stages(project.folder / "zappa_settings.json", stage="dev")
    document = emulator_gaps_document(stage.with_account(project.account))
    project.aws.client("iam").put_role_policy(
        RoleName=ROLE, PolicyName="local-aws", PolicyDocument=document.to_json()
    )


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)
ALL = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
#: Calls by service, operation and parameters; the placeholders are filled for the account.
FORBIDDEN = {
    "a role without a boundary": (
        "iam",
        "create_role",
        {"RoleName": "other", "AssumeRolePolicyDocument": TRUST},
    ),
    "another role's policy": (
        "iam",
        "put_role_policy",
        {"RoleName": "admin-role", "PolicyName": "all", "PolicyDocument": ALL},
    ),
    "the boundary off": ("iam", "delete_role_permissions_boundary", {"RoleName": EXECUTION}),
    "another boundary": (
        "iam",
        "put_role_permissions_boundary",
        {"RoleName": EXECUTION, "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"},
    ),
    "a version of the boundary": (
        "iam",
        "create_policy_version",
        {"PolicyArn": "{boundary}", "PolicyDocument": ALL, "SetAsDefault": True},
    ),
    "a version of its own policy": (
        "iam",
        "create_policy_version",
        {"PolicyArn": "{policy}", "PolicyDocument": ALL, "SetAsDefault": True},
    ),
    "an attachment": (
        "iam",
        "attach_role_policy",
        {"RoleName": EXECUTION, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    ),
    "a policy of its own role": (
        "iam",
        "put_role_policy",
        {"RoleName": ROLE, "PolicyName": "all", "PolicyDocument": ALL},
    ),
    "a user": ("iam", "create_user", {"UserName": "other"}),
    "another project's code": (
        "lambda",
        "update_function_code",
        {"FunctionName": "other-dev", "ZipFile": b"x"},
    ),
    "its own function in another region": (
        "lambda",
        "update_function_code",
        {"FunctionName": "arn:aws:lambda:eu-west-1:{account}:function:hello-dev", "ZipFile": b"x"},
    ),
    "a function opened to others": (
        "lambda",
        "add_permission",
        {
            "FunctionName": "other-dev",
            "StatementId": "x",
            "Action": "lambda:InvokeFunction",
            "Principal": "*",
        },
    ),
    "the tags of its own role": (
        "iam",
        "untag_role",
        {"RoleName": ROLE, "TagKeys": ["zappa-iam-ext"]},
    ),
    "whom its own role trusts": (
        "iam",
        "update_assume_role_policy",
        {"RoleName": ROLE, "PolicyDocument": TRUST},
    ),
    "another session": (
        "sts",
        "assume_role",
        {"RoleArn": "arn:aws:iam::{account}:role/admin-role", "RoleSessionName": "any"},
    ),
    "a provider": (
        "iam",
        "create_open_id_connect_provider",
        {"Url": "https://evil.example", "ClientIDList": ["x"]},
    ),
    "another bucket": ("s3", "list_objects_v2", {"Bucket": "other-bucket"}),
    "the bucket's policy": ("s3", "put_bucket_policy", {"Bucket": "{bucket}", "Policy": ALL}),
}


def refused_by_aws(session, project, boundary):
    """Return the names of the calls that the local AWS refuses to the session for want of a permission."""
    root = project.aws.client("iam")
    root.create_role(RoleName="admin-role", AssumeRolePolicyDocument=TRUST)
    names = {
        "boundary": boundary,
        "bucket": f"packages-{project.account}",
        "policy": f"arn:aws:iam::{project.account}:policy/ZappaLambdaDeploymentPolicy",
    }
    refused = set()
    for name, (service, operation, parameters) in FORBIDDEN.items():
        filled = {
            key: names.get(value.strip("{}"), value.replace("{account}", project.account))
            if isinstance(value, str)
            else value
            for key, value in parameters.items()
        }
        client = session.client(service, region_name="us-east-1", endpoint_url=project.aws.endpoint)
        try:
            getattr(client, operation)(**filled)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}:
                refused.add(name)
    return refused
