"""``apply --mode role`` and ``--mode oidc`` on the local AWS: what is made, who may use it, the real Zappa under it."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.newcomer import denied as refused
from tests.support.newcomer import iam
from zappa_iam_ext.rehearsal.local_aws.emulator_gaps import emulator_gaps_document
from zappa_iam_ext.settings_file import read_stages

pytestmark = pytest.mark.aws
ROLE = "hello-zappa-deployer"
EXECUTION = "hello-dev-ZappaLambdaExecutionRole"


@pytest.fixture
def project(newcomer, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", newcomer.aws.endpoint)
    newcomer.administrator()
    newcomer.settings(s3_bucket="packages-of-hello")
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
    "another bucket": ("s3", "list_objects_v2", {"Bucket": "other-bucket"}),
    "the bucket's policy": ("s3", "put_bucket_policy", {"Bucket": "packages-of-hello", "Policy": ALL}),
}


def refused_by_aws(session, project, boundary):
    """Return the names of the calls that the local AWS refuses to the session for want of a permission."""
    root = project.aws.client("iam")
    root.create_role(RoleName="admin-role", AssumeRolePolicyDocument=TRUST)
    names = {
        "boundary": boundary,
        "policy": f"arn:aws:iam::{project.account}:policy/ZappaLambdaDeploymentPolicy",
    }
    refused = set()
    for name, (service, operation, parameters) in FORBIDDEN.items():
        filled = {
            key: names.get(value.strip("{}"), value) if isinstance(value, str) else value
            for key, value in parameters.items()
        }
        client = session.client(service, region_name="us-east-1", endpoint_url=project.aws.endpoint)
        try:
            getattr(client, operation)(**filled)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}:
                refused.add(name)
    return refused
