"""Our own commands at a local AWS behind a window: they call what the table of our own calls says, and all of it."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import pytest

from tests.support.documents import allow, document
from tests.support.newcomer import ADMINISTRATOR, Newcomer, iam
from tests.support.watched import watched
from zappa_iam_ext.aws.profile_files import ProfileFiles
from zappa_iam_ext.errors import CredentialsFileError
from zappa_iam_ext.permissions.tables.own_rows import OWN_COMMANDS, own_call_rows

pytestmark = pytest.mark.aws
POLICY = "ZappaLambdaDeploymentPolicy"
ENCODED = (
    "An error occurred (UnauthorizedOperation) when calling the DescribeSubnets operation: You are not authorized to"
    " perform this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm-_abcdefghijklmnopqrst"
)


#: What is asked only in rare cases, which other tests bring about: a group holds the policies, the administrator is a
#: member of groups or a role, another run comes in between, a version says what is wanted, the user has two keys already,
#: sessions of a role become longer.
_OF_GROUPS = {"GetGroup", "ListAttachedGroupPolicies", "ListGroupPolicies", "GetGroupPolicy"}
_OF_ROLES = {"GetRole", "ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"}
RARE = {
    "plan": _OF_GROUPS | _OF_ROLES | {"GetOpenIDConnectProvider", "GetAccessKeyLastUsed"},
    "apply": _OF_GROUPS | _OF_ROLES
    | {"CreateGroup", "AddUserToGroup", "AttachGroupPolicy", "DetachGroupPolicy"}
    | {"SetDefaultPolicyVersion", "UntagPolicy", "GetAccessKeyLastUsed", "UpdateRole"},
    "destroy": _OF_GROUPS | _OF_ROLES
    | {"DetachGroupPolicy", "RemoveUserFromGroup", "DeleteGroup", "UntagPolicy", "TagPolicy"}
    | {"DeleteUser", "DeleteAccessKey", "ListUsers", "DeletePolicyVersion", "DetachUserPolicy"}
    | {"TagRole", "UntagRole"},
    # All of it is in `test_role_ensure`.
    "role ensure": {row.operation for row in own_call_rows() if "role ensure" in row.commands},
}  # fmt: skip


class Watch:
    """Runs our commands at the local AWS and keeps what each of them asked."""

    def __init__(self, window) -> None:
        self.window = window
        self.asked: dict[str, set[str]] = defaultdict(set)

    def run(self, command: str, *arguments: str, exit_code: int | None = 0, name: str = "") -> None:
        before = len(self.window.asked)
        ran = iam(command, *arguments)
        assert exit_code in {None, ran.exit_code}, ran.stdout + ran.stderr
        self.asked[name or command] |= {_operation(asked.action) for asked in self.window.asked[before:]}


def _operation(asked: str) -> str:
    """Return the operation of a request of the REST protocols; those of the others name it."""
    return next((operation for found, operation in _REST.items() if re.match(found, asked)), asked)


_REST = {
    r"HEAD /": "HeadBucket",
    r"GET /[^?]+\?list-type=2": "ListObjectsV2",
    r"GET /2015-03-31/functions/?$": "ListFunctions",
    r"GET /2015-03-31/functions/[^/]+$": "GetFunction",
}


@pytest.fixture
def watch(newcomer: Newcomer, monkeypatch):
    newcomer.administrator()
    with watched(newcomer.aws.endpoint) as window:
        monkeypatch.setenv("AWS_ENDPOINT_URL", window.endpoint)
        yield Watch(window)


def test_each_command_asks_what_its_rows_say_and_every_row_is_asked(newcomer, watch, monkeypatch):
    admin = ("dev", "--admin-profile", "admin")
    watch.run("plan", *admin)
    _provision(newcomer, watch, admin, monkeypatch)
    watch.run("plan", *admin)
    _provision_roles(newcomer, watch, admin)
    watch.run("policy", "dev", "--profile", "admin")
    newcomer.settings(s3_bucket="bucket-number-5")
    watch.run("destroy", *admin, "--yes", "--delete-key")
    watch.run("apply", *admin, "--yes", "--create-keys", "--overwrite-profile")
    _give_policies_of_every_kind(newcomer)
    watch.run("check", "dev", exit_code=1)
    _become_a_role(newcomer)
    watch.run("check", "dev", "--profile", "session")
    watch.run("check", "dev", "--profile", "session", "--evidence", "simulation", exit_code=None)
    _look_into_the_account(newcomer, watch)
    watch.run("policy", "dev", "--profile", "session")
    _rotate(newcomer, watch)
    watch.run("explain", "--profile", "admin", ENCODED)
    rows = {
        command: {row.operation for row in own_call_rows() if command in row.commands}
        for command in OWN_COMMANDS
    }
    watch.asked["probe"] -= watch.asked["check"] - rows["probe"]
    unlisted = {command: sorted(asked - rows[command]) for command, asked in watch.asked.items()}
    assert unlisted == {command: [] for command in watch.asked}
    left = {
        command: rows[command] - watch.asked[command] - RARE.get(command, set()) for command in OWN_COMMANDS
    }
    assert left == {command: set() for command in OWN_COMMANDS}


def _rotate(newcomer, watch) -> None:
    """A key that is lost on the way, then another one, and the former one deleted."""
    admin = ("dev", "--profile", "rotating", "--admin-profile", "admin", "--yes")
    newcomer.user("rotating")
    with pytest.MonkeyPatch.context() as full:
        full.setattr(ProfileFiles, "write_key", _refuse)
        watch.run("keys", "rotate", *admin, exit_code=2)
    watch.run("keys", "rotate", *admin)
    watch.run("keys", "delete-old", *admin)


def _provision(newcomer, watch, admin, monkeypatch) -> None:
    """From nothing to a user; then versions, a policy that is adopted, a part that is detached, a key that is lost."""
    admin = (*admin, "--create-keys")
    with monkeypatch.context() as full:
        full.setattr(ProfileFiles, "write_key", _refuse)
        watch.run("apply", *admin, "--yes", exit_code=2)
    watch.run("apply", *admin, "--yes")
    client = newcomer.aws.client("iam")
    mine = client.list_policy_tags(PolicyArn=f"arn:aws:iam::{newcomer.account}:policy/{POLICY}")["Tags"]
    part = client.create_policy(
        PolicyName=f"{POLICY}-2", PolicyDocument=json.dumps(allow("s3:ListBucket")), Tags=mine
    )["Policy"]["Arn"]
    client.attach_user_policy(UserName="serverless", PolicyArn=part)
    for number in range(6):
        newcomer.settings(s3_bucket=f"bucket-number-{number}")
        watch.run("apply", *admin, "--yes", "--prune", "--prune-versions")
    client.create_policy(PolicyName="Foreign", PolicyDocument=json.dumps(allow("s3:ListBucket")))
    newcomer.settings(iam_ext={"policy_name": "Foreign"})
    watch.run("apply", *admin, "--yes", "--adopt")


def _refuse(*_: object, **__: object) -> None:
    raise CredentialsFileError("the disk is full")


def _provision_roles(newcomer, watch, admin) -> None:
    """A role for one stage and another, for more principals, with a part too many; a provider, and another audience."""
    client = newcomer.aws.client("iam")
    newcomer.settings(project_name="roles", iam_ext={"policy": "Roles"})
    trusted = f"arn:aws:iam::{newcomer.account}:user/admin"
    mode = ("--mode", "role", "--role-name", "deployer-of-all", "--yes")
    watch.run("apply", *admin, *mode, "--trusted", trusted)
    watch.run("apply", *admin, *mode, "--trusted", f"arn:aws:iam::{newcomer.account}:root")
    mine = client.list_policy_tags(PolicyArn=f"arn:aws:iam::{newcomer.account}:policy/Roles")["Tags"]
    part = client.create_policy(
        PolicyName="Roles-2", PolicyDocument=json.dumps(allow("s3:ListBucket")), Tags=mine
    )["Policy"]["Arn"]
    client.attach_role_policy(RoleName="deployer-of-all", PolicyArn=part)
    watch.run("apply", *admin, *mode, "--trusted", trusted, "--prune")
    newcomer.settings(project_name="other", iam_ext={"policy": "Others"})
    client.create_role(
        RoleName="other-dev-ZappaLambdaExecutionRole", AssumeRolePolicyDocument=json.dumps(_TRUST)
    )
    client.put_role_policy(
        RoleName="other-dev-ZappaLambdaExecutionRole",
        PolicyName="zappa-permissions",
        PolicyDocument=json.dumps(allow("logs:PutLogEvents", resource="arn:aws:logs:*:*:*")),
    )
    watch.run("apply", *admin, *mode, "--trusted", trusted, "--adopt", "--boundary")
    newcomer.settings(project_name="other", iam_ext={"policy": "Tokens"})
    provider = client.create_open_id_connect_provider(Url="https://gitlab.com", ClientIDList=["other"])
    assert provider["OpenIDConnectProviderArn"].endswith("gitlab.com")
    oidc = ("--mode", "oidc", "--repository", "a/b", "--branch", "main", "--yes")
    watch.run("plan", *admin, *oidc[:-1], "--provider", "gitlab", "--project-id", "1")
    # The local AWS does not know how to add an audience: it is asked all the same.
    watch.run("apply", *admin, *oidc, "--provider", "gitlab", "--project-id", "1", "--prune", exit_code=2)
    watch.run("apply", *admin, *oidc, "--provider", "github", "--prune")
    watch.run("destroy", *admin, "--mode", "oidc", "--yes")
    newcomer.settings()


_TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
}


def _give_policies_of_every_kind(newcomer) -> None:
    client = newcomer.aws.client("iam")
    boundary = client.create_policy(PolicyName="Limit", PolicyDocument=json.dumps(allow("iam:*")))
    client.put_user_permissions_boundary(UserName="serverless", PermissionsBoundary=boundary["Policy"]["Arn"])
    client.put_user_policy(
        UserName="serverless", PolicyName="own", PolicyDocument=json.dumps(allow("s3:ListBucket"))
    )
    client.create_group(GroupName="team")
    client.add_user_to_group(GroupName="team", UserName="serverless")
    client.put_group_policy(GroupName="team", PolicyName="own", PolicyDocument=json.dumps(allow("sqs:*")))
    client.attach_group_policy(GroupName="team", PolicyArn=boundary["Policy"]["Arn"])


def _look_into_the_account(newcomer, watch) -> None:
    """A bucket that is there and one that may not be seen, and a policy that names one API."""
    newcomer.aws.client("s3").create_bucket(Bucket="mine-to-see")
    api = "arn:aws:apigateway:us-east-1::/restapis/abc123defg"
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    one = {"Effect": "Allow", "NotAction": "apigateway:*", "Resource": "*"}
    named = {"Effect": "Allow", "Action": "apigateway:*", "Resource": [api, f"{api}/*"]}
    newcomer.user("looker", document(one, named), document(deny))
    newcomer.settings(s3_bucket="mine-to-see")
    for evidence in ("probe", "all"):
        watch.run("check", "dev", "--profile", "looker", "--evidence", evidence, exit_code=None, name="probe")
    newcomer.settings()


def _become_a_role(newcomer) -> None:
    client = newcomer.aws.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": newcomer.account}}
    role = client.create_role(
        RoleName="deployer",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    client.put_role_policy(RoleName="deployer", PolicyName="own", PolicyDocument=json.dumps(ADMINISTRATOR))
    limit = f"arn:aws:iam::{newcomer.account}:policy/Limit"
    client.attach_role_policy(RoleName="deployer", PolicyArn=limit)
    session = newcomer.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ci")["Credentials"]
    newcomer.profile("session", session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
